"""How rows are dealt out to parts, so that each part has its share of rare targets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._support.arrays import BoolArray, FloatArray, IntArray

__all__ = ["Dealing", "rank_of", "rarity"]


@dataclass(frozen=True)
class Dealing:
    """Rows that are dealt out at random, one by one or in units that stay whole.

    Attributes
    ----------
    n_rows : int
        All rows; what is dealt out may be some of them.
    rank : (n_rows,) ndarray of float64 or None
        Numbers by which rows with like targets are neighbours, rare ones at the ends; each part
        gets its share of every range. None: any row is as good as another.
    unit : (n_rows,) ndarray of int64 or None
        The unit of every row, a block or a group, that stays whole; `rank` must be given. None:
        rows are dealt out one by one.
    units : str
        What units are called.
    gap : int
        So many rows before and after a part are no rows of another.
    """

    n_rows: int
    rank: FloatArray | None
    unit: IntArray | None = None
    units: str = "rows"
    gap: int = 0

    def count(self, rows: IntArray) -> int:
        """How many units are in these rows."""
        return len(rows) if self.unit is None else len(np.unique(self.unit[rows]))

    def share(self, rows: IntArray, fraction: float, rng: np.random.RandomState) -> BoolArray:
        """Mark about this fraction of the units in `rows`: at least one, and not all."""
        order, member = self._items(rows, rng)
        return _share_of_each(order, fraction, rng)[member]

    def folds(self, rows: IntArray, n_folds: int, rng: np.random.RandomState) -> IntArray:
        """The fold of each of `rows`, which hold as many units at least."""
        order, member = self._items(rows, rng)
        fold_of = np.empty(len(order), dtype=np.int64)
        for start in range(0, len(order), n_folds):  # of every few that are neighbours one each
            few = order[start : start + n_folds]
            fold_of[few] = rng.permutation(n_folds)[: len(few)]
        return np.asarray(fold_of[member])

    def apart(self, rows: IntArray, others: IntArray) -> IntArray:
        """Those of `rows` that are not within the gap of one of the others."""
        if not self.gap:
            return rows
        marked = np.zeros(self.n_rows, dtype=np.bool_)
        marked[others] = True
        count = np.concatenate([[0], np.cumsum(marked)])
        first, end = np.maximum(rows - self.gap, 0), np.minimum(rows + self.gap + 1, self.n_rows)
        return np.asarray(rows[count[end] == count[first]])

    def _items(self, rows: IntArray, rng: np.random.RandomState) -> tuple[IntArray, IntArray]:
        """What is dealt out, in an order in which neighbours are alike, and the item of each row.

        Units, those with the rarest targets first, or rows.
        """
        if self.unit is not None:
            assert self.rank is not None
            rank = self.rank[rows]
            names, member = np.unique(self.unit[rows], return_inverse=True)
            rarest = np.zeros(len(names))
            np.maximum.at(rarest, member, np.abs(rank - np.median(rank)))
            return np.argsort(-rarest, kind="stable"), member
        order = rng.permutation(len(rows))
        if self.rank is not None:
            order = order[np.argsort(self.rank[rows][order], kind="stable")]
        return order, np.arange(len(rows))


def _share_of_each(order: IntArray, fraction: float, rng: np.random.RandomState) -> BoolArray:
    """Mark so many of every few items that are neighbours in `order`."""
    count = min(max(1, round(fraction * len(order))), len(order) - 1)
    rarer = min(count, len(order) - count)  # of one in a cell there are these, of the others more
    # Cells whose sizes differ by one are mixed: each stretch of `order` gets its share.
    bounds = np.arange(rarer + 1) * len(order) // rarer
    marked = np.zeros(len(order), dtype=np.bool_)
    marked[order[rng.randint(bounds[:-1], bounds[1:])]] = True
    return marked if rarer == count else ~marked


def rank_of(y: NDArray[Any]) -> FloatArray:
    """Numbers (n,) by which rows with like targets are neighbours: targets, or labels by rarity."""
    return y.astype(np.float64) if y.dtype.kind in "iuf" else rarity(y)


def rarity(labels: NDArray[Any]) -> FloatArray:
    """Numbers (n,) by which rows of a class are neighbours, those of the rarest at the end."""
    classes, codes, count = np.unique(labels, return_inverse=True, return_counts=True)
    place = np.empty(len(classes))
    place[np.argsort(-count, kind="stable")] = np.arange(len(classes))
    return np.asarray(place[codes])
