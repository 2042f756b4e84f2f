"""Splits of a time series that keep neighbouring hours on one side."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._support import arrays, checks

__all__ = ["BlockSplit", "block_split"]


class BlockSplit(NamedTuple):
    """What `block_split` returns: positions into `rows`, each ascending, and the block of each row.

    Attributes
    ----------
    train, validation, test : ndarray of int64
        Positions of the rows of each part.
    block : ndarray of int64, shape (len(rows),)
        Number of the block that each row lies in.
    n_blocks : tuple of int
        Blocks in train, validation and test.
    """

    train: NDArray[np.int64]
    validation: NDArray[np.int64]
    test: NDArray[np.int64]
    block: NDArray[np.int64]
    n_blocks: tuple[int, int, int]


def block_split(
    rows: ArrayLike,
    y: ArrayLike,
    *,
    block: int,
    before: int,
    after: int,
    gap: int,
    max_blocks: int | None = None,
    random_state: int | np.random.Generator | None = None,
) -> BlockSplit:
    """Split forecasting rows by whole blocks of time, stratified by each block's lowest target.

    Time is cut into blocks of equal length. A row is used only if its whole window (lags, horizon)
    lies in its block, `gap` hours after the block's beginning: windows of two parts never
    overlap, and are at least `gap` hours apart. Blocks are ranked by their lowest target and dealt
    out in fives, three to train, one to validation and one to test, at random within a five, so
    that each part has its share of storms.

    Parameters
    ----------
    rows : array_like of int, shape (n,)
        Issue rows of `lagged_features`, each once.
    y : array_like, shape (n,)
        Targets.
    block : int
        Length of a block in hours.
    before, after : int
        Hours that a row's window reaches back (largest lag) and ahead (horizon).
    gap : int
        Hours left out between two blocks.
    max_blocks : int or None
        Use only so many blocks, those with the lowest targets. None uses all.
    random_state : int, numpy.random.Generator or None
        Decides which block of a five goes where.

    Returns
    -------
    BlockSplit
        ``(train, validation, test, block, n_blocks)``.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type, shape or value, a block is too short for one window, or
        there are fewer than five blocks.

    Notes
    -----
    O(n log n). Ranking looks at the targets of the test blocks, but only to deal them out evenly.

    Examples
    --------
    >>> rows = np.arange(1000)
    >>> split = block_split(rows, -rows.astype(float), block=100, before=2, after=1, gap=10,
    ...                     random_state=0)
    >>> split.n_blocks
    (6, 2, 2)
    >>> len(split.train), len(split.validation), len(split.test)
    (522, 174, 174)
    """
    at = arrays.distinct_rows("rows", rows, 2**53, "the series")
    target = arrays.vector("y", y, len(at), "rows")
    length = checks.integer("block", block, 1, 2**53)
    back = checks.integer("before", before, 0, 2**53)
    ahead = checks.integer("after", after, 0, 2**53)
    between = checks.integer("gap", gap, 0, 2**53)
    most = None if max_blocks is None else checks.integer("max_blocks", max_blocks, 1)
    rng = checks.generator("random_state", random_state)
    if length < back + ahead + between + 1:
        raise ValueError(
            f"block is {length} hours, too short for windows of {back + ahead + 1} hours "
            f"(before, after) and a gap of {between}"
        )
    number = at // length
    offset = at - number * length
    inside = np.flatnonzero((offset >= back + between) & (offset + ahead < length))
    ids, member = np.unique(number[inside], return_inverse=True)
    lowest = np.full(ids.size, np.inf)
    np.minimum.at(lowest, member, target[inside])
    ranked = np.argsort(lowest, kind="stable")[:most]
    if ranked.size < 5:
        raise ValueError(
            f"rows fill only {ranked.size} blocks of block={length} hours "
            f"(max_blocks={max_blocks}); at least 5 are needed"
        )

    part = np.full(ids.size, -1)
    for five in range(0, ranked.size, 5):
        dealt = ranked[five : five + 5]
        part[dealt] = rng.permutation([0, 0, 0, 1, 2])[: dealt.size]
    train, validation, test = (inside[part[member] == p] for p in range(3))
    counts = np.bincount(part[part >= 0], minlength=3)
    return BlockSplit(
        train, validation, test, number, (int(counts[0]), int(counts[1]), int(counts[2]))
    )
