"""Ways to choose a few training rows: of each the choices at all shares."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from learning import Choice, Teacher
from rows import Rows

from paris_core import selection
from paris_core.linalg import RidgeFactor

SHARES = (0.5, 0.25, 0.1, 0.05, 0.01)


@dataclass(frozen=True)
class Trial:
    """A network trained on everything, and rows that may steer."""

    teacher: Teacher
    held_out: Rows

    @property
    def counts(self) -> list[int]:
        return [round(share * len(self.teacher.train)) for share in SHARES]

    def along(self, removed: np.ndarray, lam: float | None = None) -> Iterator[Choice]:
        """What is left at each share of one path of deletions, in their order."""
        n_rows = len(self.teacher.train)
        for n in self.counts:
            kept = np.setdiff1d(np.arange(n_rows), removed[: n_rows - n])
            yield self.teacher.choice(kept, lam)


def everything(trial: Trial) -> Iterator[Choice]:
    yield Choice(trial.teacher.train)


def held_out(trial: Trial) -> Iterator[Choice]:
    """What steers most variants of PARIS, without any training row."""
    yield Choice(trial.held_out, 0.0)


def with_held_out(trial: Trial) -> Iterator[Choice]:
    yield Choice(trial.teacher.train.and_(trial.held_out))


def selected(trial: Trial, name: str) -> Iterator[Choice]:
    """One of `paris_core.selection`."""
    teacher = trial.teacher
    for n in trial.counts:
        yield teacher.choice(
            selection.select(name, teacher.Phi, teacher.z, keep=n, random_state=teacher.seed)
        )


def d_optimal(trial: Trial) -> Iterator[Choice]:
    teacher = trial.teacher
    n_removed = len(teacher.train) - min(trial.counts)
    yield from trial.along(least_leverage_first(teacher.Phi, teacher.lam, n_removed))


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


def paris(trial: Trial, *, by_training: bool = False, **options: object) -> Iterator[Choice]:
    """Deletions steered by the held-out rows, or by all training rows; with their λ for heads."""
    teacher = trial.teacher
    steering = teacher.train if by_training else trial.held_out
    result = teacher.deletions(steering, min(trial.counts), **options)
    yield from trial.along(result.removed, result.lam)


_EXACT = {"criterion": "refit", "objective": "mean"}
_PAPER = {"criterion": "representer", "objective": "worst"}

METHODS: dict[str, Callable[[Trial], Iterator[Choice]]] = {
    "everything": everything,
    "held-out rows only": held_out,
    "everything + held-out rows": with_held_out,
    "random": functools.partial(selected, name="random"),
    "leverage": functools.partial(selected, name="leverage"),
    "k-center": functools.partial(selected, name="k_center"),
    "D-optimal": d_optimal,
    "PARIS": functools.partial(paris, **_EXACT),
    "PARIS density": functools.partial(paris, density=True, **_EXACT),
    "PARIS density lam 30": functools.partial(paris, density=True, lam=30.0, **_EXACT),
    "PARIS by training rows": functools.partial(paris, by_training=True, **_EXACT),
    "PARIS by training rows, density": functools.partial(
        paris, by_training=True, density=True, **_EXACT
    ),
    "paper": functools.partial(paris, **_PAPER),
    "paper lam 30": functools.partial(paris, lam=30.0, **_PAPER),
}
