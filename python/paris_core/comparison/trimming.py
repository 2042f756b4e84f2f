"""Rows, or whole groups of rows, in the order of a model's residuals."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._support.arrays import IntArray
from .task import Task, squares

__all__ = ["group_counts", "groups_by_residual", "row_counts", "rows_by_residual"]

_OF_ROWS = (0.01, 0.03, 0.1, 0.2, 0.4)  # shares that may leave
_OF_GROUPS = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)


def row_counts(n_rows: int) -> list[int]:
    """How many of so many rows may leave, ascending."""
    return sorted({max(1, int(share * n_rows)) for share in _OF_ROWS if n_rows > 1})


def group_counts(n_groups: int) -> list[int]:
    """How many of so many groups may leave, ascending."""
    return sorted({min(max(1, round(share * n_groups)), n_groups - 1) for share in _OF_GROUPS})


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
