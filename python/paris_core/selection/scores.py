"""Scores of training rows, of which a selector keeps the largest."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .._support import arrays
from .._support.arrays import FloatArray
from .._support.signals.interruptible import product
from . import models
from .targets import Targets, read_like


def el2n(
    features: FloatArray,
    y: Targets,
    *,
    lam: Any = None,
    model: Any = None,
    predictions: ArrayLike | None = None,
) -> FloatArray:
    """Norm of the error, |y - p|."""
    error = models.errors(features, y, lam=lam, model=model, predictions=predictions)
    return np.sqrt(models.squared_norms(error))


def grand(
    features: FloatArray,
    y: Targets,
    *,
    lam: Any = None,
    model: Any = None,
    predictions: ArrayLike | None = None,
) -> FloatArray:
    """Norm of the gradient φ (p - y)' of the loss of a row, |y - p| |φ|."""
    error = el2n(features, y, lam=lam, model=model, predictions=predictions)
    return error * np.sqrt(models.squared_norms(features))


def leverage(features: FloatArray, y: Targets, *, lam: Any = None) -> FloatArray:
    """Ridge leverage scores."""
    return models.Ridge(features, y.values, lam).leverages(features)


def influence(
    features: FloatArray,
    y: Targets,
    *,
    lam: Any = None,
    Phi_val: ArrayLike | None = None,
    y_val: ArrayLike | None = None,
    val_weight: ArrayLike | None = None,
) -> FloatArray:
    """First-order change of the validation loss when a row is removed."""
    if Phi_val is None or y_val is None:
        missing = "Phi_val" if Phi_val is None else "y_val"
        raise ValueError(f"{missing} must be given for 'influence'")
    validation = arrays.matrix("Phi_val", Phi_val, columns=features.shape[1])
    goal = read_like("y_val", y_val, len(validation), "Phi_val", y).values
    weight = arrays.weight("val_weight", val_weight, len(validation), "Phi_val")

    ridge = models.Ridge(features, y.values, lam)
    residual = goal - product(validation, ridge.weights)
    direction = ridge.solve(product(validation.T, weight[:, None] * residual))
    error = y.values - product(features, ridge.weights)
    return np.asarray(2.0 * models.row_products(product(features, direction), error))
