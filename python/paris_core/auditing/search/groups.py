"""Which groups are wrong: train on those that seem right, judge all, until nothing changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from ..._support.arrays import BoolArray, FloatArray
from .passes import Pass, Trainer
from .score import outliers

__all__ = ["Found", "most_trainings", "search"]

_STEPS = 4  # at most, from each start
_FIRST = 0.25  # of the groups are kept after the first step from validation rows alone
_ENOUGH = 20  # validation rows for models of nothing else
_AGAIN = 1  # how often the groups that are found may change by the verdict of the divisions
_AGREED = 0.5  # of the divisions must say that a group is wrong


class Found(NamedTuple):
    """What came of a search.

    Attributes
    ----------
    kept : (G,) ndarray of bool
        The groups that seem right.
    before, after : list of Pass
        For each division: trained on all groups, and on those that are kept.
    score : (G,) ndarray
        The median over the divisions.
    stability : (G,) ndarray
        In how many of the divisions a group seems wrong, as a fraction.
    """

    kept: BoolArray
    before: list[Pass]
    after: list[Pass]
    score: FloatArray
    stability: FloatArray


def most_trainings(n_folds: int, n_divisions: int, with_val: bool) -> int:
    """How many models are trained at most, the final one among them."""
    starts = 2 if with_val else 1
    found, decided = (_AGAIN + 3) * n_divisions, 2 * n_divisions + 3
    return (starts * (_STEPS + 1) + found + decided) * n_folds + 1


def search(trainer: Trainer, n_divisions: int) -> Found:
    """Find the groups that are wrong."""
    everything = np.ones(trainer.table.n_groups, dtype=bool)
    ends = [_converged(trainer, everything)]
    if trainer.table.n_val >= _ENOUGH:
        ends.append(_converged(trainer, ~everything))
    kept = min(ends, key=lambda end: (float(end.loss.mean()), -int(end.kept.sum()))).kept
    for again in range(_AGAIN + 3):
        after = [trainer.judge(kept, division) for division in range(n_divisions)]
        score, stability, wrong = _verdict(after)
        following = _no_fewer_than_two(~wrong, score)
        if again > _AGAIN:  # only what models that were trained without it call wrong
            following |= kept
        if np.array_equal(following, kept) or again == _AGAIN + 2:
            break
        kept = following
    before = [trainer.judge(everything, division) for division in range(n_divisions)]
    return Found(kept, before, after, score, stability)


def _verdict(passes: list[Pass]) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Scores, stability, and what is wrong, over the divisions."""
    n_rows = passes[0].scores.n_rows
    score = np.median([one.scores.score for one in passes], axis=0)
    stability = np.mean([outliers(one.scores.score, n_rows) for one in passes], axis=0)
    return score, stability, outliers(score, n_rows) & (stability >= _AGREED)


def _converged(trainer: Trainer, start: BoolArray) -> Pass:
    """The best of the steps from a start, each of which trains on what seems right."""
    steps = list(_steps(trainer, start))
    if not trainer.table.n_val:  # rows that may be wrong do not say which is best
        return steps[-1]
    return min(steps, key=lambda step: float(step.loss.mean()))


def _steps(trainer: Trainer, start: BoolArray) -> Iterator[Pass]:
    kept, seen = start, set()
    for _ in range(_STEPS + 1):
        seen.add(kept.tobytes())
        found = trainer.judge(kept, 0)
        if kept.any():
            yield found
        score = found.scores.score
        if kept.any():
            kept = ~outliers(score, found.scores.n_rows)
        else:  # a model of few rows: only what is most like them
            unlike = score + found.scores.too_quiet
            kept = unlike <= np.quantile(unlike, _FIRST)
        kept = _no_fewer_than_two(kept, score)
        if kept.tobytes() in seen:
            return


def _no_fewer_than_two(kept: BoolArray, score: FloatArray) -> BoolArray:
    if kept.sum() < 2:
        kept = kept.copy()
        kept[np.argsort(score, kind="stable")[:2]] = True
    return kept
