"""Conversion and checks of the arguments of public functions.

Every function returns what the core wants (C-ordered float64 and the like) without a copy where
that is what came in, or raises TypeError or ValueError that names the argument, what it was and
what it should be.
"""

from __future__ import annotations

import math
import numbers
import os
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

_BLOCK = 1 << 20  # elements looked at together when a table is searched for NaN


def real_array(name: str, value: ArrayLike) -> FloatArray:
    """`value` as a C-ordered float64 array of any shape, all finite."""
    try:
        array = np.asarray(value)
    except ValueError as error:  # ragged lists
        raise ValueError(f"{name} must be an array of numbers, got {_shown(value)}") from error
    if array.dtype.kind == "O":
        array = _from_objects(name, array)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name} must be real numbers, got dtype {array.dtype}")
    if array.ndim == 0:
        raise ValueError(f"{name} must be an array, got the scalar {value!r}")
    array = np.require(array, dtype=np.float64, requirements=["C", "A"])
    _check_finite(name, array)
    return array


def _from_objects(name: str, array: NDArray[Any]) -> NDArray[Any]:
    # What pandas hands over for mixed columns; numbers among them are taken, the rest refused.
    if not all(isinstance(item, numbers.Real) for item in array.flat):
        raise TypeError(f"{name} must be real numbers, got dtype object")
    return array.astype(np.float64)


def _check_finite(name: str, array: FloatArray) -> None:
    rows = array.reshape(array.shape[0], -1) if array.ndim > 1 else array.reshape(-1, 1)
    step = max(1, _BLOCK // max(1, rows.shape[1]))
    for start in range(0, rows.shape[0], step):
        finite = np.isfinite(rows[start : start + step])
        if not finite.all():
            row = start + int(np.argmin(finite.all(axis=1)))
            bad = "NaN" if np.isnan(rows[row]).any() else "infinity"
            raise ValueError(f"{name} must be finite, got {bad} in row {row} (the first such row)")


def matrix(name: str, value: ArrayLike, columns: int | None = None) -> FloatArray:
    """`value` as a 2-D array, not empty; with so many columns if that is given."""
    array = real_array(name, value)
    if array.ndim != 2:
        hint = "; reshape a single column with .reshape(-1, 1)" if array.ndim == 1 else ""
        raise ValueError(f"{name} must be 2-D (rows, features), got shape {array.shape}{hint}")
    if array.size == 0:
        raise ValueError(f"{name} must not be empty, got shape {array.shape}")
    if columns is not None and array.shape[1] != columns:
        raise ValueError(f"{name} must have {columns} columns like Phi, got shape {array.shape}")
    return array


def vector(name: str, value: ArrayLike, length: int, like: str) -> FloatArray:
    """`value` as a 1-D array with an entry for every row of `like`."""
    array = real_array(name, value)
    if array.ndim != 1 or array.shape[0] != length:
        raise ValueError(
            f"{name} must have shape ({length},), one entry per row of {like}, "
            f"got shape {array.shape}"
        )
    return array


def target(name: str, value: ArrayLike, length: int, like: str) -> FloatArray:
    """`value` as the target of `like`: 1-D; several outputs are not supported yet."""
    array = np.asarray(value)
    if array.ndim == 2 and array.shape[0] == length:
        if array.shape[1] == 1:
            raise ValueError(
                f"{name} must have shape ({length},), got shape {array.shape}: pass {name}.ravel()"
            )
        raise NotImplementedError(f"several outputs ({name} of shape {array.shape})")
    return vector(name, value, length, like)


def weight(name: str, value: ArrayLike | None, length: int, like: str) -> FloatArray:
    """`value` as weights >= 0, not all zero; ones if None."""
    if value is None:
        return np.ones(length)
    array = vector(name, value, length, like)
    if (array < 0).any():
        row = int(np.argmax(array < 0))
        raise ValueError(f"{name} must be >= 0, got {array[row]} in row {row}")
    if not array.any():
        raise ValueError(f"{name} must not be zero everywhere")
    return array


def mask(name: str, value: ArrayLike | None, length: int, like: str) -> BoolArray:
    """`value` as a boolean mask; all False if None."""
    if value is None:
        return np.zeros(length, dtype=np.bool_)
    array = np.asarray(value)
    if array.dtype != np.bool_:
        raise TypeError(f"{name} must be a boolean mask, got dtype {array.dtype}")
    if array.shape != (length,):
        raise ValueError(
            f"{name} must have shape ({length},), one entry per row of {like}, "
            f"got shape {array.shape}"
        )
    return np.ascontiguousarray(array)


def integer(name: str, value: Any, low: int, high: int | None = None) -> int:
    """`value` as an int in [low, high]."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{name} must be an integer, got {_shown(value)}")
    if value < low or (high is not None and value > high):
        wanted = f">= {low}" if high is None else f"in [{low}, {high}]"
        raise ValueError(f"{name} must be {wanted}, got {value}")
    return int(value)


def positive(name: str, value: Any) -> float:
    """`value` as a finite float > 0."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Real):
        raise TypeError(f"{name} must be a number > 0, got {_shown(value)}")
    number = float(value)
    if not (number > 0 and math.isfinite(number)):
        raise ValueError(f"{name} must be a finite number > 0, got {number}")
    return number


def choice(name: str, value: Any, options: tuple[str, ...]) -> str:
    """`value` if it is one of `options`."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a string, one of {_listed(options)}, got {_shown(value)}")
    if value not in options:
        raise ValueError(f"{name} must be one of {_listed(options)}, got {value!r}")
    return value


def flag(name: str, value: Any) -> bool:
    """`value` as a bool."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name} must be True or False, got {_shown(value)}")
    return bool(value)


def n_deletions(k: Any, n_rows: int) -> int:
    """`k` as a number of rows: an int in [0, N), or a fraction in (0, 1) of N, rounded down."""
    if isinstance(k, numbers.Real) and not isinstance(k, (int, np.integer, np.bool_)):
        fraction = float(k)
        if not 0 < fraction < 1:
            raise ValueError(
                f"k must be an int in [0, {n_rows - 1}] or a fraction in (0, 1), got {k}"
            )
        return math.floor(fraction * n_rows)
    return integer("k", k, 0, n_rows - 1)


def n_threads(value: Any) -> int:
    """`value` as a number of threads; all the cores this process may use if None."""
    if value is None:
        if hasattr(os, "sched_getaffinity"):
            return len(os.sched_getaffinity(0))
        return os.cpu_count() or 1
    return integer("n_threads", value, 1, 1024)


def _listed(options: tuple[str, ...]) -> str:
    return ", ".join(repr(option) for option in options)


def _shown(value: Any) -> str:
    text = repr(value)
    return f"{type(value).__name__} {text if len(text) <= 60 else text[:57] + '...'}"
