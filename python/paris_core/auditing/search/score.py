"""How unlike a group is to what a model that never saw it says of its rows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import chdtri

from ..._support.arrays import BoolArray, FloatArray, IntArray

__all__ = ["Reference", "Scores", "chance", "outliers", "reference", "score"]

_CLIP = 4.0  # spreads beyond which a residual counts no more: one wild row is no wrong group
_FLOOR = 0.02  # of the expected variance: what a stuck sensor's is taken for
_WIDTH = 0.5  # of the kernel, in standard deviations of the predictions
_PRIOR = 10.0  # rows that say that the spread is the same everywhere
_ANY = 0.12, 0.9  # nats a row: below, no group is wrong; above, every one is
_LIKELY = 0.4, 0.9  # where the bound is, unless there is a clear gap elsewhere
_CLEAR = 2.0  # the ratio of its ends
_TINY = 1e-100  # so that squares do not vanish
_UNLIKELY = 0.01  # that a right group of few rows is beyond chance, one of all groups


class Reference(NamedTuple):
    """What residuals are like where targets are right: their spread along the predictions.

    Attributes
    ----------
    at, spread : (m,) ndarray
        Predictions, ascending, and the standard deviation of residuals there.
    line : (float, float)
        Intercept and slope of right targets over predictions: wrong rows among those that a model
        was trained on flatten it, or shift it.
    """

    at: FloatArray
    spread: FloatArray
    line: tuple[float, float]

    def standardised(
        self, y: FloatArray, predicted: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Clipped residuals in spreads, clipped predictions, and the spreads."""
        # Beyond what was ever right, predictions are extrapolation.
        inside = np.clip(self.line[0] + self.line[1] * predicted, self.at[0], self.at[-1])
        spread = np.interp(inside, self.at, self.spread)
        return np.clip((y - inside) / spread, -_CLIP, _CLIP), inside, spread


class Scores(NamedTuple):
    """Of every group (G,), by predictions f of a model that never saw it, in spreads of residuals.

    Attributes
    ----------
    n_rows : ndarray of float
        Rows.
    score : ndarray
        Nats a row by which the group is unlike what is right.
    square : ndarray
        Mean square of the residuals.
    offset, slope : ndarray
        a and b of the fit y = a + b f, the offset at the group's mean prediction, less that.
    variance : ndarray
        Mean square of what that fit leaves.
    """

    n_rows: FloatArray
    score: FloatArray
    square: FloatArray
    offset: FloatArray
    slope: FloatArray
    variance: FloatArray

    @property
    def too_quiet(self) -> FloatArray:
        """What the score leaves out, since it proves nothing: less noise than is usual."""
        square = np.clip(self.square, 1e-6, 1.0)
        return np.asarray(0.25 * (square - 1.0 - np.log(square)))


def reference(y: FloatArray, predicted: FloatArray) -> Reference:
    """From targets that are right, and predictions of models that never saw them."""
    line = _line(y, predicted)
    f = line[0] + line[1] * predicted
    residual = y - f
    scale = float(np.sqrt(np.mean(residual**2)))
    scale = max(scale, 1e-6 * float(np.std(y)), 1e-9 * float(np.abs(y).max()), _TINY)
    square = np.minimum(np.abs(residual), _CLIP * scale) ** 2
    low, high = min(y.min(), f.min()), max(y.max(), f.max())
    at = np.linspace(low, high, 64) if high > low else np.array([low, low + 1.0])
    width = _WIDTH * float(np.std(f)) or 1.0
    weight, total = np.zeros(len(at)), np.zeros(len(at))
    for start in range(0, len(y), 4096):  # in parts: rows times 64 may be many
        part = slice(start, start + 4096)
        kernel = np.exp(-0.5 * ((at[:, None] - f[part]) / width) ** 2)
        weight += kernel.sum(axis=1)
        total += kernel @ square[part]
    mean = max(float(square.mean()), 1e-2 * scale**2)
    return Reference(at, np.sqrt((total + _PRIOR * mean) / (weight + _PRIOR)), line)


def _line(y: FloatArray, predicted: FloatArray) -> tuple[float, float]:
    """Intercept and slope of y over predictions; of few rows nearer to 0 and 1."""
    center = float(predicted.mean())
    steep = float(np.sum((predicted - center) ** 2))
    slope = 1.0
    if steep > 0.0:
        found = float(np.sum((predicted - center) * (y - y.mean()))) / steep
        slope += (found - 1.0) * len(y) / (len(y) + _PRIOR)
    shift = float(np.mean(y - predicted)) * len(y) / (len(y) + _PRIOR)
    return center + shift - slope * center, slope


def score(
    y: FloatArray, predicted: FloatArray, group_of: IntArray, n_groups: int, right: Reference
) -> Scores:
    """Score all groups.

    With f the prediction and residuals of spread s, the rows of a right group are y = f + noise of
    variance 1, in units of s. The likelihood ratio of y = a + b f + noise of variance v to that is,
    in nats a row, ``log(m / v) / 2 + (m - 1 - log m) / 2`` with m the mean square of y - f: the
    first part is what another line explains, whatever the size of the noise; the second, counted
    where m > 1, is that there is too much of it. The mean square alone misses a stuck sensor, the
    residuals of which are hardly larger than others' where noise is large: m is near 1, v near 0.
    The second part counts half, since right groups, too, differ in their noise.
    """
    z, f, spread = right.standardised(y, predicted)

    def summed(values: FloatArray) -> FloatArray:
        return np.bincount(group_of, values, minlength=n_groups).astype(np.float64)

    n = np.maximum(summed(np.ones(len(y))), 1.0)
    square = summed(z * z) / n
    weight = spread**-2.0
    total = summed(weight)
    residual = z * spread
    at, rest = summed(weight * f) / total, summed(weight * residual) / total
    f_, r_ = f - at[group_of], residual - rest[group_of]
    steep = summed(weight * f_ * f_)
    slope = summed(weight * f_ * r_) / np.maximum(steep, 1e-12 * total)
    left = (r_ - slope[group_of] * f_) / spread
    variance = summed(left * left) / n
    unbiased = np.maximum(variance * n / np.maximum(n - 2.0, 1.0), _FLOOR * np.minimum(square, 1.0))
    with np.errstate(divide="ignore"):
        line = 0.5 * np.log(np.maximum(square / np.maximum(unbiased, 1e-300), 1.0))
    noise = np.where(square > 1.0, 0.25 * (square - 1.0 - np.log(np.maximum(square, 1.0))), 0.0)
    size = np.sqrt(n / total)
    return Scores(n, line + noise, square, rest / size, slope + 1.0, variance)


def chance(n_rows: FloatArray) -> FloatArray:
    """The score that a right group of so many rows has by chance, one in a hundred audits."""
    return np.asarray(chdtri(3, _UNLIKELY / len(n_rows)) / (2.0 * n_rows))


def outliers(scores: FloatArray, n_rows: FloatArray) -> BoolArray:
    """The groups that are wrong: above the widest gap between scores, and beyond chance."""
    bound, ratio = _widest_gap(scores, _ANY)
    if ratio < _CLEAR:
        bound, _ = _widest_gap(scores, _LIKELY)
    return np.asarray((scores > bound) & (scores > chance(n_rows)))


def _widest_gap(scores: FloatArray, bounds: tuple[float, float]) -> tuple[float, float]:
    """The middle of the widest gap between two bounds, and the ratio of its ends."""
    low, high = np.log(bounds)
    logs = np.log(np.maximum(scores, 1e-300))
    inside = np.sort(logs[(logs > low) & (logs < high)])
    ends = np.concatenate([[low], inside, [high]])
    place = int(np.argmax(np.diff(ends)))
    middle = 0.5 * (ends[place] + ends[place + 1])
    return float(np.exp(middle)), float(np.exp(ends[place + 1] - ends[place]))
