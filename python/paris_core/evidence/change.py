"""By which fraction an error changed, and how far that is chance."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from .._support.arrays import FloatArray, IntArray
from .gain import Gain, measured

__all__ = ["Change", "both", "change"]

_COARSE = 5.0  # percentage points of an interval, above which decimals say nothing


class Change(NamedTuple):
    """By which fraction a root mean squared error changed, and the ends of its interval."""

    estimate: float
    low: float
    high: float

    @property
    def told(self) -> str:
        """In percent, with its interval: ``-28 % (-40, -12)``."""
        if math.isnan(self.estimate):
            return "unknown"
        ends = [100.0 * end for end in (self.low, self.high)]
        known = math.isfinite(sum(ends))
        digits = 1 if known and ends[1] - ends[0] < _COARSE else 0
        text = f"{100.0 * self.estimate:+.{digits}f} %"
        return text + (f" ({ends[0]:+.{digits}f}, {ends[1]:+.{digits}f})" if known else "")


def change(
    before: FloatArray, after: FloatArray, units: IntArray | None = None, level: float = 0.95
) -> Change:
    """The change of the root mean squared error, from squared errors (n,) of the same rows.

    `units` (n,) are those of rows that err together, numbered from 0.
    The ratio of the means is a ratio estimate (Cochran, Sampling Techniques, 3rd ed., section 6.4):
    its standard error is that of the mean of ``after - ratio before``. The interval is made for the
    logarithm, so that no end is below -1.
    """
    mean = float(before.mean()) if len(before) else 0.0
    if mean == 0.0 or not after.any():
        estimate = -1.0 if mean > 0.0 else math.inf if after.any() else math.nan
        return Change(estimate, math.nan, math.nan)
    ratio = float(after.mean()) / mean
    about = measured(ratio * before - after, np.ones(len(before)), units)
    low, high = Gain(0.0, about.standard_error, about.n_units).interval(level)
    root = math.sqrt(ratio)
    return Change(root - 1.0, *(_scaled(root, end / (2.0 * ratio * mean)) for end in (low, high)))


def both(whole: Change, tail: Change) -> str:
    """Changes over all rows and in the tail, in words; what is credible first."""
    if whole.high < 0.0 and not tail.high < 0.0:
        if tail.low > 0.0:
            return f"error {whole.told}, but tail error {tail.told}"
        return f"error {whole.told}; tail error {tail.told}, which may be chance"
    return f"tail error {tail.told}, error {whole.told}"


def _scaled(root: float, logarithm: float) -> float:
    try:
        return root * math.exp(logarithm) - 1.0
    except OverflowError:
        return math.inf
