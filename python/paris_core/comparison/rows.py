"""Inputs and targets of rows: arrays or data frames."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from sklearn.utils import _safe_indexing

from .._support.arrays import FloatArray, IntArray, series
from .._support.scikit_learn import table

__all__ = ["Rows", "checked"]


class Rows(NamedTuple):
    """Inputs and targets of some rows."""

    X: Any
    y: FloatArray

    def at(self, positions: IntArray) -> Rows:
        """The rows at these positions."""
        return Rows(_safe_indexing(self.X, positions), self.y[positions])

    def without(self, positions: IntArray) -> Rows:
        """The rows at all other positions: no copy if these are none."""
        if not len(positions):
            return self
        kept = np.ones(len(self.y), dtype=np.bool_)
        kept[positions] = False
        return self.at(np.flatnonzero(kept))

    def and_(self, other: Rows) -> Rows:
        """These rows, then the others."""
        if not len(self.y):
            return other
        y = np.concatenate([self.y, other.y])
        if hasattr(self.X, "iloc"):
            import pandas as pd

            return Rows(pd.concat([self.X, other.X], ignore_index=True), y)
        return Rows(np.concatenate([self.X, other.X]), y)


def checked(x_name: str, X: Any, y_name: str, y: Any, like: Any = None) -> Rows:
    """Rows of a table of two dimensions, with numeric targets; with the columns of `like`."""
    if X is None or y is None:
        raise TypeError(f"{y_name if y is None else x_name} must be given, got None")
    inputs = table(x_name, X)
    if inputs.ndim != 2 or 0 in inputs.shape:
        raise ValueError(
            f"{x_name} must be 2-D (rows, columns) and not empty, got shape {inputs.shape}"
        )
    try:
        targets = series(y_name, y)
    except TypeError as error:
        raise TypeError(f"{error}; compare is for regression only") from error
    if len(targets) != inputs.shape[0]:
        raise ValueError(
            f"{y_name} must have shape ({inputs.shape[0]},), one entry per row of {x_name}, got "
            f"shape {targets.shape}"
        )
    if like is not None:
        _check_columns(x_name, inputs, like)
    return Rows(inputs, targets)


def _check_columns(name: str, X: Any, like: Any) -> None:
    """Refuse inputs with other columns than those of `like`."""
    framed, expected = hasattr(X, "iloc"), hasattr(like, "iloc")
    if framed != expected:
        raise TypeError(
            f"{name} must be {'a data frame' if expected else 'an array'} like X, got "
            f"{type(X).__name__}"
        )
    if X.shape[1] != like.shape[1]:
        raise ValueError(f"{name} must have {like.shape[1]} columns like X, got shape {X.shape}")
    if framed and list(X.columns) != list(like.columns):
        pairs = zip(X.columns, like.columns, strict=True)
        got, wanted = next(pair for pair in pairs if pair[0] != pair[1])
        raise ValueError(
            f"{name} must have the columns of X in their order, got {got!r} where X has {wanted!r}"
        )
