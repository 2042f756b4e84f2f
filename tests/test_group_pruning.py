"""`prune_groups`: every step removes the best group, and every number is right."""

import pickle
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import paris_core
import reference
from paris_core import prune_groups
from paris_core._support import memory
from paris_core.pruning import groups as group_pruning
from paris_core.regularization import select_lambda
from problems import ORDINARY, Problem, make_problem, penalties, problems, val_weights
from reference import (
    EPS,
    columns,
    losses_without_groups,
    normal_equations_error,
    ridge_weights,
)
from replay import monitor_losses


def stations(n_rows=120, n_groups=8, seed=0):
    """Labels (n_rows,) of stations of unequal sizes, in no order."""
    rng = np.random.default_rng(seed)
    label = np.r_[np.arange(n_groups), rng.integers(0, n_groups, n_rows - n_groups) ** 2 % n_groups]
    return np.array([f"st{g}" for g in rng.permutation(label)])


# ------------------------------------------------------------------------------------ correctness


def loss_noise(problem, lam, val_weight):
    """What rounding may do to a loss, where weights come from normal equations."""
    Phi, y, Phi_val, y_val = problem.arrays
    omega = np.ones(len(y_val)) if val_weight is None else val_weight
    size_w = np.abs(columns(Phi.T @ y)).max() / lam  # no weight is larger
    size_w = min(size_w, np.linalg.norm(y) / np.sqrt(lam))
    size_r = np.abs(y_val).max() + np.abs(Phi_val).sum(axis=1).max() * size_w
    eps = 32 * EPS + 8 * normal_equations_error(Phi, lam)
    return omega.sum() * columns(y).shape[1] * eps * size_r**2


@given(
    st.data(),
    problems(max_rows=30, kinds=ORDINARY, outputs=(None, 1, 3)),
    penalties(),
    st.booleans(),
)
def test_every_step_removes_the_best_group(data, problem, lam, strings):
    if problem.n_rows < 2:
        return
    label = st.integers(-2, 3)
    groups = data.draw(
        st.lists(label, min_size=problem.n_rows, max_size=problem.n_rows).filter(
            lambda labels: len(set(labels)) > 1
        ),
        label="groups",
    )
    groups = np.array(groups).astype(str) if strings else np.array(groups)
    omega = data.draw(val_weights(len(problem.y_val)), label="val_weight")
    k = data.draw(st.none() | st.integers(0, len(np.unique(groups)) - 1), label="k")

    result = prune_groups(*problem.arrays, groups, k, lam=lam, val_weight=omega)

    removed = result.removed_groups.tolist()
    assert len(removed) == (len(np.unique(groups)) - 1 if k is None else k)
    assert result.removed_groups.dtype == groups.dtype
    noise = loss_noise(problem, lam, omega)
    arrays = (*problem.arrays, groups)
    for i, loss in enumerate(result.loss):
        # Replayed, so that ties are harmless: the choice must be as good as the best.
        stays = {"val_weight": omega, "candidates": [None]}
        expected = losses_without_groups(*arrays, removed[:i], lam, **stays)[None]
        assert abs(loss - expected) <= 1e-9 * expected + noise
        if i < len(removed):
            after = losses_without_groups(*arrays, removed[:i], lam, val_weight=omega)
            assert after[removed[i]] <= (1 + 1e-9) * min(after.values()) + 2 * noise
    np.testing.assert_array_equal(result.mask, ~np.isin(groups, removed))
    np.testing.assert_array_equal(result.kept, np.flatnonzero(result.mask))
    w = ridge_weights(problem.Phi[result.mask], problem.y[result.mask], lam)
    atol = 1e-7 * (1 + np.linalg.norm(problem.y) / np.sqrt(lam))
    np.testing.assert_allclose(result.weights, w, rtol=1e-7, atol=atol)


@pytest.mark.parametrize("n_outputs", [None, 3])
def test_same_groups_as_the_reference(n_outputs):
    problem = make_problem(120, 25, 6, seed=2, n_outputs=n_outputs)
    weight = np.random.default_rng(0).uniform(0.2, 2, 25)
    arguments = (*problem.arrays, stations())
    removed, loss = reference.prune_groups(*arguments, 7, 0.6, val_weight=weight)
    result = prune_groups(*arguments, lam=0.6, val_weight=weight)
    np.testing.assert_array_equal(result.removed_groups, removed)
    rows = np.concatenate([np.flatnonzero(arguments[-1] == group) for group in removed])
    np.testing.assert_array_equal(result.removed, rows)
    np.testing.assert_allclose(result.loss, loss, rtol=1e-10)
    assert result.weights.shape == (6, *problem.y.shape[1:])
    unweighted, _ = reference.prune_groups(*arguments, 7, 0.6)
    assert list(unweighted) != list(removed)  # the weights do steer


@pytest.mark.parametrize("n_outputs", [None, 2])
def test_single_rows_as_groups_are_rows(n_outputs):
    problem = make_problem(60, 20, 5, seed=3, n_outputs=n_outputs)
    rows = paris_core.prune(*problem.arrays, 59, lam=0.5, criterion="refit", objective="mean")
    groups = prune_groups(*problem.arrays, np.arange(60), lam=0.5)
    np.testing.assert_array_equal(groups.removed_groups, rows.removed)
    np.testing.assert_array_equal(groups.kept, rows.kept)
    np.testing.assert_allclose(groups.loss, rows.loss, rtol=1e-9)
    np.testing.assert_allclose(groups.weights, rows.weights, rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize("labels", [np.array(["b", "a", "c"]), np.array([7, -5, 9])], ids=str)
def test_of_groups_that_tie_the_first_in_sorted_order_goes(labels):
    problem = make_problem(20, 10, 4, seed=1)
    thrice = (np.tile(problem.Phi, (3, 1)), np.tile(problem.y, 3), problem.Phi_val, problem.y_val)
    result = prune_groups(*thrice, np.repeat(labels, 20), lam=1.0)
    np.testing.assert_array_equal(result.removed_groups, np.sort(labels)[:2])


def test_chunks_make_no_difference(monkeypatch):
    problem = make_problem(120, 25, 6, seed=2)
    whole = prune_groups(*problem.arrays, stations(), lam=0.6)
    monkeypatch.setattr(paris_core.pruning.groups, "_CHUNK_BYTES", 3 * 8 * 6 * 7)
    parts = prune_groups(*problem.arrays, stations(), lam=0.6)
    np.testing.assert_array_equal(whole.removed_groups, parts.removed_groups)
    np.testing.assert_array_equal(whole.loss, parts.loss)


def test_a_removed_group_leaves_no_rounding_behind():
    """A group in the wrong unit, a billion times too large: Φ'Φ - Φ_g'Φ_g would be noise."""
    problem = make_problem(100, 30, 5, seed=6, kind="gaussian")
    unit = np.where(np.arange(100) < 20, 1e9, 1.0)
    spoilt = (problem.Phi * unit[:, None], problem.y, problem.Phi_val, problem.y_val)
    groups = np.arange(100) // 20
    result = prune_groups(*spoilt, groups, lam=1e-2)
    assert result.removed_groups[0] == 0
    rest = prune_groups(*(a[20:] for a in spoilt[:2]), *spoilt[2:], groups[20:], lam=1e-2)
    np.testing.assert_array_equal(result.removed_groups[1:], rest.removed_groups)
    np.testing.assert_allclose(result.loss[1:], rest.loss, rtol=1e-13)


def test_penalty_is_chosen_from_all_training_rows():
    problem = make_problem(120, 25, 6, seed=2)
    lam = select_lambda(problem.Phi, problem.y)
    auto = prune_groups(*problem.arrays, stations())
    assert auto.lam == lam
    np.testing.assert_array_equal(
        auto.loss, prune_groups(*problem.arrays, stations(), lam=lam).loss
    )


# --------------------------------------------------------------------------- what it is made for


@pytest.fixture
def instruments():
    """Ten instruments, the fourth and the seventh of which report the wrong sign; and monitor."""
    rng = np.random.default_rng(8)
    w = rng.normal(size=6)
    Phi = rng.normal(size=(700, 6))
    y = Phi @ w + rng.normal(size=700)
    instrument = np.arange(600) % 10
    y[:600][np.isin(instrument, [3, 6])] *= -1
    problem = Problem(Phi[:600], y[:600], Phi[600:650], y[600:650])
    return problem, instrument, (Phi[650:], y[650:])


def test_instruments_with_a_wrong_sign_are_found_first(instruments):
    problem, instrument, monitor = instruments
    result = prune_groups(*problem.arrays, instrument, lam=1.0, monitor=monitor)
    assert set(result.removed_groups[:2].tolist()) == {3, 6}
    assert result.fewest_k(0.05) == 2
    wrong = np.isin(instrument, [3, 6])
    rows = paris_core.prune(
        *problem.arrays, 120, lam=1.0, criterion="refit", objective="mean", monitor=monitor
    )
    assert wrong[result.truncate(2).kept].mean() == 0 < 0.05 < wrong[rows.kept].mean()


# ---------------------------------------------------------------------------------- the result


@pytest.fixture(params=[None, 3], ids="C={}".format)
def watched(request):
    problem, monitor = make_problem(150, 15, 6, seed=4, n_outputs=request.param).split_off(30)
    return problem, (*monitor, np.random.default_rng(0).uniform(0, 2, 30))


def test_monitor_is_recorded_and_never_steers(watched):
    problem, monitor = watched
    groups = stations()
    result = prune_groups(*problem.arrays, groups, lam=0.4, monitor=monitor)
    plain = prune_groups(*problem.arrays, groups, lam=0.4)
    np.testing.assert_array_equal(result.removed_groups, plain.removed_groups)
    np.testing.assert_array_equal(result.loss, plain.loss)
    rows = [np.flatnonzero(groups == g) for g in result.removed_groups]
    ends = np.r_[0, np.cumsum([len(r) for r in rows])]
    expected = monitor_losses(problem.Phi, problem.y, 0.4, np.concatenate(rows), *monitor)[ends]
    np.testing.assert_allclose(result.monitor_loss, expected, rtol=1e-9)
    assert result.best_k == expected.argmin()
    low_enough = expected <= 1.1 * expected.min()
    assert result.fewest_k(0.1) == np.flatnonzero(low_enough)[0]
    assert plain.monitor_loss is plain.best_k is plain.fewest_k() is None
    with pytest.raises(ValueError, match="tolerance must be a finite number >= 0"):
        result.fewest_k(-0.1)
    unweighted = prune_groups(*problem.arrays, groups, lam=0.4, monitor=monitor[:2])
    assert not np.allclose(unweighted.monitor_loss, result.monitor_loss)


@pytest.mark.parametrize("k", [0, 1, 4, 7])
def test_truncated_is_the_run_that_stopped_there(watched, k):
    problem, monitor = watched
    chosen = {"lam": 0.4, "monitor": monitor}
    run = prune_groups(*problem.arrays, stations(), **chosen)
    run = pickle.loads(pickle.dumps(run))
    short = prune_groups(*problem.arrays, stations(), k, **chosen)
    cut = run.truncate(k)
    names = ("removed_groups", "removed", "kept", "mask", "loss", "monitor_loss", "weights", "lam")
    for result in (cut, run.truncate(7).truncate(k)):
        for name in names:
            mine, theirs = getattr(result, name), getattr(short, name)
            np.testing.assert_array_equal(mine, theirs, err_msg=name)
            assert np.asarray(mine).dtype == np.asarray(theirs).dtype
    assert len(run.removed_groups) == 7
    with pytest.raises(ValueError, match="read-only"):
        cut.weights[...] = 0


@pytest.mark.parametrize(("k", "error"), [(-1, ValueError), (8, ValueError), (2.0, TypeError)])
def test_truncate_out_of_range(k, error):
    problem = make_problem(120, 25, 6, seed=2)
    result = prune_groups(*problem.arrays, stations(), lam=0.6)
    with pytest.raises(error, match=r"\bk\b"):
        result.truncate(k)


def test_repr():
    problem = make_problem(40, 5, 3, kind="zero")
    result = prune_groups(*problem.arrays, np.arange(40) // 10, 1, lam=0.5)
    assert repr(result) == (
        "GroupPruneResult(1 groups removed, 30 of 40 rows kept, stop_reason='completed', "
        "loss 0 -> 0, lam=0.5)"
    )


# ------------------------------------------------------------------------------------- arguments


def test_inputs_are_not_modified_and_may_be_lists(watched):
    problem, monitor = watched
    groups = stations()
    arrays = (*problem.arrays, groups, *monitor)
    copies = [array.copy() for array in arrays]
    for array in arrays:
        array.flags.writeable = False
    result = prune_groups(*problem.arrays, groups, lam=0.4, monitor=monitor)
    for array, copy in zip(arrays, copies, strict=True):
        np.testing.assert_array_equal(array, copy)
    lists = [array.tolist() for array in arrays]
    same = prune_groups(*lists[:5], lam=0.4, monitor=tuple(lists[5:]))
    np.testing.assert_array_equal(same.removed_groups, result.removed_groups)
    np.testing.assert_array_equal(same.weights, result.weights)


def test_inputs_stay_writable():
    problem = make_problem(120, 25, 6, seed=2)
    groups = np.arange(120) // 20
    prune_groups(*problem.arrays, groups, lam=0.4)
    for array in (*problem.arrays, groups):
        array[0] = 0


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"groups": np.zeros(40, int)}, ValueError, "groups must name at least two groups"),
        ({"groups": ["x"] * 40}, ValueError, "groups must name at least two groups.*x"),
        ({"groups": np.arange(39)}, ValueError, r"groups must have shape \(40,\).*\(39,\)"),
        ({"groups": np.zeros((40, 1), int)}, ValueError, "groups must be one-dimensional"),
        ({"groups": np.arange(40.0)}, TypeError, "groups must be integers, bools or strings"),
        ({"groups": None}, (TypeError, ValueError), "groups"),
        ({"k": 4}, ValueError, r"k must be in \[0, 3\], got 4"),
        ({"k": -1}, ValueError, r"k must be in \[0, 3\], got -1"),
        ({"k": 0.5}, TypeError, "k must be an integer"),
        ({"k": True}, TypeError, "k must be an integer"),
        ({"lam": "best"}, ValueError, "lam must be one of"),
        ({"val_weight": np.zeros(9)}, ValueError, "val_weight must not be zero everywhere"),
        ({"monitor": (np.ones((5, 3)),)}, ValueError, "monitor must be a tuple"),
        ({"monitor": (np.ones((5, 2)), np.ones(5))}, ValueError, "must have 3 columns"),
    ],
)
def test_bad_arguments(options, error, message):
    problem = make_problem(40, 9, 3, seed=1)
    with pytest.raises(error, match=message):
        prune_groups(*problem.arrays, **{"groups": np.arange(40) // 10, "lam": 0.5, **options})


@pytest.mark.parametrize("scaled", [0, 1], ids=["all rows", "what is left"])
def test_penalty_too_small_for_the_table(scaled):
    """Of equal columns of large numbers rounding swallows the penalty; groups may hide that."""
    rng = np.random.default_rng(0)
    Phi = np.repeat(1e9 * rng.uniform(1, 2, size=(60, 1)), 3, axis=1)
    groups = np.arange(60) // 20
    if scaled:  # the first two groups span all directions; without them the third does not
        Phi[:40] *= rng.normal(size=(40, 3))
    y = 1e-9 * Phi.sum(axis=1) * np.where(groups == 2, 1, -1)
    arguments = Phi, y, np.full((1, 3), 1e9), [3.0], groups
    if scaled:
        assert prune_groups(*arguments, 1, lam=1e-9).removed_groups[0] < 2
    with pytest.raises(paris_core.NotPositiveDefiniteError, match=r"lam=\S+ would do"):
        prune_groups(*arguments, lam=1e-9)
    assert np.isfinite(prune_groups(*arguments, lam=1e6).loss).all()


def test_weights_made_of_rounding_are_an_error():
    """Columns that are multiples of each other, not equal: `solve` itself would not complain."""
    rng = np.random.default_rng(0)
    Phi = 1e9 * np.outer(rng.uniform(1, 2, size=60), rng.uniform(1, 2, size=20))
    with pytest.raises(paris_core.NotPositiveDefiniteError, match=r"lam=\S+ would do"):
        prune_groups(Phi, rng.normal(size=60), Phi[:5], np.ones(5), np.arange(60) // 20, lam=1e-9)


@pytest.mark.parametrize("lam", [1e-9, 1e-4])
@pytest.mark.parametrize(("n_features", "k"), [(2, 2), (20, 0), (20, 1)])
def test_the_penalty_of_the_message_does(n_features, k, lam):
    """At the first fit, or where one group of rank one is all that is left."""
    rng = np.random.default_rng(0)
    groups = np.repeat([0, 1, 2], 30)
    Phi = 1e7 * rng.normal(size=(90, 1)) * rng.normal(size=(3, n_features))[groups]
    tables = Phi, rng.normal(size=90), Phi[::3], rng.normal(size=30)
    if n_features == 2:
        prune_groups(*tables, groups, 1, lam=lam)
    with pytest.raises(paris_core.NotPositiveDefiniteError, match=rf"lam={lam:.3g}") as caught:
        prune_groups(*tables, groups, k, lam=lam)
    assert 0 < caught.value.pivot < n_features
    sufficient = float(re.search(r"lam=(\S+) would do", str(caught.value))[1])
    assert sufficient > lam
    assert np.isfinite(prune_groups(*tables, groups, k, lam=sufficient).weights).all()


def test_overflow_is_an_error():
    loss = group_pruning._Loss(np.ones((1, 1)), np.ones(1), np.ones(1))
    with pytest.raises(OverflowError, match="scale Phi and y"):
        loss(np.full((1, 1, 1), 1e200))


def test_more_groups_than_fit_in_memory_are_refused(monkeypatch):
    monkeypatch.setattr(memory, "available", lambda: 2**30)
    Phi = np.ones((3000, 300))
    # 3,000 groups of 300 x 301 doubles, twice.
    with pytest.raises(
        MemoryError, match=r"3,000 groups and 300 features needs 4\.. GiB.*1\.0 GiB"
    ):
        prune_groups(Phi, Phi[:, 0], Phi[:5], Phi[:5, 0], np.arange(3000), lam=1.0)


@pytest.mark.parametrize("missing", [None, float("nan"), np.nan])
def test_a_row_without_a_group_is_named(missing):
    Phi = np.random.default_rng(0).normal(size=(12, 2))
    groups = np.array(["a", "b", missing] * 4, dtype=object)
    with pytest.raises(TypeError, match=r"got (None|nan) in row 2: give such rows a label"):
        prune_groups(Phi, Phi[:, 0], Phi[:4], Phi[:4, 0], groups, 1)
    codes = np.array([0.0, 1.0, np.nan] * 4)
    with pytest.raises(TypeError, match=r"got .*nan.* in row 2"):
        prune_groups(Phi, Phi[:, 0], Phi[:4], Phi[:4, 0], codes, 1)
