"""Which remedy is better than training on everything, beyond chance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .._support.arrays import FloatArray
from ..evidence import Gain, paired_gain
from .remedies import BOTH_WAYS

__all__ = ["advised", "better_than", "beyond_chance", "with_validation"]


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
    level: float,
) -> str | None:
    """The better remedy to take; None if there is none.

    "PARIS then trimmed", if it is among them and none is better than that beyond chance: it finds
    what residuals show and what they do not, so that it is seldom far from the best. Otherwise the
    one with the least squared error; of those within a standard error of it, by paired differences,
    the one with the least absolute error: which of these has the least squared error, a few rows
    that are far off have drawn.
    """
    names = list(better)
    if BOTH_WAYS in names:
        gains, gains_in_size = (
            {name: paired_gain(of[BOTH_WAYS], of[name], units=units) for name in names}
            for of in (squared, absolute)
        )
        half = 1.0 - (1.0 - level) / 2.0
        rivals = [
            name
            for name in names
            if gains[name].beyond_chance(level)
            or (gains[name].mean > 0.0 and gains_in_size[name].beyond_chance(half))
        ]
        names = rivals or [BOTH_WAYS]
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
