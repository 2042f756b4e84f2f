"""How low the mean loss of the validation rows can get at all."""

from __future__ import annotations

import math

import numpy as np

from .._support.arrays import FloatArray
from ..linalg.triangle import triangle

__all__ = ["floor", "least_loss"]

_ROUNDING = 1e-12  # of ‖y‖ ‖r‖: what the decomposition may be off by, with room to spare


def least_loss(features: FloatArray, targets: FloatArray, weight: FloatArray) -> float:
    """A lower bound on Σ ω |r|² over all weights w there are: that of weighted least squares.

    No deletion can bring the loss below. With g = Φ'ωr and M = Φ'ωΦ, L − g'M⁺g at any w; computed
    by a QR decomposition, which squares nothing. Directions that are lost in rounding once all
    columns of Φ have the length 1 count as none.
    """
    dimension = features.shape[1]
    reduced = triangle(features, targets, weight)
    table, y = reduced[:, :dimension], reduced[:, dimension:]
    lengths = np.linalg.norm(table, axis=0)
    directions, sizes, _ = np.linalg.svd(
        table / np.where(lengths > 0.0, lengths, 1.0), full_matrices=False
    )
    tiny = float(np.finfo(np.float64).eps) * max(features.shape) * sizes.max(initial=0.0)
    basis = directions[:, sizes > tiny]
    # Twice, as residuals of what was nearly all explained are off by what explained it.
    residuals = y - basis @ (basis.T @ y)
    residuals -= basis @ (basis.T @ residuals)
    length = float(np.linalg.norm(residuals))
    return max(0.0, length * (length - _ROUNDING * float(np.linalg.norm(y))))


def floor(
    features: FloatArray, targets: FloatArray, weight: FloatArray, tolerance: float
) -> float:
    """The Σ ω |r|² from which no deletion can take more than a share of `tolerance`."""
    if tolerance >= 1.0:
        return math.inf
    return least_loss(features, targets, weight) / (1.0 - tolerance)
