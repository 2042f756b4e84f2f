"""Metrics, weights and quotas, compared with their definitions in long double."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

import paris_core
from paris_core import metrics, one_hot
from paris_core.evidence import paired_gain
from paris_core.metrics import random_removal_curves, removal_curve
from paris_core.validation import Tail, quotas, weights

from .. import arrays, checks, dress, options, spoil
from ..calls import Case
from ..oracle import EPS, State
from . import pruning


def series(case: Case) -> np.ndarray:
    """Numbers (n,), with ties, of any size that squares to a number."""
    source = case.source
    n = source.weighted([(8, source.integer(1, 30)), (2, source.integer(31, 2000))])
    rng = source.rng()
    kind = source.pick(["normal", "ties", "heavy tails", "equal", "zero", "magnitude"])
    y = rng.standard_normal(n)
    if kind == "ties":
        y = np.rint(2 * y)
    elif kind == "heavy tails":
        y = rng.standard_t(1, n)
    elif kind == "equal":
        y = np.full(n, source.pick([1.0, -3.5, 1e30, 1e-30]))
    elif kind == "zero":
        y = np.zeros(n)
    elif kind == "magnitude":
        y = y * source.power(-38, 38)
    return y


def about(case: Case, name: str, given: Any, right: Any, scale: float = 1.0) -> None:
    """Compare with the right number, up to some rounding of numbers of a size."""
    error = np.abs(np.asarray(given, dtype=np.longdouble) - right)
    bound = 1000 * EPS * (np.abs(right) + scale)
    if not (error <= bound).all():
        case.fail("wrong number", f"{name} is {given!r}, should be {right!r}")


def tail_options(case: Case, y: np.ndarray) -> dict[str, Any]:
    """A tail, which may be empty."""
    source = case.source
    side = source.pick(["lower", "upper", "both"])
    by_quantile = source.chance(50)
    if by_quantile:
        low = source.pick([0.1, 0.5, 0.01, 0.49, 1e-9, 0.999])
        pair = (min(low, 0.4), 0.9)
    else:
        low = float(np.quantile(y, source.pick([0.0, 0.1, 0.5, 1.0])))
        low += source.pick([0.0, 1.0, -1.0])
        pair = (low, low + source.pick([1.0, 1e-3, 100.0]) + abs(low))
    if side == "both":
        bound: Any = pair if source.chance(70) or not by_quantile else min(low, 0.49)
    else:
        bound = dress.number(source, low)
    return {"quantile" if by_quantile else "threshold": bound, "side": side}


def tail_of(y: np.ndarray, chosen: dict[str, Any]) -> np.ndarray:
    """The mask of a tail, by its definition."""
    side = chosen["side"]
    bounds = chosen.get("threshold", chosen.get("quantile"))
    bounds = [float(b) for b in (bounds if isinstance(bounds, tuple) else [bounds])]
    if "quantile" in chosen:
        if side == "both" and len(bounds) == 1:
            bounds.append(1 - bounds[0])
        bounds = np.quantile(y, bounds).tolist()
    lower = y <= bounds[0] if side != "upper" else np.zeros(len(y), dtype=bool)
    upper = y >= bounds[-1] if side != "lower" else np.zeros(len(y), dtype=bool)
    return lower | upper


def errors(case: Case) -> None:
    """Errors over all rows and in the tail, and the same as weights."""
    source = case.source
    y, y_values = dress.dressed(source, series(case))
    pred = y_values + source.rng().standard_normal(len(y_values)) * source.pick([1.0, 0.0, 1e3])
    squares = (y_values.astype(np.longdouble) - pred) ** 2
    scale = float(np.sqrt(squares.max())) or 0.0
    outcome = case.must(metrics.rmse, y, pred)
    if outcome:
        about(case, "rmse", outcome.value, np.sqrt(squares.mean()), scale)
    chosen = tail_options(case, y_values)
    mask = tail_of(y_values, chosen)
    empty = not mask.any()

    def none_there(error: Exception) -> bool:
        return empty and isinstance(error, ValueError) and "no row is in" in str(error)

    tail = case.must(Tail, **chosen)
    if not tail:
        return
    given = (y, pred, tail.value)
    outcome = case.make(metrics.conditional_rmse, given, {}, allowed=(), excused=none_there)
    weight = case.make(weights.tail, (y, tail.value), {}, allowed=(), excused=none_there)
    if outcome and weight:
        case.check("wrong number", not empty, "the tail is empty")
        same = np.array_equal(weight.value, mask.astype(float))
        case.check("wrong number", same, "weights.tail is not the mask of the tail")
        about(case, "conditional_rmse", outcome.value, np.sqrt(squares[mask].mean()), scale)


def relevances(case: Case) -> None:
    """`relevance` and `sera`."""
    source = case.source
    y = series(case)
    rng = source.rng()
    m = source.integer(1, 6)
    at = np.unique(rng.standard_normal(m) * (np.abs(y).max() or 1.0))
    points = np.column_stack([at, rng.uniform(size=len(at))])
    outcome = case.must(metrics.relevance, y, points if source.chance(60) else points.tolist())
    if outcome:
        about(case, "relevance", outcome.value, np.interp(y, at, points[:, 1]))
    pred = y + rng.standard_normal(len(y))
    share = rng.uniform(size=len(y))
    function = source.chance(30)
    outcome = case.must(
        metrics.sera, y, pred, relevance=(lambda targets: share) if function else share
    )
    if outcome:
        terms = share.astype(np.longdouble) * (y.astype(np.longdouble) - pred) ** 2
        about(case, "sera", outcome.value, terms.sum(), float(terms.sum()))


def bad_measures(case: Case) -> None:
    """One argument of a metric is no good."""
    source = case.source
    n = source.integer(2, 10)
    y, pred = np.arange(float(n)), np.zeros(n)
    points = [(0.0, 0.0), (1.0, 1.0)]
    wrong_points = [[(0.0, 2.0)], [(1.0, 0.0), (0.0, 1.0)], [], [(1.0,)], "text", [(np.nan, 0.0)]]
    bad_share = np.full(n, source.pick([-0.1, 1.1, np.nan]))
    bad_tail = source.pick(
        [
            ("quantile", {"quantile": source.pick([0, 1, -1, 2.0, np.nan, (0.9, 0.1), "a"])}),
            ("threshold", {"threshold": source.pick([np.nan, "a", [1], True, 1j])}),
            ("threshold", {"threshold": 1.0, "quantile": 0.5}),
            ("side", {"threshold": 1.0, "side": spoil.choice(source)}),
            ("quantile", {"quantile": 0.7, "side": "both"}),
            ("threshold", {"threshold": (2.0, 1.0), "side": "both"}),
            ("threshold", {"threshold": (1.0, 2.0), "side": "lower"}),
            ("threshold", {"threshold": (1.0, 2.0, 3.0), "side": "both"}),
        ]
    )
    cases: list[tuple[str, Callable[..., Any], dict[str, Any]]] = [
        ("y", metrics.rmse, {"y": spoil.targets(source, y), "pred": pred}),
        ("pred", metrics.rmse, {"y": y, "pred": spoil.targets(source, pred)}),
        (bad_tail[0], Tail, bad_tail[1]),
        ("tail", metrics.conditional_rmse, {"y": y, "pred": pred, "tail": "lower"}),
        ("tail", weights.tail, {"y_val": y, "tail": source.pick([None, 0.05, Tail])}),
        ("y_val", weights.tail, {"y_val": spoil.series(source, y), "tail": Tail("lower")}),
        ("points", metrics.relevance, {"y": y, "points": source.pick(wrong_points)}),
        ("y", metrics.relevance, {"y": spoil.series(source, y), "points": points}),
        ("relevance", metrics.sera, {"y": y, "pred": pred, "relevance": bad_share}),
        ("relevance", metrics.sera, {"y": y, "pred": pred, "relevance": lambda t: bad_share}),
        (
            "relevance",
            metrics.sera,
            {"y": y, "pred": pred, "relevance": spoil.targets(source, bad_share)},
        ),
    ]
    name, function, arguments = source.pick(cases)
    names = {"threshold": ("threshold", "quantile"), "y": ("y", "pred")}.get(name, name)
    case.refused(names, function, **arguments)


def recalls(case: Case) -> None:
    """`worst_group_recall` and `one_hot`: labels of any type."""
    source = case.source
    n = source.integer(1, 40)
    rng = source.rng()
    n_classes = source.integer(1, 6)
    codes, guesses = rng.integers(0, n_classes, n), rng.integers(0, n_classes, n)
    kind = source.pick(["numbers", "text", "bools", "objects", "unsigned", "list", "negative"])
    names: Any = np.arange(n_classes)
    if kind in ("text", "objects"):
        names = np.array([f"{'x' * place}é{place}" for place in range(n_classes)])
        names = names.astype(object) if kind == "objects" else names
    elif kind == "bools":
        names = np.array([False, True, True, False, True, True][:n_classes])
    elif kind == "unsigned":
        names = names.astype(np.uint16)
    elif kind == "negative":
        names = -(10**9) * names
    y, pred = names[codes], names[guesses]
    if kind == "list":
        y, pred = y.tolist(), pred.tolist()
    chosen: dict[str, Any] = {}
    member = np.asarray(y)
    if source.chance(40):
        member = rng.integers(0, 3, n)
        chosen["groups"] = member
    outcome = case.must(metrics.worst_group_recall, y, pred, **chosen)
    if outcome:
        right = np.asarray(y) == np.asarray(pred)
        shares = [right[member == group].mean() for group in np.unique(member)]
        about(case, "worst_group_recall", outcome.value, min(shares))
    table = case.must(one_hot, y, **({"classes": np.unique(names)} if source.chance(40) else {}))
    if table:
        case.check("wrong number", (table.value.sum(axis=1) == 1).all(), "not one 1 in a row")
        case.check("wrong number", table.value.dtype == float, f"dtype {table.value.dtype}")
    wrong = source.pick([np.arange(n) / 2, [], np.zeros((n, 1), int), None, 3, [1.5], {}, [None]])
    case.refused("labels", one_hot, wrong)
    case.refused(
        "classes", one_hot, np.array([1, 2]), source.pick([[1], [1, 1, 2], ["1", "2"], []])
    )
    case.refused("y", metrics.worst_group_recall, wrong, np.zeros(n, int))
    case.refused("pred", metrics.worst_group_recall, np.zeros(n, int), np.zeros(n + 1, int))


def shares(case: Case) -> None:
    """`quotas.metriq` and `quotas.equal` hand out so many rows in all."""
    source = case.source
    n_groups = source.integer(1, 12)
    rng = source.rng()
    most = source.pick([10, 1000, 10**6, 2**40, 2**50, 2**53 // 16])
    sizes = rng.integers(0, most, n_groups, endpoint=True)
    if not sizes.any():
        sizes[0] = 1
    error = 10.0 ** rng.uniform(-source.integer(0, 30), 0, n_groups)
    error *= rng.random(n_groups) < source.pick([1.0, 0.5, 0.0])
    density = source.pick([0.5, 1.0, 0.1, 1e-6, 0.999999, 1, float(rng.uniform(1e-9, 1))])
    form = source.pick([np.int64, np.uint64, np.int64])
    outcomes = {
        "metriq": case.must(quotas.metriq, error, sizes.astype(form), density),
        "equal": case.must(quotas.equal, sizes.astype(form).tolist(), density),
    }
    for name, outcome in outcomes.items():
        if not outcome:
            continue
        given = outcome.value
        n_rows = int(sizes.sum())  # beyond what a float counts, in exact numbers
        total = round((density if n_rows < 2**52 else Fraction(density)) * n_rows)
        case.check("wrong number", given.dtype == np.int64, f"{name}: dtype {given.dtype}")
        case.check("wrong number", sum(given.tolist()) == total, f"{name}: {given}, not {total}")
        case.check(
            "wrong number", (given >= 0).all() and (given <= sizes).all(), f"{name}: {given}"
        )
    if outcomes["equal"]:
        given = outcomes["equal"].value
        open_ones = given[given < sizes]
        spread = np.ptp(open_ones) if len(open_ones) else 0
        whole = given[given == sizes]
        fair = spread <= 1 and (
            not len(open_ones) or not len(whole) or (whole.max() <= open_ones.max() + 1)
        )
        case.check("wrong number", fair, f"equal: {given} of {sizes}")


def bins(case: Case) -> None:
    """`quotas.target_bins` never separates equal targets, and numbers ranges in their order."""
    source = case.source
    y, values = dress.dressed(source, series(case))
    if source.chance(50):
        chosen: dict[str, Any] = {"n_bins": source.pick([1, 2, 10, 1000, len(values), 10**5])}
    else:
        chosen = {"edges": np.unique(source.rng().standard_normal(source.integer(1, 8)))}
    outcome = case.must(quotas.target_bins, y, **chosen)
    if not outcome:
        return
    number = outcome.value
    order = np.argsort(values, kind="stable")
    steps = np.diff(number[order])
    case.check("wrong number", (steps >= 0).all(), "higher targets have lower numbers")
    equal = np.diff(values[order]) == 0
    case.check("wrong number", (steps[equal] == 0).all(), "equal targets are separated")
    if "n_bins" in chosen:
        present = np.unique(number)
        case.check("wrong number", np.array_equal(present, np.arange(len(present))), "gaps")
        case.check("wrong number", len(present) <= chosen["n_bins"], "too many ranges")
    else:
        right = (values[:, None] > chosen["edges"]).sum(axis=1)
        case.check("wrong number", np.array_equal(number, right), "not the ranges of edges")


def densities(case: Case) -> None:
    """`weights.inverse_density` has mean 1, and a bounded ratio."""
    source = case.source
    y, values = dress.dressed(source, series(case))
    size = float(np.abs(values).max()) or 1.0
    chosen: dict[str, Any] = {}
    if source.chance(40):
        chosen["power"] = source.pick([0.5, 2, 1e-3, 30.0])
    if source.chance(40):
        chosen["bandwidth"] = size * source.power(-9, 3)
    if source.chance(40):
        chosen["max_ratio"] = source.pick([1, 10.0, 1e6, 1e300])
    outcome = case.must(weights.inverse_density, y, **chosen)
    if not outcome:
        return
    weight = outcome.value
    ratio = chosen.get("max_ratio", 100.0)
    fine = np.isfinite(weight).all() and (weight > 0).all()
    if not case.check("wrong number", fine, f"weights are {weight.min()} to {weight.max()}"):
        return
    about(case, "the mean weight", weight.mean(), np.longdouble(1))
    most = weight.max() / weight.min()
    case.check("wrong number", most <= ratio * (1 + 1e-9), f"ratio {most!r}, allowed {ratio!r}")
    same = values[:, None] == values[None] if len(values) <= 60 else np.eye(len(values), dtype=bool)
    apart = np.abs(weight[:, None] - weight[None]) if len(values) <= 60 else np.zeros((1, 1))
    close = apart[same] if len(values) <= 60 else apart
    case.check(
        "wrong number", close.max() <= 1e-9 * weight.max(), "equal targets weigh differently"
    )


def bad_shares(case: Case) -> None:
    """One argument of quotas and weights is no good."""
    source = case.source
    sizes, error, y = np.array([3, 4]), np.array([0.1, 0.2]), np.arange(5.0)
    wrong_sizes = [[3.0, 4.0], [-1, 4], [0, 0], [[3, 4]], [], 3, "text", None, [2**53 + 1, 1]]
    wrong_error = [[-1.0, 1.0], [np.nan, 1.0], [0.1], [[0.1, 0.2]], None, "text", [1j, 1]]
    wrong_edges = [[1.0, 1.0], [2.0, 1.0], [np.nan], [], "text", [[1.0]]]
    cases = [
        ("stratum_sizes", quotas.metriq, (error, source.pick(wrong_sizes), 0.5)),
        ("stratum_sizes", quotas.equal, (source.pick(wrong_sizes), 0.5)),
        ("error_per_stratum", quotas.metriq, (source.pick(wrong_error), sizes, 0.5)),
        ("density", quotas.metriq, (error, sizes, spoil.fraction(source))),
        ("density", quotas.equal, (sizes, spoil.fraction(source))),
        ("y", quotas.target_bins, (spoil.series(source, y), 2)),
        ("n_bins", quotas.target_bins, (y, spoil.integer(source, 1, none=False))),
        ("edges", quotas.target_bins, (y, None, source.pick(wrong_edges))),
        ("n_bins", quotas.target_bins, (y,)),
        ("n_bins", quotas.target_bins, (y, 2, [1.0])),
        ("y_val", weights.inverse_density, (spoil.series(source, y),)),
        ("power", weights.inverse_density, (y, spoil.positive(source), None, 100.0)),
        ("bandwidth", weights.inverse_density, (y, 1.0, spoil.positive(source), 100.0)),
        ("max_ratio", weights.inverse_density, (y, 1.0, None, spoil.positive(source))),
        ("max_ratio", weights.inverse_density, (y, 1.0, None, 0.5)),
    ]
    name, function, arguments = source.pick(cases)
    keywords: dict[str, Any] = {}
    if function is quotas.target_bins:
        keywords = dict(zip(("n_bins", "edges"), arguments[1:], strict=False))
        arguments = arguments[:1]
    if function is weights.inverse_density:
        names = ("power", "bandwidth", "max_ratio")
        keywords = dict(zip(names, arguments[1:], strict=False))
        arguments = arguments[:1]
        if name == "bandwidth" and keywords["bandwidth"] is None:
            return
    case.refused(name, function, *arguments, **keywords)


def curves(case: Case) -> None:
    """Removal curves: the score of the ridge on what is left."""
    source = case.source
    given, problem = pruning.tables(case, arrays.problem(source, arrays.SMALL, outputs=False))
    Phi, y, Phi_test, y_test = given
    n = problem.n_rows
    lam = options.penalty(source, problem)
    removed = source.rng().permutation(n)[: source.integer(0, n)]
    fractions = source.pick([None, [0.0], [1.0, 0.5, 0.0], np.linspace(0, 1, 5)])
    excused = pruning.excuse(lam, problem, {})
    chosen = {"lam": lam, "fractions": fractions}
    outcome = case.make(
        removal_curve,
        (Phi, y, removed, Phi_test, y_test),
        chosen,
        allowed=(),
        excused=excused,
    )
    if outcome:
        check_curve(case, outcome.value, problem, removed, lam)
    if n > 1:
        k = options.n_deletions(source, n)
        times = source.integer(1, 3)
        more = case.make(
            random_removal_curves,
            (Phi, y, k, Phi_test, y_test),
            {**chosen, "n_curves": times, "random_state": source.below(9)},
            allowed=(),
            excused=excused,
        )
        if more:
            shape = more.value.scores.shape
            right = (times, len(more.value.n_removed))
            case.check("wrong number", shape == right, f"scores {shape}, should be {right}")
    bad = source.pick(["removed", "fractions", "score", "n_curves"])
    arguments: dict[str, Any] = {"Phi": np.eye(2), "y": np.ones(2), "removed": [0]}
    arguments |= {"Phi_test": np.eye(2), "y_test": np.ones(2), "lam": 1.0}
    wrong = {
        "removed": [[2], [-1], [0, 0], [0.5], [[0]], "a", None, [True]],
        "fractions": [[-0.1], [1.1], [np.nan], "a", [[0.5]], []],
        "score": [None, 1.0, lambda y, p: "a", lambda y, p: np.ones(2), "rmse"],
        "n_curves": [0, -1, 1.0, None, "1"],
    }
    arguments[bad] = source.pick(wrong[bad])
    if bad == "n_curves":
        arguments.pop("removed")
        case.refused(bad, random_removal_curves, k=1, **arguments)
    else:
        case.refused(bad, removal_curve, **arguments)


def check_curve(case: Case, curve: Any, problem: Any, removed: Any, lam: Any) -> None:
    """The last point of a curve."""
    if isinstance(lam, str):
        return
    kept = np.ones(problem.n_rows, dtype=bool)
    kept[removed[: curve.n_removed[-1]]] = False
    state = State(problem, float(lam), kept)
    before = kept.copy()
    before[removed[curve.n_removed[-1] - 1 : curve.n_removed[-1]]] = True
    last = state if kept.any() else State(problem, float(lam), before)
    if state.is_singular or last.is_singular:
        return
    residuals = checks.Residuals(state, None)
    right = np.sqrt(np.mean(residuals.r**2))
    spread = np.sqrt(np.mean(residuals.r_bound**2))
    spread += last.weights_bound * np.sqrt(np.mean(np.sum(state.Phi_val**2, axis=1)))
    bound = spread + 8 * EPS * right
    checks.within(case, "the last score", curve.scores[-1], right, bound, int(curve.n_removed[-1]))


def gains(case: Case) -> None:
    """`paired_gain` is a weighted mean with the standard error of clusters."""
    source = case.source
    rng = source.rng()
    n = source.integer(1, 30)
    before, after = rng.exponential(size=(2, n)) * source.pick([1.0, 1e-30, 1e30])
    if source.chance(20):
        after = before.copy()
    weight = np.ones(n) if source.chance(50) else rng.integers(0, 3, n).astype(float)
    if not weight.any():
        weight[0] = 1.0
    units = np.arange(n) if source.chance(50) else rng.integers(0, 4, n)
    outcome = case.must(paired_gain, before, after, weight=weight, units=units)
    if not outcome:
        return
    gain = outcome.value
    change = (before - after).astype(np.longdouble)
    mean = np.sum(weight * change) / weight.sum()
    names = np.unique(units[weight > 0])
    case.check("wrong number", gain.n_units == len(names), f"{gain.n_units} units")
    size = float(np.abs(before).max() + np.abs(after).max())
    about(case, "the gain", gain.mean, mean, size)
    if len(names) > 1:
        sums = [np.sum((weight * (change - mean))[units == name]) for name in names]
        spread = len(names) / (len(names) - 1) * np.sum(np.square(sums))
        about(case, "its standard error", gain.standard_error, np.sqrt(spread) / weight.sum(), size)
    low, high = case.must(gain.interval, source.pick([0.5, 0.95])).value
    case.check("wrong number", low <= gain.mean <= high, f"{gain.mean} is not in ({low}, {high})")
    above = case.must(gain.beyond_chance).value
    case.check("wrong number", gain.mean > 0 or not above, "a loss is a gain")
    case.refused("level", gain.interval, source.pick([0, 1, -1, math.nan, None, "x"]))
    case.refused("after", paired_gain, before, source.pick([after[:-1], "text", None, [math.nan]]))
    case.refused("units", paired_gain, before, after, units=source.pick([[0.5], "a", units[:-1]]))


def facts(case: Case) -> None:
    """`show_config`, `repr` of the classes, and the errors that can be pickled."""
    import contextlib
    import io
    import pickle

    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        case.must(paris_core.show_config)
    case.check("wrong state", "version" in printed.getvalue(), "show_config prints nothing")
    told = case.must(paris_core.show_config, "dict")
    case.check("wrong state", bool(told) and told.value["threads"] >= 1, "no threads")
    case.refused("mode", paris_core.show_config, spoil.choice(case.source))
    error = paris_core.NotPositiveDefiniteError("message", 3)
    again = case.must(pickle.loads, pickle.dumps(error))
    case.check("wrong state", bool(again) and again.value.pivot == 3, "the pivot is lost")
    case.must(paris_core.Deletion, 1, 2, 3.0, -1, 4.0)
    nothing = case.make(
        paris_core.prune,
        (np.eye(2), np.ones(2), np.eye(2), np.ones(2), 1),
        {"lam": 1e-320 if case.source.chance(50) else 1e-99},
        names=["lam", "Phi"],
    )
    if nothing:
        case.check("wrong number", math.isfinite(nothing.value.loss[-1]), "loss is not finite")


GENERATORS = {
    "errors": (6, errors),
    "relevance": (3, relevances),
    "measures_bad": (5, bad_measures),
    "labels": (4, recalls),
    "quotas": (5, shares),
    "bins": (3, bins),
    "density": (3, densities),
    "quotas_bad": (4, bad_shares),
    "curves": (4, curves),
    "gains": (3, gains),
    "facts": (1, facts),
}
