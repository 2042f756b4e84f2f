"""Which rows lie in the tail of a target."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .._support import arrays, checks
from .._support.arrays import BoolArray, FloatArray
from .._support.messages import short

__all__ = ["Bound", "Tail", "check_tail", "rows_in_tail"]

#: One bound, or one for each side.
Bound = float | tuple[float, float]

_QUANTILE = 0.05  # of the targets, on each side, where no bound is given


@dataclass(frozen=True, repr=False)
class Tail:
    """The extremes of a target: on which side they are, and where they begin.

    What estimators, metrics and weights call the tail. It cannot be changed, two of them are equal
    if they say the same, and scikit-learn clones it.

    Parameters
    ----------
    side : {"both", "lower", "upper"}, default "both"
        Which extremes matter.
    threshold : float or (float, float), optional
        Where they begin, in the unit of the target: ``y <= threshold`` for the lower side,
        ``y >= threshold`` for the upper; for both sides a pair, lower bound first.
    quantile : float or (float, float), optional
        The same as a quantile of the targets, strictly between 0 and 1 (linear interpolation); for
        both sides a pair, or q for (q, 1 - q) with q < 0.5. At most one of `threshold` and
        `quantile` may be given; without either it is 5 % of the targets on each side that matters.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type or value, or both bounds are given.

    Examples
    --------
    >>> from paris_core.validation import Tail
    >>> Tail("lower", threshold=-100.0)
    Tail('lower', threshold=-100.0)
    >>> Tail("upper", quantile=0.8).mask([3.0, 1.0, 2.0, 9.0])
    array([False, False, False,  True])
    """

    side: str = "both"
    threshold: Bound | None = None
    quantile: Bound | None = None

    def __post_init__(self) -> None:
        checks.choice("side", self.side, ("both", "lower", "upper"))
        if self.threshold is not None and self.quantile is not None:
            raise ValueError(
                "threshold and quantile must not both be given, got "
                f"threshold={short(self.threshold)}, quantile={short(self.quantile)}"
            )
        for name in ("threshold", "quantile"):
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, _bounds(name, value, self.side))

    def bounds(self, y: ArrayLike) -> tuple[float, float]:
        """Where the tail of these targets begins.

        Parameters
        ----------
        y : (n,) array_like of float
            Targets.

        Returns
        -------
        low, high : float
            The tail is ``y <= low`` and ``y >= high``; infinite on a side that does not matter.

        Raises
        ------
        TypeError, ValueError
            If `y` is empty, not one-dimensional, or holds other than finite numbers.

        Notes
        -----
        O(n).

        Examples
        --------
        >>> from paris_core.validation import Tail
        >>> Tail(quantile=0.25).bounds([0.0, 1.0, 2.0, 3.0, 4.0])
        (1.0, 3.0)
        """
        target = arrays.series("y", y)
        if self.threshold is not None:
            found = np.atleast_1d(self.threshold)
        else:
            found = np.quantile(target, self._quantiles())
        low = float(found[0]) if self.side != "upper" else -math.inf
        high = float(found[-1]) if self.side != "lower" else math.inf
        return low, high

    def mask(self, y: ArrayLike) -> BoolArray:
        """Mark the targets that lie in the tail.

        Parameters
        ----------
        y : (n,) array_like of float
            Targets.

        Returns
        -------
        (n,) ndarray of bool

        Raises
        ------
        TypeError, ValueError
            As `bounds`.

        Notes
        -----
        O(n).

        Examples
        --------
        >>> from paris_core.validation import Tail
        >>> Tail("lower", threshold=-100.0).mask([-150.0, -20.0])
        array([ True, False])
        """
        target = arrays.series("y", y)
        low, high = self.bounds(target)
        return np.asarray((target <= low) | (target >= high))

    def _quantiles(self) -> FloatArray:
        if self.quantile is None:
            ends = {"lower": [_QUANTILE], "upper": [1.0 - _QUANTILE]}
            return np.array(ends.get(self.side, [_QUANTILE, 1.0 - _QUANTILE]))
        if self.side == "both" and not isinstance(self.quantile, tuple):
            return np.array([self.quantile, 1.0 - self.quantile])
        return np.atleast_1d(self.quantile)

    def __repr__(self) -> str:
        given = [repr(self.side)] if self.side != "both" else []
        for name in ("threshold", "quantile"):
            if getattr(self, name) is not None:
                given.append(f"{name}={getattr(self, name)!r}")
        return f"Tail({', '.join(given)})"


def check_tail(tail: Any) -> Tail:
    """`tail`, if it is one."""
    if not isinstance(tail, Tail):
        raise TypeError(
            "tail must be a paris_core.validation.Tail, such as Tail('lower', quantile=0.05), got "
            f"{short(tail)}"
        )
    return tail


def rows_in_tail(name: str, y: FloatArray, tail: Tail) -> BoolArray:
    """Mask of the entries of `y` (n,), called `name` in messages; ValueError if there are none."""
    check_tail(tail)
    if not (mask := tail.mask(y)).any():
        low, high = tail.bounds(y)
        which = "either" if tail.side == "both" else f"the {tail.side}"
        at = " and ".join(f"{bound:g}" for bound in (low, high) if math.isfinite(bound))
        raise ValueError(
            f"no row is in {which} tail: threshold is {at}, {name} is in [{y.min():g}, {y.max():g}]"
        )
    return mask


def _bounds(name: str, value: Any, side: str) -> Bound:
    """The bound, or for both sides the two of them, after checks."""
    pair = isinstance(value, (tuple, list)) or np.ndim(value) == 1
    bounds = [checks.number(name, bound) for bound in (value if pair else [value])]
    share = name == "quantile"
    if share and not all(0.0 < bound < 1.0 for bound in bounds):
        raise ValueError(f"{name} must lie strictly between 0 and 1, got {short(value)}")
    if np.isnan(bounds).any():
        raise ValueError(f"{name} must be a number, got {short(value)}")
    if side != "both":
        if pair:
            raise ValueError(f"{name} must be one number for side={side!r}, got {short(value)}")
        return float(bounds[0])
    if share and not pair and bounds[0] < 0.5:
        return float(bounds[0])
    if len(bounds) != 2 or not bounds[0] < bounds[1]:
        also = " or one number below 0.5" if share else ""
        raise ValueError(
            f"{name} must be an ascending pair (low, high){also} for side='both', got "
            f"{short(value)}"
        )
    return float(bounds[0]), float(bounds[1])
