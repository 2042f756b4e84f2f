"""How far an outer loop has come: all that a checkpoint holds."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sklearn.base import clone

from ..._support.arrays import FloatArray, IntArray
from ..._support.signals import interruptible
from ...evidence.gain import Gain
from ...results.groups import GroupPruneResult
from ...results.rows import PruneResult
from ..history import Round
from .parts import Parts

__all__ = ["CLOCKS", "RECORDS", "Model", "Result", "State", "everything"]

CLOCKS = ("training", "pruning", "all")

Result = PruneResult | GroupPruneResult


@dataclass
class Model:
    """What predicts: an extractor and, where only that is fitted to the kept rows, a head on it."""

    extractor: Any
    head: FloatArray | None
    kept: IntArray  # positions among the training rows
    removed: IntArray  # the others, in the order of deletion
    round: int
    fits: tuple[IntArray, ...] = ()  # the rows of each fit, one after the other, of the extractor

    def scores(self, X: Any) -> FloatArray:
        """Predictions in the terms of encoded targets: (n,), or (n, C) for classes."""
        if self.head is not None:
            return interruptible.product(self.extractor.transform(X), self.head)
        if hasattr(self.extractor, "predict_proba"):
            return np.asarray(self.extractor.predict_proba(X))
        return np.asarray(self.extractor.predict(X))


@dataclass
class State:
    """How far a loop has come."""

    parts: Parts
    prototype: Any  # the extractor before any fit
    model: Model
    best: Model
    best_loss: float = math.inf
    before: FloatArray | None = None  # losses of the rows that choose, with all training rows
    least: FloatArray | None = None  # with the rows of `best`, or where `keep` is given, the last
    gain: Gain | None = None  # of `best`; while that is round 0, of the round that came nearest
    verdict: str = ""  # on that round, in words
    refused: int = 0  # rounds in a row that were not
    sweep: int = 1
    began: int = 0  # the round before the sweep's first
    history: list[Round] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    fold: IntArray | None = None  # of the validation rows, where they monitor in turn
    under_way: PruneResult | None = None  # deletions whose round is not over, or its pruner not
    clock: dict[str, float] = field(default_factory=lambda: dict.fromkeys(CLOCKS, 0.0))
    final: Model | None = None  # of the last fit, whose rows are positions in X

    @classmethod
    def at_start(cls, parts: Parts, prototype: Any, fold: IntArray | None) -> State:
        """Nothing fitted yet, all training rows kept."""
        model = Model(clone(prototype, safe=False), None, *everything(len(parts.training)), 0)
        return cls(parts, prototype, model, model, fold=fold)

    def reason(self, what: str, chooses: bool) -> str:
        """Why `what` has left, in words; `chooses`: whether that had to earn its place."""
        if not chooses:
            return f"as keep asks: {what} removed"
        if self.best.round:
            return f"deletion: {what} removed, {self.verdict}"
        return f"no deletion: {self.verdict or 'none was found that lowers the loss'}"


#: What is stored by its fields.
RECORDS = (State, Model, Parts, Round, Gain, PruneResult, GroupPruneResult)


def everything(n_rows: int) -> tuple[IntArray, IntArray]:
    """All rows kept, none removed."""
    return np.arange(n_rows, dtype=np.int64), np.empty(0, dtype=np.int64)
