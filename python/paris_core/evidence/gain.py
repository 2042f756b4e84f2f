"""The gain of one model over another on the same rows, and how far it is chance."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from .._support import arrays, checks
from .._support.arrays import FloatArray, IntArray
from .._support.messages import short

__all__ = ["Gain", "measured", "paired_gain"]


class Gain(NamedTuple):
    """By how much a loss fell, and its standard error.

    Attributes
    ----------
    mean : float
        Mean loss before minus mean loss after; above 0 the change was for the better.
    standard_error : float
        Of `mean`, over the rows or, where rows err together, over their units; NaN for one unit.
    n_units : int
        Rows, or units of rows, with a weight > 0: what it rests on.
    """

    mean: float
    standard_error: float
    n_units: int

    @property
    def t(self) -> float:
        """`mean` over its standard error; 0 where nothing changed or there is one unit."""
        if self.mean == 0.0 or not math.isfinite(self.mean) or math.isnan(self.standard_error):
            return 0.0
        if self.standard_error == 0.0:
            return math.copysign(math.inf, self.mean)
        return self.mean / self.standard_error

    def beyond_chance(self, level: float = 0.95) -> bool:
        """Whether a gain of 0 or less can be ruled out.

        Parameters
        ----------
        level : float, default 0.95
            Probability, in (0, 1), with which a gain of exactly 0 is not ruled out.

        Returns
        -------
        bool
            By Student's t distribution with ``n_units - 1`` degrees of freedom, one-sided.
        """
        share = _share("level", level)
        return self.n_units > 1 and self.t > self._quantile(share)

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Return the two-sided interval of the gain.

        Parameters
        ----------
        level : float, default 0.95
            Its probability, in (0, 1).

        Returns
        -------
        low, high : float
            By Student's t distribution; infinite for one unit.
        """
        share = _share("level", level)
        if self.n_units < 2:
            return -math.inf, math.inf
        half = self._quantile((1.0 + share) / 2.0) * self.standard_error
        return self.mean - half, self.mean + half

    def _quantile(self, level: float) -> float:
        from scipy.special import stdtrit

        return float(stdtrit(self.n_units - 1, level))


def paired_gain(
    before: ArrayLike,
    after: ArrayLike,
    *,
    weight: ArrayLike | None = None,
    units: ArrayLike | None = None,
) -> Gain:
    """Return the mean of ``before - after`` over rows, and its standard error.

    Both models see the same rows, so that what makes a row hard for both cancels.

    Parameters
    ----------
    before, after : (n,) array_like of float
        Losses of every row, such as squared errors, of the one model and of the other.
    weight : (n,) array_like of float, optional
        Weights >= 0 of the rows. Default: ones.
    units : (n,) array_like of int, bool or str, optional
        Rows of a unit (a block of time, a station) err together, so that the units are what chance
        has drawn. Default: every row is one.

    Returns
    -------
    Gain

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type, shape or value, or is empty.

    Notes
    -----
    With d = before - after and weights w the mean is m = sum(w d) / sum(w), and its variance
    G / (G - 1) times the sum over the G units of (sum of w (d - m) in the unit)^2 / sum(w)^2: that
    of a mean with clusters (Liang and Zeger, Biometrika 73, 1986). O(n log n).

    Examples
    --------
    >>> from paris_core.evidence import paired_gain
    >>> gain = paired_gain([4.0, 1.0, 9.0, 4.0], [1.0, 1.0, 4.0, 1.0])
    >>> gain.mean, round(gain.standard_error, 4), gain.beyond_chance()
    (2.75, 1.0308, True)
    >>> paired_gain([4.0, 1.0, 9.0, 4.0], [1.0, 1.0, 4.0, 1.0], units=[0, 0, 1, 1]).beyond_chance()
    False
    """
    first, second = arrays.series("before", before), arrays.series("after", after)
    if first.shape != second.shape:
        raise ValueError(
            f"after must have as many rows as before, got {len(second)} and {len(first)}"
        )
    rows = arrays.weight("weight", weight, len(first), "before")
    member = None
    if units is not None:
        names = arrays.labels("units", units, len(first), "before")
        member = np.unique(names, return_inverse=True)[1].astype(np.int64)
    return measured(first - second, rows, member)


def measured(change: FloatArray, weight: FloatArray, member: IntArray | None = None) -> Gain:
    """The gain of `change` (n,) in losses, with the unit of every row from 0 on, unchecked."""
    with np.errstate(over="ignore", invalid="ignore"):  # a gain that is no number is none
        mean = float(weight @ change / weight.sum())
        sums = weight * (change - mean)
        weight_of = weight
        if member is not None:
            sums, weight_of = (
                np.bincount(member, one).astype(np.float64, copy=False) for one in (sums, weight)
            )
        counted = int(np.count_nonzero(weight_of))  # without a weight they say nothing
        if counted < 2:
            return Gain(mean, math.nan, counted)
        spread = counted / (counted - 1) * float(sums @ sums)
        return Gain(mean, math.sqrt(spread) / float(weight.sum()), counted)


def _share(name: str, value: float) -> float:
    share = checks.positive(name, value)
    if share >= 1:
        raise ValueError(f"{name} must be in (0, 1), got {short(value)}")
    return share
