"""How well a model does on rows that it was not fitted to, and which of them is best."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ..._support import arrays
from ..._support.arrays import FloatArray, IntArray
from ..._support.scikit_learn import Rows
from .._loop.state import Model
from .._loop.tasks import Task, Weighting

__all__ = ["Judge", "Judgement"]


class Judgement(NamedTuple):
    """Errors and losses of a model; NaN where there are no such rows."""

    error: float
    tail_error: float
    monitor_error: float
    monitor_tail_error: float
    monitor_loss: float
    squares: FloatArray  # (n,) of the rows that choose, see `Judge`


class Judge:
    """Validation and monitor rows, and how much each of them counts.

    Attributes
    ----------
    validation, monitor : Rows
        The rows; of the latter there may be none.
    validation_weight, monitor_weight : ndarray of float64
        Their weights.
    weight : ndarray of float64
        Those of the rows that choose: the monitor rows, or without such the validation rows.
    units : ndarray of int64 or None
        Units of these rows that err together.
    tails : dict of str to ndarray of bool
        Which of them are in the tail, or of a class, by its name.
    """

    def __init__(
        self,
        task: Task,
        validation: Rows,
        monitor: Rows,
        weighting: Weighting,
        units: tuple[IntArray, IntArray] | None,
        heed: Callable[[], None],
    ) -> None:
        self._task, self._heed = task, heed
        self.validation, self.monitor = validation, monitor
        self.validation_weight = _weight(task, weighting, validation, "validation")
        self.monitor_weight = np.empty(0)
        if len(monitor.y):
            self.monitor_weight = _weight(task, weighting, monitor, "monitor")
        watched = len(monitor.y) > 0
        self.weight = self.monitor_weight if watched else self.validation_weight
        self.tails = task.tails(monitor.y if watched else validation.y)
        self.units = None if units is None else units[watched]

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
        squares = self._squares(self.monitor, watched)
        return Judgement(
            *self._task.errors(self.validation.y, steered, self.validation.weight),
            *self._task.errors(self.monitor.y, watched, self.monitor.weight),
            _mean(squares, self.monitor_weight),
            squares if len(squares) else self._squares(self.validation, steered),
        )

    def squares(self, model: Model) -> FloatArray:
        """Squared errors (n,) of the rows that choose."""
        rows = self.monitor if len(self.monitor.y) else self.validation
        return self._squares(rows, self._scores(model, rows))

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

    def _squares(self, rows: Rows, scores: FloatArray) -> FloatArray:
        if not len(rows.y):
            return np.empty(0)
        squares = (self._task.encode(rows.y) - scores) ** 2
        return np.asarray(squares.reshape(len(rows.y), -1).sum(axis=1))


def _weight(task: Task, weighting: Weighting, rows: Rows, part: str) -> FloatArray:
    """The weights of rows by `val_weight`, times their own."""
    weight = task.weight(weighting, rows.y)
    if rows.weight is None:
        return weight
    if not (weight * rows.weight).any():
        raise ValueError(
            f"val_weight must leave {part} rows whose sample_weight is above zero, got none"
        )
    return weight * rows.weight


def _mean(squares: FloatArray, weight: FloatArray) -> float:
    return float(weight @ squares / weight.sum()) if len(squares) else math.nan
