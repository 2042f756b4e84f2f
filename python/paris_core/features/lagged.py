"""From a regular series to the arrays a regression needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._support import arrays, checks
from .._support.messages import short

__all__ = ["LaggedFeatures", "lagged_features"]


class LaggedFeatures(NamedTuple):
    """What `lagged_features` returns.

    Attributes
    ----------
    X : ndarray of float64, shape (n, p * n_lags)
        Inputs; the lags of the first driver first.
    y : ndarray of float64, shape (n,)
        The target `horizon` rows after the issue row.
    rows : ndarray of int64, shape (n,)
        Issue rows in the series (the row of lag 0), ascending.
    names : tuple of str
        A name for each column of `X`, such as ``"bz[t-3]"``.
    """

    X: NDArray[np.float64]
    y: NDArray[np.float64]
    rows: NDArray[np.int64]
    names: tuple[str, ...]


def lagged_features(
    drivers: Mapping[str, ArrayLike], target: ArrayLike, *, lags: Sequence[int], horizon: int
) -> LaggedFeatures:
    """Build a forecasting table: present and past of the drivers against the future target.

    Row t of the series gives ``X = [driver[t - lag] ...]`` and ``y = target[t + horizon]``. Rows
    whose window leaves the series or meets a NaN are left out.

    Parameters
    ----------
    drivers : mapping of str to array_like, shape (m,)
        Regularly sampled series. The history of the target may be one of them.
    target : array_like, shape (m,)
        The series to be forecast.
    lags : sequence of int
        Distinct shifts into the past, in rows, at least 0 (0 is the issue time).
    horizon : int
        Shift of the target into the future, in rows, at least 1.

    Returns
    -------
    LaggedFeatures
        ``(X, y, rows, names)``.

    Raises
    ------
    TypeError
        If `lags` is no sequence, a lag or `horizon` is not an integer, or `drivers` is not a
        mapping.
    ValueError
        If there is no driver or lag, a lag is negative or occurs twice, ``horizon < 1``, lengths
        differ, a value is infinite, or no complete row is left.

    Notes
    -----
    Time and memory O(m * p * n_lags).

    Examples
    --------
    >>> X, y, rows, names = lagged_features(
    ...     {"a": [0.0, 1.0, 2.0, 3.0, 4.0]}, [0.0, 10.0, 20.0, 30.0, 40.0], lags=[0, 1], horizon=2
    ... )
    >>> X
    array([[1., 0.],
           [2., 1.]])
    >>> y
    array([30., 40.])
    >>> rows
    array([1, 2])
    >>> names
    ('a[t]', 'a[t-1]')
    """
    if not isinstance(drivers, Mapping):
        raise TypeError(f"drivers must be a mapping of names, got {type(drivers).__name__}")
    if not drivers:
        raise ValueError("drivers is empty; it should hold at least one series")
    goal = arrays.measured("target", target)
    columns = {
        name: arrays.measured(f"drivers[{name!r}]", value) for name, value in drivers.items()
    }
    for name, column in columns.items():
        if column.size != goal.size:
            raise ValueError(
                f"drivers[{name!r}] has {column.size} rows, target has {goal.size}; "
                "they should be equal"
            )
    given = checks.members("lags", lags, "integers")
    shifts = [checks.integer(f"lags[{i}]", lag, 0) for i, lag in enumerate(given)]
    if not shifts:
        raise ValueError("lags is empty; it should hold at least one shift")
    if len(set(shifts)) < len(shifts):
        raise ValueError(f"lags must be distinct, got {shifts}")
    ahead = checks.integer("horizon", horizon, 1)

    first, stop = max(shifts), goal.size - ahead
    if stop <= first:
        raise ValueError(
            f"target has {goal.size} rows, too few for lag {short(first)} and horizon "
            f"{short(ahead)}: more than both together are needed"
        )
    X = np.empty((stop - first, len(columns) * len(shifts)))
    names: list[str] = []
    for name, column in columns.items():
        for lag in shifts:
            X[:, len(names)] = column[first - lag : stop - lag]
            names.append(f"{name}[t-{lag}]" if lag else f"{name}[t]")
    y = goal[first + ahead :]
    complete = ~(np.isnan(X).any(axis=1) | np.isnan(y))
    if not complete.any():
        raise ValueError("no row is complete: every window holds a NaN")
    rows = np.arange(first, stop, dtype=np.int64)[complete]
    return LaggedFeatures(X[complete], y[complete], rows, tuple(names))
