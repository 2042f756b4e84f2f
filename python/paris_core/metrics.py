"""Errors over all rows and over the tail alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._tail import Bound, tail_mask

__all__ = ["conditional_rmse", "rmse"]


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


def conditional_rmse(
    y: ArrayLike,
    pred: ArrayLike,
    *,
    threshold: Bound | None = None,
    quantile: Bound | None = None,
    side: str = "lower",
) -> float:
    """Return the root mean squared error over the rows whose target lies in the tail.

    Parameters
    ----------
    y : array_like, shape (n,)
        Targets; they, not the predictions, decide which rows count.
    pred : array_like, shape (n,)
        Predictions.
    threshold : float or (float, float), optional
        Bound of the tail: ``y <= threshold`` for the lower side, ``y >= threshold`` for the upper;
        for both sides a pair, lower bound first.
    quantile : float or (float, float), optional
        Bound as a quantile of `y`, strictly between 0 and 1 (linear interpolation); for both sides
        a pair, or q for (q, 1 - q) with q < 0.5. Exactly one of `threshold` and `quantile` must be
        given.
    side : {"lower", "upper", "both"}
        Which tail.

    Returns
    -------
    float
        In the unit of `y`.

    Raises
    ------
    TypeError
        If an argument does not hold real numbers, or `side` is not a string.
    ValueError
        If both or neither bound is given, a bound or `side` is out of range, no row is in the
        tail, or as for `rmse`.

    Notes
    -----
    O(n).

    Examples
    --------
    >>> y = [-150.0, -20.0, 0.0, 5.0]
    >>> pred = [-120.0, -20.0, 0.0, 5.0]
    >>> conditional_rmse(y, pred, threshold=-100.0)
    30.0
    >>> conditional_rmse(y, pred, quantile=0.5, side="upper")
    0.0
    """
    target, prediction = _pair(y, pred)
    tail = tail_mask("y", target, threshold=threshold, quantile=quantile, side=side)
    return rmse(target[tail], prediction[tail])


def _pair(y: ArrayLike, pred: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    target, prediction = _vector("y", y), _vector("pred", pred)
    if target.size != prediction.size:
        raise ValueError(f"pred has {prediction.size} rows, y has {target.size}")
    return target, prediction


def _vector(name: str, value: ArrayLike) -> NDArray[np.float64]:
    array = np.asarray(value)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{name} must hold real numbers, got dtype {array.dtype}")
    if array.ndim != 1:
        raise ValueError(f"{name} must be one-dimensional, got shape {array.shape}")
    if not array.size:
        raise ValueError(f"{name} is empty")
    bad = np.flatnonzero(~np.isfinite(array))
    if bad.size:
        raise ValueError(f"{name} must be finite, got {array[bad[0]]} in row {bad[0]}")
    return array.astype(np.float64, copy=False)
