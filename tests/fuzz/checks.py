"""Whether the result of a run is right."""

from __future__ import annotations

from typing import Any

import numpy as np

from reference import EPS, columns, deletable_rows, divisor, n_worst_of, rows_that_count
from replay import ARRAYS, POSSIBLE_WORST, _possible_worst

from .calls import Case
from .oracle import CLOSE, Judged, Residuals, State, judge, judge_by_refit

#: Multiplications in long double that the oracle may take for one result.
BUDGET = 1.2e7


def check_result(case: Case, result: Any, problem: Any, settings: dict[str, Any]) -> None:
    """Everything that is true of a `PruneResult`.

    Parameters
    ----------
    problem : arrays.Problem
        What it was made from, as float64.
    settings : dict
        Of criterion, objective, val_weight, protect, strata, quotas, monitor (or None) and
        k (None if unknown).
    """
    if not check_rows(case, result, problem, settings):
        return
    check_deletions(case, result, problem, settings)
    before = result.mask.copy()
    before[result.removed[-1:]] = True
    states = (State(problem, result.lam, mask) for mask in (result.mask, before))
    check_weights(case, result.weights, *states)


def check_rows(case: Case, result: Any, problem: Any, settings: dict[str, Any]) -> bool:
    """Kept and removed rows complement each other, and none went that had to stay."""
    n, k = problem.n_rows, len(result.removed)
    removed, kept, mask = result.removed, result.kept, result.mask
    kind = "not complementary"
    ok = case.check(kind, mask.shape == (n,) and mask.dtype == bool, f"mask {mask.shape}")
    ok &= case.check(kind, np.array_equal(kept, np.flatnonzero(mask)), "kept and mask differ")
    ok &= case.check(
        kind,
        np.array_equal(np.sort(removed), np.flatnonzero(~mask)),
        f"removed {removed.tolist()[:20]} are not the rows that the mask says",
    )
    for name, length in (("delta_loss", k), ("val_index", k), ("loss", k + 1)):
        shape = getattr(result, name).shape
        ok &= case.check(kind, shape == (length,), f"{name} has shape {shape} after {k} deletions")
    for name in ARRAYS:
        array = getattr(result, name)
        if array is not None and array.dtype.kind == "f":
            ok &= case.check("wrong number", np.isfinite(array).all(), f"{name} is not finite")
    shape = (problem.dimension, *problem.y.shape[1:])
    ok &= case.check(kind, result.weights.shape == shape, f"weights {result.weights.shape}")
    if not ok:
        return False

    protect, strata, quotas = (settings.get(name) for name in ("protect", "strata", "quotas"))
    if protect is not None:
        ok &= case.check(kind, not protect[removed].any(), "a protected row was removed")
    if strata is not None:
        sizes = np.bincount(strata[kept], minlength=len(quotas))
        ok &= case.check(kind, (sizes >= quotas).all(), f"quotas {quotas}, kept {sizes}")
    free = deletable_rows(np.asarray(mask), protect, strata, quotas).any()
    reason, planned = result.stop_reason, settings.get("k")
    if reason == "exhausted":
        ok &= case.check(kind, not free, "exhausted, but a row could go")
    if reason == "completed" and planned is not None:
        ok &= case.check(kind, k == planned, f"{k} rows went of {planned}, yet {reason!r}")
    return bool(ok)


def check_deletions(case: Case, result: Any, problem: Any, settings: dict[str, Any]) -> None:
    """Some deletions, or all of them, were the best that there were; losses are right.

    Ends at the first one that was not: what follows a wrong one is mostly wrong as well.
    """
    known = len(case.failures)
    for step in _steps(case, result, problem):
        if len(case.failures) > known:
            return
        kept = np.ones(problem.n_rows, dtype=bool)
        kept[result.removed[:step]] = False
        state = State(problem, result.lam, kept)
        if state.is_singular:
            case.used("states that are singular", 1.0)
            continue
        if not kept.any():
            continue  # what is left then depends on the state before; the weights are looked at
        residuals = Residuals(state, settings.get("val_weight"))
        _check_losses(case, result, residuals, step, settings)
        if step < len(result.removed):
            _check_deletion(case, result, residuals, step, settings)


def _steps(case: Case, result: Any, problem: Any) -> list[int]:
    """After how many deletions to look: as often as the budget allows."""
    k = len(result.removed)
    n, d, v = problem.n_rows, problem.dimension, problem.n_val
    width = columns(problem.y).shape[1]
    cost = 3 * n * d**2 + d**3 + (n + v) * d * (d + width) + n * v * (d + width) + 3e4
    affordable = max(2, int(BUDGET / cost))
    if affordable > k:
        return list(range(k + 1))
    some = np.linspace(0, k, affordable, dtype=int)
    shift = case.source.below(max(1, k // affordable))  # not the same ones in every run
    return sorted({0, k, *np.minimum(some + shift, k).tolist()})


def _check_losses(
    case: Case, result: Any, residuals: Residuals, step: int, settings: dict[str, Any]
) -> None:
    objective = settings.get("objective", "worst")
    right, bound = residuals.mean, residuals.mean_bound
    if objective != "mean":
        counted = rows_that_count(residuals.losses, objective)
        scale = divisor(residuals.omega, objective)
        right = residuals.losses[counted].sum() / scale
        bound = float(np.sort(residuals.losses_bound())[-n_worst_of(objective) :].sum() / scale)
    within(case, "loss", result.loss[step], right, bound + EPS * right, step)
    if settings.get("monitor") is not None:
        watched = at_monitor(residuals.state, settings["monitor"])
        given, bound = result.monitor_loss[step], watched.mean_bound
        within(case, "monitor_loss", given, watched.mean, bound, step)


def at_monitor(state: State, monitor: tuple[Any, ...]) -> Residuals:
    """Residuals of the monitor rows in place of the validation rows."""
    number = state.Phi.dtype
    other = object.__new__(State)
    other.__dict__.update(state.__dict__)
    other.problem = _Monitor(state.problem, *monitor[:2])
    other.Phi_val = monitor[0].astype(number)
    other.y_val = columns(monitor[1]).astype(number)
    return Residuals(other, monitor[2] if len(monitor) == 3 else None)


class _Monitor:
    """A problem whose monitor rows are its validation rows."""

    def __init__(self, problem: Any, Phi_mon: Any, y_mon: Any) -> None:
        self.y_val, self.Phi_val = y_mon, Phi_mon
        self.dimension = problem.dimension


def within(case: Case, name: str, given: Any, right: Any, bound: Any, step: int) -> None:
    """Compare a number with the right one."""
    error = abs(np.longdouble(given) - right)
    if error > 0:
        case.used(name, error / bound if bound > 0 else np.inf)
    if not error <= bound:
        case.fail(
            "wrong number",
            f"{name} after {step} deletions is {float(given)!r}, should be {float(right)!r}: "
            f"off by {float(error):.3g}, allowed {float(bound):.3g}",
        )


def within_bound(case: Case, name: str, error: Any, bound: Any, what: str) -> None:
    """Compare an error with its bound."""
    if error > 0:
        case.used(name, error / bound if bound > 0 else np.inf)
    if not error <= bound:
        case.fail(
            "wrong number", f"{what} is off by {float(error):.3g}, allowed {float(bound):.3g}"
        )


def _check_deletion(
    case: Case, result: Any, residuals: Residuals, step: int, settings: dict[str, Any]
) -> None:
    """The deletion that followed a state."""
    objective = settings.get("objective", "worst")
    criterion = settings.get("criterion", "representer")
    v, j = int(result.val_index[step]), int(result.removed[step])
    losses = residuals.losses
    if objective == "mean":
        if not case.check("wrong number", v == -1, f"val_index is {v} for the mean"):
            return
        possible = [np.arange(len(losses))]
    else:
        if not case.check("wrong number", 0 <= v < len(losses), f"val_index is {v}"):
            return
        slack = residuals.losses_bound()
        behind = losses.max() - losses[v]
        if not behind <= slack[v] + slack.max():
            case.fail(
                "wrong number",
                f"val_index {v} after {step} deletions: its loss is {float(losses[v])!r}, the "
                f"worst {float(losses.max())!r}, more than {float(slack[v] + slack.max()):.3g} off",
            )
            return
        possible = list(_possible_worst(losses, n_worst_of(objective), v, 2 * slack.max()))
        possible = possible or [rows_that_count(losses, objective)]
        if len(possible) == POSSIBLE_WORST:  # there may be more
            case.used("states with too many rows that may be the worst", 1.0)
            return

    free = _free(residuals, settings)
    if not case.check("not complementary", free[j], f"row {j} could not go at step {step}"):
        return
    # As a sum, like what it is compared with.
    given = np.longdouble(result.delta_loss[step]) * divisor(residuals.omega, objective)
    complaints = []
    for rows in possible:
        judged = judge(residuals, rows, criterion, objective)
        complaint = _complaint(
            case, judged, residuals, rows, criterion, objective, free, j, given, step
        )
        if complaint is None:
            return
        complaints.append(complaint)
    kind, what = complaints[0]
    case.fail(kind, what)


def _free(residuals: Residuals, settings: dict[str, Any]) -> Any:
    chosen = (settings.get(name) for name in ("protect", "strata", "quotas"))
    return deletable_rows(residuals.state.kept, *chosen)


def _complaint(
    case: Case,
    judged: Judged,
    residuals: Residuals,
    rows: Any,
    criterion: str,
    objective: str,
    free: Any,
    j: int,
    given: Any,
    step: int,
) -> tuple[str, str] | None:
    """What is wrong with deleting row j, and with what was said of it."""
    refitted: set[int] = set()
    close = _close(residuals) if criterion == "refit" else np.zeros_like(free)

    def refit_if_close(k: int) -> bool:
        if not close[k] or k in refitted or len(refitted) > 6:
            return False
        refitted.add(k)
        judge_by_refit(judged, residuals, rows, objective, k)
        return True

    refit_if_close(j)
    while True:
        limit = np.where(free, judged.value + judged.value_bound, np.inf)
        best = int(np.argmin(limit))
        if not refit_if_close(best):
            break
    if judged.value[j] - judged.value_bound[j] > limit[best]:
        return "not the best", (
            f"row {j} at step {step} is judged {float(judged.value[j])!r}, row {best} "
            f"{float(judged.value[best])!r}; allowed is a difference of "
            f"{float(judged.value_bound[j] + judged.value_bound[best]):.3g}"
        )
    error = abs(given - judged.delta_loss[j])
    bound = judged.delta_bound[j] + EPS * abs(given)
    if error > bound:
        return "wrong number", (
            f"delta_loss of row {j} at step {step}, as a sum, is {float(given)!r}, should "
            f"be {float(judged.delta_loss[j])!r}: off by {float(error):.3g}, allowed "
            f"{float(bound):.3g}"
        )
    # Of the validation rows that were aimed at: others may have been taken for the worst before.
    if error > 0:
        case.used("delta_loss", error / bound)
    behind = judged.value[j] - judged.value[best]
    if behind > 0:
        case.used("choice", behind / (judged.value_bound[j] + judged.value_bound[best]))
    return None


def _close(residuals: Residuals) -> Any:
    """Rows (N,) whose 1 - h is small."""
    h = np.sum(residuals.state.Phi * residuals.solved, axis=1)
    return residuals.state.kept & (1 - h < 2 * CLOSE)


def check_weights(case: Case, weights: Any, state: State, before: State | None = None) -> None:
    """Weights are the ridge on the kept rows, within the bound of the oracle.

    With no row left the weights are zero, up to what the last one, in `before`, has left.
    """
    if state.is_singular or (before is not None and before.is_singular):
        return
    error = np.sqrt(np.sum((columns(np.asarray(weights)) - state.w) ** 2))
    bound = (before if before is not None and not state.kept.any() else state).weights_bound
    if error > 0:
        case.used("weights", error / bound if bound > 0 else np.inf)
    if not error <= bound:
        case.fail(
            "wrong weights",
            f"off by {float(error):.3g}, allowed {float(bound):.3g}; the right ones are "
            f"{float(np.sqrt(np.sum(state.w**2))):.3g} in norm, lam {state.lam:.3g}, "
            f"{int(state.kept.sum())} rows kept",
        )


def check_same(
    case: Case, result: Any, other: Any, what: str, kind: str = "engines differ"
) -> None:
    """Two results agree to the last bit."""
    for name in ARRAYS:
        mine, theirs = getattr(result, name), getattr(other, name)
        if mine is None or theirs is None:
            if mine is not theirs:
                case.fail(kind, f"{what}: one has no {name}")
        elif mine.tobytes() != theirs.tobytes():
            case.fail(kind, f"{what}: {_difference(name, mine, theirs)}")
            return
    for name in ("stop_reason", "n_refactorizations", "lam"):
        mine, theirs = getattr(result, name), getattr(other, name)
        case.check(kind, mine == theirs, f"{what}: {name} is {mine!r} and {theirs!r}")


def _difference(name: str, mine: Any, theirs: Any) -> str:
    if mine.shape != theirs.shape:
        return f"{name} has shape {mine.shape} and {theirs.shape}"
    different = np.flatnonzero((mine != theirs).reshape(len(mine), -1).any(axis=1))
    if not different.size:
        return f"{name} differs in the sign of a zero"
    first = different[0]
    return f"{name}[{first}] is {mine[first]} and {theirs[first]}"
