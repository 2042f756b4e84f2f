"""The forms in which arrays come: types, orders, strides, read-only, lists, frames."""

from __future__ import annotations

import numpy as np

from .source import Source

_FORMS = [
    (40, "plain"),
    (6, "Fortran"),
    (6, "every other row"),
    (5, "every other column"),
    (5, "backwards"),
    (8, "read-only"),
    (6, "float32"),
    (3, "float16"),
    (3, "long double"),
    (4, "big-endian"),
    (4, "integers"),
    (2, "bools"),
    (4, "list"),
    (3, "unaligned"),
    (2, "subclass"),
    (2, "frame"),
    (2, "one for all"),
    (2, "array interface"),
]

_INTEGERS = ("u1", "i1", "i2", "u2", "i4", "u4", "i8", "u8", ">i4", ">i2")


def dressed(source: Source, array: np.ndarray) -> tuple[object, np.ndarray]:
    """`array` (float64) in some form, and the float64 values of that."""
    form = source.weighted(_FORMS)
    value = _dress(source, form, array)
    return value, np.ascontiguousarray(np.asarray(value), dtype=np.float64)


def _dress(source: Source, form: str, array: np.ndarray) -> object:
    if form == "Fortran":
        return np.asfortranarray(array)
    if form == "every other row":
        wide = np.full((2 * len(array), *array.shape[1:]), np.nan)
        wide[::2] = array
        return wide[::2]
    if form == "every other column" and array.ndim == 2:
        wide = np.full((len(array), 2 * array.shape[1] + 1), np.nan)
        wide[:, 1::2] = array
        return wide[:, 1::2]
    if form == "backwards":
        return array[::-1].copy()[::-1]
    if form == "read-only":
        array = array.copy()
        array.setflags(write=False)
        return array
    if form == "float32" and _fits(array, np.float32):
        return array.astype(np.float32)
    if form == "float16" and _fits(array, np.float16):
        return array.astype(np.float16)
    if form == "long double":
        return array.astype(np.longdouble)
    if form == "big-endian":
        return array.astype(">f8")
    if form == "integers":
        return _integers(source, array)
    if form == "bools" and np.isin(array, (0, 1)).all():
        return array.astype(bool)
    if form == "list":
        return array.tolist()
    if form == "unaligned":
        raw = np.frombuffer(b"\0" + array.tobytes(), dtype=np.uint8)
        return raw[1:].view(np.float64).reshape(array.shape)
    if form == "subclass":
        return array.view(_Subclass)
    if form == "frame":
        return _frame(array)
    if form == "one for all" and len(array) and (array == array[:1]).all():
        return np.broadcast_to(array[0], array.shape)
    if form == "array interface":
        return _WithArray(array.copy())
    return array


def _fits(array: np.ndarray, dtype: type) -> bool:
    """Whether nothing overflows, nor all becomes zero."""
    info = np.finfo(dtype)
    largest = np.abs(array).max(initial=0)
    return bool(largest == 0 or info.tiny < largest < info.max)


def _integers(source: Source, array: np.ndarray) -> np.ndarray:
    dtype = np.dtype(source.pick(_INTEGERS))
    info = np.iinfo(dtype)
    whole = bool((array == np.rint(array)).all())
    if not whole or array.min(initial=0) < info.min or array.max(initial=0) > min(info.max, 2**53):
        return array
    return array.astype(dtype)


def _frame(array: np.ndarray) -> object:
    try:
        import pandas as pd
    except ImportError:
        return array
    return pd.DataFrame(array) if array.ndim == 2 else pd.Series(array)


class _Subclass(np.ndarray):
    """An ndarray by another name."""


class _WithArray:
    """Something that numpy can make an array of."""

    def __init__(self, array: np.ndarray) -> None:
        self.array = array

    def __array__(self, dtype=None, copy=None):
        return self.array if dtype is None else self.array.astype(dtype)

    def __len__(self) -> int:
        return len(self.array)

    def __repr__(self) -> str:
        return f"_WithArray{self.array.shape}"


def number(source: Source, value: float) -> object:
    """A number in one of the types of numbers."""
    if isinstance(value, int):
        types = [int, int, np.int64, np.int32, np.uint64]
        if value > 2**31 - 1:
            types = types[:3]
        return source.pick(types)(value)
    types = [float, float, np.float64, np.float32 if 1e-30 < abs(value) < 1e30 else float]
    return source.pick(types)(value)
