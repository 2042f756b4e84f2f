"""Rows of a table, and the parts they are dealt out to."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
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

    def and_(self, other: Rows) -> Rows:
        """These rows and then the others, of the same columns."""
        return Rows(_stacked(self.X, other.X), np.concatenate([self.y, other.y]))


def _stacked(X: Any, other: Any) -> Any:
    """Data frames if one of them is one."""
    if not hasattr(X, "iloc") and not hasattr(other, "iloc"):
        return np.concatenate([X, other])
    import pandas as pd

    columns = X.columns if hasattr(X, "iloc") else other.columns
    frames = [
        one if hasattr(one, "iloc") else pd.DataFrame(one, columns=columns) for one in (X, other)
    ]
    return pd.concat(frames, ignore_index=True)


class Parts(NamedTuple):
    """Positions of the rows of each part, ascending; no row is in two of them."""

    training: IntArray
    validation: IntArray
    monitor: IntArray
