"""Which remedy is better than training on everything, beyond chance."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from .._support.arrays import FloatArray
from ..evidence import Gain, paired_gain

__all__ = ["Change", "advised", "better_than", "beyond_chance", "change", "with_validation"]


class Change(NamedTuple):
    """By which fraction a root mean squared error changed, and the ends of its interval."""

    estimate: float
    low: float
    high: float


def better_than(
    squared: Mapping[str, Gain], absolute: Mapping[str, Gain], level: float
) -> set[str]:
    """The remedies that are better beyond chance, from gains in squared and in absolute errors.

    The gain in squared errors is, or that in absolute errors, which a few rows that are far off do
    not drown in noise; the squared errors must then have fallen by a standard error at least. Each
    has half of what 1 - level allows.
    """
    half = 1.0 - (1.0 - level) / 2.0
    agree = {name for name in beyond_chance(absolute, half) if squared[name].t > 1.0}
    return beyond_chance(squared, half) | agree


def beyond_chance(gains: Mapping[str, Gain], level: float) -> set[str]:
    """Those of several gains that are beyond chance, by Holm's procedure.

    The probability that one is among them that is none is at most 1 - level, however many are
    tried (Holm, Scandinavian Journal of Statistics 6, 1979).
    """
    found: set[str] = set()
    for name in sorted(gains, key=lambda name: -gains[name].t):  # all have the same units
        left = len(gains) - len(found)
        if not gains[name].beyond_chance(1.0 - (1.0 - level) / left):
            break
        found.add(name)
    return found


def advised(
    better: Iterable[str],
    squared: Mapping[str, FloatArray],
    absolute: Mapping[str, FloatArray],
    units: Any,
) -> str | None:
    """The better remedy with the least squared error; None if there is none.

    Of those within a standard error of it, by paired differences, the one with the least absolute
    error: which of these has the least squared error, a few rows that are far off have drawn.
    """
    names = list(better)
    if not names:
        return None
    least = min(names, key=lambda name: float(squared[name].mean()))
    close = []
    for name in names:
        gain = paired_gain(squared[name], squared[least], units=units)
        if name == least or gain.mean <= gain.standard_error:
            close.append(name)
    return min(close, key=lambda name: float(absolute[name].mean()))


def with_validation(gain: Gain) -> bool:
    """Whether validation rows are to be trained on, too, where no remedy is better beyond chance.

    They are right, so that no proof is asked for; unless the gain is a loss by more than a standard
    error.
    """
    return not gain.t < -1.0


def change(before: FloatArray, after: FloatArray, units: Any, level: float) -> Change:
    """The change of the root mean squared error, from squared errors of the same rows.

    The ratio of the means is a ratio estimate (Cochran, Sampling Techniques, 3rd ed., section 6.4):
    its standard error is that of the mean of ``after - ratio before``. The interval is made for the
    logarithm, so that no end is below -1.
    """
    mean = float(before.mean())
    if mean == 0.0 or not after.any():
        estimate = -1.0 if mean > 0.0 else math.inf if after.any() else math.nan
        return Change(estimate, math.nan, math.nan)
    ratio = float(after.mean()) / mean
    about = paired_gain(ratio * before, after, units=units)
    low, high = Gain(0.0, about.standard_error, about.n_units).interval(level)
    root = math.sqrt(ratio)
    return Change(root - 1.0, *(_scaled(root, end / (2.0 * ratio * mean)) for end in (low, high)))


def _scaled(root: float, logarithm: float) -> float:
    try:
        return root * math.exp(logarithm) - 1.0
    except OverflowError:
        return math.inf
