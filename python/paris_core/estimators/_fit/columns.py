"""The columns of a table, array or data frame, as numbers where they are such."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._support.arrays import FloatArray
from ..._support.conversion import columns, is_frame

__all__ = ["named_columns", "numbers"]


def named_columns(X: Any) -> Iterator[tuple[str, Any]]:
    """Name and values (n,) of every column; all values of an array of more dimensions at once."""
    if is_frame(X):
        for name, values in columns(X):
            yield f"column {name!r}", values
    elif hasattr(X, "toarray"):
        by_column = X.tocsc()
        for place in range(X.shape[1]):
            yield f"column {place}", by_column[:, [place]].toarray().ravel()
    elif X.ndim != 2:
        yield "the array", X.ravel()
    else:
        for place in range(X.shape[1]):
            yield f"column {place}", X[:, place]


def numbers(values: Any) -> FloatArray | NDArray[Any] | None:
    """`values` as float64, NaN where one is missing; None if they are no numbers."""
    kind = getattr(values.dtype, "kind", "O")
    if kind in "mMcSU":
        return None
    try:
        if hasattr(values, "isna"):
            return np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan))
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        return None
