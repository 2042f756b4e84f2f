"""What is wrong with a group, told from its targets and predictions that are about right."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from .._support.arrays import FloatArray
from .._support.messages import number
from .search.score import Reference

__all__ = ["Fault", "fault"]

_NEARLY_ONE = 1.4  # no factor
_STUCK = 0.02  # of the variance that right targets would have


class Fault(NamedTuple):
    """What is wrong with a group.

    Attributes
    ----------
    kind : {"sign", "offset", "stuck", "scale", "noise"}
        Targets go down where predictions go up; are shifted; do not move; move too much or too
        little; are right on average, but too noisy.
    size : float
        sign: the slope of targets over predictions; offset: targets less predictions, in the unit
        of the target; stuck: the target's value; scale: the factor; noise: the spread of residuals,
        as a multiple of what is usual.
    words : str
        The same in a few words.
    """

    kind: str
    size: float
    words: str


def fault(y: FloatArray, predicted: FloatArray, right: Reference) -> Fault:
    """The likeliest of five faults of a group's rows, each with as few numbers as it needs.

    Each is a normal distribution of y around a + b f, whose variance is free: sign b = -1, offset
    b = 1, scale b > 0, noise a = 0 and b = 1. Stuck is what hardly varies.
    """
    _, f, spread = right.standardised(y, predicted)
    weight = spread**-2.0
    total = float(weight.sum())
    middle = float(weight @ f) / total
    level = float(weight @ y) / total
    usual = math.sqrt(len(y) / total)
    expected = float(np.var(f)) + usual**2
    if float(np.var(y)) <= _STUCK * expected:
        value = float(np.median(y))
        return Fault("stuck", value, f"stuck near {number(value)}")
    found = [_sign, _offset, _scale, _noise]
    rows = _Rows(y, f, spread, middle, level, usual)
    return max((one(rows) for one in found), key=lambda pair: pair[0])[1]


class _Rows(NamedTuple):
    """Of a group: targets, predictions, spreads; their weighted means, and the usual spread."""

    y: FloatArray
    f: FloatArray
    spread: FloatArray
    middle: float
    level: float
    usual: float

    def likelihood(self, line: FloatArray, n_free: int) -> float:
        """Log-likelihood a row around a line, less what free numbers cost (BIC)."""
        z = np.clip((self.y - line) / self.spread, -20.0, 20.0)
        variance = max(float(np.mean(z * z)), 1e-6)
        return -0.5 * (math.log(variance) + 1.0 + n_free * math.log(len(z)) / len(z))

    def slope(self) -> float:
        """Of targets over predictions."""
        weight = self.spread**-2.0
        f = self.f - self.middle
        steep = float(weight @ (f * f))
        return float(weight @ (f * (self.y - self.level))) / steep if steep > 0.0 else 0.0

    def turned(self, slope: float) -> FloatArray:
        """The line of that slope through the means."""
        return np.asarray(self.level + slope * (self.f - self.middle))


def _sign(rows: _Rows) -> tuple[float, Fault]:
    slope = rows.slope()
    words = f"wrong sign (slope {number(slope, 2)} over predictions)"
    return rows.likelihood(rows.turned(-1.0), 2), Fault("sign", slope, words)


def _offset(rows: _Rows) -> tuple[float, Fault]:
    shift = rows.level - rows.middle
    words = f"offset of {number(shift, 3)} ({number(shift / rows.usual, 2)} spreads)"
    return rows.likelihood(rows.turned(1.0), 2), Fault("offset", shift, words)


def _scale(rows: _Rows) -> tuple[float, Fault]:
    slope = max(rows.slope(), 0.0)
    words = f"scale of {number(slope, 2)}"
    if 1.0 / _NEARLY_ONE < slope < _NEARLY_ONE:  # predictions are not so good as to tell
        return -math.inf, Fault("scale", slope, words)
    return rows.likelihood(rows.turned(slope), 3), Fault("scale", slope, words)


def _noise(rows: _Rows) -> tuple[float, Fault]:
    z = np.clip((rows.y - rows.f) / rows.spread, -20.0, 20.0)
    ratio = math.sqrt(float(np.mean(z * z)))
    words = f"noise, {number(ratio, 2)} times the usual"
    return rows.likelihood(rows.f, 1), Fault("noise", ratio, words)
