"""The remedies, each a function of a task."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .._support.arrays import IntArray
from ..validation import weights
from .task import Outcome, Task, squares

__all__ = ["BOTH_WAYS", "EVERYTHING", "REMEDIES", "WITH_VALIDATION", "Remedy", "Sizes", "n_fits"]

EVERYTHING = "everything"
WITH_VALIDATION = "everything + validation"
BOTH_WAYS = "PARIS then trimmed"

_OF_ROWS = (0.01, 0.03, 0.1, 0.2, 0.4)  # shares that may leave
_OF_GROUPS = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
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
    once, each : tuple of str
        Which fits are made once a division of the validation rows, and for each of its folds, as
        `n_fits` counts them; remedies share fits of the same name, but for "own".
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
    once: tuple[str, ...] = ()
    each: tuple[str, ...] = ("own",)
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


def row_counts(n_rows: int) -> list[int]:
    """How many of so many rows may leave, ascending."""
    return sorted({max(1, int(share * n_rows)) for share in _OF_ROWS if n_rows > 1})


def group_counts(n_groups: int) -> list[int]:
    """How many of so many groups may leave, ascending."""
    counts = {min(max(1, round(share * n_groups)), n_groups - 1) for share in _OF_GROUPS}
    return sorted(counts) if n_groups > 1 else []


def rows_by_residual(task: Task, model: Any) -> list[IntArray]:
    """The rows with the largest residuals of the model: one array for each of `row_counts`."""
    order = np.argsort(-squares(model, task.X, task.y), kind="stable")
    return [order[:count] for count in row_counts(len(order))]


def groups_by_residual(task: Task, model: Any) -> list[IntArray]:
    """The same of groups with the largest mean squared residuals, for each of `group_counts`."""
    assert task.groups is not None
    names, member = np.unique(task.groups, return_inverse=True)
    total = np.bincount(member, squares(model, task.X, task.y))
    worst_first = np.argsort(-total / np.bincount(member), kind="stable")
    place = np.empty(len(names), dtype=np.int64)
    place[worst_first] = np.arange(len(names))
    order = np.argsort(place[member], kind="stable")
    ends = np.cumsum(np.bincount(member)[worst_first])
    return [order[: ends[count - 1]] for count in group_counts(len(names))]


def n_fits(name: str, sizes: Sizes) -> int:
    """How many fits of the estimator `Remedy` means by a name."""
    rows, groups = len(row_counts(sizes.n_rows)), len(group_counts(sizes.n_groups))
    several = {
        "rows trimmed": rows,
        "groups trimmed": groups,
        "trimmed after PARIS": 1 + (groups if sizes.n_groups else rows),
        "reweighted": _HUBER_FITS,
    }
    return several.get(name, 1)


#: The remedies that `compare` tries, by name; further ones may be added.
REMEDIES: dict[str, Remedy] = {
    EVERYTHING: Remedy(everything),
    WITH_VALIDATION: Remedy(with_validation, each=("with validation",)),
    "validation only": Remedy(validation_only),
    "inverse-root-density weights": Remedy(weighted, needs_weights=True),
    "Huber loss": Remedy(huber, needs_weights=True, each=("with validation", "reweighted")),
    "rows trimmed": Remedy(rows_trimmed, once=("reference", "rows trimmed")),
    "groups trimmed": Remedy(
        groups_trimmed, needs_groups=True, once=("reference", "groups trimmed")
    ),
    "PARIS by rows": Remedy(paris_by_rows, runs=("rows",)),
    "PARIS by groups": Remedy(paris_by_groups, needs_groups=True, runs=("groups",)),
    BOTH_WAYS: Remedy(paris_then_trimmed, each=("trimmed after PARIS", "own"), runs=("either",)),
}
