"""The groups to look at: which left, and how far off they are."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..._support import arrays
from ..._support.arrays import IntArray
from .fitted import Fitted

__all__ = ["GroupLine", "Looked", "lines_of_groups", "lines_of_rows"]


class GroupLine(NamedTuple):
    """What became of a group of training rows.

    Attributes
    ----------
    group : object
        Its label.
    n_rows, n_removed : int
        Training rows, and those of them that were removed.
    order : int or None
        Where whole groups leave: the place in which it left, from 1; None where it stayed.
    mean_error : float
        Target less prediction, mean over its rows, by a head on the rows kept: an offset shows
        here. For classes the share of its rows whose class is another than predicted.
    error : float
        The root of the mean square of these.
    """

    group: Any
    n_rows: int
    n_removed: int
    order: int | None
    mean_error: float
    error: float


class Looked(NamedTuple):
    """A removed row.

    Attributes
    ----------
    row : object
        What it is called.
    target, prediction : object
        Its target, and what a head on the rows kept predicts.
    """

    row: Any
    target: Any
    prediction: Any


def lines_of_groups(fitted: Fitted, groups: ArrayLike) -> list[GroupLine]:
    """A line for each group that has training rows.

    Those that left come first, in their order; then by the share of their rows that left, and by
    the size of their errors.
    """
    labels = arrays.labels("groups", groups, len(fitted.names), "X")
    names, member = np.unique(labels[fitted.model.training_rows_], return_inverse=True)
    misses = fitted.misses
    n_rows = np.bincount(member)
    n_removed = np.bincount(member, ~fitted.kept).astype(np.int64)
    mean = np.bincount(member, misses) / n_rows
    error = np.sqrt(np.bincount(member, misses**2) / n_rows)
    gone = getattr(fitted.model, "removed_groups_", np.empty(0))
    place: dict[Any, int] = {name: i for i, name in enumerate(gone.tolist(), 1)}
    order = np.array([place.get(name, len(names) + 1) for name in names.tolist()])
    return [
        GroupLine(
            names[i].item(),
            int(n_rows[i]),
            int(n_removed[i]),
            place.get(names[i].item()),
            float(mean[i]),
            float(error[i]),
        )
        for i in np.lexsort((-error, -n_removed / n_rows, order))
    ]


def lines_of_rows(fitted: Fitted, most: int) -> list[Looked]:
    """The first rows to leave, at most so many."""
    rows: IntArray = fitted.model.removed_[:most]
    place = np.searchsorted(fitted.model.training_rows_, rows)
    part = fitted.training.at(place)
    found: NDArray[Any] = fitted.task.decode(
        part.Phi @ fitted.head(fitted.training.at(fitted.kept))
    )
    return [Looked(*line) for line in zip(fitted.names[rows], part.y, found, strict=True)]
