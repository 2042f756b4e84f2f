"""`prune_groups`, `choose_k`: whole groups leave, and how many rows should."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from paris_core import choose_k, choose_k_groups, prune, prune_groups
from reference import columns, n_worst_of

from .. import arrays, checks, options, spoil
from ..calls import Case
from ..oracle import EPS, GROWTH, Residuals, State
from . import pruning

_TIE = 1e-9  # losses that differ by less, relatively, may be taken for equal


def labels(case: Case, n_rows: int) -> np.ndarray:
    """Groups of n rows, at least two of them."""
    source = case.source
    rng = source.rng()
    n_groups = source.integer(2, min(n_rows, 8))
    numbers = rng.integers(0, n_groups, n_rows)
    numbers[rng.permutation(n_rows)[:n_groups]] = np.arange(n_groups)
    kind = source.pick(["numbers", "text", "any numbers", "bools", "each row", "bytes"])
    if kind == "text":
        return np.array([f"group {number}" for number in range(n_groups)])[numbers]
    if kind == "any numbers":
        return rng.choice(10**6, n_groups, replace=False)[numbers] - 500_000
    if kind == "bools" and n_groups == 2:
        return numbers.astype(bool)
    if kind == "each row" and n_rows <= 30:
        return rng.permutation(n_rows)
    if kind == "bytes":
        return numbers.astype(np.int8)
    return numbers


def groups(case: Case) -> None:
    """Groups leave; each the best there was."""
    source = case.source
    sizes = [(70, "small"), (15, "wide"), (15, "medium")]
    given, problem = pruning.tables(case, arrays.problem(source, sizes))
    if problem.n_rows < 2:
        return
    group_of = labels(case, problem.n_rows)
    names = np.unique(group_of)
    lam = options.penalty(source, problem)
    chosen: dict[str, Any] = {}
    weight = options.weights(source, problem.n_val)
    if weight is not None:
        chosen["val_weight"] = weight
    if source.chance(30):
        chosen["monitor"] = (problem.Phi_mon, problem.y_mon)
    k = source.pick([None, source.integer(0, len(names) - 1)])
    outcome = case.make(
        prune_groups,
        (*given, group_of.tolist() if source.chance(20) else group_of),
        {**chosen, "lam": lam, **({} if k is None else {"k": k})},
        allowed=(),
        excused=pruning.excuse(lam, problem, {}),
    )
    if not outcome:
        return
    result = outcome.value
    wanted = len(names) - 1 if k is None else k
    check_groups(case, result, problem, group_of, chosen, wanted)
    use(case, result, problem, group_of)


def check_groups(
    case: Case, result: Any, problem: Any, group_of: Any, chosen: dict[str, Any], k: int
) -> None:
    """Rows and groups complement each other, losses are right, and each group was the best."""
    kind = "not complementary"
    gone = np.isin(group_of, result.removed_groups)
    case.check(kind, len(set(result.removed_groups.tolist())) == k, f"{k} groups should go")
    case.check(kind, np.array_equal(result.mask, ~gone), "the mask is of other groups")
    case.check(kind, np.array_equal(result.kept, np.flatnonzero(~gone)), "kept and mask differ")
    same = np.array_equal(np.sort(result.removed), np.flatnonzero(gone))
    case.check(kind, same, "removed rows are not those of the groups")
    known = len(case.failures)
    kept = np.ones(problem.n_rows, dtype=bool)
    for step in range(k + 1):
        state = State(problem, result.lam, kept)
        if state.is_singular or len(case.failures) > known:
            return
        residuals = Residuals(state, chosen.get("val_weight"))
        right, bound = residuals.mean, residuals.mean_bound
        checks.within(case, "groups' loss", result.loss[step], right, bound, step)
        if "monitor" in chosen:
            watched = checks.at_monitor(state, chosen["monitor"])
            given, bound = result.monitor_loss[step], watched.mean_bound
            checks.within(case, "groups' monitor_loss", given, watched.mean, bound, step)
        if step < k:
            _check_choice(case, result, problem, group_of, chosen, kept, step)
            kept &= group_of != result.removed_groups[step]
    checks.check_weights(case, result.weights, State(problem, result.lam, kept))


def _check_choice(
    case: Case, result: Any, problem: Any, group_of: Any, chosen: Any, kept: Any, step: int
) -> None:
    losses = {}
    for name in np.unique(group_of[kept]):
        without = State(problem, result.lam, kept & (group_of != name))
        if without.is_singular:
            return
        residuals = Residuals(without, chosen.get("val_weight"))
        losses[name] = residuals.mean, residuals.mean_bound
    own, bound = losses[result.removed_groups[step]]
    least, name = min((loss + slack, name) for name, (loss, slack) in losses.items())
    if own - bound > least * (1 + _TIE):
        case.fail(
            "not the best",
            f"group {result.removed_groups[step]!r} at step {step} leaves a loss of {float(own)!r},"
            f" group {name!r} {float(losses[name][0])!r}",
        )


def use(case: Case, result: Any, problem: Any, group_of: Any) -> None:
    """What can be done with the result."""
    source = case.source
    k = len(result.removed_groups)
    cut = source.integer(0, k)
    shorter = case.must(result.truncate, cut)
    if shorter:
        gone = np.isin(group_of, result.removed_groups[:cut])
        case.check("not complementary", (shorter.value.mask == ~gone).all(), "truncate: mask")
        state = State(problem, result.lam, ~gone)
        checks.check_weights(case, shorter.value.weights, state)
    case.refused("k", result.truncate, source.pick([-1, k + 1, 1.0, None, "1", True]))
    case.must(repr, result)
    case.must(result.fewest_k, source.pick([0.01, 0.0, 1e6]))
    if result.monitor_loss is not None:
        case.refused("tolerance", result.fewest_k, source.pick([-1.0, math.nan, math.inf, "a"]))


def bad_groups(case: Case) -> None:
    """One argument is no good."""
    source = case.source
    problem = arrays.problem(source, arrays.SMALL, ordinary=True)
    n, d = problem.n_rows, problem.dimension
    if n < 2:
        return
    group_of = labels(case, n)
    n_groups = len(np.unique(group_of))
    arguments = dict(zip(("Phi", "y", "Phi_val", "y_val"), problem.arrays, strict=True))
    arguments |= {"groups": group_of, "lam": 1.0}
    columns_of_y = problem.y.shape[1:]
    spoilt = {
        "Phi": lambda: spoil.matrix(source, problem.Phi),
        "y": lambda: spoil.targets(source, problem.y),
        "Phi_val": lambda: spoil.matrix(source, problem.Phi_val, columns=d),
        "y_val": lambda: spoil.targets(source, problem.y_val, columns=columns_of_y),
        "lam": lambda: spoil.positive(source, strings=True),
        "k": lambda: spoil.integer(source, 0, n_groups - 1, none=False),
        "val_weight": lambda: spoil.weights(source, problem.n_val),
        "monitor": lambda: spoil.monitor(source, problem),
        "groups": lambda: spoil.labels(source, n),
    }
    name = source.pick(list(spoilt))
    arguments[name] = spoilt[name]()
    also = {"Phi": ("y", "Phi_val", "groups"), "y": ("y_val", "monitor")}.get(name, ())
    also = {"Phi_val": ("y_val", "val_weight")}.get(name, also)
    case.refused({name, *also}, prune_groups, **arguments)


def folds(case: Case) -> None:
    """`choose_k` puts together what runs on the other folds say."""
    source = case.source
    given, problem = pruning.tables(case, arrays.problem(source, arrays.SMALL))
    if problem.n_val < 2:
        return
    lam = options.penalty(source, problem)
    settings = options.judgement(source, problem) | options.restrictions(source, problem.n_rows)
    k = options.n_deletions(source, problem.n_rows)
    weight = settings.get("val_weight")
    counting = problem.n_val if weight is None else int((weight > 0).sum())
    if counting < 2:
        return
    n_folds = source.integer(2, min(counting, 4))
    fold_of = np.arange(problem.n_val) % n_folds
    by_number = source.chance(40)
    least = problem.n_val - np.bincount(fold_of).max()
    if settings.get("objective", "worst") != "mean":
        n_worst = n_worst_of(settings.get("objective", "worst"))
        settings["objective"] = ("worst", max(1, min(n_worst, least)))
    none_counts = weight is not None and min(np.bincount(fold_of, weight > 0, n_folds)) == 0
    if none_counts and not by_number:
        return
    outcome = case.make(
        choose_k,
        (*given, k),
        {
            **settings,
            **options.cost(source),
            "lam": lam,
            "folds": n_folds if by_number else fold_of,
            "random_state": source.below(100),
            "patience": source.pick([None, 1, 5, 100]),
        },
        allowed=(),
        excused=pruning.excuse(lam, problem, settings, pruning.count(k, problem.n_rows)),
    )
    if not outcome:
        return
    best, loss = outcome.value[:2]
    planned = pruning.count(k, problem.n_rows)
    case.check("wrong number", best == np.argmin(loss), f"best_k {best} is not where loss is least")
    case.check("wrong number", len(loss) <= planned + 1, f"{len(loss)} losses of {planned}")
    check_gain(case, outcome.value, n_folds)
    case.must(outcome.value.fewest_k, source.pick([0.0, 0.01, 5]))
    case.refused("tolerance", outcome.value.fewest_k, source.pick([-1, math.nan, None]))
    check_start(case, problem, loss[0], settings, lam)


def check_gain(case: Case, found: Any, n_folds: int) -> None:
    """The mean over the folds is what they say together, and so is their gain."""
    k = case.source.below(len(found.loss))
    gain = case.must(found.gain, k)
    if gain and np.isfinite(found.fold_loss).all():
        mean, error, n_units = gain.value
        case.check("wrong number", n_units == n_folds, f"{n_units} folds of {n_folds}")
        right = found.loss[0] - found.loss[k]
        close = math.isclose(mean, right, rel_tol=1e-9, abs_tol=1e-12 * found.loss[0])
        case.check("wrong number", close, f"the gain is {mean}, should be {right}")
        case.check("wrong number", error >= 0, f"a standard error of {error}")
        case.must(gain.value.beyond_chance)
    case.refused("k", found.gain, case.source.pick([-1, len(found.loss), 0.5, None, "1"]))


def check_start(case: Case, problem: Any, loss: float, settings: Any, lam: Any) -> None:
    """Before the first deletion all folds have the same weights."""
    if isinstance(lam, str):
        return
    state = State(problem, float(lam), np.ones(problem.n_rows, dtype=bool))
    if not state.is_singular:
        residuals = Residuals(state, settings.get("val_weight"))
        checks.within(case, "folds' loss", loss, residuals.mean, residuals.mean_bound, 0)


def folds_of_groups(case: Case) -> None:
    """`choose_k_groups` puts together what `prune_groups` says of each fold."""
    source = case.source
    given, problem = pruning.tables(case, arrays.problem(source, arrays.SMALL))
    if problem.n_rows < 2 or problem.n_val < 2:
        return
    group_of = labels(case, problem.n_rows)
    lam = options.penalty(source, problem)
    weight = options.weights(source, problem.n_val)
    fold_of = np.arange(problem.n_val) % source.integer(2, min(problem.n_val, 3))
    counted = np.ones(problem.n_val) if weight is None else np.asarray(weight) > 0
    if min(np.bincount(fold_of, counted)) == 0:
        return
    settings = {} if weight is None else {"val_weight": weight}
    outcome = case.make(
        choose_k_groups,
        (*given, group_of),
        {**settings, "lam": lam, "folds": fold_of},
        allowed=(),
        excused=pruning.excuse(lam, problem, {}),
    )
    if outcome:
        best, loss = outcome.value[:2]
        check_gain(case, outcome.value, len(np.unique(fold_of)))
        n_groups = len(np.unique(group_of))
        case.check("wrong number", best == np.argmin(loss), f"best_k {best} is not the least")
        case.check("wrong number", len(loss) == n_groups, f"{len(loss)} losses")
        check_start(case, problem, loss[0], settings, lam)


def bad_folds(case: Case) -> None:
    """One argument of `choose_k` is no good."""
    source = case.source
    problem = arrays.problem(source, arrays.SMALL, ordinary=True)
    v = problem.n_val
    if v < 2 or problem.n_rows < 2:
        return
    arguments = dict(zip(("Phi", "y", "Phi_val", "y_val"), problem.arrays, strict=True))
    arguments |= {"k": 1, "lam": 1.0, "folds": 2}
    wrong = [np.zeros(v, dtype=int), np.arange(v + 1), np.arange(v) / 2, np.array(["a"] * v)]
    spoilt = {
        "folds": lambda: source.pick([*wrong, 1, 0, v + 1, 2.0, None, "2", np.zeros((v, 1), int)]),
        "random_state": lambda: source.pick(["1", -1, 1.5, True, [], object()]),
        "patience": lambda: spoil.integer(source, 1, none=False),
        "monitor": lambda: (problem.Phi_mon, problem.y_mon),
        "stop": lambda: "stalled",
        "callback": lambda: print,
        "tolerance": lambda: 0.1,
        "nonsense": lambda: 1,
        "k": lambda: spoil.deletions(source, problem.n_rows),
        "lam": lambda: spoil.positive(source, strings=True),
        "cache_bytes": lambda: spoil.integer(source, 0, 2**62),
        "Phi": lambda: spoil.matrix(source, problem.Phi),
        "val_weight": lambda: spoil.weights(source, v),
    }
    name = source.pick(list(spoilt))
    arguments[name] = spoilt[name]()
    case.refused({name, "y", "Phi_val"} if name == "Phi" else name, choose_k, **arguments)


def by_rows(case: Case) -> None:
    """Groups of one row each leave in the order of `prune`, for refit and the mean."""
    source = case.source
    problem = arrays.problem(source, [(1, "small")])
    n = problem.n_rows
    lam = float(max(1e-3 * np.sum(problem.Phi**2), 1e-3))
    sizes = np.abs(columns(problem.y)).max(axis=1)
    if n < 2 or not pruning.sizes_are_moderate(problem, lam):
        return
    if sizes.max() > 1e6 * np.median(sizes):
        return  # what a huge target may leave behind in the losses of `prune`: see the oracle
    pair = {"criterion": "refit", "objective": "mean", "lam": lam}
    excused = pruning.excuse(lam, problem, {})
    rows = case.make(prune, (*problem.arrays, n - 1), pair, allowed=(), excused=excused)
    whole = case.make(
        prune_groups,
        (*problem.arrays, np.arange(n)),
        {"lam": lam},
        allowed=(),
        excused=excused,
    )
    if not rows or not whole:
        return
    # Orders may differ where rows tie; as long as they agree, so must the losses.
    same = rows.value.removed == whole.value.removed_groups
    first = n - 1 if same.all() else int(np.argmin(same))
    size = np.abs(columns(problem.y_val)).max() ** 2
    tolerance = 1e-6 * (rows.value.loss[: first + 1] + GROWTH * EPS * size)
    apart = np.abs(rows.value.loss - whole.value.loss)[: first + 1]
    case.check("wrong number", (apart <= tolerance).all(), f"losses differ by {apart.max()}")


GENERATORS = {
    "groups": (8, groups),
    "groups_bad": (3, bad_groups),
    "groups_of_one": (2, by_rows),
    "choose_k": (4, folds),
    "choose_k_groups": (2, folds_of_groups),
    "choose_k_bad": (2, bad_folds),
}
