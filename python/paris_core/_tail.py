"""Which rows lie in the tail of a target."""

from __future__ import annotations

import numbers
from collections.abc import Iterable
from typing import Any

import numpy as np

from . import _arguments
from ._arguments import BoolArray, FloatArray

#: One bound, or one for each side.
Bound = float | tuple[float, float]


def tail_mask(
    name: str, y: FloatArray, *, threshold: Bound | None, quantile: Bound | None, side: str
) -> BoolArray:
    """Mask of the entries of `y` (n,), called `name` in messages, that lie in the tail."""
    bounds = check(threshold=threshold, quantile=quantile, side=side)
    if threshold is None:
        bounds = np.quantile(y, bounds)
    mask = np.zeros(y.shape, dtype=np.bool_)
    if side != "upper":
        mask |= y <= bounds[0]
    if side != "lower":
        mask |= y >= bounds[-1]
    if not mask.any():
        which = "either" if side == "both" else f"the {side}"
        at = " and ".join(f"{bound:g}" for bound in bounds)
        raise ValueError(
            f"no row is in {which} tail: threshold is {at}, {name} is in [{y.min():g}, {y.max():g}]"
        )
    return mask


def check(*, threshold: Bound | None, quantile: Bound | None, side: str) -> FloatArray:
    """The bound, or for both sides the two of them: targets, or quantiles if such were given."""
    _arguments.choice("side", side, ("lower", "upper", "both"))
    if threshold is None and quantile is not None:
        return np.array(_bounds("quantile", quantile, side))
    if quantile is None and threshold is not None:
        return np.array(_bounds("threshold", threshold, side))
    raise ValueError(
        "exactly one of threshold and quantile must be given, "
        f"got threshold={threshold}, quantile={quantile}"
    )


def _bounds(name: str, value: Any, side: str) -> list[float]:
    """The bound, or for both sides the two of them, after checks."""
    pair = isinstance(value, Iterable) and not isinstance(value, str)
    bounds = [_number(name, bound) for bound in (value if pair else [value])]
    if name == "quantile" and not all(0.0 < bound < 1.0 for bound in bounds):
        raise ValueError(f"quantile must lie strictly between 0 and 1, got {value}")
    if np.isnan(bounds).any():
        raise ValueError(f"threshold must be a number, got {value}")
    if side != "both":
        if pair:
            raise ValueError(f"{name} must be one number for side={side!r}, got {value}")
        return bounds
    if name == "quantile" and not pair:
        bounds.append(1.0 - bounds[0])
    if len(bounds) != 2 or not bounds[0] < bounds[1]:
        also = " or one number below 0.5" if name == "quantile" else ""
        raise ValueError(
            f"{name} must be an ascending pair (low, high){also} for side='both', got {value}"
        )
    return bounds


def _number(name: str, value: Any) -> float:
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Real):
        raise TypeError(f"{name} must be a number, got {type(value).__name__} {value!r}")
    return float(value)
