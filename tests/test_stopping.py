"""When a run ends, and the reason that it gives."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import paris_core
from problems import Problem, engines, make_problem, pairs, penalties, problems
from replay import assert_same, assert_same_numbers, pruned_up_to

REFIT_MEAN = {"criterion": "refit", "objective": "mean"}


@pytest.fixture(scope="module")
def split():
    return make_problem(200, 20, 6, seed=2).split_off(80)


@pytest.fixture(scope="module")
def problem(split):
    return split[0]


@pytest.fixture(scope="module")
def monitor(split):
    return split[1]


def begins_like(result, longer):
    """`result` is where `longer` stood after as many deletions."""
    k = len(result.removed)
    assert k <= len(longer.removed)
    for name in ("removed", "delta_loss", "val_index"):
        np.testing.assert_array_equal(getattr(result, name), getattr(longer, name)[:k])
    np.testing.assert_array_equal(result.loss, longer.loss[: k + 1])


# --------------------------------------------------------------------------------------------- k


@engines
@pairs
def test_k_is_the_default(problem, engine, criterion, objective):
    chosen = {"lam": 0.5, "engine": engine, "criterion": criterion, "objective": objective}
    default = paris_core.prune(*problem.arrays, 90, **chosen)
    assert default.stop_reason == "completed"
    assert len(default.removed) == 90
    assert_same(default, paris_core.prune(*problem.arrays, 90, stop="k", **chosen))


@pytest.mark.parametrize("change", [{"tolerance": 5.0}, {"patience": 1}], ids=str)
def test_other_rules_have_no_say(problem, monitor, change):
    plain = paris_core.prune(*problem.arrays, 90, lam=0.5, monitor=monitor)
    assert_same(plain, paris_core.prune(*problem.arrays, 90, lam=0.5, monitor=monitor, **change))


# --------------------------------------------------------------------------------------- stalled


@engines
@pairs
@given(
    problem=problems(max_rows=25, outputs=(None, 2)),
    lam=penalties(),
    tolerance=st.sampled_from([0.0, 1e-3, 1.0]),
)
def test_stalled_stops_before_the_first_row_that_does_not_help(
    engine, criterion, objective, problem, lam, tolerance
):
    k = problem.n_rows - 1
    chosen = {"lam": lam, "engine": engine, "criterion": criterion, "objective": objective}
    free = paris_core.prune(*problem.arrays, k, **chosen)
    result = paris_core.prune(*problem.arrays, k, stop="stalled", tolerance=tolerance, **chosen)
    stalling = np.flatnonzero(free.delta_loss > -tolerance)
    assert len(result.removed) == (stalling[0] if len(stalling) else k)
    assert result.stop_reason == ("stalled" if len(stalling) else "completed")
    begins_like(result, free)


def test_stalled_refit_of_the_mean_ends_where_no_deletion_helps(problem):
    result = paris_core.prune(*problem.arrays, 119, lam=0.5, stop="stalled", **REFIT_MEAN)
    assert result.stop_reason == "stalled"
    assert 0 < len(result.removed) < 119
    assert np.all(np.diff(result.loss) < 0)
    # Restarted on what is left, no row is worth deleting.
    rest = Problem(problem.Phi[result.kept], problem.y[result.kept], problem.Phi_val, problem.y_val)
    assert paris_core.prune(*rest.arrays, 1, lam=0.5, **REFIT_MEAN).delta_loss[0] > 0


def test_a_row_worth_exactly_the_tolerance_leaves():
    # Rows of zeros change nothing: Delta L = 0, which is not above -0.
    problem = make_problem(20, 5, 3, kind="zero")
    result = paris_core.prune(*problem.arrays, 19, lam=1.0, stop="stalled")
    assert result.stop_reason == "completed"
    result = paris_core.prune(*problem.arrays, 19, lam=1.0, stop="stalled", tolerance=1e-12)
    assert result.stop_reason == "stalled"
    assert len(result.removed) == 0


def test_larger_tolerance_stops_sooner(problem):
    numbers = [
        len(
            paris_core.prune(
                *problem.arrays, 119, lam=0.5, stop="stalled", tolerance=t, **REFIT_MEAN
            ).removed
        )
        for t in (0.0, 0.01, 0.1, 1.0, 1e6)
    ]
    assert numbers == sorted(numbers, reverse=True)
    assert len(set(numbers)) > 2
    assert numbers[-1] == 0


def test_stalled_run_goes_on_stalling(problem):
    pruner = paris_core.Pruner(*problem.arrays, lam=0.5, stop="stalled", **REFIT_MEAN)
    done = pruner.run(119)
    assert pruner.run(5) == 0
    assert pruner.n_removed == done
    assert pruner.result().stop_reason == "stalled"


# --------------------------------------------------------------------------------------- monitor


def first_stop(monitor_loss, patience):
    """Deletions after which the minimum so far is `patience` old, or None."""
    for k in range(1, len(monitor_loss)):
        if k - int(np.argmin(monitor_loss[: k + 1])) >= patience:
            return k
    return None


@engines
@pairs
@pytest.mark.parametrize("patience", [1, 2, 7, 30, 10**6])
def test_monitor_waits_for_a_new_minimum(problem, monitor, engine, criterion, objective, patience):
    chosen = {"lam": 0.5, "engine": engine, "criterion": criterion, "objective": objective}
    free = paris_core.prune(*problem.arrays, 110, monitor=monitor, **chosen)
    result = paris_core.prune(
        *problem.arrays, 110, monitor=monitor, stop="monitor", patience=patience, **chosen
    )
    k = first_stop(free.monitor_loss, patience)
    assert len(result.removed) == (110 if k is None else k)
    assert result.stop_reason == ("completed" if k is None else "monitor")
    begins_like(result, free)
    np.testing.assert_array_equal(result.monitor_loss, free.monitor_loss[: len(result.removed) + 1])
    if k is not None:
        assert result.best_k == len(result.removed) - patience
        if patience == 30 and (criterion, objective) == ("refit", "mean"):
            assert result.best_k > 0


def test_an_equal_loss_is_no_new_minimum():
    problem = make_problem(30, 5, 3, kind="zero")
    result = paris_core.prune(
        *problem.arrays, 29, lam=1.0, stop="monitor", patience=4, monitor=(problem.Phi, problem.y)
    )
    assert len(result.removed) == 4
    assert result.best_k == 0
    assert result.stop_reason == "monitor"


def test_default_patience_is_a_hundred():
    problem = make_problem(300, 5, 3, kind="zero")
    monitor = problem.Phi_val, problem.y_val
    result = paris_core.prune(*problem.arrays, 299, lam=1.0, stop="monitor", monitor=monitor)
    assert len(result.removed) == 100


def test_patience_spans_the_pieces_of_a_run(problem, monitor):
    chosen = {"lam": 0.5, "monitor": monitor, "stop": "monitor", "patience": 7, **REFIT_MEAN}
    whole = paris_core.prune(*problem.arrays, 110, **chosen)
    assert whole.stop_reason == "monitor"
    pruner = paris_core.Pruner(*problem.arrays, **chosen)
    while pruner.n_removed < len(whole.removed):
        assert pruner.run(3) > 0
    assert pruner.n_removed == len(whole.removed)
    assert_same_numbers(pruner.result(), whole)
    assert pruner.result().stop_reason == "monitor"


@pytest.mark.parametrize("function", ["prune", "Pruner"])
def test_monitor_rule_needs_a_monitor(problem, function):
    arguments = (*problem.arrays, 5) if function == "prune" else problem.arrays
    with pytest.raises(ValueError, match=r"(?s)(?=.*\bstop\b).*\bmonitor\b"):
        getattr(paris_core, function)(*arguments, lam=0.5, stop="monitor")


def first_impatient(monitor_loss, patience, share, tolerance):
    """The same where improvements below a tolerance do not count, and patience may be a share."""
    for k in range(1, len(monitor_loss)):
        seen = monitor_loss[: k + 1]
        waited = k - int(np.argmax(seen <= (1 + tolerance) * seen.min()))
        if waited >= patience and waited >= share * k:
            return k
    return None


@engines
@pairs
@pytest.mark.parametrize("tolerance", [None, 0.0, 1e-3, 0.1])
@pytest.mark.parametrize("patience", [3, 20])
def test_monitor_ignores_improvements_below_the_tolerance(
    problem, monitor, engine, criterion, objective, tolerance, patience
):
    chosen = {"lam": 0.5, "engine": engine, "criterion": criterion, "objective": objective}
    free = paris_core.prune(*problem.arrays, 110, monitor=monitor, **chosen)
    rule = {"stop": "monitor", "patience": patience, "tolerance": tolerance}
    result = paris_core.prune(*problem.arrays, 110, monitor=monitor, **rule, **chosen)
    k = first_impatient(free.monitor_loss, patience, 0.0, 1e-6 if tolerance is None else tolerance)
    assert len(result.removed) == (110 if k is None else k)
    begins_like(result, free)
    if k is not None:
        assert result.fewest_k(1e-6 if tolerance is None else tolerance) == k - patience


def test_improvements_that_add_up_count():
    """Each lowers the loss by less than the tolerance, all together by much more."""
    Phi, y = np.ones((400, 1)), np.linspace(0.0, 1.0, 400)
    arrays = Phi, y, np.ones((1, 1)), np.zeros(1)
    rule = {"stop": "monitor", "patience": 30, "tolerance": 0.01, **REFIT_MEAN}
    result = paris_core.prune(*arrays, 399, lam=1e-5, monitor=arrays[2:], **rule)
    improvements = 1 - result.monitor_loss[1:] / result.monitor_loss[:-1]
    assert improvements[:100].max() < 0.01
    assert len(result.removed) > 300


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_patience_as_a_share_of_all_deletions(share):
    problem, (Phi_mon, y_mon) = make_problem(900, 20, 6, seed=2).split_off(80)
    chosen = {"lam": 0.5, "monitor": (Phi_mon, y_mon), **REFIT_MEAN}
    free = paris_core.prune(*problem.arrays, 800, **chosen)
    rule = {"stop": "monitor", "patience": share, "tolerance": 0.01}
    result = paris_core.prune(*problem.arrays, 800, **rule, **chosen)
    k = first_impatient(free.monitor_loss, 100, share, 0.01)
    assert k is not None
    assert len(result.removed) == k
    fewest = result.fewest_k(0.01)
    assert k <= max(100 + fewest, 1 + fewest / (1 - share))


# ------------------------------------------------------------------------------------- converged


def least_possible(problem, weight=None):
    """The mean loss of the validation rows' own least squares."""
    omega = np.ones(len(problem.y_val)) if weight is None else weight
    root = np.sqrt(omega)[:, None]
    y = problem.y_val.reshape(len(problem.y_val), -1)
    w = np.linalg.lstsq(root * problem.Phi_val, root * y, rcond=None)[0]
    return omega @ np.sum((y - problem.Phi_val @ w) ** 2, axis=1) / omega.sum()


@engines
@pytest.mark.parametrize("criterion", ["refit", "representer"])
@pytest.mark.parametrize("n_outputs", [None, 2])
@pytest.mark.parametrize("tolerance", [None, 1e-3, 0.1])
def test_converged_ends_where_nothing_is_left_to_gain(engine, criterion, n_outputs, tolerance):
    problem = make_problem(300, 60, 4, seed=4, n_outputs=n_outputs)
    weight = np.random.default_rng(3).random(60)
    chosen = {"lam": 0.5, "engine": engine, "criterion": criterion, "objective": "mean"}
    chosen["val_weight"] = weight
    free = paris_core.prune(*problem.arrays, 280, **chosen)
    least = least_possible(problem, weight)
    assert np.all(free.loss >= least * (1 - 1e-12))
    result = paris_core.prune(*problem.arrays, 280, stop="converged", tolerance=tolerance, **chosen)
    near = free.loss - least <= (1e-6 if tolerance is None else tolerance) * free.loss
    assert len(result.removed) == (int(np.argmax(near)) if near.any() else 280)
    assert result.stop_reason == ("converged" if near.any() else "completed")
    if criterion == "refit" and tolerance is not None:
        assert near.any()
    begins_like(result, free)


@pytest.mark.parametrize("kind", ["deficient", "duplicates", "zero", "outlier", "offset"])
def test_no_weights_do_better_than_the_limit(kind):
    from paris_core.linalg.least_squares import least_loss

    problem = make_problem(30, 40, 6, seed=1, kind=kind)
    rng = np.random.default_rng(0)
    weight = rng.random(40)
    least = least_loss(problem.Phi_val, problem.y_val, weight)

    def loss(w):
        return weight @ (problem.y_val - problem.Phi_val @ w) ** 2

    root = np.sqrt(weight)
    best = np.linalg.lstsq(root[:, None] * problem.Phi_val, root * problem.y_val, rcond=None)[0]
    for size in (0.0, 1e-9, 1e-3, 1.0):
        for _ in range(20):
            assert loss(best + size * np.abs(best).max() * rng.normal(size=6)) >= least * (
                1 - 1e-12
            )
    assert least >= loss(best) * (1 - 1e-6)


def test_columns_of_any_size_change_no_limit():
    from paris_core.linalg.least_squares import least_loss

    problem = make_problem(30, 40, 6, seed=1)
    weight = np.ones(40)
    sizes = 10.0 ** np.array([-18.0, -9.0, 0.0, 4.0, 9.0, 18.0])
    least = least_loss(problem.Phi_val, problem.y_val, weight)
    assert least_loss(problem.Phi_val * sizes, problem.y_val, weight) == pytest.approx(least)


def test_the_limit_is_what_the_gradient_says():
    """L - L_LS = g'M⁺g at any w."""
    from paris_core.linalg.least_squares import least_loss

    problem = make_problem(30, 40, 6, seed=1, kind="deficient")
    rng = np.random.default_rng(0)
    weight, w = rng.random(40), rng.normal(size=6)
    r = problem.y_val - problem.Phi_val @ w
    g = problem.Phi_val.T @ (weight * r)
    M = problem.Phi_val.T @ (weight[:, None] * problem.Phi_val)
    excess = g @ np.linalg.pinv(M, hermitian=True) @ g
    least = least_loss(problem.Phi_val, problem.y_val, weight)
    assert weight @ r**2 - excess == pytest.approx(least, rel=1e-9)


def test_the_limit_of_many_rows_is_that_of_all_together(monkeypatch):
    from paris_core.linalg import least_squares
    from paris_core.linalg.least_squares import least_loss

    problem = make_problem(30, 400, 6, seed=1)
    whole = least_loss(problem.Phi_val, problem.y_val, np.ones(400))
    monkeypatch.setattr(least_squares, "_ROWS", 64)
    parts = least_loss(problem.Phi_val, problem.y_val, np.ones(400))
    assert parts == pytest.approx(whole, rel=1e-12)


def test_rows_that_can_be_fitted_exactly_never_converge():
    problem = make_problem(50, 4, 6, seed=1)
    result = paris_core.prune(*problem.arrays, 49, lam=0.5, stop="converged", **REFIT_MEAN)
    assert result.stop_reason == "completed"


def test_converged_before_the_first_deletion(problem):
    result = paris_core.prune(
        *problem.arrays, 50, lam=0.5, stop="converged", tolerance=1.0, **REFIT_MEAN
    )
    assert len(result.removed) == 0
    assert result.stop_reason == "converged"


@pytest.mark.parametrize("objective", ["worst", ("worst", 3)], ids=str)
def test_converged_is_of_the_mean(problem, objective):
    with pytest.raises(ValueError, match=r"stop='converged' needs objective='mean'"):
        paris_core.prune(*problem.arrays, 5, lam=0.5, stop="converged", objective=objective)


# ---------------------------------------------------------------------------------- several rules


@pytest.mark.parametrize("together", [tuple, list])
def test_of_several_rules_the_first_counts(problem, monitor, together):
    chosen = {"lam": 0.5, "monitor": monitor, "patience": 5, "tolerance": 1e-3, **REFIT_MEAN}
    ends = {}
    for rule in ("stalled", "converged", "monitor"):
        ends[rule] = paris_core.prune(*problem.arrays, 110, stop=rule, **chosen)
    for rules in (("converged", "monitor"), ("monitor", "stalled", "converged"), ("k", "monitor")):
        result = paris_core.prune(*problem.arrays, 110, stop=together(rules), **chosen)
        first = min((ends[rule] for rule in rules if rule != "k"), key=lambda one: len(one.removed))
        assert_same_numbers(result, first)
        assert result.stop_reason in rules


# -------------------------------------------------------------------------------------- callable


@engines
@pairs
def test_callable_is_shown_every_deletion(problem, engine, criterion, objective):
    chosen = {"lam": 0.5, "engine": engine, "criterion": criterion, "objective": objective}
    free = paris_core.prune(*problem.arrays, 30, **chosen)
    seen = []

    def stop(deletion):
        assert isinstance(deletion, paris_core.Deletion)
        seen.append(deletion)
        return deletion.n_removed == 12

    result = paris_core.prune(*problem.arrays, 30, stop=stop, **chosen)
    assert result.stop_reason == "stopped"
    assert len(result.removed) == 12
    begins_like(result, free)
    assert [d.n_removed for d in seen] == list(range(1, 13))
    np.testing.assert_array_equal([d.row for d in seen], result.removed)
    np.testing.assert_array_equal([d.delta_loss for d in seen], result.delta_loss)
    np.testing.assert_array_equal([d.val_index for d in seen], result.val_index)
    np.testing.assert_array_equal([d.loss for d in seen], result.loss[1:])


def test_callable_that_never_stops(problem):
    free = paris_core.prune(*problem.arrays, 30, lam=0.5)
    result = paris_core.prune(*problem.arrays, 30, lam=0.5, stop=lambda deletion: False)
    assert result.stop_reason == "completed"
    assert_same(result, free)


def test_callable_and_callback_are_told_apart(problem):
    def reason(**rules):
        return paris_core.prune(*problem.arrays, 30, lam=0.5, **rules).stop_reason

    def third(deletion):
        return deletion.n_removed == 3

    assert reason(stop=third) == "stopped"
    assert reason(callback=third) == "callback"
    seen = []
    assert reason(stop=third, callback=lambda deletion: seen.append(deletion.row)) == "stopped"
    assert len(seen) == 3


def test_exception_of_the_callable_leaves_the_pruner_consistent(problem):
    def stop(deletion):
        if deletion.n_removed == 4:
            raise RuntimeError("from the rule")

    pruner = paris_core.Pruner(*problem.arrays, lam=0.5, stop=stop)
    with pytest.raises(RuntimeError, match="from the rule"):
        pruner.run(20)
    assert_same(pruner.result(), paris_core.prune(*problem.arrays, 4, lam=0.5))
    pruner.run(6)
    assert_same(pruner.result(), paris_core.prune(*problem.arrays, 10, lam=0.5))


# ------------------------------------------------------------------------------ rules and the rest


@pytest.mark.parametrize("stop", ["k", "stalled", "monitor", lambda deletion: False], ids=str)
def test_nothing_left_to_delete(problem, monitor, stop):
    protect = np.arange(120) >= 3
    # So lenient that no rule gets in before.
    result = pruned_up_to(
        problem, 50, lam=30.0, protect=protect, stop=stop, monitor=monitor, patience=99
    )
    if stop == "stalled" and len(result.removed) < 3:
        assert result.stop_reason == "stalled"
    else:
        assert sorted(result.removed) == [0, 1, 2]
        assert result.stop_reason == "exhausted"


@pytest.mark.parametrize("stop", ["stalled", "monitor", "converged"])
def test_progress_changes_no_number(problem, monitor, stop):
    chosen = {"lam": 0.5, "stop": stop, "monitor": monitor, "patience": 9, **REFIT_MEAN}
    chosen["tolerance"] = {"stalled": 0.0, "monitor": 1e-6, "converged": 0.9}[stop]
    plain = paris_core.prune(*problem.arrays, 110, **chosen)
    shown = paris_core.prune(*problem.arrays, 110, progress=True, **chosen)
    assert_same(plain, shown)
    assert plain.stop_reason == shown.stop_reason == stop


@pytest.mark.parametrize("stop", ["stalled", "monitor", "converged"])
def test_reason_survives_saving(problem, monitor, stop, tmp_path):
    chosen = {"lam": 0.5, "stop": stop, "monitor": monitor, "patience": 9, **REFIT_MEAN}
    chosen["tolerance"] = 0.9 if stop == "converged" else None
    result = paris_core.prune(*problem.arrays, 110, **chosen)
    assert result.stop_reason == stop
    result.save(tmp_path / "result.npz")
    assert paris_core.PruneResult.load(tmp_path / "result.npz").stop_reason == stop
