"""The monitor: a second set that is looked at and never listened to; `best_k`, `truncate`."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import paris_core
from problems import (
    engines,
    make_problem,
    options,
    pairs,
    penalties,
    problems,
    several,
    val_weights,
)
from replay import (
    assert_same,
    assert_same_numbers,
    monitor_losses,
    pruned_up_to,
    refitted_weights,
)


def watched(n_outputs=None, weighted=True):
    """A problem and a monitor of 35 rows, with weights or without."""
    problem, monitor = make_problem(125, 15, 6, seed=4, n_outputs=n_outputs).split_off(35)
    weight = np.random.default_rng(0).uniform(0, 2, 35) * (np.arange(35) % 6 > 0)
    return problem, (*monitor, weight) if weighted else monitor


@pytest.fixture(params=[None, 3], ids="C={}".format)
def both(request):
    return watched(request.param)


@pytest.fixture
def problem(both):
    return both[0]


@pytest.fixture
def monitor(both):
    return both[1]


@pytest.fixture
def run(problem, monitor):
    return paris_core.prune(
        *problem.arrays, 60, lam=0.4, criterion="refit", objective="mean", monitor=monitor
    )


# ---------------------------------------------------------------------------------- monitor_loss


@engines
@pairs
@several
@pytest.mark.parametrize("weighted", [False, True], ids=["ones", "weighted"])
def test_monitor_loss_is_that_of_refitting(engine, criterion, objective, n_outputs, weighted):
    problem, monitor = watched(n_outputs, weighted)
    result = paris_core.prune(
        *problem.arrays,
        89,
        lam=0.4,
        engine=engine,
        criterion=criterion,
        objective=objective,
        monitor=monitor,
    )
    expected = monitor_losses(problem.Phi, problem.y, 0.4, result.removed, *monitor)
    assert result.monitor_loss.shape == (90,)
    assert result.monitor_loss.dtype == np.float64
    np.testing.assert_allclose(result.monitor_loss, expected, rtol=1e-9)
    assert result.best_k == expected.argmin()


@engines
@given(data=st.data(), problem=problems(outputs=(None, 1, 3)), lam=penalties())
def test_monitor_never_steers(engine, data, problem, lam):
    chosen = data.draw(options(problem), label="options")
    weight = data.draw(val_weights(len(problem.y_val)), label="weight of the monitor")
    k = data.draw(st.integers(0, problem.n_rows - 1), label="k")
    monitor = (-3 * problem.Phi_val, problem.y_val + 7)
    monitor += () if weight is None else (weight,)

    plain = pruned_up_to(problem, k, lam=lam, engine=engine, **chosen)
    chosen |= {"monitor": monitor}
    result = pruned_up_to(problem, k, lam=lam, engine=engine, **chosen)
    assert plain.monitor_loss is None
    assert plain.best_k is plain.fewest_k() is None
    names = ("removed", "kept", "mask", "delta_loss", "val_index", "loss", "weights")
    assert_same_numbers(result, plain, names)
    assert result.monitor_loss.shape == (len(plain.removed) + 1,)


def test_validation_rows_as_monitor(problem):
    monitor = problem.Phi_val, problem.y_val
    chosen = {"lam": 0.4, "monitor": monitor, "criterion": "refit"}
    mean = paris_core.prune(*problem.arrays, 60, objective="mean", **chosen)
    np.testing.assert_allclose(mean.monitor_loss, mean.loss, rtol=1e-10)
    # That of the monitor is over all rows for either objective.
    worst = paris_core.prune(*problem.arrays, 60, objective="worst", **chosen)
    assert np.all(worst.monitor_loss < worst.loss)


def test_a_common_weight_of_the_monitor_changes_nothing(problem, monitor):
    Phi_mon, y_mon, _ = monitor
    plain = paris_core.prune(*problem.arrays, 30, lam=0.4, monitor=(Phi_mon, y_mon))
    for weight in (np.full(35, 2.0), [2] * 35):
        doubled = paris_core.prune(*problem.arrays, 30, lam=0.4, monitor=(Phi_mon, y_mon, weight))
        np.testing.assert_allclose(doubled.monitor_loss, plain.monitor_loss, rtol=1e-14)


def test_more_monitor_rows_than_a_block():
    problem = make_problem(60, 5, 4, seed=1)
    other = make_problem(1, 30_000, 4, seed=2)
    monitor = other.Phi_val, other.y_val
    one, two = (
        paris_core.prune(*problem.arrays, 20, lam=0.4, monitor=monitor, n_threads=n) for n in (1, 2)
    )
    expected = monitor_losses(problem.Phi, problem.y, 0.4, one.removed, *monitor)
    np.testing.assert_allclose(one.monitor_loss, expected, rtol=1e-9)
    assert_same_numbers(one, two)


def test_monitor_in_pieces(problem, monitor):
    chosen = {"lam": 0.4, "monitor": monitor}
    pruner = paris_core.Pruner(*problem.arrays, **chosen)
    for n in (0, 1, 20, 4):
        pruner.run(n)
    assert_same(pruner.result(), paris_core.prune(*problem.arrays, 25, **chosen))


def test_monitor_is_not_modified_and_may_be_lists(problem, monitor):
    monitor = tuple(array.copy() for array in monitor)
    copies = [array.copy() for array in monitor]
    for array in monitor:
        array.flags.writeable = False
    plain = paris_core.prune(*problem.arrays, 20, lam=0.4, monitor=monitor)
    for array, copy in zip(monitor, copies, strict=True):
        np.testing.assert_array_equal(array, copy)
    lists = tuple(array.tolist() for array in monitor)
    assert_same(plain, paris_core.prune(*problem.arrays, 20, lam=0.4, monitor=lists))


# ---------------------------------------------------------------------------------------- best_k


def test_best_k_is_the_first_minimum():
    problem = make_problem(30, 5, 3, kind="zero")
    monitor = problem.Phi_val, problem.y_val
    result = paris_core.prune(*problem.arrays, 20, lam=1.0, monitor=monitor)
    np.testing.assert_array_equal(result.monitor_loss, 0)
    assert result.best_k == 0
    assert isinstance(result.best_k, int)


@pytest.fixture
def repaired():
    """A tenth of the targets is spoilt; the run goes on long after these rows are gone."""
    problem, monitor = make_problem(400, 60, 8, seed=5).split_off(100)
    problem.y[:30] += 20
    return paris_core.prune(
        *problem.arrays, 299, lam=1.0, criterion="refit", objective="mean", monitor=monitor
    )


def test_best_k_finds_the_spoilt_rows(repaired):
    # What the monitor is for: it stops deletion before it fits the few validation rows alone.
    assert 0 < repaired.best_k < 299
    best = repaired.truncate(repaired.best_k)
    assert best.best_k == repaired.best_k
    assert np.count_nonzero(best.removed < 30) > 20
    assert best.monitor_loss[-1] < 0.7 * repaired.monitor_loss[0]
    assert best.monitor_loss[-1] < 0.9 * repaired.monitor_loss[-1]


def test_fewest_k_is_near_enough_to_the_minimum(repaired):
    loss = repaired.monitor_loss
    found = {tolerance: repaired.fewest_k(tolerance) for tolerance in (0.0, 0.01, 0.1, 1e6)}
    for tolerance, k in found.items():
        assert k == next(k for k in range(300) if loss[k] <= (1 + tolerance) * min(loss))
    assert found[0.0] == repaired.best_k > found[0.1] > found[1e6] == 0
    assert repaired.fewest_k() == found[0.01]
    with pytest.raises(ValueError, match="tolerance must be a finite number >= 0"):
        repaired.fewest_k(-0.1)


# -------------------------------------------------------------------------------------- truncate


@pytest.mark.parametrize("k", [0, 1, 17, 59, 60])
def test_truncated_is_the_run_that_stopped_there(problem, monitor, run, k):
    cut = run.truncate(k)
    short = paris_core.prune(
        *problem.arrays, k, lam=0.4, criterion="refit", objective="mean", monitor=monitor
    )
    assert type(cut) is paris_core.PruneResult
    names = ("removed", "kept", "mask", "delta_loss", "val_index", "loss", "monitor_loss")
    assert_same_numbers(cut, short, names)
    for name in names:
        assert getattr(cut, name).dtype == getattr(short, name).dtype
    # Refitted, not downdated: equal to rounding.
    assert cut.weights.shape == short.weights.shape
    np.testing.assert_allclose(cut.weights, short.weights, rtol=1e-8, atol=1e-10)
    assert cut.stop_reason == "truncated"
    assert cut.lam == run.lam
    assert cut.best_k == short.best_k


@pairs
def test_truncated_weights_are_the_ridge_on_the_kept_rows(criterion, objective):
    problem = make_problem(90, 15, 6, seed=4)
    result = paris_core.prune(
        *problem.arrays, 89, lam=1e-3, criterion=criterion, objective=objective
    )
    path = refitted_weights(problem.Phi, problem.y, 1e-3, result.removed)
    for k in range(0, 90, 8):
        cut = result.truncate(k)
        np.testing.assert_allclose(cut.weights, path[k], rtol=1e-7, atol=1e-9)
        assert cut.monitor_loss is None
        assert cut.best_k is None


def test_truncated_twice(run):
    assert_same_numbers(run.truncate(40).truncate(11), run.truncate(11))


def test_truncate_leaves_the_result_alone(run):
    before = {name: np.copy(getattr(run, name)) for name in ("removed", "mask", "weights", "loss")}
    cut = run.truncate(5)
    for name, copy in before.items():
        np.testing.assert_array_equal(getattr(run, name), copy)
        with pytest.raises(ValueError, match="read-only"):
            getattr(cut, name)[...] = 0


def test_truncated_result_of_a_pruner(problem):
    pruner = paris_core.Pruner(*problem.arrays, lam=0.4)
    pruner.run(30)
    early = pruner.result()
    pruner.run(30)
    assert_same_numbers(early.truncate(12), pruner.result().truncate(12))


@pytest.mark.parametrize("k", [np.int64(7), np.uint8(7)], ids=repr)
def test_k_as_numpy_integer(run, k):
    assert_same_numbers(run.truncate(k), run.truncate(7))


@pytest.mark.parametrize("k", [-1, 61, 10**30])
def test_truncate_out_of_range(run, k):
    with pytest.raises(ValueError, match=rf"\bk\b.*{k}"):
        run.truncate(k)


@pytest.mark.parametrize("k", [0.5, 3.0, True, None, "3", [3]], ids=repr)
def test_truncate_of_wrong_type(run, k):
    with pytest.raises(TypeError, match=r"\bk\b"):
        run.truncate(k)


# ------------------------------------------------------------------------------ saved, tabulated


def test_saved_with_its_monitor(run, tmp_path):
    run.save(tmp_path / "result.npz")
    loaded = paris_core.PruneResult.load(tmp_path / "result.npz")
    assert_same_numbers(loaded, run)
    assert loaded.monitor_loss.dtype == np.float64
    assert loaded.best_k == run.best_k


def test_saved_without_a_monitor(problem, tmp_path):
    paris_core.prune(*problem.arrays, 5, lam=0.4).save(tmp_path / "result.npz")
    loaded = paris_core.PruneResult.load(tmp_path / "result.npz")
    assert loaded.monitor_loss is None
    assert loaded.best_k is None


def test_truncated_result_can_be_saved(run, tmp_path):
    run.truncate(8).save(tmp_path / "result.npz")
    loaded = paris_core.PruneResult.load(tmp_path / "result.npz")
    assert_same_numbers(loaded, run.truncate(8))
    assert loaded.stop_reason == "truncated"


def test_monitor_loss_is_read_only(run):
    with pytest.raises(ValueError, match="read-only"):
        run.monitor_loss[0] = 0


def test_frame_has_a_column_for_the_monitor(problem, run):
    pytest.importorskip("pandas")
    np.testing.assert_array_equal(run.to_frame()["monitor_loss"], run.monitor_loss[1:])
    plain = paris_core.prune(*problem.arrays, 5, lam=0.4)
    assert list(plain.to_frame().columns) == ["row", "delta_loss", "val_index", "loss"]


# -------------------------------------------------------------------------------------- bad input

N_MON, D = 35, 6
Phi_good, y_good = np.ones((N_MON, D)), np.ones(N_MON)


@pytest.mark.parametrize("function", ["prune", "Pruner", "prune_groups"])
@pytest.mark.parametrize(
    ("monitor", "error", "match"),
    [
        (Phi_good, (TypeError, ValueError), ""),
        ("both", (TypeError, ValueError), ""),
        (3, TypeError, ""),
        ((Phi_good,), ValueError, "1"),
        ((), ValueError, "0"),
        ((Phi_good, y_good, y_good, y_good), ValueError, "4"),
        ((Phi_good[:, :5], y_good), ValueError, r"\(35, 5\)"),
        ((Phi_good[0], y_good), ValueError, r"\(6,\)"),
        ((Phi_good[:0], y_good[:0]), ValueError, r"\(0, 6\)"),
        ((Phi_good, y_good[1:]), ValueError, r"\(34,\)"),
        ((Phi_good, np.ones((N_MON, 1))), ValueError, r"\(35, 1\)"),
        ((Phi_good, np.ones((N_MON, 2))), ValueError, r"\(35, 2\)"),
        ((np.full((N_MON, D), np.nan), y_good), ValueError, "NaN in row 0"),
        ((Phi_good, np.where(np.arange(N_MON) == 29, np.inf, 1.0)), ValueError, "row 29"),
        ((Phi_good.astype(complex), y_good), TypeError, "complex"),
        ((Phi_good, y_good.astype(str)), TypeError, ""),
        ((Phi_good, y_good, y_good[1:]), ValueError, r"\(34,\)"),
        ((Phi_good, y_good, -y_good), ValueError, "-1"),
        ((Phi_good, y_good, 0 * y_good), ValueError, ""),
        ((Phi_good, y_good, 1.0), ValueError, ""),
        ((None, y_good), (TypeError, ValueError), ""),
    ],
    ids=[
        "array",
        "str",
        "int",
        "one",
        "none",
        "four",
        "features",
        "1-D features",
        "empty",
        "length",
        "one column",
        "two columns",
        "nan",
        "inf",
        "complex",
        "str targets",
        "short weight",
        "negative weight",
        "zero weight",
        "one weight",
        "no features",
    ],
)
def test_bad_monitor(function, monitor, error, match):
    problem = make_problem(20, 9, D)
    more = {"prune": (5,), "Pruner": (), "prune_groups": (np.arange(20),)}[function]
    with pytest.raises(error, match=rf"(?s)(?=.*(monitor|_mon\b)).*{match}"):
        getattr(paris_core, function)(*problem.arrays, *more, lam=0.4, monitor=monitor)
