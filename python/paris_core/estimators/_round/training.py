"""Fitting extractors to the training rows that are left."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from ..._support.arrays import IntArray
from ..._support.scikit_learn import Rows, takes_labels
from ...progress import training
from .._checkpoint.checkpoint import Checkpoint
from .._checkpoint.terms import ToBeFitted
from .._loop.state import Model, State
from .._loop.tasks import Task

__all__ = ["Training"]


class Training:
    """Fits extractors.

    Parameters
    ----------
    task : Task
        How targets are encoded.
    rows : Rows
        All training rows.
    continues : bool
        Whether a training goes on from the one before it.
    quiet : bool
        About networks that did not converge.
    heed : callable
        Called after each fit, to raise what it may have hidden.
    """

    def __init__(
        self, task: Task, rows: Rows, continues: bool, quiet: bool, heed: Callable[[], None]
    ) -> None:
        self._task, self._rows, self._continues = task, rows, continues
        self._quiet, self._heed = quiet, heed

    def fit(self, model: Model, prototype: Any) -> None:
        """Fit the extractor of `model` to the rows that it keeps."""
        if model.round and not self._continues:
            model.extractor, model.fits = clone(prototype, safe=False), ()
        self._train(model.extractor, model.kept)
        model.fits = (*model.fits, model.kept)

    def fit_what_was_not_stored(
        self, state: State, probe: Any, checkpoint: Checkpoint | None
    ) -> None:
        """Train extractors that a checkpoint could not hold, on the rows that they had.

        `probe` are rows of inputs, by which they are compared.
        """
        again: dict[int, Any] = {}
        for model in (state.model, state.best):
            missing = model.extractor
            if not isinstance(missing, ToBeFitted):
                continue
            if id(missing) not in again:
                extractor = self.fitted(state.prototype, model.fits)
                assert checkpoint is not None
                again[id(missing)] = _the_same(extractor, missing, probe, checkpoint)
            model.extractor = again[id(missing)]

    def fitted(self, prototype: Any, fits: tuple[IntArray, ...]) -> Any:
        """A new extractor, fitted to these training rows, one after the other."""
        extractor = clone(prototype, safe=False)
        for kept in fits:
            self._train(extractor, kept)
        return extractor

    def train(self, extractor: Any, rows: Rows, task: Task) -> None:
        """Fit an extractor to any rows."""
        targets = rows.y if takes_labels(extractor) else task.encode(rows.y)
        with warnings.catch_warnings():
            if self._quiet:
                warnings.simplefilter("ignore", ConvergenceWarning)
            weights = {} if rows.weight is None else {"sample_weight": rows.weight}
            with training(extractor):
                extractor.fit(rows.X, targets, **weights)
        self._heed()

    def _train(self, extractor: Any, kept: IntArray) -> None:
        self.train(extractor, self._rows.at(kept), self._task)


def _the_same(extractor: Any, missing: ToBeFitted, probe: Any, checkpoint: Checkpoint) -> Any:
    shown = np.asarray(extractor.transform(probe))
    if shown.shape != missing.shown.shape or (shown != missing.shown).any():
        raise checkpoint.refusal(
            f"cannot hold what {type(extractor).__name__} has learned, and fitted again to the "
            "same rows it gives other features: the run can go on only where training is "
            "repeatable (seeds, the same CPU, no GPU)"
        )
    return extractor
