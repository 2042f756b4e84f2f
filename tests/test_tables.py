"""What functions share that take tables and estimators of scikit-learn's kind."""

import itertools

import numpy as np
import pytest
from scipy import sparse
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from paris_core._support.scikit_learn import Rows, check_columns, seeded, stacked

FEW, MORE = np.arange(6).reshape(3, 2), 10 + np.arange(4).reshape(2, 2)


def test_stacked_arrays_keep_their_kind():
    both = stacked(FEW, MORE)
    assert both.dtype == FEW.dtype
    np.testing.assert_array_equal(both[3:], MORE)
    words = stacked(FEW.astype(object), MORE.astype(object))
    assert words.dtype == object
    assert stacked(FEW.reshape(3, 1, 2), MORE.reshape(2, 1, 2)).shape == (5, 1, 2)


def test_stacked_sparse_tables_stay_sparse():
    both = stacked(sparse.csr_matrix(FEW), sparse.csr_matrix(MORE))
    assert sparse.issparse(both)
    np.testing.assert_array_equal(both.toarray(), stacked(FEW, MORE))


def test_stacked_data_frames_keep_columns_and_their_types():
    pd = pytest.importorskip("pandas")
    few = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}, index=[7, 7])
    more = pd.DataFrame({"a": [3], "b": ["z"]})
    both = stacked(few, more)
    assert list(both.index) == [0, 1, 2]
    assert both["a"].dtype == few["a"].dtype
    assert list(both["b"]) == ["x", "y", "z"]
    assert list(stacked(few, more.to_numpy()).columns) == ["a", "b"]
    assert list(stacked(few.to_numpy(), more).columns) == ["a", "b"]


def test_rows_without_any_are_not_copied():
    rows = Rows(FEW, np.arange(3.0))
    assert rows.without(np.empty(0, dtype=np.int64)) is rows
    np.testing.assert_array_equal(rows.without(np.array([1])).X, FEW[[0, 2]])
    assert rows.without(np.arange(3)).and_(rows) is rows


def test_columns_must_be_those_of_X():
    check_columns("X_val", MORE, FEW)
    with pytest.raises(ValueError, match="X_val must have 2 columns like X, got shape \\(3, 1\\)"):
        check_columns("X_val", FEW[:, :1], FEW)


def test_seeds_of_the_user_stay():
    numbers = itertools.count(3)
    model = make_pipeline(StandardScaler(), MLPRegressor(random_state=7))
    assert seeded(model, lambda: next(numbers))[-1].random_state == 7
    model = make_pipeline(MLPRegressor(), MLPRegressor())
    assert [step.random_state for step in seeded(model, lambda: next(numbers))] == [3, 4]
