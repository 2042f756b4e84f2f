"""From what was found to what the user is told."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._support.arrays import BoolArray, FloatArray, IntArray
from .deciding import Outcome
from .faults import fault
from .result import AuditResult
from .search.groups import Found
from .search.passes import Trainer
from .search.score import chance

__all__ = ["told_of"]

_SUSPECTS = 10
_SUSPICIOUS = 0.2  # nats a row


def told_of(
    trainer: Trainer,
    labels: NDArray[Any],
    found: Found,
    outcome: Outcome,
    model: Any,
    elapsed: float,
) -> AuditResult:
    """The result."""
    table = trainer.table
    n_groups, n_rows = table.n_groups, len(table.group_of)
    single = n_groups == n_rows
    y, sizes = table.y[:n_rows], np.bincount(table.group_of, minlength=n_groups)
    predicted = np.mean([one.predicted for one in outcome.passes], axis=0)
    error = y - predicted
    removed = _by_score(~outcome.kept, found.score)
    suspects = _by_score(_suspects(found, outcome, single), found.score)[:_SUSPECTS]
    kinds, words = [""] * n_groups, [""] * n_groups
    if not single:
        for group in (*removed, *suspects):
            rows = np.flatnonzero(table.group_of == group)
            kinds[group], _, words[group] = fault(y[rows], predicted[rows], outcome.passes[0].right)
    place = np.full(n_groups, n_groups)
    place[removed] = np.arange(len(removed))
    leaving = np.flatnonzero(~outcome.kept[table.group_of])
    return AuditResult(
        removed_groups=labels[removed],
        removed=leaving[np.argsort(place[table.group_of[leaving]], kind="stable")].astype(np.int64),
        suspects=labels[suspects],
        model=model,
        gain=outcome.gain,
        error=outcome.error,
        blind=not table.n_val,
        stop_reason=outcome.reason,
        labels=labels,
        n_rows=sizes.astype(np.int64),
        mean_error=np.bincount(table.group_of, error, n_groups) / sizes,
        mean_absolute_error=np.bincount(table.group_of, np.abs(error), n_groups) / sizes,
        score=found.score,
        stability=found.stability,
        fault=np.array(kinds),
        detail=np.array(words),
        n_trainings=trainer.n_trainings,
        elapsed=elapsed,
    )


def _suspects(found: Found, outcome: Outcome, single: bool) -> BoolArray:
    """What stays, and may be wrong."""
    if single:
        return outcome.suspected
    unlike = (found.score > _SUSPICIOUS) & (found.score > chance(found.after[0].scores.n_rows))
    return np.asarray(outcome.kept & (unlike | outcome.suspected))


def _by_score(mask: BoolArray, score: FloatArray) -> IntArray:
    """The groups of a mask, the most unlike first."""
    which = np.flatnonzero(mask)
    return np.asarray(which[np.argsort(-score[which], kind="stable")], dtype=np.int64)
