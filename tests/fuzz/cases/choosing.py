"""Selectors, histories of training, splits, and tables from series."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from paris_core import selection
from paris_core.datasets import coupling_field, make_storms, ring_current, storm_drivers
from paris_core.features import lagged_features

from .. import arrays, options, spoil
from ..calls import Case
from . import pruning


def selectors(case: Case) -> None:
    """Every selector keeps so many rows, ascending, the same for the same seed."""
    source = case.source
    classes = source.chance(40)
    given, problem = pruning.tables(case, arrays.problem(source, arrays.SMALL, outputs=not classes))
    n = problem.n_rows
    name = source.pick(selection.NAMES)
    y: Any = given[1]
    y_val: Any = given[3]
    rng = source.rng()
    if classes:
        names = np.array(["a", "b", "c"]) if source.chance(50) else np.array([7, -1, 3])
        labels = rng.integers(0, 3, n)
        y, y_val = names[labels], rng.choice(names[labels], problem.n_val)
    if isinstance(y, (list, np.ndarray)) and np.asarray(y).dtype.kind in "biu" and not classes:
        y, y_val = problem.y, problem.y_val  # numbers, not classes
    if np.asarray(y_val).dtype.kind in "biu" and not classes:
        y_val = problem.y_val
    count = source.integer(1, n)
    keep = count if source.chance(70) else source.pick([0.5, 0.9, 0.1])
    lam = options.penalty(source, problem)
    chosen: dict[str, Any] = {}
    takes = case.must(selection.options, name).value
    if "lam" in takes and source.chance(70):
        chosen["lam"] = lam
    if name == "influence":
        chosen |= {"Phi_val": given[2], "y_val": y_val}
        if source.chance(50):
            chosen["val_weight"] = np.ones(problem.n_val)
    if name == "stratified":
        if (problem.y.ndim == 2 and not classes) or source.chance(30):
            chosen["strata"] = rng.integers(0, 4, n)
        elif not classes and source.chance(50):
            chosen["n_bins"] = source.integer(1, 12)
    if name in ("el2n", "grand") and source.chance(30) and not classes:
        chosen = {"predictions": np.zeros_like(problem.y)}
    if name in ("el2n", "grand") and classes and "lam" in chosen and source.chance(30):
        chosen |= {"model": "softmax", "lam": 1.0}
    excused = _excuse(case, chosen, problem, keep, n, y, classes)
    seed = source.below(100)
    outcomes = [
        case.make(
            selection.select,
            (name, given[0], y),
            {"keep": keep, "random_state": seed, **chosen},
            allowed=(),
            excused=excused,
            quiet=_of_softmax(),
        )
        for _ in range(2)
    ]
    if not all(outcomes):
        return
    kept = outcomes[0].value
    wanted = keep if isinstance(keep, int) else round(keep * n)
    case.check("not complementary", len(kept) == wanted, f"{len(kept)} rows, of {wanted}")
    fine = (np.diff(kept) > 0).all() and (not len(kept) or (kept[0] >= 0 and kept[-1] < n))
    case.check("not complementary", fine, f"{kept} are no rows")
    case.check("wrong number", np.array_equal(kept, outcomes[1].value), "another choice, same seed")


def _of_softmax() -> tuple[type[Warning], ...]:
    from sklearn.exceptions import ConvergenceWarning

    return (ConvergenceWarning, FutureWarning)


def _excuse(case: Case, chosen: Any, problem: Any, keep: Any, n: int, y: Any, classes: bool) -> Any:
    lam = chosen.get("lam", "auto")
    other = pruning.excuse(lam, problem, {})
    one_class = classes and len(np.unique(y)) == 1

    def excused(error: Exception) -> bool:
        text = str(error)
        if isinstance(keep, float) and round(keep * n) == 0 and "keep must leave" in text:
            return True
        if one_class and "two classes" in text and chosen.get("model") == "softmax":
            return True
        if not pruning.sizes_are_moderate(problem, lam) and isinstance(error, ValueError):
            return True
        return other(error)

    return excused


def bad_selectors(case: Case) -> None:
    """One argument of `select` is no good."""
    source = case.source
    problem = arrays.problem(source, arrays.SMALL, outputs=False, ordinary=True)
    n, d, v = problem.n_rows, problem.dimension, problem.n_val
    name = source.pick(selection.NAMES)
    takes = selection.options(name)
    arguments: dict[str, Any] = {"Phi": problem.Phi, "y": problem.y, "keep": 1}
    if name == "influence":
        arguments |= {"Phi_val": problem.Phi_val, "y_val": problem.y_val}
    if "lam" in takes:
        arguments["lam"] = 1.0
    wrong_keep = [0, -1, n + 1, 1.0, 0.0, 1.5, np.nan, "all", None, True, [1], 10**30]
    bad_model = ["", "nonsense", 3, ["ridge"], "softmax"]
    spoilt = {
        "name": lambda: spoil.choice(source),
        "Phi": lambda: spoil.matrix(source, problem.Phi),
        "y": lambda: source.pick([problem.y[:0], np.full(n, np.nan), np.ones((n, 1, 1)), None, {}]),
        "keep": lambda: source.pick(wrong_keep),
        "random_state": lambda: source.pick([-1, 1.5, "seed", True, [1], object()]),
    }
    more = {
        "lam": lambda: spoil.positive(source, strings=True),
        "model": lambda: source.pick(bad_model),
        "predictions": lambda: source.pick([np.ones(n + 1), np.full(n, np.nan), "text", {}]),
        "strata": lambda: source.pick([np.arange(n) / 2, np.zeros(n + 1, int), [], "text", {}]),
        "n_bins": lambda: spoil.integer(source, 1, none=False),
        "Phi_val": lambda: spoil.matrix(source, problem.Phi_val, columns=d),
        "y_val": lambda: source.pick([np.ones(v + 1), np.full(v, np.nan), np.ones((v, 2)), {}]),
        "val_weight": lambda: spoil.weights(source, v),
    }
    spoilt |= {option: more[option] for option in takes}
    bad = source.pick(list(spoilt))
    other = source.pick([o for o in more if o not in takes] or [bad])
    if source.chance(10):
        arguments |= {other: 1}
        case.refused(other, selection.select, name, **arguments)
        return
    given = spoilt[bad]()
    if given is None and bad in more:
        return  # stands for the default
    arguments |= {bad: given} if bad != "name" else {}
    if bad == "predictions":
        arguments.pop("lam", None)
    also = {"Phi": ("y", "Phi_val"), "Phi_val": ("y_val", "val_weight"), "model": ("lam",)}
    first = given if bad == "name" else name
    case.refused({bad, *also.get(bad, ())}, selection.select, first, **arguments)
    case.refused("name", selection.options, spoil.choice(source))


def under_quotas(case: Case) -> None:
    """`random_with_quotas` draws so many of each stratum."""
    source = case.source
    n = source.integer(1, 60)
    strata = source.rng().integers(0, source.integer(1, 6), n)
    sizes = np.bincount(strata)
    numbers = source.rng().integers(0, sizes + 1)
    outcome = case.must(selection.random_with_quotas, strata, numbers, source.below(9))
    if outcome:
        kept = outcome.value
        right = np.bincount(strata[kept], minlength=len(sizes))
        case.check("wrong number", np.array_equal(right, numbers), f"{right}, quotas {numbers}")
        case.check("not complementary", (np.diff(kept) > 0).all(), "rows are not ascending")
    wrong_strata = spoil.strata(source, n)
    longer = isinstance(wrong_strata, np.ndarray) and wrong_strata.shape == (n + 1,)
    if not longer:  # which would be all right here
        case.refused(("strata", "quotas"), selection.random_with_quotas, wrong_strata, [n])
    wrong = spoil.quotas(source, n)
    case.refused(("quotas", "strata"), selection.random_with_quotas, np.zeros(n, int), wrong)
    case.refused(
        "random_state", selection.random_with_quotas, strata, numbers, source.pick(["a", -1, 0.5])
    )


def histories(case: Case) -> None:
    """A `TrainingHistory` in any order of calls."""
    source = case.source
    n, n_classes = source.integer(1, 30), source.integer(2, 4)
    rng = source.rng()
    names = np.array(["a", "b", "c", "d"])[:n_classes]
    codes = rng.integers(0, n_classes, n)
    window = source.integer(2, 4)
    made = case.must(selection.TrainingHistory, names[codes], classes=names, window=window)
    if not made:
        return
    history, by_probability = made.value, source.chance(60)
    right: list[np.ndarray] = []
    own: list[np.ndarray] = []
    for _ in range(source.integer(0, 7)):
        table = rng.dirichlet(np.ones(n_classes), n)
        guess = table.argmax(axis=1)
        given = table if by_probability else names[guess]
        case.must(history.update, given)
        right.append(guess == codes)
        own.append(table[np.arange(n), codes])
        wrong = [table[:, :-1], table * 2, -table, names[guess][:-1], np.full(n, "e"), None, 3, {}]
        wrong += [table] if not by_probability else [names[guess]]
        case.refused("predictions", history.update, source.pick(wrong))
        case.check("wrong state", history.n_epochs == len(right), "a bad update was counted")
    case.must(repr, history)
    counts = case.make(history.forgetting_counts, (), {}, names=["epoch"])
    if counts:
        forgotten = sum((a & ~b for a, b in itertools.pairwise(right)), np.zeros(n))
        expected = np.where(np.any(right, axis=0), forgotten, math.inf)
        case.check("wrong number", np.array_equal(counts.value, expected), "forgetting counts")
    case.check("wrong state", bool(counts) == bool(right), "counts without an epoch")
    spread = case.make(history.dynamic_uncertainty, (), {}, names=["epochs", "probabilities"])
    if spread:
        windows = range(len(own) - window + 1)
        each = [np.std(own[start : start + window], axis=0, ddof=1) for start in windows]
        close = np.allclose(spread.value, np.mean(each, axis=0), rtol=1e-9, atol=1e-15)
        case.check("wrong number", close, "dynamic uncertainty")
    case.make(
        history.select,
        (source.pick(history.NAMES),),
        {"keep": source.integer(1, n), "random_state": 0},
        names=["epoch", "epochs", "probabilities"],
    )
    case.refused("name", history.select, spoil.choice(source), keep=1)
    case.refused("keep", history.select, "forgetting", keep=source.pick([0, n + 1, 1.5, None, "1"]))
    window_bad = spoil.integer(source, 2)
    case.refused("window", selection.TrainingHistory, ["a", "b"], window=window_bad)
    case.refused("labels", selection.TrainingHistory, source.pick([[], [1.5], None, [[1]], {}]))


def lagged(case: Case) -> None:
    """`lagged_features` shifts and leaves out."""
    source = case.source
    m = source.integer(2, 400)
    rng = source.rng()
    drivers = {name: rng.standard_normal(m) for name in "abc"[: source.integer(1, 3)]}
    target = rng.standard_normal(m)
    for series in (*drivers.values(), target):
        if source.chance(40):
            series[rng.random(m) < 0.1] = np.nan
    lags = rng.permutation(source.integer(1, 6))[: source.integer(1, 4)].tolist()
    horizon = source.integer(1, 4)
    outcome = case.make(
        lagged_features,
        (drivers, target),
        {"lags": lags, "horizon": horizon},
        allowed=(ValueError,),
        names=["target", "row"],
    )
    if outcome:
        X, y, rows, names = outcome.value
        column = 0
        for series in drivers.values():
            for lag in lags:
                same = np.array_equal(X[:, column], series[rows - lag])
                case.check("wrong number", same, f"column {names[column]} is another")
                column += 1
        case.check("wrong number", np.array_equal(y, target[rows + horizon]), "y is another")
    wrong: dict[str, list[Any]] = {
        "lags": [[], [-1], [1, 1], [0.5], ["1"], 3, None, [10**30]],
        "horizon": [0, -1, 1.0, None, "1", 10**30],
        "drivers": [{}, [], None, {"a": [np.inf] * m}, {"a": ["x"] * m}, {"a": np.ones(m + 1)}],
        "target": [[], np.ones((m, 1)), np.full(m, np.inf), ["x"] * m, None, np.full(m, np.nan)],
    }
    name = source.pick(list(wrong))
    arguments = {"drivers": drivers, "target": target, "lags": lags, "horizon": horizon}
    arguments[name] = source.pick(wrong[name])
    also = {"target": ("drivers", "row"), "drivers": ("target",)}
    also |= {"horizon": ("target",), "lags": ("target", "lag")}
    case.refused({name, *also.get(name, ())}, lagged_features, **arguments)


def storms(case: Case) -> None:
    """Synthetic storms, and the ring current of any field."""
    source = case.source
    n = source.integer(1, 200)
    seed = source.below(2**32)
    series = [case.must(make_storms, n, seed) for _ in range(2)]
    if all(series):
        first, second = (outcome.value for outcome in series)
        case.check("wrong number", np.array_equal(first.dst, second.dst), "other storms, same seed")
        case.must(storm_drivers, first)
        case.must(repr, first)
        case.check("wrong number", np.isfinite(first.dst).all() and len(first) == n, "dst")
    rng = source.rng()
    speed, bz = rng.uniform(0, 1000, n), rng.standard_normal(n) * 20
    bz[rng.random(n) < 0.1] = np.nan
    field = case.must(coupling_field, speed, bz)
    if field:
        current = case.must(ring_current, np.nan_to_num(field.value))
        if current:
            case.check("wrong number", np.isfinite(current.value).all(), "ring current")
    case.refused("n_hours", make_storms, spoil.integer(source, 1))
    case.refused("random_state", make_storms, 3, source.pick([-1, 1.5, "a", True, [1]]))
    bad = source.pick([np.full(3, np.nan), [-1.0], [[1.0]], [np.inf], "text", None, ["a"]])
    case.refused("vbs", ring_current, bad)
    case.refused("speed", coupling_field, "text", [1.0])
    case.refused("bz", coupling_field, [1.0, 2.0], source.pick([[1.0, 2.0, 3.0], ["a", "b"], None]))


GENERATORS = {
    "select": (6, selectors),
    "select_bad": (4, bad_selectors),
    "random_with_quotas": (3, under_quotas),
    "history": (3, histories),
    "lagged": (3, lagged),
    "storms": (1, storms),
}
