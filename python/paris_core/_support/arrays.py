"""Checks and conversion of arrays and tables that public functions are given.

Every function returns what the core wants (C-ordered float64 and the like) without a copy where
that is what came in, or raises TypeError or ValueError that names the argument, what it was and
what it should be.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import memory
from .checks import is_integer
from .conversion import as_array, missing_place, names_of_columns
from .messages import short

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]

_BLOCK = 1 << 17  # elements looked at together when a table is searched for NaN: they stay in cache
_LARGEST = 1e40  # S² = (φ·φ e/λ)² must not overflow, down to the smallest λ in use
_SMALLEST = 1e-40  # nor may squares of the largest numbers of a table vanish


def real_array(
    name: str, value: ArrayLike, first_row: int = 0, *, vanishing: bool = True
) -> FloatArray:
    """`value` as a C-ordered float64 array of at least one dimension, all finite.

    Messages count rows from `first_row`: of a larger array, `value` may be a part. Without
    `vanishing` the largest number must not be so small that squares vanish, unless all are zero.
    """
    given = real_dtype(name, value)
    if given.dtype != np.float64 or not given.flags.c_contiguous:
        memory.require(
            8 * given.size, f"a copy of {name}", f"pass {name} as float64 in C order, or fewer rows"
        )
    with np.errstate(over="ignore"):  # of long doubles: an infinity is refused below
        array = np.require(given, dtype=np.float64, requirements=["C", "A"])
    largest = _largest(name, array, first_row)
    if not vanishing and 0.0 < largest < _SMALLEST:
        raise ValueError(
            f"{name} must be zero everywhere or at least {_SMALLEST:.0e} in size somewhere, got "
            f"{largest:.3g} at most: scale it, for example to unit variance"
        )
    return array


def real_dtype(name: str, value: ArrayLike) -> NDArray[Any]:
    """`value` as an array of real numbers, as it is otherwise."""
    array = as_array(name, value)
    if array.dtype.kind not in "biuf":
        hint = "; convert it with .astype(float)" if array.dtype.kind == "O" else ""
        raise TypeError(f"{name} must be real numbers, got dtype {array.dtype}{hint}")
    return array


def floats(name: str, value: ArrayLike) -> FloatArray:
    """`value` as float64, perhaps the array itself; long doubles may have become infinite."""
    with np.errstate(over="ignore"):
        return real_dtype(name, value).astype(np.float64, copy=False)


def _largest(name: str, array: FloatArray, first_row: int) -> float:
    """The largest absolute value; NaN, infinity, and numbers too large to multiply are refused."""
    if array.size == 0:
        return 0.0
    rows = array.reshape(array.shape[0], -1)
    step = max(1, _BLOCK // rows.shape[1])
    largest = 0.0
    for start in range(0, rows.shape[0], step):
        block = rows[start : start + step]
        high, low = block.max(), block.min()
        if not (high <= _LARGEST and low >= -_LARGEST):  # also for NaN
            _refuse(name, rows, start, first_row)
        largest = max(largest, high, -low)
    return float(largest)


def _refuse(name: str, rows: FloatArray, start: int, first_row: int) -> None:
    """Raise what is to be said of the first row from `start` on that holds a bad number."""
    good = np.abs(rows[start:]) <= _LARGEST  # false for NaN
    row = start + int(np.argmin(good.all(axis=1)))
    bad = rows[row][~good[row - start]][0]
    where = f"in row {row + first_row} (the first such row)"
    if np.isfinite(bad):
        raise ValueError(
            f"{name} must be at most {_LARGEST:.0e} in size, got {bad:.3g} {where}: scale it, for "
            "example to unit variance"
        )
    what = "NaN" if np.isnan(bad) else "infinity"
    raise ValueError(f"{name} must be finite, got {what} {where}")


def matrix(name: str, value: ArrayLike, columns: int | None = None) -> FloatArray:
    """`value` as a 2-D array, not empty; with so many columns if that is given."""
    array = real_array(name, value, vanishing=False)
    if array.ndim != 2:
        hint = "; reshape a single column with .reshape(-1, 1)" if array.ndim == 1 else ""
        raise ValueError(f"{name} must be 2-D (rows, features), got shape {array.shape}{hint}")
    if array.size == 0:
        raise ValueError(f"{name} must not be empty, got shape {array.shape}")
    if columns is not None and array.shape[1] != columns:
        raise ValueError(f"{name} must have {columns} columns like Phi, got shape {array.shape}")
    return array


def vector(
    name: str, value: ArrayLike, length: int, like: str, *, vanishing: bool = True
) -> FloatArray:
    """`value` as a 1-D array with an entry for every row of `like`; `vanishing` as above."""
    array = real_array(name, value, vanishing=vanishing)
    if array.ndim != 1 or array.shape[0] != length:
        raise ValueError(
            f"{name} must have shape ({length},), one entry per row of {like}, "
            f"got shape {array.shape}"
        )
    return array


def series(name: str, value: ArrayLike) -> FloatArray:
    """`value` as a 1-D array, not empty."""
    array = real_array(name, value)
    if array.ndim != 1:
        raise ValueError(f"{name} must be one-dimensional, got shape {array.shape}")
    if array.size == 0:
        raise ValueError(f"{name} must not be empty")
    return array


def measured(name: str, value: ArrayLike, length: int | None = None, like: str = "") -> FloatArray:
    """`value` as a 1-D array, where NaN stands for what is missing; as long as `like`."""
    array = floats(name, value)
    if array.ndim != 1 or (length is not None and len(array) != length):
        wanted = "one-dimensional" if length is None else f"of shape ({length},), like {like}"
        raise ValueError(f"{name} must be {wanted}, got shape {array.shape}")
    infinite = np.flatnonzero(np.isinf(array))
    if infinite.size:
        raise ValueError(
            f"{name} must be finite, or NaN where it is missing, got infinity in row {infinite[0]}"
        )
    return array


def targets(name: str, value: ArrayLike, length: int, like: str) -> FloatArray:
    """`value` as the targets of `like`: 1-D, or 2-D with a column for every output."""
    array = real_array(name, value, vanishing=False)
    if array.ndim not in (1, 2) or array.shape[0] != length or array.size == 0:
        raise ValueError(
            f"{name} must have shape ({length},), or ({length}, C) for C outputs, with one row per "
            f"row of {like}, got shape {array.shape}"
        )
    return array


def val_targets(name: str, value: ArrayLike, length: int, like: str, y: FloatArray) -> FloatArray:
    """The same for rows beside the training rows, whose targets are `y`."""
    array = targets(name, value, length, like)
    if array.shape[1:] != y.shape[1:]:
        shape = ", ".join(str(n) for n in (length, *y.shape[1:]))
        comma = "" if y.ndim == 2 else ","
        raise ValueError(
            f"{name} must have shape ({shape}{comma}), with the outputs of y, got shape "
            f"{array.shape}"
        )
    return array


def tables(
    Phi: ArrayLike, y: ArrayLike, Phi_val: ArrayLike, y_val: ArrayLike
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Features and targets of the training and the validation rows."""
    features = matrix("Phi", Phi)
    training_targets = targets("y", y, len(features), "Phi")
    validation = beside("Phi_val", Phi_val, Phi, features.shape[1])
    held_out = val_targets("y_val", y_val, len(validation), "Phi_val", training_targets)
    return features, training_targets, validation, held_out


def beside(name: str, value: ArrayLike, Phi: ArrayLike, dimension: int) -> FloatArray:
    """`value` as a table with the columns of `Phi`, `dimension` of them, in the same order."""
    check_column_names(value, names_of_columns(Phi), name, "Phi")
    return matrix(name, value, columns=dimension)


def columns(array: FloatArray) -> FloatArray:
    """Targets as the core takes them: 2-D, a column an output."""
    return array if array.ndim == 2 else array.reshape(-1, 1)


def weight(name: str, value: ArrayLike | None, length: int, like: str) -> FloatArray:
    """`value` as weights >= 0, not all zero; ones if None."""
    if value is None:
        return np.ones(length)
    array = vector(name, value, length, like, vanishing=False)
    if (array < 0).any():
        row = int(np.argmax(array < 0))
        raise ValueError(f"{name} must be >= 0, got {array[row]} in row {row}")
    if not array.any():
        raise ValueError(f"{name} must not be zero everywhere")
    return array


def monitor(
    value: Any, y: FloatArray, Phi: ArrayLike, dimension: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """`value` as features, targets and weights of rows that are watched; `y` as above."""
    wanted = "monitor must be a tuple (Phi_mon, y_mon) or (Phi_mon, y_mon, weight_mon)"
    if not isinstance(value, (tuple, list)):
        raise TypeError(f"{wanted}, got {type(value).__name__}")
    if len(value) not in (2, 3):
        raise ValueError(f"{wanted}, got {len(value)} of them")
    table = beside("monitor[0]", value[0], Phi, dimension)
    watched = val_targets("monitor[1]", value[1], len(table), "monitor[0]", y)
    given = value[2] if len(value) == 3 else None
    return table, watched, weight("monitor[2]", given, len(table), "monitor[0]")


def mask(name: str, value: ArrayLike | None, length: int, like: str) -> BoolArray:
    """`value` as a boolean mask; all False if None."""
    if value is None:
        return np.zeros(length, dtype=np.bool_)
    array = as_array(name, value)
    if array.dtype != np.bool_:
        raise TypeError(f"{name} must be a boolean mask, got dtype {array.dtype}")
    if array.shape != (length,):
        raise ValueError(
            f"{name} must have shape ({length},), one entry per row of {like}, "
            f"got shape {array.shape}"
        )
    return np.ascontiguousarray(array)


def labels(
    name: str, value: ArrayLike, n_rows: int | None = None, table: str = "Phi"
) -> NDArray[Any]:
    """`value` as a 1-D array of labels, not empty: int64 (from integers or bools) or strings.

    With `n_rows`: one for every row of `table`.
    """
    array = as_array(name, value)
    if array.ndim != 1 or array.size == 0:
        raise ValueError(f"{name} must be one-dimensional and not empty, got shape {array.shape}")
    check_present(name, value)
    if n_rows is not None and len(array) != n_rows:
        raise ValueError(
            f"{name} must have shape ({n_rows},), one entry per row of {table}, got shape "
            f"{array.shape}"
        )
    if array.dtype.kind in "UT" or (
        array.dtype.kind == "O" and all(isinstance(label, str) for label in array)
    ):
        return array.astype(str)
    if array.dtype.kind not in "biu":
        hint = "; convert them with .astype(int)" if array.dtype.kind == "f" else ""
        raise TypeError(f"{name} must be integers, bools or strings, got dtype {array.dtype}{hint}")
    if array.dtype.kind == "u" and array.max() > np.iinfo(np.int64).max:
        raise ValueError(f"{name} must fit int64, got {array.max()}")
    return array.astype(np.int64)


def check_present(name: str, value: Any) -> None:
    """Refuse labels of which one is missing: None, NaN and what pandas has for them."""
    row = missing_place(value)
    if row is not None:
        label = np.asarray(value, dtype=object)[row]
        raise TypeError(
            f"{name} must be integers, bools or strings, got {label!r} in row {row}: give such "
            "rows a label, or leave them out"
        )


def stratum_numbers(name: str, value: ArrayLike) -> IntArray:
    """`value` as numbers of strata: a 1-D array of integers >= 0."""
    array = labels(name, value)
    if array.dtype.kind != "i" or np.asarray(value).dtype.kind == "b":
        raise TypeError(f"{name} must be integers >= 0, got dtype {np.asarray(value).dtype}")
    if array.min() < 0:
        row = int(np.argmax(array < 0))
        raise ValueError(f"{name} must be >= 0, got {array[row]} in row {row}")
    return array


def counts(name: str, value: ArrayLike, length: int | None = None, like: str = "") -> IntArray:
    """`value` as counts >= 0, 1-D and not empty; with an entry for every one of `like`."""
    array = as_array(name, value)
    if array.dtype.kind not in "iu":
        raise TypeError(f"{name} must be integers, got dtype {array.dtype}")
    if array.ndim != 1 or array.size == 0 or (length is not None and array.size != length):
        wanted = "one-dimensional and not empty" if length is None else f"one entry per {like}"
        raise ValueError(f"{name} must be {wanted}, got shape {array.shape}")
    if array.min() < 0 or array.max() > 2**53:
        raise ValueError(f"{name} must be in [0, 2**53], got {array.min()} to {array.max()}")
    return array.astype(np.int64)


def distinct_rows(name: str, value: ArrayLike, n_rows: int, like: str) -> IntArray:
    """`value` as numbers of distinct rows of `like`, 1-D and perhaps empty."""
    array = as_array(name, value)
    if array.ndim != 1:
        raise ValueError(f"{name} must be one-dimensional, got shape {array.shape}")
    if array.size == 0:
        return np.empty(0, dtype=np.int64)
    if array.dtype.kind not in "iu":
        raise TypeError(f"{name} must be integers, rows of {like}, got dtype {array.dtype}")
    bad = np.flatnonzero((array < 0) | (array >= n_rows))
    if bad.size:
        raise ValueError(
            f"{name} must be in [0, {n_rows - 1}], rows of {like}, got {array[bad[0]]}"
        )
    rows = array.astype(np.int64)
    values, times = np.unique(rows, return_counts=True)
    if len(values) < len(rows):
        raise ValueError(f"{name} must be distinct rows, got {values[np.argmax(times)]} twice")
    return rows


def strata_and_quotas(
    strata: ArrayLike, quotas: ArrayLike, n_rows: int | None = None
) -> tuple[IntArray, IntArray]:
    """`strata` (N,) and `quotas` (G,), none above the size of its stratum."""
    members = stratum_numbers("strata", strata)
    if n_rows is not None and len(members) != n_rows:
        raise ValueError(
            f"strata must have shape ({n_rows},), one entry per row of Phi, got shape "
            f"{members.shape}"
        )
    least = counts("quotas", quotas)
    if members.max() >= len(least):
        raise ValueError(
            f"quotas must have an entry for every stratum, got {len(least)} for strata up to "
            f"{members.max()}"
        )
    sizes = np.bincount(members, minlength=len(least))
    bad = np.flatnonzero(least > sizes)
    if len(bad):
        stratum = int(bad[0])
        raise ValueError(
            f"quotas must not exceed the sizes of the strata, got {least[stratum]} for stratum "
            f"{stratum} of {sizes[stratum]} rows"
        )
    return members, least


def check_may_leave(
    k: Any, n_deletions: int, protected: BoolArray, members: IntArray, least: IntArray
) -> None:
    """Refuse `k`, which is `n_deletions` rows, if protection and quotas let fewer leave.

    `members` and `least` are those of `strata_and_quotas`, or both empty.
    """
    stay = np.count_nonzero(protected)
    if len(least):
        stay = np.maximum(np.bincount(members[protected], minlength=len(least)), least).sum()
    most = len(protected) - int(stay)
    if n_deletions > most:
        limits = " and ".join(["protect"] * bool(protected.any()) + ["quotas"] * bool(len(least)))
        raise ValueError(
            f"k must be at most {most}, the rows that may leave ({limits} keep the other {stay}), "
            f"got {short(k)}" + ("" if is_integer(k) else f", which is {n_deletions} rows")
        )


def check_column_names(
    X: Any, expected: NDArray[Any] | None, name: str = "X", like: str = "fit"
) -> None:
    """Refuse a data frame whose columns are not those of `like`, in the same order."""
    got = names_of_columns(X)
    if got is None or expected is None or np.array_equal(got, expected):
        return
    missing = [column for column in expected if column not in set(got)]
    what = f"{missing[0]!r} is missing" if missing else f"they start with {got[0]!r}"
    if not missing and len(got) == len(expected):
        place = int(np.argmax(got != expected))
        what = f"column {place} is {got[place]!r}, not {expected[place]!r}"
    raise ValueError(
        f"{name} must have the {len(expected)} columns of {like} in the same order, got "
        f"{len(got)}: {what}"
    )
