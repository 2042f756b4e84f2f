"""Rows of a table, and the parts they are dealt out to."""

from __future__ import annotations

from typing import Any, NamedTuple

from numpy.typing import NDArray
from sklearn.utils import _safe_indexing

from ..._support.arrays import IntArray

__all__ = ["Parts", "Rows"]


class Rows(NamedTuple):
    """Inputs and targets of some rows."""

    X: Any
    y: NDArray[Any]

    def at(self, positions: IntArray) -> Rows:
        """The rows at these positions, which ascend: no copy if they are all."""
        if len(positions) == len(self.y):
            return self
        return Rows(_safe_indexing(self.X, positions), self.y[positions])


class Parts(NamedTuple):
    """Positions of the rows of each part, ascending; no row is in two of them."""

    training: IntArray
    validation: IntArray
    monitor: IntArray
