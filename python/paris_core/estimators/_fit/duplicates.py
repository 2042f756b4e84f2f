"""Validation rows that are training rows as well."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._support.conversion import is_frame
from ..._support.scikit_learn import Rows
from .columns import named_columns, numbers

__all__ = ["by_chance", "keys", "n_copies"]

_SHARE = 0.01  # of the validation rows, that may be copies of a training row
_LOOKED_AT = 2_000  # rows, and their pairs, by which the chance of equal rows is told
_CELLS = 1 << 15  # numbers that are mixed at a time, so that they stay in the cache
_ODD = np.uint64(0x9E3779B97F4A7C15)  # those of splitmix64
_MIX = (
    (np.uint64(30), np.uint64(0xBF58476D1CE4E5B9)),
    (np.uint64(27), np.uint64(0x94D049BB133111EB)),
)
_LAST = np.uint64(31)

_Keys = NDArray[np.uint64]


def n_copies(training: Rows, training_key: _Keys, validation_key: _Keys) -> int:
    """How many validation rows equal a training row; 0 if chance may have made them equal."""
    copies = int(np.isin(validation_key, training_key).sum())
    share = copies / max(len(validation_key), 1)
    if copies < 2 or share <= _SHARE:
        return 0
    first = np.unique(training_key, return_index=True)[1]
    return copies if share > _SHARE + by_chance(training.at(np.sort(first))) else 0


def by_chance(rows: Rows) -> float:
    """About how large a share of further rows equals one of `rows`, which are distinct.

    Equal rows mean little in a table of few categories. If columns were independent, the chance
    that two rows are equal would be the product of those of the columns; as they are not, the root
    of it is taken, but not more than the chance of any column.
    """
    n_rows = len(rows.y)
    seen = rows.at(np.arange(0, n_rows, 1 + n_rows // _LOOKED_AT))
    pairs = len(seen.y) * (len(seen.y) - 1)
    if not pairs:
        return 1.0
    least, product = 1.0, 0.0  # the product's logarithm
    for values in _columns(seen):
        count = np.unique(_bits(values), return_counts=True)[1]
        equal = float(count @ (count - 1)) / pairs
        if equal == 0.0:
            return 0.0
        least, product = min(least, equal), product + math.log(equal)
    return min(n_rows * min(least, math.exp(product / 2)), 1.0)


def keys(rows: Rows) -> _Keys:
    """A number (n,) for each row, inputs and target: equal for equal rows, else hardly ever.

    64 bits, so that two of a million rows collide by chance once in 37 million tables.
    """
    X, n_rows = rows.X, len(rows.y)
    key = _mixed(_bits(rows.y))
    if hasattr(X, "tocoo"):
        entries = X.tocoo()
        salts = _salt(1, X.shape[1])[entries.col]
        np.add.at(key, entries.row, _mixed(_bits(entries.data) ^ salts))
        return key
    if not is_frame(X):
        X = np.asarray(X)
        X = X.reshape(n_rows, math.prod(X.shape[1:]))
        if X.dtype.kind in "biuf":  # all columns at once, a block of rows at a time
            salt = _salt(1, X.shape[1])
            step = max(1, _CELLS // max(X.shape[1], 1))
            for start in range(0, n_rows, step):
                block = slice(start, start + step)
                key[block] += _mixed(_bits(X[block]) ^ salt).sum(axis=1, dtype=np.uint64)
            return key
    for place, (_, values) in enumerate(named_columns(X), start=1):
        key += _mixed(_bits(values) ^ _salt(place, 1))
    return key


def _columns(rows: Rows) -> Iterator[Any]:
    """Columns of inputs, and the targets."""
    X = rows.X
    if not is_frame(X) and not hasattr(X, "toarray"):
        X = np.asarray(X).reshape(len(rows.y), -1)
    yield from (values for _, values in named_columns(X))
    yield rows.y


def _bits(values: Any) -> _Keys:
    """What tells values apart: the bits of numbers, the hashes of other objects."""
    number = numbers(values)
    if number is None:
        return np.array([_hash(value) for value in np.asarray(values).tolist()], dtype=np.uint64)
    number = number + 0.0  # a copy, where -0.0 is 0.0
    number[np.isnan(number)] = np.nan  # of which there are many
    return number.view(np.uint64)


def _hash(value: Any) -> int:
    try:
        return hash(value) % 2**64 if value == value else 0  # missing, and not itself
    except TypeError:  # pandas.NA, a list
        return hash(repr(value)) % 2**64


def _salt(place: int, n_columns: int) -> _Keys:
    """Numbers by which equal values of different columns become different ones."""
    return _mixed(np.arange(place, place + n_columns, dtype=np.uint64))


def _mixed(bits: _Keys) -> _Keys:
    """Every bit of the result depends on every bit (splitmix64)."""
    mixed = bits + _ODD
    for shift, factor in _MIX:
        mixed ^= mixed >> shift
        mixed *= factor
    mixed ^= mixed >> _LAST
    return mixed
