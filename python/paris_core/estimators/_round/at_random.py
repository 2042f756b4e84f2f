"""As many rows at random as were removed, to compare a deletion with."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._support.arrays import IntArray

__all__ = ["as_many"]

_DRAWINGS = 100  # of which all were the very rows that are to be compared with


def as_many(
    fits: tuple[IntArray, ...],
    n_rows: int,
    groups: NDArray[Any] | None,
    strata: tuple[IntArray, IntArray] | None,
    draw: int = 0,
) -> tuple[IntArray, ...] | None:
    """Rows for as many fits with as many rows, drawn at random, the later within the earlier.

    Parameters
    ----------
    fits : tuple of ndarray of int64
        The rows of each fit of a model.
    n_rows : int
        All training rows.
    groups : (n_rows,) ndarray or None
        Groups that leave as a whole: then as many groups.
    strata : tuple of ndarray of int64 or None
        The stratum of every row, and how many rows of each must stay.
    draw : int, default 0
        Other rows for another number.

    Returns
    -------
    tuple of ndarray of int64, or None
        None if groups cannot leave at random without more of a stratum than may, or if no other
        rows than those of the last fit were drawn.
    """
    unit = np.arange(n_rows) if groups is None else np.unique(groups, return_inverse=True)[1]
    n_units = int(unit.max()) + 1
    n_removed = [n_units - len(np.unique(unit[rows])) for rows in fits]
    # Its own seed, so that a run that is gone on from a checkpoint draws the same.
    rng = np.random.default_rng([n_units, *n_removed, draw])
    for _ in range(_DRAWINGS):
        order = rng.permutation(n_units)
        if groups is None and strata is not None:
            order = _the_needed_last(order, *strata)
        place = np.empty(n_units, dtype=np.int64)
        place[order] = np.arange(n_units)
        drawn = tuple(np.flatnonzero(place[unit] >= n).astype(np.int64) for n in n_removed)
        if not np.array_equal(drawn[-1], fits[-1]):
            break
    else:
        return None
    if groups is not None and strata is not None:
        member, quotas = strata
        left = np.bincount(member[drawn[-1]], minlength=len(quotas))
        if (left < quotas).any():
            return None
    return drawn


def _the_needed_last(order: IntArray, member: IntArray, quotas: IntArray) -> IntArray:
    """The same order, but for the last few rows of each stratum, which move to the end."""
    needed = np.zeros(len(order), dtype=np.bool_)
    for stratum, quota in enumerate(quotas):
        rows = np.flatnonzero(member[order] == stratum)
        needed[rows[len(rows) - quota :]] = True
    return np.concatenate([order[~needed], order[needed]])
