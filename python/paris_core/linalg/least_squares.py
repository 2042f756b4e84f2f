"""What a QR decomposition says of all fits to a table: their squares, and the least of them."""

from __future__ import annotations

import numpy as np

from .._support import arrays
from .._support.arrays import FloatArray
from .._support.signals import interruptible

__all__ = ["least_loss", "triangle"]

_ROWS = 1 << 16  # decomposed at a time
_ROUNDING = 1e-12  # of ‖y‖ ‖r‖: what the decomposition may be off by, with room to spare


def triangle(features: FloatArray, targets: FloatArray, weight: FloatArray) -> FloatArray:
    """R (n, D + C) of a QR decomposition of [Φ, y], its rows weighted by √ω; n <= D + C.

    Orthogonal, so that the lengths of residuals stay; Φ'ωΦ would square what cancels. 2 V (D + C)²
    time; memory for 65,536 rows.
    """
    width = features.shape[1] + arrays.columns(targets).shape[1]
    reduced = np.empty((0, width))
    for start in range(0, len(features), _ROWS):
        rows = slice(start, start + _ROWS)
        part = features[rows], targets[rows], weight[rows]
        cost = len(part[0]) * width * (width + interruptible.PASS)
        reduced = interruptible.call(cost, _reduced, reduced, *part)
    return reduced


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


def _reduced(
    above: FloatArray, features: FloatArray, targets: FloatArray, weight: FloatArray
) -> FloatArray:
    """The triangle of these rows below what has been reduced already."""
    table = np.hstack([features, arrays.columns(targets)])
    table *= np.sqrt(weight)[:, np.newaxis]
    return np.asarray(np.linalg.qr(np.vstack([above, table]), mode="r"))
