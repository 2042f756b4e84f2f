"""Whether the groups that seem wrong may leave."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .._support.arrays import BoolArray, FloatArray, IntArray
from ..evidence import Gain, paired_gain
from ..evidence.acceptance import Verdict, not_contradicted, verdict
from .search.groups import Found
from .search.passes import Pass, Trainer

__all__ = ["Outcome", "decide"]

_DOUBTFUL = 1.3  # nats a row, below which validation rows may speak for a group
_EVIDENT = 0.6  # nats a row, above which the rows of a group leave no doubt
_ORDERS_OF_ROWS = 3  # of which the best was taken, by the rows that judge
_SPEAKS = 1.0  # standard errors by which they must be better with it


class Outcome(NamedTuple):
    """What leaves.

    Attributes
    ----------
    kept : (G,) ndarray of bool
        The groups that stay.
    suspected : (G,) ndarray of bool
        Groups that seemed wrong and stay all the same.
    passes : list of Pass
        By models that were trained on what stays.
    gain : Gain or None
        Of the rows that judge; None where no group seemed wrong.
    error : float
        Their mean squared error with all groups.
    reason : str
        Why these and no more, in words.
    """

    kept: BoolArray
    suspected: BoolArray
    passes: list[Pass]
    gain: Gain | None
    error: float
    reason: str


def decide(trainer: Trainer, found: Found, extreme: BoolArray) -> Outcome:
    """Decide by the rows that judge; `extreme` are those in the tail."""
    before = _mean(found.before)
    if found.kept.all():
        reason = "none is unlike what is right beyond chance"
        return Outcome(found.kept, ~found.kept, found.before, None, float(before.mean()), reason)
    kept, after = found.kept, found.after
    by_group = trainer.table.n_groups < len(trainer.table.group_of)
    if trainer.table.n_val and by_group:
        kept, after = _with_those_spoken_for(trainer, found)
    if kept.all():
        reason = "validation rows fare worse without those that seem wrong"
        return Outcome(kept, ~found.kept, found.before, None, float(before.mean()), reason)
    before, judging, units = _judged(trainer, found, kept)
    error = float(before[judging].mean())

    def at_random() -> FloatArray:
        return trainer.judge(trainer.at_random(int((~kept).sum())), 0).loss[judging]

    said = verdict(
        before[judging],
        _mean(after)[judging],
        at_random,
        units=units,
        tails={"the tail": extreme[judging]},
        tried=1 if by_group else _ORDERS_OF_ROWS,
        spare_clear=True,
    )
    if said.accepted:
        return Outcome(kept, kept & ~found.kept, after, said.gain, error, said.reason)
    return _by_their_own_rows(trainer, found, kept, extreme, said) or Outcome(
        np.ones_like(kept), ~found.kept, found.before, said.gain, error, said.reason
    )


def _by_their_own_rows(
    trainer: Trainer, found: Found, kept: BoolArray, extreme: BoolArray, said: Verdict
) -> Outcome | None:
    """The groups whose own rows leave no doubt; the rows that judge must not contradict."""
    if trainer.table.n_groups == len(trainer.table.group_of):  # a row proves nothing
        return None
    left = kept | (found.score < _EVIDENT)
    if left.all():
        return None
    after = found.after
    if not np.array_equal(left, found.kept):
        after = [trainer.judge(left, division) for division in range(len(found.after))]
    before, judging, units = _judged(trainer, found, left)
    tails = {"the tail": extreme[judging]}
    gain = not_contradicted(before[judging], _mean(after)[judging], units=units, tails=tails)
    if gain is None:
        return None
    reason = f"{said.reason}, but the rows of these groups leave no doubt"
    error = float(before[judging].mean())
    return Outcome(left, left & ~found.kept, after, gain, error, reason)


def _judged(
    trainer: Trainer, found: Found, kept: BoolArray
) -> tuple[FloatArray, BoolArray, IntArray | None]:
    """Losses with all groups, the rows that judge, and the units that these err in."""
    before = _mean(found.before)
    if trainer.table.n_val:
        return before, np.ones(len(before), dtype=bool), None
    judging = kept[trainer.table.group_of]  # rows that stay are judged alike by both
    return before, judging, trainer.table.group_of[judging]


def _with_those_spoken_for(trainer: Trainer, found: Found) -> tuple[BoolArray, list[Pass]]:
    """Without the groups that validation rows want back.

    Right groups from regions of their own are unlike the others, too; validation rows from there
    fare worse without them.
    """
    doubtful = np.flatnonzero(~found.kept & (found.score < _DOUBTFUL))
    doubtful = doubtful[np.argsort(found.score[doubtful], kind="stable")]
    for count in (len(doubtful), len(doubtful) // 2):
        if not count:
            break
        kept = found.kept.copy()
        kept[doubtful[:count]] = True
        gain = paired_gain(found.after[0].loss, trainer.judge(kept, 0).loss)
        if gain.t > _SPEAKS:
            return kept, [trainer.judge(kept, division) for division in range(len(found.after))]
    return found.kept, found.after


def _mean(passes: list[Pass]) -> FloatArray:
    return np.asarray(np.mean([one.loss for one in passes], axis=0))
