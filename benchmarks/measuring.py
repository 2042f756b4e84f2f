"""Timed runs of the pruner, and the floor that they are held against."""

from __future__ import annotations

import time

import numpy as np
from report import ONE_THREAD, Figure
from synthetic import Problem

import paris_core
from paris_core._extension import core


class Run:
    """A pruner, and how long its set-up and its deletions took."""

    def __init__(
        self, problem: Problem, lam: float, engine: str = "lazy", threads: int | None = ONE_THREAD
    ) -> None:
        start = time.perf_counter()
        self.pruner = paris_core.Pruner(*problem, lam=lam, engine=engine, n_threads=threads)
        self.set_up = time.perf_counter() - start
        self.deleting = 0.0

    def delete(self, n: int) -> float:
        """Remove n more rows; seconds for each of these."""
        start = time.perf_counter()
        done = self.pruner.run(n)
        elapsed = time.perf_counter() - start
        assert done == n, f"{done} of {n} deletions"
        self.deleting += elapsed
        return elapsed / n

    @property
    def per_deletion(self) -> float:
        return self.deleting / self.pruner.n_removed


def comparison(a: paris_core.PruneResult, b: paris_core.PruneResult) -> str:
    """Where the runs part, over the deletions that both have, or "same"."""
    n = min(len(a.removed), len(b.removed))
    for name in ("removed", "val_index", "delta_loss", "loss"):
        extra = name == "loss"  # begins before the first deletion
        mine, theirs = (getattr(result, name)[: n + extra] for result in (a, b))
        differ = np.flatnonzero(mine != theirs)
        if differ.size:
            return f"{name} from {differ[0]}"
    return "same"


class Floor:
    """The O(D²) work of a deletion: two triangular solves and a downdate."""

    def __init__(self, dimension: int) -> None:
        self._dimension = dimension
        self._repeats = int(np.clip(1e7 / dimension**2, 10, 2_000))
        self._seconds: dict[str, list[float]] = {"solve": [], "downdate+update": [], "update": []}

    def sample(self) -> None:
        for _ in range(3):
            for kernel, seconds in self._seconds.items():
                seconds.append(core.time_kernel(kernel, self._dimension, self._repeats))

    @property
    def seconds(self) -> float:
        # The median of each kernel, not of the difference: one disturbance could turn its sign.
        solve, pair, update = map(median, self._seconds.values())
        return solve + pair - update


def median(values: list[float]) -> float:
    return float(np.median(values))


def median_ratio(above: list[float], below: list[float]) -> float:
    return float(np.median(np.divide(above, below)))


def counts(result: paris_core.PruneResult) -> dict[str, Figure]:
    stats, n = result.stats, len(result.removed)
    figures = {"rows evaluated": (stats["rows_evaluated"] / n, "a deletion")}
    for name in ("working_sets_built", "full_scans", "v_switches", "cache_hits", "cache_misses"):
        figures[name.replace("_", " ")] = (stats[name], "")
    return figures | {"refactorizations": (result.n_refactorizations, "")}
