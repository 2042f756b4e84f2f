"""The triangle of a QR decomposition, which tells the squares of any fit to a table."""

from __future__ import annotations

import numpy as np

from .._support import arrays
from .._support.arrays import FloatArray
from .._support.signals import interruptible

__all__ = ["triangle"]

_ROWS = 1 << 16  # decomposed at a time


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


def _reduced(
    above: FloatArray, features: FloatArray, targets: FloatArray, weight: FloatArray
) -> FloatArray:
    """The triangle of these rows below what has been reduced already."""
    table = np.hstack([features, arrays.columns(targets)])
    table *= np.sqrt(weight)[:, np.newaxis]
    return np.asarray(np.linalg.qr(np.vstack([above, table]), mode="r"))
