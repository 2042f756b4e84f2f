"""What stands for a missing value."""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np

from ..._support.arrays import FloatArray
from ..._support.messages import number

__all__ = ["Mark", "doubtful_words", "mark", "said", "sure_words"]

# No program writes these for anything else, and nobody calls a class so.
_SURE = frozenset({"", "nan", "-nan", "<na>", "#n/a", "#na", "#n/a n/a", "nat", "null", "1.#qnan"})
# Missing among numbers; among words a name may be meant.
_DOUBTFUL = frozenset({"na", "n/a", "none"})

_LEAST = 3  # so often does a mark occur
_NINES = re.compile(r"-?9{2,}(\.9+)?")
_FILL = re.compile(r"-?(8{2,}|7{2,})|-(100|200|500|1000)")
_HUGE = 1e15  # fill values such as 1e20 and 9.97e36
_BEYOND = 1e6
_ROUND = 50.0  # a round number of ordinary size, such as -100 among amounts, may be a value


class Mark(NamedTuple):
    """A number that seems to stand for a missing value.

    Attributes
    ----------
    value : float
        That number.
    row : int
        The first row with it.
    n_rows : int
        How many rows have it.
    others : tuple of float
        The least and the largest of the other numbers.
    """

    value: float
    row: int
    n_rows: int
    others: tuple[float, float]


def sure_words() -> frozenset[str]:
    """Words that are missing values in any column, in lower case."""
    return _SURE


def doubtful_words() -> frozenset[str]:
    """Words that are missing values among numbers and dates, in lower case."""
    return _DOUBTFUL


def mark(numbers: FloatArray) -> Mark | None:
    """The number that instruments write for a missing value, if there seems to be one.

    It is the least or the largest, occurs several times, is of a form that such marks have, and is
    farther from all others than these are from each other; or it is the only negative number.
    """
    finite = numbers[np.isfinite(numbers)]
    if len(finite) < 2 * _LEAST:
        return None
    for extreme in (finite.min(), finite.max()):
        count = int(np.count_nonzero(finite == extreme))
        if count < _LEAST or count > 0.95 * len(finite):
            continue
        others = finite[finite != extreme]
        low, high = float(others.min()), float(others.max())
        gap = max(low - extreme, extreme - high)
        largest = max(abs(low), abs(high))
        is_huge = abs(extreme) >= _HUGE and abs(extreme) > _BEYOND * largest
        # 99 among 0, 1, 2 is one; 99 among 0 to 98 is not.
        apart = gap > high - low or extreme < 0.0 <= low
        text = f"{extreme:.10g}"
        is_fill = _FILL.fullmatch(text) and abs(extreme) > largest / _ROUND
        if is_huge or (apart and (_NINES.fullmatch(text) or is_fill)):
            row = int(np.argmax(numbers == extreme))
            return Mark(float(extreme), row, count, (low, high))
    return None


def said(one: Mark) -> str:
    """The mark, and how far it is from the others."""
    low, high = one.others
    return f"{number(one.value, 6)} (the others are from {number(low)} to {number(high)})"
