"""How many rows to keep of each group: a class, or a range of the target."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from . import _arguments
from ._arguments import FloatArray, IntArray

__all__ = ["equal", "metriq", "target_bins"]


def metriq(error_per_group: ArrayLike, group_sizes: ArrayLike, density: float) -> IntArray:
    """Keep of each group a fraction in proportion to its error (MetriQ).

    Parameters
    ----------
    error_per_group : (G,) array_like of float
        Error >= 0 of a model trained on all rows, on validation rows of each group: one minus the
        recall of a class, or the mean squared error in a range of the target.
    group_sizes : (G,) array_like of int
        Training rows in each group, as from ``numpy.bincount(groups, minlength=G)``.
    density : float
        Fraction of all rows to keep, in (0, 1].

    Returns
    -------
    (G,) ndarray of int64
        Rows to keep of each group. They sum to ``round(density * N)``.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type, shape or value, or all groups are empty.

    Notes
    -----
    Vysogorets, Ahuja and Kempe, "Robust Data Pruning: Uncovering and Overcoming Implicit Bias",
    section 3 and algorithm 1. The fraction of group g is min(1, Z error_g): groups that would
    exceed 1 are kept whole and what is left over goes to the others in proportion to their errors,
    until none exceeds 1. Beyond the paper:

    - Whole rows by largest remainders (ties: the smallest group), so a quota is less than one row
      away from its share.
    - A group with error 0 gets rows only when all groups with errors are kept whole; such groups
      then share what is left in proportion to their sizes. So all errors 0 means equal fractions.

    At most G rounds of O(G).

    Examples
    --------
    >>> from paris_core import quotas
    >>> quotas.metriq([0.1, 0.3], [100, 100], density=0.4)
    array([20, 60])
    >>> quotas.metriq([0.1, 0.3], [100, 100], density=0.8)  # the second is kept whole
    array([ 60, 100])
    """
    sizes = _sizes(group_sizes)
    error = _arguments.vector("error_per_group", error_per_group, sizes.size, "group_sizes")
    if (error < 0).any():
        group = int(np.argmax(error < 0))
        raise ValueError(f"error_per_group must be >= 0, got {error[group]} in group {group}")
    total = _total(density, sizes)
    with_error = error > 0
    n_first = min(total, int(sizes[with_error].sum()))
    share = _fill(error, sizes * with_error, n_first)
    share += _fill(np.ones(sizes.size), sizes * ~with_error, total - n_first)
    return _whole(share, sizes, total)


def equal(group_sizes: ArrayLike, density: float) -> IntArray:
    """Keep the same number of rows of each group; groups with fewer are kept whole.

    Parameters
    ----------
    group_sizes : (G,) array_like of int
        Training rows in each group.
    density : float
        Fraction of all rows to keep, in (0, 1].

    Returns
    -------
    (G,) ndarray of int64
        Rows to keep of each group. They sum to ``round(density * N)``; those of groups that are
        not kept whole differ by at most one.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type, shape or value, or all groups are empty.

    Notes
    -----
    The strict class balance with which MetriQ is compared. At most G rounds of O(G).

    Examples
    --------
    >>> from paris_core import quotas
    >>> quotas.equal([1000, 100, 20], density=0.125)
    array([60, 60, 20])
    """
    sizes = _sizes(group_sizes)
    total = _total(density, sizes)
    per_row = 1.0 / np.maximum(sizes, 1)
    return _whole(_fill(per_row, sizes, total), sizes, total)


def target_bins(
    y: ArrayLike, *, n_bins: int | None = None, edges: ArrayLike | None = None
) -> IntArray:
    """Number the ranges of a continuous target, so that they can serve as groups.

    Parameters
    ----------
    y : (N,) array_like of float
        Targets.
    n_bins : int, optional
        Number of ranges with about the same number of rows, at least 1. Equal targets are never
        separated: with many ties there are fewer ranges, some of them fuller.
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
    >>> from paris_core import quotas
    >>> quotas.target_bins([-150.0, -100.0, -20.0, 5.0], edges=[-100.0, 0.0])
    array([0, 0, 1, 2])
    >>> quotas.target_bins([3.0, 1.0, 2.0, 4.0], n_bins=2)
    array([1, 0, 0, 1])
    """
    target = _arguments.series("y", y)
    if (n_bins is None) == (edges is None):
        raise ValueError(
            f"exactly one of n_bins and edges must be given, got n_bins={n_bins}, edges={edges!r}"
        )
    if edges is not None:
        bounds = _arguments.series("edges", edges)
        if not (bounds[1:] > bounds[:-1]).all():
            raise ValueError(f"edges must be strictly ascending, got {bounds}")
        return np.searchsorted(bounds, target).astype(np.int64)
    n_ranges = _arguments.integer("n_bins", n_bins, 1)
    bounds = np.quantile(target, np.arange(1, n_ranges) / n_ranges)
    numbers = np.searchsorted(bounds, target)
    return np.unique(numbers, return_inverse=True)[1].astype(np.int64)


def _sizes(group_sizes: ArrayLike) -> IntArray:
    sizes = _arguments.counts("group_sizes", group_sizes)
    if not sizes.any():
        raise ValueError("group_sizes must not be zero everywhere")
    return sizes


def _total(density: float, sizes: IntArray) -> int:
    fraction = _arguments.positive("density", density)
    if fraction > 1:
        raise ValueError(f"density must be in (0, 1], got {fraction}")
    return round(fraction * int(sizes.sum()))


def _fill(merit: FloatArray, sizes: IntArray, total: int) -> FloatArray:
    """Shares (G,) of `total`, which is at most the sum of `sizes`.

    The fraction of a group that is kept is in proportion to its merit > 0, up to 1.
    """
    share = np.zeros(sizes.size)
    free = sizes > 0
    while free.any():
        left = total - int(sizes[(sizes > 0) & ~free].sum())
        demand = merit[free] / merit[free].max() * sizes[free]
        share[free] = left * (demand / demand.sum())
        full = free & (share >= sizes)
        share[full] = sizes[full]
        if not full.any():
            break
        free &= ~full
    return share


def _whole(share: FloatArray, sizes: IntArray, total: int) -> IntArray:
    """Round `share` to whole rows that sum to `total`, by largest remainders."""
    number = np.minimum(np.floor(share), sizes).astype(np.int64)
    remainder = np.where(number < sizes, share - number, -1.0)
    number[np.argsort(-remainder, kind="stable")[: total - int(number.sum())]] += 1
    return number
