"""Targets of a regression or classes, as a table with one column per output."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .._support import arrays
from .._support.arrays import FloatArray, IntArray
from ..validation import encoding


@dataclass(frozen=True)
class Targets:
    """Targets (n, C), and for classes the column of each row's class."""

    values: FloatArray
    codes: IntArray | None
    classes: ArrayLike | None

    @property
    def one_dimensional(self) -> bool:
        """Whether these are numbers (n,) and no classes."""
        return self.codes is None and self.values.shape[1] == 1


def read(name: str, value: ArrayLike, length: int, like: str) -> Targets:
    """`value` as targets of the rows of `like`.

    Integers, bools and strings (n,) are class labels; so are rows (n, C) of zeros with a single
    one. Other numbers are targets of a regression, (n,) or (n, C).
    """
    if _are_labels(value):
        codes, classes = encoding.class_codes(name, value)
        _check_length(name, codes.shape, length, like)
        return Targets(encoding.indicators(codes, classes.size), codes, classes)
    return _numbers(name, value, length, like)


def read_like(name: str, value: ArrayLike, length: int, like: str, known: Targets) -> Targets:
    """`value` as targets of the same kind as `known`, the targets `y`."""
    width = known.values.shape[1]
    if known.classes is not None:
        codes, _ = encoding.class_codes(name, value, known.classes)
        _check_length(name, codes.shape, length, like)
        return Targets(encoding.indicators(codes, width), codes, known.classes)
    targets = _numbers(name, value, length, like)
    if targets.values.shape[1] != width:
        raise ValueError(
            f"{name} must have as many columns as y ({width}), got shape {targets.values.shape}"
        )
    return targets


def _are_labels(value: ArrayLike) -> bool:
    try:
        array = np.asarray(value)
    except ValueError:  # ragged: refused as numbers
        return False
    if array.ndim != 1 or array.size == 0:
        return False
    return array.dtype.kind in "biuUT" or isinstance(array[0], str)


def _numbers(name: str, value: ArrayLike, length: int, like: str) -> Targets:
    array = arrays.real_array(name, value)
    _check_length(name, array.shape, length, like)
    if array.ndim == 1:
        return Targets(array[:, None], None, None)
    is_one_hot = array.shape[1] > 1 and ((array == 0) | (array == 1)).all()
    if is_one_hot and (array.sum(axis=1) == 1).all():
        return Targets(array, array.argmax(axis=1).astype(np.int64), None)
    return Targets(array, None, None)


def _check_length(name: str, shape: tuple[int, ...], length: int, like: str) -> None:
    if len(shape) not in (1, 2) or shape[0] != length or shape[1:] == (0,):
        raise ValueError(
            f"{name} must have shape ({length},) or ({length}, C), one row per row of {like}, "
            f"got shape {shape}"
        )
