"""The last fit: of the chosen model to every row that was not removed."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

from sklearn.base import clone

from ... import regularization
from ..._support.arrays import FloatArray
from ..._support.scikit_learn import Rows
from ...linalg import weighting
from ...linalg.ridge_factor import RidgeFactor
from .._loop.settings import Settings
from .._loop.state import Model
from .._loop.tasks import Task
from .training import Training

__all__ = ["head_of", "refitted"]


def refitted(
    chosen: Model,
    prototype: Any,
    left: Rows,
    learned: Rows,
    task: Task,
    lam: float | str,
    settings: Settings,
    trainer: Training,
) -> Model:
    """The chosen model, fitted anew.

    As a round does: "estimator" trains afresh, "continue" goes on from the chosen model, "head"
    learns features from all rows and fits the head to those that were not removed.

    Parameters
    ----------
    chosen : Model
        Whose rows were removed.
    prototype : object
        The extractor before any fit.
    left, learned : Rows
        What the model is fitted to, and what its features are learned from.
    task : Task
        With the scale of the targets that are left.
    lam : float or str
        Ridge parameter of a head: that of the deletions, if there were any.
    settings : Settings
        Those of the loop.
    trainer : Training
        That of the loop.
    """
    if settings.continues:
        extractor = copy.deepcopy(chosen.extractor)
    else:
        extractor = clone(prototype, safe=False)
    trainer.train(extractor, learned, task)
    head = head_of(extractor, left, task, lam) if settings.head_only else None
    return replace(chosen, extractor=extractor, head=head, fits=())


def head_of(extractor: Any, rows: Rows, task: Task, lam: float | str) -> FloatArray:
    """The ridge head on the features of some rows."""
    Phi, targets = extractor.transform(rows.X), task.encode(rows.y)
    Phi, targets = weighting.scaled(Phi, targets, rows.weight)
    penalty = regularization.parse(lam, Phi, targets, 1, rows.weight)
    return RidgeFactor(Phi, targets, penalty).weights
