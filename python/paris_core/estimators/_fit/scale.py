"""Whether the numbers of `X_val` and `y_val` are in the units of those of `X` and `y`."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from ..._support.arrays import FloatArray
from .columns import named_columns, numbers

__all__ = ["Apart", "apart", "columns_in_other_units", "targets_in_other_units"]

_AT_MOST = 5_000  # rows that are looked at: as good as all, and as fast as few
_TRAINING, _VALIDATION = 20, 5  # numbers of a column below which nothing is said of it
_SPREADS = 50  # numbers below which nothing is said of spreads
_INNER = 0.01  # of the rows, on each side, are no part of the range

# By how many widths half of the rows may be outside, and by which factor spreads may differ: in one
# column, in most columns, of the targets. Rows drawn from twelve public tables come to 0 widths and
# to factors of 1.3 in most columns (targets, half of which are zeros: 3.4). Hours of great storms
# (Dst <= -200) against quiet years come to 4 widths, and to factors of 9 in most columns of the
# solar wind; against the quietest year to 6 widths. What was scaled on one side alone comes to 20
# widths and more in some column, or to factors of 100, but where the numbers were near 1 all along.
_ONE_COLUMN, _MOST_COLUMNS, _TARGETS = 10.0, 2.0, 6.0
_COLUMNS_RATIO, _TARGETS_RATIO = 20.0, 10.0


class Apart(NamedTuple):
    """How two columns that should be alike differ.

    Attributes
    ----------
    range, other_range : (float, float)
        From the percentile 1 to 99, of the training rows and of the validation rows.
    widths : float
        By how many widths of the training rows' range half of the validation rows are outside it,
        or further; 0 if half of them are inside.
    ratio : float
        The larger of the two spreads over the smaller one; 1 where that cannot be told.
    """

    range: tuple[float, float]
    other_range: tuple[float, float]
    widths: float
    ratio: float

    def far(self, widths: float, ratio: float) -> bool:
        """Whether they differ by more than that."""
        return self.widths > widths or self.ratio > ratio


def columns_in_other_units(X: Any, X_val: Any) -> dict[str, Apart]:
    """Columns of `X_val` that are far from those of `X`, the farthest first.

    A single one is told of if it is very far: rows of a month or a place of their own can be meant,
    and have columns with other or narrower ranges.
    """
    if hasattr(X, "toarray"):  # nearly all entries are zero, in either
        return {}
    found = _columns_apart(X, X_val)
    many = {name: one for name, one in found.items() if one.far(_MOST_COLUMNS, _COLUMNS_RATIO)}
    if 2 * len(many) <= len(found):
        many = {name: one for name, one in found.items() if one.widths > _ONE_COLUMN}
    by_distance = sorted(many.items(), key=lambda item: (-item[1].widths, -item[1].ratio))
    return dict(by_distance)


def targets_in_other_units(y: FloatArray, y_val: FloatArray) -> Apart | None:
    """How `y_val` differs from `y`, if it is far from it."""
    difference = apart(_some_rows(y), _some_rows(y_val))
    if difference is None or not difference.far(_TARGETS, _TARGETS_RATIO):
        return None
    return difference


def apart(training: FloatArray, validation: FloatArray) -> Apart | None:
    """How two columns differ; None if there are too few numbers to say.

    Rows drawn from one table are not outside by chance: that half of ten rows are beyond the
    percentile 1 or 99 has odds of one to a million.
    """
    one, other = (values[np.isfinite(values)] for values in (training, validation))
    if len(one) < _TRAINING or len(other) < _VALIDATION:
        return None
    low, high = _range(one)
    outside = np.maximum(low - other, other - high)
    widths = max(float(np.median(outside)) / (high - low), 0.0)
    return Apart((low, high), _range(other), widths, _ratio_of_spreads(one, other))


def _columns_apart(X: Any, X_val: Any) -> dict[str, Apart]:
    """How every column of numbers of `X_val` differs from that of `X`."""
    found = {}
    pairs = zip(named_columns(_some_rows(X)), named_columns(_some_rows(X_val)), strict=False)
    for (name, values), (_, others) in pairs:
        one, other = numbers(values), numbers(others)
        if one is None or other is None:
            continue
        difference = apart(one, other)
        if difference is not None:
            found[name] = difference
    return found


def _some_rows(X: Any) -> Any:
    """Rows at even distances, not more numbers than `_AT_MOST` rows of a hundred have."""
    cells = math.prod(X.shape[1:]) if len(X.shape) > 2 else 1
    at_most = max(_TRAINING, min(_AT_MOST, 100 * _AT_MOST // max(cells, 1)))
    step = -(-X.shape[0] // at_most) or 1
    return X.iloc[::step] if hasattr(X, "iloc") else X[::step]


def _range(values: FloatArray) -> tuple[float, float]:
    """Where nearly all values are; around a constant, the constant's own size or 1."""
    low, high = (float(end) for end in np.quantile(values, [_INNER, 1 - _INNER]))
    if low == high:
        low, high = float(values.min()), float(values.max())
    if low == high:
        half = max(abs(low), 1.0) / 2
        return low - half, high + half
    return low, high


def _ratio_of_spreads(one: FloatArray, other: FloatArray) -> float:
    """Of the middle half or of four fifths, whichever differs less; both must be above 0."""
    if min(len(one), len(other)) < _SPREADS:
        return 1.0
    places = [0.1, 0.25, 0.75, 0.9]
    first, second = np.quantile(one, places), np.quantile(other, places)
    inner = np.array([first[2] - first[1], second[2] - second[1]])
    outer = np.array([first[3] - first[0], second[3] - second[0]])
    if not (inner.min() > 0 and outer.min() > 0):
        return 1.0
    return float(min(inner.max() / inner.min(), outer.max() / outer.min()))
