"""Errors over all rows, over the tail alone, and by the relevance of each row."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from .._support import arrays
from .._support.arrays import FloatArray
from ..validation.tail import Tail, rows_in_tail

__all__ = ["conditional_rmse", "relevance", "rmse", "sera"]


def rmse(y: ArrayLike, pred: ArrayLike) -> float:
    """Return the root mean squared error, ``sqrt(mean((y - pred)**2))``.

    Parameters
    ----------
    y : array_like, shape (n,)
        Targets.
    pred : array_like, shape (n,)
        Predictions.

    Returns
    -------
    float
        In the unit of `y`.

    Raises
    ------
    TypeError
        If an argument does not hold real numbers.
    ValueError
        If shapes differ, an argument is empty or not one-dimensional, or a value is not finite.

    Notes
    -----
    O(n).

    Examples
    --------
    >>> round(rmse([0.0, 0.0], [3.0, 4.0]), 4)
    3.5355
    """
    target, prediction = _pair(y, pred)
    return float(np.sqrt(np.mean((target - prediction) ** 2)))


def conditional_rmse(y: ArrayLike, pred: ArrayLike, tail: Tail) -> float:
    """Return the root mean squared error over the rows whose target lies in the tail.

    Parameters
    ----------
    y : array_like, shape (n,)
        Targets; they, not the predictions, decide which rows count.
    pred : array_like, shape (n,)
        Predictions.
    tail : paris_core.validation.Tail
        On which side the tail is, and where it begins; a quantile is that of `y`.

    Returns
    -------
    float
        In the unit of `y`.

    Raises
    ------
    TypeError
        If an argument does not hold real numbers, or `tail` is no Tail.
    ValueError
        If no row is in the tail, or as for `rmse`.

    Notes
    -----
    O(n).

    Examples
    --------
    >>> from paris_core.validation import Tail
    >>> y = [-150.0, -20.0, 0.0, 5.0]
    >>> pred = [-120.0, -20.0, 0.0, 5.0]
    >>> conditional_rmse(y, pred, Tail("lower", threshold=-100.0))
    30.0
    >>> conditional_rmse(y, pred, Tail("upper", quantile=0.5))
    0.0
    """
    target, prediction = _pair(y, pred)
    inside = rows_in_tail("y", target, tail)
    return rmse(target[inside], prediction[inside])


Relevance = ArrayLike | Callable[[FloatArray], ArrayLike]


def sera(y: ArrayLike, pred: ArrayLike, *, relevance: Relevance) -> float:
    """Return the squared error-relevance area.

    Parameters
    ----------
    y : array_like, shape (n,)
        Targets.
    pred : array_like, shape (n,)
        Predictions.
    relevance : array_like, shape (n,), or callable
        How much each row matters, in [0, 1]; or a function that gives this for an array of targets,
        such as ``lambda y: metrics.relevance(y, points)``.

    Returns
    -------
    float
        A sum, not a mean, in the squared unit of `y`; 0 for a perfect prediction.

    Raises
    ------
    TypeError
        If an argument does not hold real numbers.
    ValueError
        If a relevance is outside [0, 1], shapes differ, `y` is empty or not one-dimensional, or a
        value is not finite.

    Notes
    -----
    The area under ``SER(t) = sum of (y_i - pred_i)**2 over the rows with relevance_i >= t`` for t
    from 0 to 1 (Ribeiro and Moniz 2020).
    Row i counts for all t up to its relevance, so the area is, exactly,
    ``sum(relevance_i * (y_i - pred_i)**2)``. O(n).

    Examples
    --------
    >>> from paris_core.metrics import sera
    >>> sera([-150.0, -20.0, 0.0], [-140.0, -20.0, 8.0], relevance=[1.0, 0.5, 0.25])
    116.0
    """
    target, prediction = _pair(y, pred)
    given = relevance(target.copy()) if callable(relevance) else relevance
    share = _in_unit_interval("relevance", arrays.vector("relevance", given, target.size, "y"))
    return float(share @ (target - prediction) ** 2)


def relevance(y: ArrayLike, points: ArrayLike) -> FloatArray:
    """Return the relevance of targets, from a broken line through control points.

    Parameters
    ----------
    y : array_like, shape (n,)
        Targets.
    points : array_like, shape (m, 2)
        Pairs (target, relevance), the targets ascending, the relevances in [0, 1]. Beyond the first
        and the last point the relevance stays what it is there.

    Returns
    -------
    ndarray of float64, shape (n,)
        In [0, 1].

    Raises
    ------
    TypeError
        If an argument does not hold real numbers.
    ValueError
        If a shape does not fit, the targets of `points` do not ascend, a relevance is outside
        [0, 1], or a value is not finite.

    Notes
    -----
    O(n log m). Ribeiro and Moniz (2020) interpolate by monotone cubics instead of lines.

    Examples
    --------
    >>> from paris_core.metrics import relevance
    >>> relevance([-300.0, -75.0, -50.0, 10.0], [(-100.0, 1.0), (-50.0, 0.0)])
    array([1. , 0.5, 0. , 0. ])
    """
    target = arrays.series("y", y)
    table = arrays.real_array("points", points)
    if table.ndim != 2 or table.shape[1] != 2 or not len(table):
        raise ValueError(
            f"points must be pairs (target, relevance), shape (m, 2), got shape {table.shape}"
        )
    at, value = table.T
    if not (np.diff(at) > 0).all():
        raise ValueError(f"points must have ascending targets, got {at.tolist()}")
    return np.asarray(np.interp(target, at, _in_unit_interval("points[:, 1]", value)))


def _pair(y: ArrayLike, pred: ArrayLike) -> tuple[FloatArray, FloatArray]:
    target = arrays.series("y", y)
    return target, arrays.vector("pred", pred, target.size, "y")


def _in_unit_interval(name: str, value: FloatArray) -> FloatArray:
    bad = np.flatnonzero((value < 0) | (value > 1))
    if bad.size:
        raise ValueError(f"{name} must be in [0, 1], got {value[bad[0]]:g} in row {bad[0]}")
    return value
