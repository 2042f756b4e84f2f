"""Forgetting and dynamic uncertainty against their definitions."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paris_core import one_hot
from paris_core.selection import TrainingHistory


def forgetting_by_definition(labels, epochs):
    """Right in one epoch and wrong in the next, counted; infinity if never right."""
    counts = []
    for row, label in enumerate(labels):
        right = [epoch[row] == label for epoch in epochs]
        events = sum(now and not then for now, then in itertools.pairwise(right))
        counts.append(events if any(right) else np.inf)
    return counts


def uncertainty_by_definition(codes, tables, window):
    """Standard deviation of p(own class) in every window of epochs, averaged over windows."""
    p = np.array([[table[row, code] for row, code in enumerate(codes)] for table in tables])
    windows = [p[start : start + window] for start in range(len(p) - window + 1)]
    return np.mean([np.std(w, axis=0, ddof=1) for w in windows], axis=0)


def random_training(n_rows, n_classes, n_epochs, seed=0):
    rng = np.random.default_rng(seed)
    codes = np.append(np.arange(n_classes), rng.integers(0, n_classes, n_rows - n_classes))
    return codes, rng.dirichlet(np.full(n_classes, 0.7), (n_epochs, n_rows))


def record(labels, epochs, **options):
    history = TrainingHistory(labels, **options)
    for epoch in epochs:
        history.update(epoch)
    return history


@given(
    st.integers(1, 8).flatmap(
        lambda n: st.tuples(
            st.lists(st.sampled_from("ab"), min_size=n, max_size=n),
            st.lists(
                st.lists(st.sampled_from("ab"), min_size=n, max_size=n), min_size=1, max_size=12
            ),
        )
    )
)
def test_forgetting_counts(training):
    labels, epochs = training
    history = record(labels, epochs, classes=["b", "a"])
    assert history.n_epochs == len(epochs)
    expected = forgetting_by_definition(labels, epochs)
    np.testing.assert_array_equal(history.forgetting_counts(), expected)


@pytest.mark.parametrize("window", [2, 5, 10])
@pytest.mark.parametrize("n_epochs", [10, 17])
def test_both_scores_from_probabilities(window, n_epochs):
    codes, tables = random_training(30, 3, n_epochs)
    words = np.array(["a", "b", "c"])
    history = record(words[codes], tables, window=window)
    np.testing.assert_allclose(
        history.dynamic_uncertainty(), uncertainty_by_definition(codes, tables, window)
    )
    predicted = tables.argmax(axis=2)
    np.testing.assert_array_equal(
        history.forgetting_counts(), forgetting_by_definition(codes, predicted)
    )


def test_columns_follow_the_classes():
    codes, tables = random_training(30, 3, 12)
    history = record(codes, tables[:, :, ::-1], classes=[2, 1, 0])
    expected = record(codes, tables)
    np.testing.assert_array_equal(history.dynamic_uncertainty(), expected.dynamic_uncertainty())
    np.testing.assert_array_equal(history.forgetting_counts(), expected.forgetting_counts())


def test_single_precision_probabilities():
    codes, tables = random_training(200, 3, 10)
    expected = record(codes, tables).dynamic_uncertainty()
    for dtype, tolerance in ((np.float32, 1e-6), (np.float16, 1e-3)):
        history = record(codes, tables.astype(dtype))
        np.testing.assert_allclose(history.dynamic_uncertainty(), expected, atol=tolerance)


def test_a_row_that_never_changes_is_certain():
    codes = np.array([0, 1])
    history = record(codes, [one_hot(codes)] * 10)
    np.testing.assert_array_equal(history.dynamic_uncertainty(), 0.0)
    np.testing.assert_array_equal(history.forgetting_counts(), 0.0)


@pytest.mark.parametrize("name", TrainingHistory.NAMES)
def test_select_keeps_the_largest_scores(name):
    codes, tables = random_training(60, 3, 15)
    history = record(codes, tables)
    scores = history.forgetting_counts() if name == "forgetting" else history.dynamic_uncertainty()
    for keep in (1, 0.4, 60):
        kept = history.select(name, keep=keep, random_state=0)
        assert kept.dtype == np.int64
        assert (np.diff(kept) > 0).all()
        assert len(kept) == (keep if isinstance(keep, int) else 24)
        rest = np.setdiff1d(np.arange(60), kept)
        assert len(rest) == 0 or scores[kept].min() >= scores[rest].max()


def test_equal_counts_are_kept_at_random():
    history = record(np.arange(50) % 2, [np.arange(50) % 2])
    first, second = (history.select("forgetting", keep=10, random_state=s) for s in range(2))
    assert len(np.intersect1d(first, second)) < 9


def test_a_refused_epoch_leaves_no_trace():
    codes, tables = random_training(20, 3, 11)
    history = record(codes, tables[:5])
    for wrong in (codes, tables[0][:, :2], tables[0] * 2, np.full((20, 3), np.nan)):
        with pytest.raises(ValueError, match=r"\bpredictions\b"):
            history.update(wrong)
    for table in tables[5:]:
        history.update(table)
    expected = record(codes, tables)
    assert history.n_epochs == 11
    np.testing.assert_array_equal(history.dynamic_uncertainty(), expected.dynamic_uncertainty())
    np.testing.assert_array_equal(history.forgetting_counts(), expected.forgetting_counts())


def test_the_caller_may_reuse_the_table():
    codes, tables = random_training(20, 3, 11)
    history, table = TrainingHistory(codes), np.empty((20, 3))
    for epoch in tables:
        table[:] = epoch
        history.update(table)
    np.testing.assert_array_equal(
        history.dynamic_uncertainty(), record(codes, tables).dynamic_uncertainty()
    )


def test_repr():
    assert repr(record([0, 1, 1], [[0, 1, 0]])) == "TrainingHistory(3 rows, 2 classes, 1 epochs)"


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"labels": [0.5, 1.0]}, TypeError, "labels must be integers, bools or strings"),
        ({"labels": []}, ValueError, "labels must be one-dimensional and not empty"),
        ({"labels": [0, 2], "classes": [0, 1]}, ValueError, "labels must be in classes, got 2"),
        ({"window": 1}, ValueError, r"window must be in \[2, "),
        ({"window": 5.0}, TypeError, "window must be an integer"),
    ],
)
def test_bad_arguments(arguments, error, message):
    with pytest.raises(error, match=message):
        TrainingHistory(**{"labels": [0, 1], **arguments})


@pytest.mark.parametrize(
    ("predictions", "error", "message"),
    [
        ([0, 1], ValueError, "predictions must have 3 rows like labels, got 2"),
        ([0, 1, 5], ValueError, "predictions must be in classes, got 5 in row 2"),
        ([0.0, 1.0, 1.0], TypeError, "predictions must be integers, bools or strings"),
        (["a", "b", "a"], TypeError, "predictions and classes must both"),
        (np.full((2, 2), 0.5), ValueError, r"predictions must have shape \(3,\).*or \(3, 2\)"),
        (np.full((3, 2), 0.7), ValueError, "predictions must be probabilities.*in row 0"),
        ([[0.5, 0.5], [1.5, -0.5], [0, 1]], ValueError, "predictions must be prob.*in row 1"),
        (np.full((3, 2), np.nan), ValueError, "predictions must be finite"),
        (0.5, ValueError, "predictions must be an array"),
    ],
)
def test_bad_predictions(predictions, error, message):
    with pytest.raises(error, match=message):
        TrainingHistory([0, 1, 0]).update(predictions)


def test_scores_that_cannot_be_computed():
    codes, tables = random_training(20, 3, 9)
    with pytest.raises(ValueError, match="no epoch yet"):
        TrainingHistory(codes).forgetting_counts()
    with pytest.raises(ValueError, match="at least window=10 epochs, there are 9"):
        record(codes, tables).dynamic_uncertainty()
    with pytest.raises(ValueError, match="needs probabilities"):
        record(codes, [codes] * 20).select("dynamic_uncertainty", keep=3)
    with pytest.raises(ValueError, match="name must be one of 'forgetting', 'dynamic_uncertainty'"):
        record(codes, tables).select("random", keep=3)
    with pytest.raises(ValueError, match="keep must be in"):
        record(codes, tables).select("forgetting", keep=21)
