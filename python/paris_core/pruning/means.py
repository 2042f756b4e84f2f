"""Losses as means: the one place where what is told is scaled. What decides compares sums."""

from __future__ import annotations

import math

import numpy as np

from .._support.arrays import FloatArray
from .objective import Objective

__all__ = ["divisor", "total"]


def divisor(objective: Objective, weight: FloatArray) -> float:
    """What makes the sum of ω |r|² over the validation rows that count their mean.

    Σ ω over all rows for "mean". For "worst" so many rows as count, times the mean of the weights
    above zero: weights are relative, and if all rows are among the worst, that is the mean.
    """
    if objective.name == "mean":
        return total(weight)
    weighing = int(np.count_nonzero(weight))
    return min(objective.n_worst, weighing) * (total(weight) / weighing)


def total(weight: FloatArray) -> float:
    """Σ ω, correctly rounded."""
    return math.fsum(weight.tolist())
