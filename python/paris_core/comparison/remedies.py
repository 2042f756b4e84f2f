"""The remedies, each a function of a task."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .._support.arrays import IntArray
from ..validation import weights
from .task import Outcome, Task, squares
from .trimming import group_counts, groups_by_residual, row_counts, rows_by_residual

__all__ = ["EVERYTHING", "REMEDIES", "Remedy", "Sizes"]

EVERYTHING = "everything"

_HUBER_FITS = 3  # beyond the first
_CORNER = 1.345  # standard deviations: 95 % efficient for normal errors
_SPREAD = 1.4826  # a normal deviation over its median absolute one

_NONE: IntArray = np.empty(0, dtype=np.int64)


@dataclass(frozen=True)
class Sizes:
    """What the number of fits depends on."""

    n_rows: int
    n_groups: int  # 0 without groups


@dataclass(frozen=True)
class Remedy:
    """A way to train on rows that may be wrong, with a few that are right.

    Attributes
    ----------
    apply : callable
        Gets a `Task`, returns an `Outcome` or a fitted model.
    needs_groups, needs_weights : bool
        Whether it needs `groups`, and an estimator that takes ``sample_weight``.
    once, each : callable
        From the `Sizes`: by name, how many fits are made once a division of the validation rows,
        and for each of its folds; remedies share fits of the same name.
    runs : tuple of {"rows", "groups", "either"}
        Runs of `paris_core.PARISRegressor` for each fold, which remedies share, too.

    Examples
    --------
    >>> from paris_core.comparison import REMEDIES
    >>> REMEDIES["groups trimmed"].needs_groups
    True
    """

    apply: Callable[[Task], Any]
    needs_groups: bool = False
    needs_weights: bool = False
    once: Callable[[Sizes], dict[str, int]] = lambda sizes: {}
    each: Callable[[Sizes], dict[str, int]] = lambda sizes: {"own": 1}
    runs: tuple[str, ...] = ()


def everything(task: Task) -> Outcome:
    """All training rows."""
    return Outcome(task.fit(validation=False))


def with_validation(task: Task) -> Outcome:
    """All training rows, and the validation rows."""
    return Outcome(task.fit())


def validation_only(task: Task) -> Outcome:
    """The validation rows alone."""
    gone = np.arange(len(task.y))
    return Outcome(task.fit(gone), gone)


def weighted(task: Task) -> Outcome:
    """All training rows, rare targets weighted by the root of their inverse density."""
    weight = weights.inverse_density(task.y, power=0.5)
    return Outcome(task.fit(validation=False, sample_weight=weight))


def huber(task: Task) -> Outcome:
    """Huber's loss on training and validation rows, by reweighting."""
    model = task.fit()
    y = np.concatenate([task.y, task.y_val])
    for _ in range(_HUBER_FITS):
        size = np.sqrt(
            np.concatenate([squares(model, task.X, task.y), squares(model, task.X_val, task.y_val)])
        )
        corner = _CORNER * _SPREAD * float(np.median(size))
        if corner <= 1e-12 * float(np.abs(y).max()):  # more than half of the rows are met
            break
        model = task.fit(sample_weight=corner / np.maximum(size, corner))
    return Outcome(model)


def rows_trimmed(task: Task) -> Outcome:
    """Without the rows of the largest residuals; how many, the validation rows choose."""
    return _without_fewest(task, [_NONE, *rows_by_residual(task, task.reference())])


def groups_trimmed(task: Task) -> Outcome:
    """Without the groups of the largest residuals; how many, the validation rows choose."""
    return _without_fewest(task, [_NONE, *groups_by_residual(task, task.reference())])


def paris_by_rows(task: Task) -> Outcome:
    """Without the rows that PARIS removes."""
    return _without(task, task.paris("rows"))


def paris_by_groups(task: Task) -> Outcome:
    """Without the groups that PARIS removes."""
    return _without(task, task.paris("groups"))


def paris_then_trimmed(task: Task) -> Outcome:
    """Trimmed by the residuals of the estimator without what PARIS removes; or that itself."""
    if task.groups is None:
        first = task.paris("rows")
        more = rows_by_residual(task, task.reference(first))
    else:
        first = task.paris("groups")
        more = groups_by_residual(task, task.reference(first))
    return _without_fewest(task, [first, *more])


def _without(task: Task, removed: IntArray) -> Outcome:
    return Outcome(task.fit(removed), removed)


def _without_fewest(task: Task, candidates: list[IntArray]) -> Outcome:
    return _without(task, task.fewest(candidates))


def _one(name: str) -> Callable[[Sizes], dict[str, int]]:
    return lambda sizes: {name: 1}


def _trimmed(*kinds: str) -> Callable[[Sizes], dict[str, int]]:
    """The fits to choose from."""
    counts = {
        "rows": lambda sizes: row_counts(sizes.n_rows),
        "groups": lambda sizes: group_counts(sizes.n_groups),
    }
    return lambda sizes: {"reference": 1} | {kind: len(counts[kind](sizes)) for kind in kinds}


def _after_paris(sizes: Sizes) -> dict[str, int]:
    counts = group_counts(sizes.n_groups) if sizes.n_groups else row_counts(sizes.n_rows)
    return {"after PARIS": 1 + len(counts), "own": 1}


#: The remedies that `compare` knows, by name.
REMEDIES: dict[str, Remedy] = {
    EVERYTHING: Remedy(everything),
    "everything + validation": Remedy(with_validation, each=_one("with validation")),
    "validation only": Remedy(validation_only),
    "inverse-root-density weights": Remedy(weighted, needs_weights=True),
    "Huber loss": Remedy(
        huber,
        needs_weights=True,
        each=lambda sizes: {"with validation": 1, "own": _HUBER_FITS},
    ),
    "rows trimmed": Remedy(rows_trimmed, once=_trimmed("rows")),
    "groups trimmed": Remedy(groups_trimmed, needs_groups=True, once=_trimmed("groups")),
    "PARIS by rows": Remedy(paris_by_rows, runs=("rows",)),
    "PARIS by groups": Remedy(paris_by_groups, needs_groups=True, runs=("groups",)),
    "PARIS then trimmed": Remedy(paris_then_trimmed, each=_after_paris, runs=("either",)),
}
