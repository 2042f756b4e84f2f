"""Options of a pruning run that are all right, in every type that will do."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import dress
from .arrays import Problem
from .source import Source

ENGINES = ("exhaustive", "lazy")  # every row is looked at, or as few as bounds allow


def penalty(source: Source, problem: Problem) -> Any:
    """A ridge parameter, or how to choose one."""
    kind = source.weighted(
        [(30, "plain"), (10, "of the size of Phi"), (8, "name"), (4, "odd"), (3, "far out")]
    )
    if kind == "plain":
        value = source.pick([1.0, 0.01, 30.0, 1e-3, 1e3, 1e-5, 1e-8, 1e6, 0.3])
        return dress.number(source, value)
    if kind == "of the size of Phi":
        size = min(max(float(np.abs(problem.Phi).max()), 1e-40), 1e40)
        return size**2 * problem.n_rows * source.power(-13, 3)
    if kind == "name":
        return source.pick(["auto", "gcv", "evidence"])
    if kind == "odd":
        return source.pick([1, np.int64(2), np.float32(0.5), np.float16(2.0)])
    return source.power(-99, 99)


def weights(source: Source, n: int) -> Any:
    """Weights >= 0 of n rows, some of which may be zero, or None."""
    kind = source.weighted(
        [(60, None), (15, "some zero"), (10, "equal"), (10, "decades"), (5, "1")]
    )
    rng = source.rng() if kind in ("some zero", "decades") else None
    if kind is None:
        return None
    if kind == "some zero":
        weight = rng.uniform(0, 2, n) * (rng.random(n) < 0.6)
    elif kind == "decades":
        weight = 10.0 ** rng.uniform(-12, 12, n)
    elif kind == "equal":
        return np.full(n, source.power(-6, 6))
    else:
        weight = np.zeros(n)
    if not weight.any():
        weight[source.below(n)] = 1.0
    return weight


def judgement(source: Source, problem: Problem) -> dict[str, Any]:
    """What is optimised."""
    chosen: dict[str, Any] = {}
    criterion = source.pick(["representer", "refit"])
    objective = source.pick(["worst", "mean"])
    if criterion == "refit" or source.chance(30):
        chosen["criterion"] = criterion
    if objective == "mean" or source.chance(30):
        chosen["objective"] = objective
    if objective == "worst" and source.chance(40):
        n_worst = min(source.pick([1, 2, 3, 5, 10**6]), problem.n_val)
        chosen["objective"] = ("worst", n_worst)
    weight = weights(source, problem.n_val)
    if weight is not None:
        chosen["val_weight"] = weight
    return chosen


def restrictions(source: Source, n_rows: int) -> dict[str, Any]:
    """Which rows may go."""
    chosen: dict[str, Any] = {}
    if source.chance(20):
        share = source.pick([0.1, 0.5, 0.9, 0.0])
        chosen["protect"] = source.rng().random(n_rows) < share
        if source.chance(20):  # only the first block of rows of a sum, or the last, can go
            first = np.arange(n_rows) < 1024
            chosen["protect"] = first if source.chance(50) else ~first
    if source.chance(20):
        rng = source.rng()
        n_strata = source.integer(1, min(5, n_rows))
        chosen["strata"] = rng.integers(0, n_strata, n_rows)
        sizes = np.bincount(chosen["strata"], minlength=n_strata)
        if source.chance(20):
            sizes = np.append(sizes, 0)  # a stratum without rows
        chosen["quotas"] = rng.integers(0, sizes + 1)
    return chosen


def monitoring(source: Source, problem: Problem, mean: bool) -> dict[str, Any]:
    """Rows that watch, and when to stop."""
    chosen: dict[str, Any] = {}
    if source.chance(30):
        chosen["monitor"] = (problem.Phi_mon, problem.y_mon)
        if source.chance(30):
            weight = weights(source, len(problem.Phi_mon))
            chosen["monitor"] += (np.ones(len(problem.Phi_mon)) if weight is None else weight,)
    if source.chance(25):
        stops = ["stalled", "k", "callable"]
        if "monitor" in chosen:
            stops += ["monitor", ("stalled", "monitor")]
        if mean:
            stops += ["converged", ("converged", "stalled")]
        stop = source.pick(stops)
        if stop == "callable":
            last = source.integer(1, problem.n_rows)
            chosen["stop"] = lambda deletion: deletion.n_removed >= last
        else:
            chosen["stop"] = stop
        if stop not in ("k", "callable") and source.chance(50):
            chosen["tolerance"] = source.pick([0.0, 1e-3, 1e3, 1])
        if "monitor" in stop:
            chosen["patience"] = 0.3 if source.chance(20) else source.integer(1, 30)
    return chosen


def cost(source: Source) -> dict[str, Any]:
    """What changes nothing but the time."""
    chosen: dict[str, Any] = {}
    if source.chance(50):
        chosen["cache_bytes"] = source.pick([0, 1, 1000, 10**5, 2**28, 2**40])
    chosen["n_threads"] = source.pick([1, 2, 3, None])
    return chosen


#: Rows times features times deletions: so many take half a second.
_AFFORDABLE = 6e8


def n_deletions(source: Source, n_rows: int, dimension: int = 1) -> Any:
    """k: none, some, or all that can be; as a count or a fraction."""
    most = int(_AFFORDABLE / (n_rows * dimension))
    if most < n_rows:
        return source.integer(0, most)
    kind = source.pick(["some", "all", "all", "none", "fraction"])
    if kind == "fraction":
        return source.pick([0.5, 0.1, 0.9, 0.999999, np.float32(0.25)])
    count = {"all": n_rows - 1, "none": 0}.get(kind)
    count = source.integer(0, n_rows - 1) if count is None else count
    return dress.number(source, count)
