"""Which rows are trained on, which steer, and which monitor."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._support import checks
from .._support.arrays import BoolArray, FloatArray, IntArray
from .._support.text import short

SPLITS = ("tail-stratified", "blocked", "random")


class Parts(NamedTuple):
    """Positions of the rows of each part, ascending; no row is in two of them."""

    training: IntArray
    steering: IntArray
    monitor: IntArray


class Division(NamedTuple):
    """How rows are dealt out: the parameters of the estimators, checked."""

    split: Any
    validation_fraction: float
    monitor_fraction: float
    n_blocks: int
    gap: int
    folds: int | None


def parse(
    split: Any,
    validation_fraction: Any,
    monitor_fraction: Any,
    n_blocks: Any,
    gap: Any,
    folds: Any = None,
) -> Division:
    """The parameters of a division, checked."""
    if isinstance(split, (str, type)) or not hasattr(split, "split"):
        options = ", ".join(repr(name) for name in SPLITS)
        if not isinstance(split, str) or split not in SPLITS:
            raise ValueError(
                f"validation_split must be one of {options}, or a scikit-learn splitter, "
                f"got {short(split)}"
            )
    held_out = checks.positive("validation_fraction", validation_fraction)
    watched = checks.not_negative("monitor_fraction", monitor_fraction)
    for name, value in (("validation_fraction", held_out), ("monitor_fraction", watched)):
        if value >= 1:
            raise ValueError(f"{name} must be below 1, got {value}")
    blocks = checks.integer("n_blocks", n_blocks, 2)
    between = checks.integer("gap", gap, 0)
    if between and (not isinstance(split, str) or split != "blocked"):
        raise ValueError(
            f"gap is for validation_split='blocked', got gap={short(between)} with {short(split)}"
        )
    n_folds = None if folds is None else checks.integer("folds", folds, 2, 2**31)
    if n_folds is not None:
        if not isinstance(split, str):
            raise ValueError(
                "folds needs a validation_split that is a name: a splitter says which rows monitor"
            )
        watched = 0.0
    return Division(split, held_out, watched, blocks, between, n_folds)


def divide(
    how: Division,
    X: Any,
    y: NDArray[Any],
    rank: FloatArray,
    groups: Any,
    rng: np.random.RandomState,
) -> Parts:
    """Deal out all rows. `rank` (n,) sorts them so that neighbours are alike."""
    if not isinstance(how.split, str):
        return _by_splitter(how, X, y, groups)
    if groups is not None and how.folds is not None:
        raise ValueError("groups with folds needs X_val: folds of X would tear groups apart")
    if groups is not None:
        raise ValueError(
            f"groups needs a splitter that uses them, such as GroupKFold; "
            f"got validation_split={how.split!r}"
        )
    if len(rank) < 3:
        raise ValueError(f"at least 3 rows are needed to split them, got n_samples = {len(rank)}")
    block = _blocks(len(rank), how)
    held_out = _draw(how.split, rank, block, how.validation_fraction, rng)
    steering, monitor = divide_held_out(how, rank, rng, np.flatnonzero(held_out), block)
    training = np.flatnonzero(~held_out)
    return Parts(_apart(how, training, held_out), steering, monitor)


def divide_held_out(
    how: Division,
    rank: FloatArray,
    rng: np.random.RandomState,
    rows: IntArray | None = None,
    block: IntArray | None = None,
) -> tuple[IntArray, IntArray]:
    """Deal out held-out `rows` (all of `rank` by default) to steering and monitor."""
    if not isinstance(how.split, str):
        raise ValueError(
            "validation_split must be a name where X_val is given: a splitter is for the rows of X"
        )
    if rows is None:
        rows = np.arange(len(rank))
    if block is None:
        block = _blocks(len(rank), how)
    if not how.monitor_fraction:
        return rows, rows[:0]
    if len(rows) < 2:
        raise ValueError(
            f"at least 2 held-out rows are needed to steer and to monitor, got {len(rows)}: give "
            "more rows, a larger validation_fraction, or monitor_fraction=0"
        )
    if how.split == "blocked" and block[rows[0]] == block[rows[-1]]:
        raise ValueError(
            f"at least 2 blocks of held-out rows are needed to steer and to monitor, got 1 of "
            f"n_blocks={how.n_blocks}: give more blocks, a larger validation_fraction, or "
            "monitor_fraction=0"
        )
    watched = _draw(how.split, rank[rows], block[rows], how.monitor_fraction, rng)
    marks = np.zeros(len(rank), dtype=np.bool_)
    marks[rows[watched]] = True
    return _apart(how, rows[~watched], marks), rows[watched]


def deal_folds(
    how: Division, rank: FloatArray, rows: IntArray, rng: np.random.RandomState
) -> tuple[IntArray, IntArray]:
    """Deal out these steering rows to folds: the rows, and the fold of each.

    Rows within the gap of another fold are no longer among them.
    """
    assert how.folds is not None
    order, member = _items(how.split, rank[rows], _blocks(len(rank), how)[rows], rng)
    if len(order) < how.folds:
        what = "blocks of held-out rows" if how.split == "blocked" else "held-out rows"
        raise ValueError(
            f"folds={how.folds} needs as many {what}, got {len(order)}: give fewer folds, more "
            f"{'blocks' if how.split == 'blocked' else 'rows'}, or a larger validation_fraction"
        )
    fold_of = np.empty(len(order), dtype=np.int64)
    for start in range(0, len(order), how.folds):  # of every few that are neighbours one each
        few = order[start : start + how.folds]
        fold_of[few] = rng.permutation(how.folds)[: len(few)]
    fold = fold_of[member]
    if not how.gap:
        return rows, fold
    apart = np.ones(len(rows), dtype=np.bool_)
    for name in range(how.folds):
        marked = np.zeros(len(rank), dtype=np.bool_)
        marked[rows[fold == name]] = True
        apart &= (fold == name) | ~_near(marked, how.gap)[rows]
    if len(np.unique(fold[apart])) < how.folds:
        raise ValueError(
            f"gap={how.gap} leaves no rows in one of folds={how.folds}: give a smaller gap, or "
            "fewer blocks or folds"
        )
    return rows[apart], fold[apart]


def _apart(how: Division, rows: IntArray, marked: BoolArray) -> IntArray:
    """Those of `rows` that are not within the gap of a marked one."""
    if not how.gap:
        return rows
    left = rows[~_near(marked, how.gap)[rows]]
    if not len(left):
        n_blocks = min(how.n_blocks, len(marked))
        raise ValueError(
            f"gap={how.gap} leaves no rows between {n_blocks} blocks of about "
            f"{len(marked) // n_blocks} rows: give a smaller gap or fewer blocks"
        )
    return left


def _draw(
    split: str,
    rank: FloatArray,
    block: IntArray,
    fraction: float,
    rng: np.random.RandomState,
) -> BoolArray:
    """Mark about this fraction of the rows: at least one, and not all."""
    order, member = _items(split, rank, block, rng)
    return _share_of_each(order, fraction, rng)[member]


def _items(
    split: str, rank: FloatArray, block: IntArray, rng: np.random.RandomState
) -> tuple[IntArray, IntArray]:
    """What is dealt out, in an order in which neighbours are alike, and the item of every row.

    Blocks, those with the rarest targets first, or rows.
    """
    if split == "blocked":
        names, member = np.unique(block, return_inverse=True)
        rarest = np.zeros(len(names))
        np.maximum.at(rarest, member, np.abs(rank - np.median(rank)))
        return np.argsort(-rarest, kind="stable"), member
    order = rng.permutation(len(rank))
    if split == "tail-stratified":
        order = order[np.argsort(rank[order], kind="stable")]
    return order, np.arange(len(rank))


def _share_of_each(order: IntArray, fraction: float, rng: np.random.RandomState) -> BoolArray:
    """Mark so many of every few items that are neighbours in `order`."""
    count = min(max(1, round(fraction * len(order))), len(order) - 1)
    rarer = min(count, len(order) - count)  # of one in a cell there are these, of the others more
    # Cells whose sizes differ by one are mixed: each stretch of `order` gets its share.
    bounds = np.arange(rarer + 1) * len(order) // rarer
    marked = np.zeros(len(order), dtype=np.bool_)
    marked[order[rng.randint(bounds[:-1], bounds[1:])]] = True
    return marked if rarer == count else ~marked


def _blocks(n_rows: int, how: Division) -> IntArray:
    """The block of every row: runs of neighbouring rows, of about equal length."""
    return np.arange(n_rows) * min(how.n_blocks, n_rows) // n_rows


def _near(marked: BoolArray, gap: int) -> BoolArray:
    """Rows with a marked one among the `gap` rows before and after."""
    count = np.concatenate([[0], np.cumsum(marked)])
    row = np.arange(len(marked))
    first, end = np.maximum(row - gap, 0), np.minimum(row + gap + 1, len(marked))
    return np.asarray(count[end] > count[first])


def _by_splitter(how: Division, X: Any, y: NDArray[Any], groups: Any) -> Parts:
    """The last two splits: one's test rows steer, the other's monitor."""
    splits = [
        (np.asarray(train), np.asarray(test)) for train, test in how.split.split(X, y, groups)
    ]
    wanted = 2 if how.monitor_fraction else 1
    if len(splits) < wanted:
        raise ValueError(
            f"validation_split must give {wanted} splits, the last but one to steer and the last "
            f"to monitor, got {len(splits)}; without a monitor (monitor_fraction=0) one is enough"
        )
    training, steering = splits[-wanted]
    monitor = steering[:0]
    if wanted == 2:
        monitor = np.setdiff1d(splits[-1][1], steering)
        training = np.intersect1d(training, splits[-1][0])
    training = np.setdiff1d(training, np.concatenate([steering, monitor]))
    parts = Parts(*(np.unique(part).astype(np.int64) for part in (training, steering, monitor)))
    for name, part in zip(Parts._fields, parts, strict=True):
        if not len(part) and (name != "monitor" or wanted == 2):
            raise ValueError(f"validation_split leaves no {name} rows")
    return parts
