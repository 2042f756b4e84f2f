"""`paris_core.metrics`."""

import itertools
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import Ridge
from sklearn.metrics import make_scorer, recall_score
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.naive_bayes import GaussianNB

import paris_core
import reference
from paris_core.metrics import (
    conditional_rmse,
    relevance,
    removal_curve,
    rmse,
    sera,
    worst_group_recall,
)
from paris_core.validation import Tail
from problems import make_problem, penalties, problems

Y = np.array([-300.0, -120.0, -100.0, -20.0, 0.0, 15.0])
PRED = np.array([-250.0, -100.0, -101.0, -25.0, 4.0, 15.0])
DEEP = Tail("lower", threshold=-100)


def test_rmse_by_hand():
    assert rmse(Y, PRED) == pytest.approx(np.sqrt((2500 + 400 + 1 + 25 + 16 + 0) / 6))
    assert rmse(Y, Y) == 0.0
    assert rmse([1, 2], [2, 4]) == pytest.approx(np.sqrt(2.5))


@pytest.mark.parametrize(
    ("tail", "expected"),
    [
        (Tail("lower", threshold=-100.0), (2500 + 400 + 1) / 3),
        (Tail("lower", threshold=-100.5), (2500 + 400) / 2),
        (Tail("upper", threshold=0.0), (16 + 0) / 2),
        (Tail("lower", quantile=0.4), (2500 + 400 + 1) / 3),
        (Tail("upper", quantile=0.7), (16 + 0) / 2),
    ],
)
def test_conditional_rmse_by_hand(tail, expected):
    assert conditional_rmse(Y, PRED, tail) == pytest.approx(np.sqrt(expected))


def test_the_targets_choose_the_rows_not_the_predictions():
    assert conditional_rmse([-150.0, 0.0], [0.0, -150.0], DEEP) == 150.0


def test_whole_range_is_plain_rmse():
    assert conditional_rmse(Y, PRED, Tail("lower", threshold=np.inf)) == rmse(Y, PRED)


@pytest.mark.parametrize(
    ("tail", "error", "message"),
    [
        (Tail("lower", threshold=-500.0), ValueError, r"no row is in the lower tail.*-300"),
        (Tail("upper", threshold=500.0), ValueError, "no row is in the upper tail"),
        ("lower", TypeError, "tail must be a paris_core.validation.Tail"),
        (None, TypeError, "tail must be a paris_core.validation.Tail"),
    ],
)
def test_conditional_rmse_refuses_bad_tails(tail, error, message):
    with pytest.raises(error, match=message):
        conditional_rmse(Y, PRED, tail)


@pytest.mark.parametrize(
    ("y", "pred", "error", "message"),
    [
        ([], [], ValueError, "y must not be empty"),
        ([1.0], [1.0, 2.0], ValueError, r"pred must have shape \(1,\), one entry per row of y"),
        ([1.0, np.nan], [1.0, 2.0], ValueError, "y must be finite, got NaN in row 1"),
        ([1.0, 2.0], [np.inf, 2.0], ValueError, "pred must be finite, got infinity in row 0"),
        ([[1.0]], [1.0], ValueError, "y must be one-dimensional"),
        ([1.0], [1j], TypeError, "pred must be real numbers"),
        (["a"], [1.0], TypeError, "y must be real numbers"),
    ],
)
def test_metrics_refuse_bad_arrays(y, pred, error, message):
    with pytest.raises(error, match=message):
        rmse(y, pred)
    with pytest.raises(error, match=message):
        conditional_rmse(y, pred, Tail("lower", threshold=10.0))


# --- squared error-relevance area ---------------------------------------------------------------

STORMS = [(-100.0, 1.0), (-50.0, 0.0)]


def area(y, pred, share):
    """The definition: SER(t) steps at the relevances, so sum over the steps."""
    steps = np.unique(np.concatenate([[0.0, 1.0], share]))
    squares = (y - pred) ** 2
    return sum(
        (high - low) * squares[share >= high].sum() for low, high in itertools.pairwise(steps)
    )


@given(st.data())
def test_sera_is_the_area_under_the_steps(data):
    n = data.draw(st.integers(1, 30))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    y, pred = rng.normal(size=(2, n))
    levels = st.sampled_from([0.0, 0.5, 1.0]) | st.floats(0, 1)
    share = np.array(data.draw(st.lists(levels, min_size=n, max_size=n)))
    assert sera(y, pred, relevance=share) == pytest.approx(area(y, pred, share), rel=1e-12)


def test_sera_between_its_bounds():
    assert sera(Y, PRED, relevance=np.zeros(6)) == 0.0
    assert sera(Y, PRED, relevance=np.ones(6)) == pytest.approx(6 * rmse(Y, PRED) ** 2)
    assert sera(Y, Y, relevance=np.ones(6)) == 0.0
    tail = (Y <= -100).astype(float)
    assert sera(Y, PRED, relevance=tail) == pytest.approx(3 * conditional_rmse(Y, PRED, DEEP) ** 2)


def test_sera_takes_a_function_of_the_targets():
    by_function = sera(Y, PRED, relevance=partial(relevance, points=STORMS))
    assert by_function == sera(Y, PRED, relevance=relevance(Y, STORMS))
    assert by_function == pytest.approx(2500 + 400 + 1)

    def meddling(y):
        y[:] = 0.0
        return y

    before = Y.copy()
    assert sera(Y, PRED, relevance=meddling) == 0.0
    np.testing.assert_array_equal(Y, before)


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        ([1.0], ValueError, r"relevance must have shape \(6,\)"),
        ([0, 0, 0, 0, 0, 1.1], ValueError, r"relevance must be in \[0, 1\], got 1.1 in row 5"),
        ([0, -0.1, 0, 0, 0, 1], ValueError, r"relevance must be in \[0, 1\], got -0.1 in row 1"),
        ([0, 0, 0, 0, 0, np.nan], ValueError, "relevance must be finite"),
        (["a"] * 6, TypeError, "relevance must be real numbers"),
        (lambda y: y, ValueError, r"relevance must be in \[0, 1\], got -300 in row 0"),
    ],
)
def test_sera_refuses_bad_relevances(value, error, message):
    with pytest.raises(error, match=message):
        sera(Y, PRED, relevance=value)


def test_relevance_by_hand():
    np.testing.assert_allclose(
        relevance([-200, -100, -90, -50, 0], STORMS), [1.0, 1.0, 0.8, 0.0, 0.0]
    )
    both = [(-100, 1), (-50, 0), (50, 0), (150, 0.5)]
    np.testing.assert_allclose(relevance([-75, 0, 100, 900], both), [0.5, 0, 0.25, 0.5])
    np.testing.assert_array_equal(relevance(Y, [(0.0, 0.25)]), np.full(6, 0.25))


@pytest.mark.parametrize(
    ("points", "message"),
    [
        ([1.0, 0.0], r"points must be pairs .* got shape \(2,\)"),
        (np.empty((0, 2)), "points must be pairs"),
        ([(0.0, 1.0), (0.0, 0.0)], "points must have ascending targets"),
        ([(1.0, 1.0), (0.0, 0.0)], "points must have ascending targets"),
        ([(0.0, 1.5)], r"points\[:, 1\] must be in \[0, 1\], got 1.5"),
        ([(np.nan, 1.0)], "points must be finite"),
    ],
)
def test_relevance_refuses_bad_points(points, message):
    with pytest.raises(ValueError, match=message):
        relevance(Y, points)


# --- worst group --------------------------------------------------------------------------------

label_lists = st.lists(st.integers(-1, 2), min_size=1, max_size=30)


@given(st.data(), label_lists)
def test_worst_group_recall_by_loops(data, y):
    def same_length(values):
        return data.draw(st.lists(values, min_size=len(y), max_size=len(y)))

    pred, groups = same_length(st.integers(-1, 2)), same_length(st.sampled_from("abc"))

    def worst(members):
        shares = []
        for member in set(members):
            rows = [i for i in range(len(y)) if members[i] == member]
            shares.append(sum(y[i] == pred[i] for i in rows) / len(rows))
        return min(shares)

    assert worst_group_recall(y, pred) == worst(y)
    assert worst_group_recall(y, pred, groups=groups) == worst(groups)
    recalls = recall_score(y, pred, labels=sorted(set(y)), average=None, zero_division=0.0)
    assert worst_group_recall(y, pred) == pytest.approx(recalls.min())
    names = np.array(["zero", "one", "two", "last"])
    assert worst_group_recall(names[y], names[pred]) == worst(y)


@pytest.mark.parametrize(
    ("y", "pred", "groups", "error", "message"),
    [
        ([0, 1], ["0", "1"], None, TypeError, "y and pred must both be strings or both integers"),
        ([0.0, 1.0], [0, 1], None, TypeError, "y must be integers, bools or strings"),
        ([0, 1], [0.2, 0.9], None, TypeError, "pred must be integers, bools or strings"),
        ([0, 1], [0], None, ValueError, r"pred must have shape \(2,\)"),
        ([0, 1], [0, 1], [0], ValueError, r"groups must have shape \(2,\)"),
        ([0, 1], [0, 1], [0.5, 1.0], TypeError, "groups must be integers"),
        ([], [], None, ValueError, "y must be one-dimensional and not empty"),
    ],
)
def test_worst_group_recall_refuses_bad_arguments(y, pred, groups, error, message):
    with pytest.raises(error, match=message):
        worst_group_recall(y, pred, groups=groups)


# --- removal curve ------------------------------------------------------------------------------


@given(st.data(), problems(kinds=("relu", "gaussian", "duplicates", "offset")), penalties())
def test_removal_curve_by_refitting(data, problem, lam):
    n = problem.n_rows
    order = data.draw(st.permutations(range(n)))[: data.draw(st.integers(0, n))]
    curve = removal_curve(problem.Phi, problem.y, order, problem.Phi_val, problem.y_val, lam=lam)
    assert curve.n_removed.dtype == np.int64
    assert curve.n_removed[0] == 0
    assert curve.n_removed[-1] == len(order)
    assert (np.diff(curve.n_removed) > 0).all()
    for count, score in zip(curve.n_removed, curve.scores, strict=True):
        kept = np.setdiff1d(np.arange(n), order[:count])
        w = np.zeros(problem.Phi.shape[1])
        if len(kept):
            w = reference.ridge_weights(problem.Phi[kept], problem.y[kept], lam)
        assert score == pytest.approx(rmse(problem.y_val, problem.Phi_val @ w), rel=1e-7)


def test_removal_curve_continues_the_monitor_of_prune():
    problem = make_problem(120, 30, 6)
    rest, monitor = problem.split_off(20)
    result = paris_core.prune(*rest.arrays, 40, lam=0.5, monitor=monitor)
    curve = removal_curve(rest.Phi, rest.y, result.removed, *monitor, lam=0.5)
    np.testing.assert_array_equal(curve.n_removed, np.arange(0, 41, 2))
    np.testing.assert_allclose(curve.scores**2, result.monitor_loss[curve.n_removed], rtol=1e-9)


def test_removal_curve_of_classes_with_another_score():
    problem = make_problem(90, 40, 5, n_outputs=3)

    def accuracy(truth, prediction):
        assert truth.shape == prediction.shape == (40, 3)
        return worst_group_recall(truth.argmax(axis=1), prediction.argmax(axis=1))

    curve = removal_curve(
        problem.Phi,
        problem.y,
        np.arange(50),
        problem.Phi_val,
        problem.y_val,
        lam="auto",
        score=accuracy,
        fractions=[1.0, 0.0, 0.5, 0.5],
    )
    np.testing.assert_array_equal(curve.n_removed, [0, 25, 50])
    lam = paris_core.regularization.select_lambda(problem.Phi, problem.y)
    w = paris_core.linalg.RidgeFactor(problem.Phi[50:], problem.y[50:], lam).weights
    assert curve.scores[-1] == accuracy(problem.y_val, problem.Phi_val @ w)


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"removed": [0, 1, 0]}, ValueError, "removed must be distinct rows, got 0 twice"),
        ({"removed": [0, 50]}, ValueError, r"removed must be in \[0, 49\].*got 50"),
        ({"removed": [-1]}, ValueError, "removed must be in"),
        ({"removed": [0.5]}, TypeError, "removed must be integers"),
        ({"removed": [[0]]}, ValueError, "removed must be one-dimensional"),
        ({"y_test": np.zeros(3)}, ValueError, "y_test must have shape"),
        ({"Phi_test": np.zeros((8, 2))}, ValueError, "Phi_test must have 5 columns like Phi"),
        ({"lam": 0.0}, ValueError, "lam must be in"),
        ({"score": "rmse"}, TypeError, "score must be callable, got str"),
        ({"score": lambda y, pred: [1.0]}, TypeError, "score must return a number, got list"),
        ({"fractions": [0.0, 1.5]}, ValueError, r"fractions must be in \[0, 1\], got 1.5"),
        ({"fractions": []}, ValueError, "fractions must not be empty"),
        ({"n_threads": 0}, ValueError, "n_threads must be in"),
    ],
    ids=str,
)
def test_removal_curve_refuses_bad_arguments(changes, error, message):
    problem = make_problem(50, 8, 5)
    arguments = {
        "Phi": problem.Phi,
        "y": problem.y,
        "removed": [3, 1],
        "Phi_test": problem.Phi_val,
        "y_test": problem.y_val,
        "lam": 0.5,
    }
    with pytest.raises(error, match=message):
        removal_curve(**(arguments | changes))


# --- as scorers of scikit-learn -----------------------------------------------------------------


def test_make_scorer_takes_them_into_searches():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(90, 3))
    y = X[:, 0] - 60 * (X[:, 1] > 0.5)
    scorer = make_scorer(
        conditional_rmse, greater_is_better=False, tail=Tail("lower", threshold=-50)
    )
    search = GridSearchCV(Ridge(), {"alpha": [1e-3, 1e6]}, scoring=scorer, cv=3).fit(X, y)
    assert search.best_params_ == {"alpha": 1e-3}
    labels = np.where(X[:, 1] > 0.5, "storm", "quiet")
    scores = cross_val_score(GaussianNB(), X, labels, scoring=make_scorer(worst_group_recall), cv=3)
    assert (scores > 0.5).all()
