"""The last fit: of the chosen model to every row that was not removed."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
from sklearn.base import clone

from ... import regularization
from ..._support.arrays import FloatArray, IntArray
from ..._support.scikit_learn import Rows
from ...linalg.ridge_factor import RidgeFactor
from .._loop.settings import Settings
from .._loop.state import Model
from .._loop.tasks import Task
from .training import Training

__all__ = ["head_of", "refitted"]


def refitted(
    chosen: Model,
    prototype: Any,
    task: Task,
    rows: Rows,
    more: Rows | None,
    gone: IntArray,
    lam: float | str,
    settings: Settings,
    trainer: Training,
) -> tuple[Model, Task]:
    """The model, and the task with the scale of the targets that it was fitted to.

    As a round does: "estimator" trains afresh, "continue" goes on from the chosen model, "head"
    learns features from all rows and fits the head to those that were not removed.

    Parameters
    ----------
    chosen : Model
        Whose rows were removed.
    prototype : object
        The extractor before any fit.
    task : Task
        That of the rounds.
    rows : Rows
        All rows of X.
    more : Rows or None
        Those of X_val.
    gone : ndarray of int64
        Positions in X of the removed rows.
    lam : float or str
        Ridge parameter of a head: that of the deletions, if there were any.
    settings : Settings
        Those of the loop.
    trainer : Training
        That of the loop.
    """
    stays = np.ones(len(rows.y), dtype=np.bool_)
    stays[gone] = False
    left = rows.at(np.flatnonzero(stays))
    learned = rows if settings.head_only else left
    if more is not None:
        left, learned = left.and_(more), learned.and_(more)
    scaled = task.scaled_by(left.y)
    if settings.continues:
        extractor = copy.deepcopy(chosen.extractor)
    else:
        extractor = clone(prototype, safe=False)
    trainer.train(extractor, learned, scaled)
    head = None
    if settings.head_only:
        head = head_of(extractor, left, scaled, lam)
    everything: IntArray = np.flatnonzero(stays).astype(np.int64)
    return Model(extractor, head, everything, gone, chosen.round), scaled


def head_of(extractor: Any, rows: Rows, task: Task, lam: float | str) -> FloatArray:
    """The ridge head on the features of some rows."""
    Phi, targets = extractor.transform(rows.X), task.encode(rows.y)
    penalty = regularization.parse(lam, Phi, targets, 1)
    return RidgeFactor(Phi, targets, penalty).weights
