"""Columns of a table: their names in a data frame, and the constant one."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._support.arrays import FloatArray


def names(X: Any) -> NDArray[Any] | None:
    """Column names of a data frame, as scikit-learn's ``feature_names_in_``; None without any."""
    columns = getattr(X, "columns", None)
    if columns is None or not all(isinstance(name, str) for name in columns):
        return None
    return np.asarray(columns, dtype=object)


def check_names(X: Any, expected: NDArray[Any] | None) -> None:
    """Refuse a data frame whose columns are not those of `fit`, in the same order."""
    got = names(X)
    if got is None or expected is None or np.array_equal(got, expected):
        return
    missing = [name for name in expected if name not in set(got)]
    what = f"{missing[0]!r} is missing" if missing else f"they start with {got[0]!r}"
    raise ValueError(
        f"X must have the {len(expected)} columns of fit in the same order, got {len(got)}: {what}"
    )


def with_constant(table: NDArray[Any]) -> FloatArray:
    """`table` (n, p) with a last column of ones."""
    result = np.ones((table.shape[0], table.shape[1] + 1))
    result[:, :-1] = table
    return result
