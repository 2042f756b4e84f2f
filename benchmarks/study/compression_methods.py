"""Ways to choose a few training rows: of each the choices at all shares."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator

import numpy as np

import paris_core
from paris_core import selection
from paris_core.linalg import RidgeFactor
from paris_core.regularization import select_lambda

from . import trials
from .choosing import Choice, all_rows, held_out_only, these
from .rows import Rows

SHARES = (0.5, 0.25, 0.1, 0.05, 0.01)


class Trial(trials.Trial):
    """A trial whose network on everything has the features that choose the rows."""

    def __init__(self, train: Rows, held_out: Rows, seed: int) -> None:
        super().__init__(train, held_out, seed)
        self.Phi, self.z = self.everything.table(train)
        # For all heads: few chosen rows are a poor guide to it.
        self.lam = select_lambda(self.Phi, self.z, n_threads=1)

    @property
    def counts(self) -> list[int]:
        return [round(share * len(self.train)) for share in SHARES]

    def along(self, removed: np.ndarray, lam: float | None = None) -> Iterator[Choice]:
        """What is left at each share of one path of deletions, in their order."""
        n_rows = len(self.train)
        for n in self.counts:
            yield these(self, np.setdiff1d(np.arange(n_rows), removed[: n_rows - n]), lam)


def once(trial: Trial, choose: Callable[[Trial], Choice]) -> Iterator[Choice]:
    """What is the same at all shares."""
    yield choose(trial)


def selected(trial: Trial, name: str) -> Iterator[Choice]:
    """One of `paris_core.selection`."""
    for n in trial.counts:
        kept = selection.select(name, trial.Phi, trial.z, keep=n, random_state=trial.seed)
        yield these(trial, kept)


def d_optimal(trial: Trial) -> Iterator[Choice]:
    n_removed = len(trial.train) - min(trial.counts)
    yield from trial.along(least_leverage_first(trial.Phi, trial.lam, n_removed))


def least_leverage_first(Phi: np.ndarray, lam: float, n_removed: int) -> np.ndarray:
    """So many rows in the order of backward elimination for D-optimality.

    Without row k, det(Phi'Phi + lam I) is smaller by the factor 1 - h_k, so that the row with the
    least leverage h_k among those left goes next. The other leverages then grow.
    """
    ridge = RidgeFactor(Phi, np.zeros(len(Phi)), lam, n_threads=1)
    leverage = np.array([row @ ridge.solve(row) for row in Phi])
    order = np.empty(n_removed, dtype=np.int64)
    for place in range(n_removed):
        row = order[place] = np.argmin(leverage)
        direction = ridge.solve(Phi[row])
        leverage += (Phi @ direction) ** 2 / (1.0 - leverage[row])
        leverage[row] = np.inf
        ridge.remove(int(row))
    return order


def deletions(
    trial: Trial,
    *,
    by_training: bool = False,
    criterion: str = "refit",
    objective: str = "mean",
) -> Iterator[Choice]:
    """`paris_core.prune`, steered by the held-out rows, or by all training rows."""
    validation = trial.train if by_training else trial.held_out
    result = paris_core.prune(
        trial.Phi,
        trial.z,
        *trial.everything.table(validation),
        len(trial.train) - min(trial.counts),
        lam=trial.lam,
        criterion=criterion,
        objective=objective,
        n_threads=1,
    )
    yield from trial.along(result.removed, result.lam)


METHODS: dict[str, Callable[[Trial], Iterator[Choice]]] = {
    "everything": functools.partial(once, choose=all_rows),
    "held-out rows only": functools.partial(once, choose=held_out_only),
    "random": functools.partial(selected, name="random"),
    "leverage": functools.partial(selected, name="leverage"),
    "k-center": functools.partial(selected, name="k_center"),
    "D-optimal": d_optimal,
    "PARIS": deletions,
    "PARIS by training rows": functools.partial(deletions, by_training=True),
    "paper": functools.partial(deletions, criterion="representer", objective="worst"),
}
