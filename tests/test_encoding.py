import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import paris_core
from paris_core import one_hot

LABELS = st.one_of(
    st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1),
    st.lists(st.booleans(), min_size=1),
    st.lists(st.text("ab é", max_size=3), min_size=1),
)


@given(LABELS)
def test_one_column_for_each_class_in_ascending_order(labels):
    classes = sorted(set(labels))
    expected = [[float(label == column) for column in classes] for label in labels]
    table = one_hot(labels)
    assert table.dtype == np.float64
    np.testing.assert_array_equal(table, expected)


@given(LABELS, st.randoms())
def test_the_order_of_given_classes_is_kept(labels, random):
    classes = sorted(set(labels))
    random.shuffle(classes)
    expected = [[float(label == column) for column in classes] for label in labels]
    np.testing.assert_array_equal(one_hot(labels, classes), expected)


def test_classes_that_do_not_occur_get_a_column():
    np.testing.assert_array_equal(one_hot([5], classes=[4, 5]), [[0.0, 1.0]])


@pytest.mark.parametrize(
    "labels",
    [
        np.array([2, 0, 2], dtype=np.uint8),
        np.array(["x", "long", "x"], dtype=object),
        np.array(["x", "long", "x"], dtype="U7"),
        (True, False, True),
    ],
)
def test_dtypes(labels):
    np.testing.assert_array_equal(one_hot(labels), [[0, 1], [1, 0], [0, 1]])


def test_pandas_strings_are_labels():
    pandas = pytest.importorskip("pandas")
    np.testing.assert_array_equal(one_hot(pandas.Series(["b", "a"])), [[0, 1], [1, 0]])


def test_ridge_on_one_hot_targets_classifies():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 300)
    Phi = np.column_stack([rng.normal(size=(300, 3)) + 4 * np.eye(3)[labels], np.ones(300)])
    w = np.linalg.solve(Phi.T @ Phi + 0.1 * np.eye(4), Phi.T @ one_hot(labels))
    assert ((Phi @ w).argmax(axis=1) == labels).mean() > 0.97


@pytest.mark.parametrize(
    ("labels", "classes", "error", "message"),
    [
        ([0, 7, 1], [0, 1], ValueError, "labels must be in classes, got 7 in row 1"),
        (["a", "c"], ["a", "b"], ValueError, "labels must be in classes, got 'c' in row 1"),
        ([0, 1], [0, 1, 0], ValueError, "classes must be distinct, got 0 twice"),
        ([0, 1], ["0", "1"], TypeError, "labels and classes must both"),
        ([0.0, 1.0], None, TypeError, r"labels must be integers.*float64.*astype\(int\)"),
        ([0, 1], [0.0, 1.0], TypeError, "classes must be integers"),
        ([None, "a"], None, TypeError, "labels must be integers, bools or strings"),
        ([b"a"], None, TypeError, "labels must be integers, bools or strings"),
        ([], None, ValueError, "labels must be one-dimensional and not empty"),
        ([[0, 1]], None, ValueError, r"labels must be one-dimensional.*\(1, 2\)"),
        (3, None, ValueError, "labels must be an array"),
        ([0], [], ValueError, "classes must be one-dimensional and not empty"),
        ([[0], [1, 2]], None, ValueError, "labels must be an array"),
        (np.array([2**64 - 1], dtype=np.uint64), None, ValueError, "labels must fit int64"),
        (np.ma.masked_array([0, 1], [True, False]), None, TypeError, "labels must not be a masked"),
    ],
)
def test_bad_input(labels, classes, error, message):
    with pytest.raises(error, match=message):
        one_hot(labels, classes)


def test_it_is_public():
    assert paris_core.one_hot is one_hot
    assert "one_hot" in paris_core.__all__
