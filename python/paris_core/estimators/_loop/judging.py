"""How well a model does on rows that it was not fitted to, and which of them is best."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ..._support import arrays
from ..._support.arrays import FloatArray, IntArray
from .rows import Rows
from .state import Model
from .tasks import Task, Weighting

__all__ = ["Judge", "Judgement"]


class Judgement(NamedTuple):
    """Errors and losses of a model; NaN where there are no such rows."""

    error: float
    tail_error: float
    monitor_error: float
    monitor_tail_error: float
    validation_loss: float
    monitor_loss: float


class Judge:
    """Validation and monitor rows, and how much each of them counts.

    Attributes
    ----------
    validation, monitor : Rows
        The rows; of the latter there may be none.
    validation_weight, monitor_weight : ndarray of float64
        Their weights.
    """

    def __init__(
        self,
        task: Task,
        validation: Rows,
        monitor: Rows,
        weighting: Weighting,
        heed: Callable[[], None],
    ) -> None:
        self._task, self._heed = task, heed
        self.validation, self.monitor = validation, monitor
        self.validation_weight = task.weight(weighting, validation.y)
        self.monitor_weight = task.weight(weighting, monitor.y) if len(monitor.y) else np.empty(0)

    def check_folds(self, fold: IntArray) -> None:
        """Raise ValueError unless every fold of the validation rows has rows that count."""
        for name in np.unique(fold):
            if not self.validation_weight[fold == name].any():
                raise ValueError(
                    f"val_weight must leave rows with a weight > 0 in each of the folds of monitor,"
                    f" fold {name} has none: give fewer folds, or other weights"
                )

    def __call__(self, model: Model) -> Judgement:
        """What these rows say of a model."""
        steered = self._scores(model, self.validation)
        watched = self._scores(model, self.monitor)
        return Judgement(
            *self._task.errors(self.validation.y, steered),
            *self._task.errors(self.monitor.y, watched),
            self._loss(self.validation, self.validation_weight, steered),
            self._loss(self.monitor, self.monitor_weight, watched),
        )

    def _scores(self, model: Model, rows: Rows) -> FloatArray:
        if not len(rows.y):
            return np.empty(0)
        scores = arrays.real_array("estimator's predictions", model.scores(rows.X))
        self._heed()
        wanted = self._task.encode(rows.y[:1]).shape[1:]
        if scores.shape != (len(rows.y), *wanted):
            raise ValueError(
                f"estimator's predictions must have shape {(len(rows.y), *wanted)}, got "
                f"{scores.shape}"
            )
        return scores

    def _loss(self, rows: Rows, weight: FloatArray, scores: FloatArray) -> float:
        if not len(rows.y):
            return math.nan
        squares = (self._task.encode(rows.y) - scores) ** 2
        return float(weight @ squares.reshape(len(weight), -1).sum(axis=1) / weight.sum())
