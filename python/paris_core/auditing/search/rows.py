"""Which single rows are wrong: orders by residuals and by deletion, and how many of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from ..._support.arrays import BoolArray, FloatArray
from ...evidence import paired_gain
from .groups import Found
from .passes import Trainer

__all__ = ["most_trainings_of_rows", "search_rows"]

_SHARES = (0.02, 0.05, 0.1, 0.2, 0.4)  # of the rows, of which one is chosen
_FAR = 3.5  # spreads
_STEPS = 3


class _Candidate(NamedTuple):
    """Rows that may leave: how many, the losses by folds without them, and which they are."""

    n_removed: int
    loss: FloatArray
    kept: Callable[[], BoolArray]


def most_trainings_of_rows(n_folds: int, n_divisions: int, with_val: bool) -> int:
    """How many models are trained at most, the final one among them."""
    paths = 3 if with_val else 1
    others = 6 + _STEPS  # where paths begin, comparisons, features
    return (paths * len(_SHARES) + others + 2 * n_divisions) * n_folds + 2


def search_rows(trainer: Trainer, n_divisions: int) -> Found:
    """Find the rows that are wrong."""
    n_rows = len(trainer.table.group_of)
    everything = np.ones(n_rows, dtype=bool)
    counts = sorted({int(share * n_rows) for share in _SHARES} - {0})
    found = list(_beyond(trainer, ~everything if trainer.table.n_val else everything))
    found += _by_residuals(trainer, everything, counts)
    if trainer.table.n_val:
        by_deletion = list(_by_deletion(trainer, counts))
        found += by_deletion
        if by_deletion:
            best = min(by_deletion, key=lambda one: float(one.loss.mean()))
            found += _by_residuals(trainer, best.kept(), counts)
    before = trainer.judge(everything, 0)
    judging = np.ones(len(before.loss), dtype=bool)
    if not trainer.table.n_val:  # only what no candidate removes is judged alike by all
        for one in found:
            judging &= one.kept()
    kept = everything
    if found:
        kept = _fewest(found, before.loss, judging, everything).kept()
    if kept.all():
        after = [trainer.judge(kept, division) for division in range(n_divisions)]
        return Found(kept, after, after, after[0].scores.square, np.zeros(n_rows))
    after = [trainer.judge(kept, division) for division in range(n_divisions)]
    squares = np.array([one.scores.square for one in after])
    n_removed = int((~kept).sum())
    last = [np.sort(square)[-n_removed] for square in squares]
    stability = np.mean([square >= bound for square, bound in zip(squares, last, strict=True)], 0)
    all_rows = [trainer.judge(everything, division) for division in range(n_divisions)]
    return Found(kept, all_rows, after, np.median(squares, axis=0), stability)


def _beyond(trainer: Trainer, start: BoolArray) -> Iterator[_Candidate]:
    """Rows leave that are far from what models without them say, until nothing changes."""
    kept = start
    for _ in range(_STEPS):
        following = trainer.judge(kept, 0).scores.square <= _FAR**2
        if following.sum() < 2 or np.array_equal(following, kept):
            return
        kept = following
        if not kept.all():
            loss = trainer.judge(kept, 0).loss
            yield _Candidate(int((~kept).sum()), loss, lambda kept=kept: kept)  # type: ignore[misc]


def _by_residuals(trainer: Trainer, start: BoolArray, counts: list[int]) -> Iterator[_Candidate]:
    """Rows with the largest residuals leave, more each time, by a model without the last ones."""
    kept = start
    for count in counts:
        square = trainer.judge(kept, 0).scores.square
        kept = np.ones(len(start), dtype=bool)
        kept[np.argsort(-square, kind="stable")[:count]] = False
        yield _Candidate(count, trainer.judge(kept, 0).loss, lambda kept=kept: kept)  # type: ignore[misc]


def _by_deletion(trainer: Trainer, counts: list[int]) -> Iterator[_Candidate]:
    """Rows leave in the order of `paris_core.prune`; no fold judges deletions that it steered."""
    if not counts:
        return
    orders, losses = trainer.judge_deletions(counts)
    for count, loss in zip(counts, losses, strict=True):

        def kept(count: int = count) -> BoolArray:
            left = np.ones(len(trainer.table.group_of), dtype=bool)
            left[orders()[:count]] = False
            return left

        yield _Candidate(count, loss, kept)


def _fewest(
    found: list[_Candidate], before: FloatArray, judging: BoolArray, everything: BoolArray
) -> _Candidate:
    """The fewest removals within a standard error of the best."""
    nothing = _Candidate(0, before, everything.copy)
    every = [nothing, *found]
    best = min(every, key=lambda one: float(one.loss[judging].mean()))
    near = []
    for one in every:
        behind = paired_gain(one.loss[judging], best.loss[judging])
        if one is best or behind.mean <= behind.standard_error:
            near.append(one)
    return min(near, key=lambda one: (one.n_removed, float(one.loss[judging].mean())))
