"""Which remedy is better than training on everything, beyond chance."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from ..evidence import Gain

__all__ = ["Change", "better_than", "change"]


class Change(NamedTuple):
    """By which fraction a root mean squared error changed, and the ends of its interval."""

    estimate: float
    low: float
    high: float


def better_than(gains: Mapping[str, Gain], level: float) -> set[str]:
    """The remedies whose gain is beyond chance, by Holm's procedure.

    The probability that a remedy without any gain is among them is at most 1 - level, however many
    are tried (Holm, Scandinavian Journal of Statistics 6, 1979).
    """
    found: set[str] = set()
    for name in sorted(gains, key=lambda name: -gains[name].t):  # all have the same units
        left = len(gains) - len(found)
        if not gains[name].beyond_chance(1.0 - (1.0 - level) / left):
            break
        found.add(name)
    return found


def change(gain: Gain, before: float, level: float) -> Change:
    """The change that a gain in mean squared error is, the error before taken as known."""
    low, high = gain.interval(level)
    return Change(_ratio(gain.mean, before), _ratio(high, before), _ratio(low, before))


def _ratio(gain: float, before: float) -> float:
    if before == 0.0:
        return math.nan if gain == 0.0 else math.inf
    return math.sqrt(max(0.0, 1.0 - gain / before)) - 1.0
