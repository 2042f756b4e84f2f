"""Which rows lie in the tail of a target."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._support import checks
from .._support.arrays import BoolArray, FloatArray
from .._support.text import short

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


def check(
    *, threshold: Bound | None, quantile: Bound | None, side: str, prefix: str = ""
) -> FloatArray:
    """The bound, or for both sides the two of them: targets, or quantiles if such were given.

    In messages the names of the arguments begin with `prefix`.
    """
    checks.choice(f"{prefix}side", side, ("lower", "upper", "both"))
    if threshold is None and quantile is not None:
        return np.array(_bounds(f"{prefix}quantile", quantile, side, in_unit_interval=True))
    if quantile is None and threshold is not None:
        return np.array(_bounds(f"{prefix}threshold", threshold, side, in_unit_interval=False))
    raise ValueError(
        f"exactly one of {prefix}threshold and {prefix}quantile must be given, got "
        f"{prefix}threshold={short(threshold)}, {prefix}quantile={short(quantile)}"
    )


def _bounds(name: str, value: Any, side: str, *, in_unit_interval: bool) -> list[float]:
    """The bound, or for both sides the two of them, after checks."""
    pair = isinstance(value, (tuple, list)) or np.ndim(value) == 1
    bounds = [checks.number(name, bound) for bound in (value if pair else [value])]
    if in_unit_interval and not all(0.0 < bound < 1.0 for bound in bounds):
        raise ValueError(f"{name} must lie strictly between 0 and 1, got {short(value)}")
    if np.isnan(bounds).any():
        raise ValueError(f"{name} must be a number, got {short(value)}")
    if side != "both":
        if pair:
            raise ValueError(f"{name} must be one number for side={side!r}, got {short(value)}")
        return bounds
    if in_unit_interval and not pair:
        bounds.append(1.0 - bounds[0])
    if len(bounds) != 2 or not bounds[0] < bounds[1]:
        also = " or one number below 0.5" if in_unit_interval else ""
        raise ValueError(
            f"{name} must be an ascending pair (low, high){also} for side='both', got "
            f"{short(value)}"
        )
    return bounds
