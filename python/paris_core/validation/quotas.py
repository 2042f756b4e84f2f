"""How many rows to keep of each stratum: a class, or a range of the target."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike

from .._support import arrays, checks
from .._support.arrays import FloatArray, IntArray
from .._support.messages import short

__all__ = ["equal", "metriq", "target_bins"]


def metriq(error_per_stratum: ArrayLike, stratum_sizes: ArrayLike, density: float) -> IntArray:
    """Keep of each stratum a fraction in proportion to its error (MetriQ).

    Parameters
    ----------
    error_per_stratum : (G,) array_like of float
        Error >= 0 of a model trained on all rows, on validation rows of each stratum: one minus the
        recall of a class, or the mean squared error in a range of the target.
    stratum_sizes : (G,) array_like of int
        Training rows in each stratum, as from ``numpy.bincount(strata, minlength=G)``.
    density : float
        Fraction of all rows to keep, in (0, 1].

    Returns
    -------
    (G,) ndarray of int64
        Rows to keep of each stratum. They sum to ``round(density * N)``.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type, shape or value, or all strata are empty.

    Notes
    -----
    Vysogorets, Ahuja and Kempe, "Robust Data Pruning: Uncovering and Overcoming Implicit Bias",
    section 3 and algorithm 1. The fraction of stratum g is min(1, Z error_g): strata that would
    exceed 1 are kept whole and what is left over goes to the others in proportion to their errors,
    until none exceeds 1. Beyond the paper:

    - Whole rows by largest remainders (ties: the smallest stratum), so a quota is less than one row
      away from its share.
    - A stratum with error 0 gets rows only when all strata with errors are kept whole; such strata
      then share what is left in proportion to their sizes. So all errors 0 means equal fractions.

    O(G log G), in exact arithmetic.

    Examples
    --------
    >>> from paris_core.validation import quotas
    >>> quotas.metriq([0.1, 0.3], [100, 100], density=0.4)
    array([20, 60])
    >>> quotas.metriq([0.1, 0.3], [100, 100], density=0.8)  # the second is kept whole
    array([ 60, 100])
    """
    sizes = _sizes(stratum_sizes)
    error = arrays.vector("error_per_stratum", error_per_stratum, len(sizes), "stratum_sizes")
    if (error < 0).any():
        stratum = int(np.argmax(error < 0))
        raise ValueError(
            f"error_per_stratum must be >= 0, got {error[stratum]} in stratum {stratum}"
        )
    total = _total(density, sizes)
    merit = _as_integers(error)
    order = sorted(range(len(sizes)), key=merit.__getitem__, reverse=True)
    first = sum(size for own, size in zip(merit, sizes, strict=True) if own)
    weight = [own * size for own, size in zip(merit, sizes, strict=True)]
    kept = _fill(weight, sizes, min(total, first), order)
    others = [0 if own else size for own, size in zip(merit, sizes, strict=True)]
    rest = _fill(others, sizes, max(total - first, 0), order)
    return np.array([a + b for a, b in zip(kept, rest, strict=True)], dtype=np.int64)


def equal(stratum_sizes: ArrayLike, density: float) -> IntArray:
    """Keep the same number of rows of each stratum; strata with fewer are kept whole.

    Parameters
    ----------
    stratum_sizes : (G,) array_like of int
        Training rows in each stratum.
    density : float
        Fraction of all rows to keep, in (0, 1].

    Returns
    -------
    (G,) ndarray of int64
        Rows to keep of each stratum. They sum to ``round(density * N)``; those of strata that are
        not kept whole differ by at most one.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type, shape or value, or all strata are empty.

    Notes
    -----
    The strict class balance with which MetriQ is compared. O(G log G), in exact
    arithmetic.

    Examples
    --------
    >>> from paris_core.validation import quotas
    >>> quotas.equal([1000, 100, 20], density=0.125)
    array([60, 60, 20])
    """
    sizes = _sizes(stratum_sizes)
    total = _total(density, sizes)
    order = sorted(range(len(sizes)), key=sizes.__getitem__)
    weight = [min(size, 1) for size in sizes]
    return np.array(_fill(weight, sizes, total, order), dtype=np.int64)


def target_bins(
    y: ArrayLike, *, n_bins: int | None = None, edges: ArrayLike | None = None
) -> IntArray:
    """Number the ranges of a continuous target, so that they can serve as strata.

    Parameters
    ----------
    y : (N,) array_like of float
        Targets.
    n_bins : int, optional
        Number of ranges with about the same number of rows, at least 1. Equal targets are never
        separated: with many ties there are fewer ranges, some of them fuller; and never more than
        there are different targets.
    edges : (B - 1,) array_like of float, optional
        Bounds of B ranges, strictly ascending: range b is ``edges[b - 1] < y <= edges[b]``. Use
        the same edges for training and validation rows. Exactly one of `n_bins` and `edges` must be
        given.

    Returns
    -------
    (N,) ndarray of int64
        Number of the range of each row, from 0 for the lowest targets. With `n_bins` every number
        up to the largest occurs.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type, shape or value.

    Notes
    -----
    O(N log N).

    Examples
    --------
    >>> from paris_core.validation import quotas
    >>> quotas.target_bins([-150.0, -100.0, -20.0, 5.0], edges=[-100.0, 0.0])
    array([0, 0, 1, 2])
    >>> quotas.target_bins([3.0, 1.0, 2.0, 4.0], n_bins=2)
    array([1, 0, 0, 1])
    """
    target = arrays.series("y", y)
    if (n_bins is None) == (edges is None):
        raise ValueError(
            f"exactly one of n_bins and edges must be given, got n_bins={short(n_bins)}, "
            f"edges={short(edges)}"
        )
    if edges is not None:
        bounds = arrays.series("edges", edges)
        if not (bounds[1:] > bounds[:-1]).all():
            raise ValueError(f"edges must be strictly ascending, got {short(bounds)}")
        return np.searchsorted(bounds, target).astype(np.int64)
    n_ranges = checks.integer("n_bins", n_bins, 1)
    if n_ranges >= target.size:  # a range for every different target
        return np.unique(target, return_inverse=True)[1].astype(np.int64)
    bounds = _quantiles(target, np.arange(1, n_ranges) / n_ranges)
    numbers = np.searchsorted(bounds, target)
    return np.unique(numbers, return_inverse=True)[1].astype(np.int64)


def _quantiles(values: FloatArray, q: FloatArray) -> FloatArray:
    """``np.quantile(values, q)``, which takes N operations for each of many quantiles."""
    ordered = np.sort(values)
    place = (values.size - 1) * q
    below = np.floor(place).astype(np.int64)
    low, high = ordered[below], ordered[np.minimum(below + 1, values.size - 1)]
    share, step = place - below, high - low
    return np.where(share < 0.5, low + step * share, high - step * (1.0 - share))


def _sizes(stratum_sizes: ArrayLike) -> list[int]:
    sizes = arrays.counts("stratum_sizes", stratum_sizes)
    if not sizes.any():
        raise ValueError("stratum_sizes must not be zero everywhere")
    return [int(size) for size in sizes]  # whose sum may be beyond 64 bits


def _total(density: float, sizes: list[int]) -> int:
    fraction = checks.positive("density", density)
    if fraction > 1:
        raise ValueError(f"density must be in (0, 1], got {short(density)}")
    n_rows = sum(sizes)
    if n_rows < 2**52:
        return round(fraction * n_rows)
    return round(Fraction(fraction) * n_rows)  # a float would be off by whole rows


def _fill(weight: list[int], sizes: list[int], total: int, order: list[int]) -> list[int]:
    """Whole numbers (G,) near the shares of `total`, which is at most the sum of `sizes`.

    The share of a stratum with weight > 0 is in proportion to that, up to its size; the others get
    nothing. `order` has the strata with the most weight a row first. In integers of any length, so
    that ties are ties: the largest remainders of the exact shares are rounded up, of equal ones
    that of the first stratum.
    """
    kept = [0] * len(sizes)
    left, weights = total, sum(weight)
    strata = [stratum for stratum in order if weight[stratum] > 0]
    free = 0  # before it strata are full; each of them only makes the others fuller
    while free < len(strata) and left * weight[strata[free]] >= weights * sizes[strata[free]]:
        stratum = strata[free]
        kept[stratum] = sizes[stratum]
        left, weights, free = left - sizes[stratum], weights - weight[stratum], free + 1
    remainder = {}
    for stratum in strata[free:]:
        kept[stratum], remainder[stratum] = divmod(left * weight[stratum], weights)
    missing = left - sum(kept[stratum] for stratum in strata[free:])
    for stratum in sorted(remainder, key=lambda stratum: (-remainder[stratum], stratum))[:missing]:
        kept[stratum] += 1
    return kept


def _as_integers(values: FloatArray) -> list[int]:
    """Integers in exactly the proportions of these numbers."""
    ratios = [float(value).as_integer_ratio() for value in values]
    common = max(denominator for _, denominator in ratios)  # powers of two
    return [numerator * (common // denominator) for numerator, denominator in ratios]
