"""The linear models whose errors and leverages the scores are made of."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.linear_model import LogisticRegression

from .. import regularization
from .._support import arrays, checks
from .._support.arrays import FloatArray
from .._support.signals import ctrl_c, interruptible
from ..linalg.ridge_factor import RidgeFactor
from .targets import Targets

_BLOCK = 1 << 17  # elements of a temporary table


class Ridge:
    """Ridge regression on all outputs: the weights (D, C), and A⁻¹ for A = Phi'Phi + lam I."""

    def __init__(self, features: FloatArray, targets: FloatArray, lam: Any) -> None:
        n_threads = checks.n_threads(None)
        number = regularization.parse("auto" if lam is None else lam, features, targets, n_threads)
        self._factor = RidgeFactor(features, targets, number)
        self.weights = self._factor.weights

    def solve(self, b: FloatArray) -> FloatArray:
        """A⁻¹ b for b (D, C)."""
        return np.column_stack([self._factor.solve(column) for column in b.T])

    def leverages(self, features: FloatArray) -> FloatArray:
        """φ'A⁻¹φ of each row."""
        lower = self._factor.lower
        inverse = interruptible.call(len(lower) ** 3, np.linalg.inv, lower)
        result = np.empty(len(features))
        step = max(1, _BLOCK // features.shape[1])
        for start in range(0, len(features), step):
            half = features[start : start + step] @ inverse.T
            result[start : start + step] = squared_norms(half)
        return result


def squared_norms(table: FloatArray) -> FloatArray:
    """Squared Euclidean norm of each row."""
    return row_products(table, table)


def row_products(table: FloatArray, other: FloatArray) -> FloatArray:
    """Product of each row with that of another table."""
    cost = interruptible.PASS * table.size
    return np.asarray(interruptible.call(cost, np.einsum, "ij,ij->i", table, other))


def errors(
    features: FloatArray, y: Targets, *, lam: Any, model: Any, predictions: ArrayLike | None
) -> FloatArray:
    """Target minus prediction (N, C), of predictions that are given or of a model fitted here."""
    if predictions is not None:
        for name, option in (("lam", lam), ("model", model)):
            if option is not None:
                raise ValueError(f"{name} must not be given with predictions, got {option!r}")
        table = arrays.real_array("predictions", predictions)
        wanted = y.values.shape[:1] if y.one_dimensional else y.values.shape
        if table.shape not in (wanted, y.values.shape):
            raise ValueError(f"predictions must have shape {wanted}, got {table.shape}")
        return y.values - table.reshape(y.values.shape)
    chosen = checks.choice("model", "ridge" if model is None else model, ("ridge", "softmax"))
    if chosen == "ridge":
        weights = Ridge(features, y.values, lam).weights
        return y.values - interruptible.product(features, weights)
    return y.values - _softmax_probabilities(features, y, lam)


def _softmax_probabilities(features: FloatArray, y: Targets, lam: Any) -> FloatArray:
    if y.codes is None:
        raise ValueError("model='softmax' needs classes, but y holds targets of a regression")
    if lam is None or isinstance(lam, str):
        raise ValueError(f"lam must be a number for model='softmax', got {lam!r}")
    model = LogisticRegression(
        C=1.0 / checks.penalty("lam", lam), fit_intercept=False, tol=1e-6, max_iter=10_000
    )
    if (y.codes == y.codes[0]).all():
        raise ValueError("model='softmax' needs rows of two classes, but y holds one only")
    with ctrl_c.heeded():
        model.fit(features, y.codes)
    result = np.zeros(y.values.shape)
    result[:, model.classes_] = model.predict_proba(features)
    return result
