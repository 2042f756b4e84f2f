"""Weights of validation rows that make rare targets count: what `val_weight` of `prune` takes."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .._support import arrays, checks
from .._support.arrays import FloatArray
from .tail import Tail, rows_in_tail

__all__ = ["inverse_density", "tail"]

_CELLS = 20  # cells of the grid in one bandwidth
_REACH = 6  # bandwidths after which the kernel (1.5e-8) is cut off


def inverse_density(
    y_val: ArrayLike,
    *,
    power: float = 1.0,
    bandwidth: float | None = None,
    max_ratio: float = 100.0,
) -> FloatArray:
    """Weight each row by how rare its target is.

    Parameters
    ----------
    y_val : (V,) array_like of float
        Targets.
    power : float, default 1
        The weight is the density to the power ``-power``; > 0. With 1, every range of targets of
        equal width has about the same total weight, as long as `max_ratio` does not bind.
    bandwidth : float, optional
        Standard deviation of the Gaussian kernel, in the unit of `y_val`, > 0. Default: the rule of
        Silverman, ``0.9 min(std, IQR / 1.349) V**-0.2``.
    max_ratio : float, default 100
        Bound of the largest weight, as a multiple of the smallest; >= 1. Without it a lone target
        far out in a heavy tail would outweigh all others.

    Returns
    -------
    (V,) ndarray of float64
        Weights > 0 with mean 1.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type, shape or value.

    Notes
    -----
    Gaussian kernel density (Silverman 1986, section 3.4.2) on a sparse grid of a twentieth of the
    bandwidth, with linear binning and interpolation: within 1 % of the exact density. O(V log V)
    time, O(V) memory. Density-based weights for imbalanced regression: Steininger et al. (2021),
    who subtract the density instead of dividing by it.

    Examples
    --------
    >>> import numpy as np
    >>> from paris_core.validation.weights import inverse_density
    >>> y_val = np.append(np.linspace(-1.0, 1.0, 99), -8.0)
    >>> weight = inverse_density(y_val, max_ratio=10.0)
    >>> int(np.argmax(weight)), round(float(weight[99] / weight.min()), 6)
    (99, 10.0)
    >>> round(float(weight.mean()), 6)
    1.0
    """
    target = arrays.series("y_val", y_val)
    exponent = checks.positive("power", power)
    ratio = checks.positive("max_ratio", max_ratio)
    if ratio < 1:
        raise ValueError(f"max_ratio must be >= 1, got {ratio}")
    width = _silverman(target) if bandwidth is None else checks.positive("bandwidth", bandwidth)
    if width == 0:  # all targets are equal
        return np.ones(target.size)
    density = _density(target, width)
    # In logarithms: a high power would overflow.
    rarity = exponent * np.log(density.max() / density)
    weight = np.exp(np.minimum(rarity, np.log(ratio)))
    return np.asarray(weight / weight.mean())


def tail(y_val: ArrayLike, tail: Tail) -> FloatArray:
    """Weight 1 for rows whose target lies in the tail, 0 for the others.

    Parameters
    ----------
    y_val : (V,) array_like of float
        Targets.
    tail : paris_core.validation.Tail
        On which side the tail is, and where it begins; a quantile is that of `y_val`.

    Returns
    -------
    (V,) ndarray of float64
        Zeros and ones, not all zero.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ValueError
        If no row is in the tail, or `y_val` is empty, not one-dimensional or not finite.

    Notes
    -----
    O(V).

    Examples
    --------
    >>> from paris_core.validation import Tail, weights
    >>> weights.tail([-150.0, -20.0, 0.0, 30.0], Tail("lower", threshold=-100.0))
    array([1., 0., 0., 0.])
    >>> weights.tail([-150.0, -20.0, 0.0, 30.0], Tail(quantile=0.2))
    array([1., 0., 0., 1.])
    """
    target = arrays.series("y_val", y_val)
    return rows_in_tail("y_val", target, tail).astype(np.float64)


def _silverman(y: FloatArray) -> float:
    """The rule-of-thumb bandwidth; 0 if all of `y` are equal."""
    spread = float(y.std())
    low, high = np.quantile(y, [0.25, 0.75])
    if high > low:  # otherwise more than half of the targets may be ties
        spread = min(spread, float(high - low) / 1.349)
    return 0.9 * spread * y.size**-0.2 if y.min() < y.max() else 0.0


def _density(y: FloatArray, bandwidth: float) -> FloatArray:
    """Kernel density at `y` (n,), up to a factor."""
    # Only cells next to a target are stored, so that a far outlier costs nothing. Beyond 1e12 cells
    # targets share one: the numbers of cells stay exact.
    cell = max(bandwidth / _CELLS, float(np.finfo(np.float64).tiny))
    place = np.clip(y - np.median(y), -1e12 * cell, 1e12 * cell) / cell
    left = np.floor(place)
    right_share = place - left
    cells = np.unique(np.concatenate([left, left + 1]))
    at_left, at_right = np.searchsorted(cells, left), np.searchsorted(cells, left + 1)
    mass = np.bincount(at_left, 1 - right_share, cells.size)
    mass += np.bincount(at_right, right_share, cells.size)

    density = mass.copy()
    for step in range(1, _REACH * _CELLS + 1):
        kernel = np.exp(-0.5 * (step / _CELLS) ** 2)
        other = np.minimum(np.searchsorted(cells, cells + step), cells.size - 1)
        near = np.flatnonzero(cells[other] == cells + step)
        density[near] += kernel * mass[other[near]]
        density[other[near]] += kernel * mass[near]
    return (1 - right_share) * density[at_left] + right_share * density[at_right]
