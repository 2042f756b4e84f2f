"""Weights of training rows: ridge regression on rows times the roots of their weights."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._support import arrays, memory
from .._support.arrays import FloatArray
from .._support.signals import interruptible

__all__ = ["checked", "n_counted", "scaled"]


def checked(name: str, value: Any, n_rows: int, like: str = "Phi") -> FloatArray | None:
    """`value` as weights >= 0 of the rows of `like`, not all zero; None if it is None."""
    return None if value is None else arrays.weight(name, value, n_rows, like)


def n_counted(weight: FloatArray | None, n_rows: int) -> int:
    """How many of the rows have a weight above zero."""
    return n_rows if weight is None else int(np.count_nonzero(weight))


def scaled(
    features: FloatArray, targets: FloatArray, weight: FloatArray | None
) -> tuple[FloatArray, FloatArray]:
    """Rows whose sums of products are those of the given rows with their weights.

    With sqrt(a) φ and sqrt(a) y for φ and y, residuals, leverages and what deletions do become
    those of the ridge regression that minimises Σ a (y - φ'w)² + λ|w|². The arrays themselves if
    `weight` is None.
    """
    if weight is None:
        return features, targets
    memory.require(
        8 * (features.size + targets.size), "the rows times their weights", "use fewer rows"
    )
    root = np.sqrt(weight)
    cost = interruptible.PASS * features.size
    rows = interruptible.call(cost, np.multiply, features, root[:, np.newaxis])
    outputs = (targets.T * root).T
    return (
        arrays.real_array("Phi times the roots of sample_weight", rows, vanishing=False),
        arrays.real_array("y times the roots of sample_weight", outputs, vanishing=False),
    )
