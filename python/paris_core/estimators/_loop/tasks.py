"""What regression and classification do differently: targets, errors, tails."""

from __future__ import annotations

import copy
import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import assert_all_finite
from sklearn.utils.multiclass import check_classification_targets

from ..._support import arrays
from ..._support.arrays import BoolArray, FloatArray, IntArray
from ...metrics import rmse
from ...validation import Tail, weights
from ...validation.encoding import indicators

WEIGHTS = ("inverse-density", "tail")

Weighting = str | Callable[[NDArray[Any]], ArrayLike] | None


class Task(ABC):
    """How targets become numbers to prune by, and predictions become errors."""

    @abstractmethod
    def encode(self, y: NDArray[Any]) -> FloatArray:
        """Targets of the ridge: (n,), or (n, C) for classes."""

    @abstractmethod
    def decode(self, scores: FloatArray) -> NDArray[Any]:
        """Predictions in the terms of `y`, from scores in those of `encode`."""

    @abstractmethod
    def tail_rows(self, y: NDArray[Any]) -> dict[str, int]:
        """How many rows each tail, or class, has."""

    @abstractmethod
    def tails(self, y: NDArray[Any]) -> dict[str, BoolArray]:
        """The rows of the tail, or of each class, that must not fare worse."""

    @abstractmethod
    def scaled_by(self, y: NDArray[Any], weight: FloatArray | None = None) -> Task:
        """The same task for a model that is trained on these targets."""

    @abstractmethod
    def errors(
        self, y: NDArray[Any], scores: FloatArray, weight: FloatArray | None = None
    ) -> tuple[float, float]:
        """The error over all rows and in the tail; NaN where the tail is empty."""

    @abstractmethod
    def strata(self, y: NDArray[Any]) -> IntArray | None:
        """The group of each row none of which may die out; None if there are no such groups."""

    @abstractmethod
    def _named_weight(self, name: str, y: NDArray[Any]) -> FloatArray:
        """Weights by one of `WEIGHTS`."""

    def weight(self, weighting: Weighting, y: NDArray[Any]) -> FloatArray:
        """Weights (n,) of rows that steer or monitor."""
        if weighting is None:
            return np.ones(len(y))
        if callable(weighting):
            return arrays.weight("val_weight(y)", weighting(y), len(y), "y")
        return self._named_weight(weighting, y)


class Regression(Task):
    """Targets are standardised; the tail is where they are extreme.

    The head's ridge penalty acts on the constant, too, so that it shrinks towards the mean, and λ
    does not depend on the unit.
    """

    def __init__(
        self,
        y_training: FloatArray,
        y_held_out: FloatArray,
        tail: Tail,
        weight: FloatArray | None = None,
    ) -> None:
        self._side = tail.side
        self.low, self.high = tail.bounds(y_held_out)
        self._scale_by(y_training, weight)

    def _scale_by(self, y: FloatArray, weight: FloatArray | None) -> None:
        if weight is None:
            self.mean, deviation = float(y.mean()), float(y.std())
        else:
            self.mean = float(np.average(y, weights=weight))
            deviation = math.sqrt(np.average((y - self.mean) ** 2, weights=weight))
        # Of equal targets the deviation may be a rounding error.
        self.scale = deviation if deviation > 1e-14 * abs(self.mean) else 1.0

    def scaled_by(self, y: NDArray[Any], weight: FloatArray | None = None) -> Regression:
        other = copy.copy(self)
        other._scale_by(y, weight)
        return other

    def encode(self, y: NDArray[Any]) -> FloatArray:
        return np.asarray((y - self.mean) / self.scale)

    def decode(self, scores: FloatArray) -> FloatArray:
        return np.asarray(self.mean + self.scale * scores)

    def tail_rows(self, y: NDArray[Any]) -> dict[str, int]:
        counts = {}
        if self._side != "upper":
            counts[f"the lower tail (y <= {self.low:g})"] = int((y <= self.low).sum())
        if self._side != "lower":
            counts[f"the upper tail (y >= {self.high:g})"] = int((y >= self.high).sum())
        return counts

    def _named_weight(self, name: str, y: NDArray[Any]) -> FloatArray:
        if name == "tail":
            mask = self._tail(y)
            if not mask.any():
                raise ValueError(
                    "val_weight='tail' needs rows in the tail among those that steer and those "
                    "that monitor: give more of them, or a wider tail"
                )
            return mask.astype(np.float64)
        return weights.inverse_density(y)

    def errors(
        self, y: NDArray[Any], scores: FloatArray, weight: FloatArray | None = None
    ) -> tuple[float, float]:
        if weight is not None and len(y):
            counts = weight > 0
            y, scores, weight = y[counts], scores[counts], weight[counts]
        if not len(y):
            return math.nan, math.nan
        predictions = self.decode(scores)
        inside = self._tail(y)
        if not inside.any():
            return _rmse(y, predictions, weight), math.nan
        of_tail = None if weight is None else weight[inside]
        return (
            _rmse(y, predictions, weight),
            _rmse(y[inside], predictions[inside], of_tail),
        )

    def tails(self, y: NDArray[Any]) -> dict[str, BoolArray]:
        return {"the tail": self._tail(y)}

    def strata(self, y: NDArray[Any]) -> None:
        return None

    def _tail(self, y: NDArray[Any]) -> BoolArray:
        return np.asarray((y <= self.low) | (y >= self.high))


class Classification(Task):
    """Targets are the columns of a one-hot table; the tail is the class that fares worst.

    Parameters
    ----------
    y : (n,) ndarray
        All labels.
    y_training : (n,) ndarray
        Those of the training rows, which must have rows of every class.
    """

    def __init__(self, y: NDArray[Any], y_training: NDArray[Any]) -> None:
        self.classes = np.unique(y)
        if len(self.classes) < 2:
            raise ValueError(
                f"y must hold at least two classes, got one class: {y[:1].tolist()[0]!r}"
            )
        for name in self.classes[~np.isin(self.classes, y_training)].tolist():
            raise ValueError(
                f"class {name!r} has no row left to train on: give more rows of it, or a smaller "
                "validation_split"
            )

    def encode(self, y: NDArray[Any]) -> FloatArray:
        return indicators(self._codes(y), len(self.classes))

    def decode(self, scores: FloatArray) -> NDArray[Any]:
        return np.asarray(self.classes[np.argmax(scores, axis=1)])

    def tail_rows(self, y: NDArray[Any]) -> dict[str, int]:
        count = np.bincount(self._codes(y), minlength=len(self.classes))
        return {f"class {name}": int(n) for name, n in zip(self.classes, count, strict=True)}

    def _named_weight(self, name: str, y: NDArray[Any]) -> FloatArray:
        if name == "tail":
            raise ValueError(
                "val_weight='tail' is for regression; for classes take 'inverse-density', which "
                "gives every class the same total weight"
            )
        codes = self._codes(y)
        weight = 1.0 / np.bincount(codes, minlength=len(self.classes))[codes]
        return np.asarray(weight / weight.mean())

    def errors(
        self, y: NDArray[Any], scores: FloatArray, weight: FloatArray | None = None
    ) -> tuple[float, float]:
        if not len(y):
            return math.nan, math.nan
        codes = self._codes(y)
        right = np.argmax(scores, axis=1) == codes
        count = np.bincount(codes, weight, len(self.classes))
        found = np.bincount(codes, right if weight is None else right * weight, len(self.classes))
        recall = found[count > 0] / count[count > 0]
        return 1.0 - float(np.average(right, weights=weight)), 1.0 - float(recall.min())

    def tails(self, y: NDArray[Any]) -> dict[str, BoolArray]:
        codes = self._codes(y)
        return {f"class {name}": codes == code for code, name in enumerate(self.classes)}

    def scaled_by(self, y: NDArray[Any], weight: FloatArray | None = None) -> Classification:
        return self

    def strata(self, y: NDArray[Any]) -> IntArray:
        return self._codes(y)

    def _codes(self, y: NDArray[Any]) -> IntArray:
        strange = np.flatnonzero(~np.isin(y, self.classes))
        if len(strange):
            raise ValueError(f"y_val must hold classes of y only, got {y[strange].tolist()[0]!r}")
        return np.searchsorted(self.classes, y).astype(np.int64)


def _rmse(y: FloatArray, predictions: FloatArray, weight: FloatArray | None) -> float:
    if weight is None:
        return rmse(y, predictions)
    return math.sqrt(np.average((y - predictions) ** 2, weights=weight))


def checked_labels(name: str, y: NDArray[Any]) -> NDArray[Any]:
    """`y` (n,) as it is, if it may be labels of classes."""
    assert_all_finite(y, input_name=name)
    check_classification_targets(y)
    return y


def numeric_targets(name: str, y: NDArray[Any]) -> FloatArray:
    """`y` (n,) as finite numbers, also from Python objects."""
    if y.dtype.kind == "O":
        try:
            y = y.astype(np.float64)
        except (TypeError, ValueError) as error:
            raise TypeError(f"Unknown label type: {name} must be real numbers, {error}") from error
    return arrays.series(name, y)
