"""What `compare` is given of rows, checked."""

from __future__ import annotations

from typing import Any

from .._support.arrays import series
from .._support.scikit_learn import Rows, check_columns, table

__all__ = ["checked"]


def checked(x_name: str, X: Any, y_name: str, y: Any, like: Any = None) -> Rows:
    """Rows of a table of two dimensions, with numeric targets; with the columns of `like`."""
    if X is None or y is None:
        raise TypeError(f"{y_name if y is None else x_name} must be given, got None")
    inputs = table(x_name, X)
    if len(inputs.shape) != 2 or 0 in inputs.shape:
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
        check_columns(x_name, inputs, like)
    return Rows(inputs, targets)
