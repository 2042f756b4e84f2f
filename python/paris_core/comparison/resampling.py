"""Every remedy on every fold of the validation rows: what it costs, and how it does."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._support.arrays import FloatArray, IntArray, distinct_rows
from .._support.messages import shown
from .._support.scikit_learn import Rows
from ..progress import Stage
from ..validation import Tail
from ..validation.dealing import Dealing
from .remedies import Remedy, Sizes, n_fits
from .task import Outcome, Repeat, Task, squares

__all__ = ["Cost", "Setting", "Tally", "applied", "cost", "judged"]


@dataclass(frozen=True)
class Setting:
    """What all divisions of the validation rows have in common."""

    train: Rows
    validation: Rows
    groups: NDArray[Any] | None
    val_groups: IntArray | None
    estimator: Any
    network: Any
    tail: Tail
    n_jobs: int | None

    def repeat(self, seed: int) -> Repeat:
        """A division, without its folds."""
        return Repeat(
            self.train,
            self.validation,
            self.groups,
            self.estimator,
            self.network,
            self.tail,
            seed,
            self.n_jobs,
        )

    def whole(self, seed: int) -> Task:
        """All validation rows, none left out."""
        return Task(self.repeat(seed), np.arange(len(self.validation.y)), seed)

    @property
    def sizes(self) -> Sizes:
        """What the number of fits depends on."""
        n_groups = 0 if self.groups is None else len(np.unique(self.groups))
        return Sizes(len(self.train.y), n_groups)

    def folds(self, n_folds: int, seed: int) -> IntArray:
        """The fold of each validation row; each gets its share of every range of the target."""
        y = self.validation.y
        dealing = Dealing(len(y), y, self.val_groups)
        return dealing.folds(np.arange(len(y)), n_folds, np.random.RandomState(seed))


@dataclass(frozen=True)
class Cost:
    """What a comparison costs at most.

    Attributes
    ----------
    n_fits : int
        Fits of the estimator.
    n_runs : int
        Runs of PARIS, each of which trains its own network a few times.
    """

    n_fits: int
    n_runs: int


@dataclass
class Tally:
    """What came of a remedy.

    Attributes
    ----------
    losses : (repeats, V) ndarray of float64
        Squared errors on the validation rows, each left out once a repeat.
    n_removed : list of int
        Training rows removed, in every fold.
    n_fits : int
        Fits of the estimator; what several remedies share is counted for the first of them.
    seconds : float
        Likewise.
    """

    losses: FloatArray
    n_removed: list[int]
    n_fits: int = 0
    seconds: float = 0.0


def cost(remedies: dict[str, Remedy], sizes: Sizes, n_folds: int, repeats: int) -> Cost:
    """Fits and runs at most: a fit or run that several remedies share is one."""
    once: dict[str, int] = {}
    each: dict[str, int] = {}
    runs = set()
    for name, remedy in remedies.items():
        once |= {kind: n_fits(kind, sizes) for kind in remedy.once}
        each |= {name if kind == "own" else kind: n_fits(kind, sizes) for kind in remedy.each}
        whole = "groups" if sizes.n_groups else "rows"
        runs |= {whole if kind == "either" else kind for kind in remedy.runs}
    n_each = n_folds * repeats
    return Cost(repeats * sum(once.values()) + n_each * sum(each.values()), n_each * len(runs))


def judged(
    setting: Setting,
    remedies: dict[str, Remedy],
    n_folds: int,
    seeds: IntArray,
    *,
    heed: Callable[[], None],
) -> dict[str, Tally]:
    """Every remedy on every fold; `heed` raises an interrupt that was hidden.

    A row of `seeds` is a repeat: its own seed, and one for each fold, so that the luck of a seed is
    averaged out; a fold's is the same for all remedies.
    """
    n_rows = len(setting.validation.y)
    tallies = {name: Tally(np.empty((len(seeds), n_rows)), []) for name in remedies}
    steps = len(seeds) * n_folds * len(remedies)
    with Stage("compare", steps, "remedies") as compared:
        for place, (seed, *of_folds) in enumerate(seeds.tolist()):
            repeat, fold = setting.repeat(seed), setting.folds(n_folds, seed)
            for left_out, of_fold in enumerate(of_folds):
                outer = np.flatnonzero(fold == left_out)
                task = Task(repeat, np.flatnonzero(fold != left_out), of_fold)
                unseen = setting.validation.at(outer)
                for name, remedy in remedies.items():
                    tally, before, began = tallies[name], repeat.counts["fits"], time.perf_counter()
                    with Stage(name):
                        outcome = applied(name, remedy, task)
                    heed()
                    tally.losses[place, outer] = squares(outcome.model, *unseen.pair)
                    tally.n_removed.append(len(outcome.removed))
                    tally.n_fits += repeat.counts["fits"] - before
                    tally.seconds += time.perf_counter() - began
                    compared.step()
    return tallies


def applied(name: str, remedy: Remedy, task: Task) -> Outcome:
    """What the remedy comes to, checked: it may be the user's own."""
    made = remedy.apply(task)
    outcome = made if isinstance(made, Outcome) else Outcome(made)
    if not callable(getattr(outcome.model, "predict", None)):
        raise TypeError(
            f"remedies: {name!r} must return a fitted model with a method predict, or an Outcome, "
            f"got {shown(made)}"
        )
    removed = distinct_rows(f"remedies: removed of {name!r}", outcome.removed, len(task.y), "X")
    return Outcome(outcome.model, removed)
