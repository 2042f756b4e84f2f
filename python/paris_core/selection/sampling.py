"""Rows drawn at random, under quotas, or far from each other."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .._support import arrays, checks
from .._support.arrays import FloatArray, IntArray
from ..validation import quotas
from ..validation.encoding import class_codes
from .models import squared_norms
from .targets import Targets

_BLOCK = 1 << 16  # elements of the features whose distances are computed together, in cache
_BINS = 10  # ranges of a continuous target


def random_with_quotas(
    strata: ArrayLike,
    quotas: ArrayLike,
    random_state: int | np.random.Generator | None = None,
) -> IntArray:
    """Choose rows at random, so many of each stratum.

    Parameters
    ----------
    strata : (N,) array_like of int
        Group of each row, from 0 to G - 1. See `paris_core.validation.quotas.target_bins` for a
        regression.
    quotas : (G,) array_like of int
        Rows to keep of each stratum, as from `paris_core.validation.quotas.metriq`; at most those
        there are.
    random_state : int, numpy.random.Generator or None
        Decides which rows of a stratum.

    Returns
    -------
    (sum(quotas),) ndarray of int64
        The rows to keep, ascending.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type, shape or value, a stratum has no quota, or a quota is
        larger than its stratum.

    Notes
    -----
    O(N log N) time, O(N) memory.

    Examples
    --------
    >>> import numpy as np
    >>> from paris_core import selection
    >>> from paris_core.validation import quotas
    >>> strata = np.repeat([0, 1], [6, 4])
    >>> numbers = quotas.metriq([0.1, 0.3], np.bincount(strata), density=0.5)
    >>> kept = selection.random_with_quotas(strata, numbers, random_state=0)
    >>> np.bincount(strata[kept])
    array([2, 3])
    """
    stratum, quota = arrays.strata_and_quotas(strata, quotas)
    sizes = np.bincount(stratum, minlength=quota.size)
    rng = checks.generator("random_state", random_state)
    shuffled = rng.permutation(stratum.size)
    by_stratum = shuffled[np.argsort(stratum[shuffled], kind="stable")]
    rank = np.arange(stratum.size) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return np.sort(by_stratum[rank < quota[stratum[by_stratum]]]).astype(np.int64)


def uniform(features: FloatArray, y: Targets, n_kept: int, rng: np.random.Generator) -> IntArray:
    """Rows at random."""
    return rng.choice(len(features), n_kept, replace=False).astype(np.int64)


def stratified(
    features: FloatArray,
    y: Targets,
    n_kept: int,
    rng: np.random.Generator,
    *,
    strata: ArrayLike | None = None,
    n_bins: Any = None,
) -> IntArray:
    """Rows at random, the same fraction of each stratum."""
    stratum = _strata(y, strata, n_bins)
    sizes = np.bincount(stratum)
    numbers = quotas.metriq(np.ones(sizes.size), sizes, n_kept / stratum.size)
    return random_with_quotas(stratum, numbers, rng)


def _strata(y: Targets, strata: ArrayLike | None, n_bins: Any) -> IntArray:
    """The strata: `strata`, else classes, else ranges of the target."""
    if n_bins is not None and (strata is not None or not y.one_dimensional):
        raise ValueError("n_bins must not be given with strata, with classes or several outputs")
    if strata is not None:
        codes, _ = class_codes("strata", strata)
        if codes.size != len(y.values):
            raise ValueError(
                f"strata must have shape ({len(y.values)},), one entry per row of Phi, "
                f"got shape {codes.shape}"
            )
        return codes
    if y.codes is not None:
        return y.codes
    if not y.one_dimensional:
        raise ValueError("strata must be given for 'stratified' with several outputs")
    return quotas.target_bins(y.values[:, 0], n_bins=_BINS if n_bins is None else n_bins)


def k_center(features: FloatArray, y: Targets, n_kept: int, rng: np.random.Generator) -> IntArray:
    """A random row, and then again and again the row farthest from all chosen ones."""
    kept = np.empty(n_kept, dtype=np.int64)
    kept[0] = rng.integers(len(features))
    nearest = np.full(len(features), np.inf)  # squared distance to the nearest chosen row
    step = max(1, _BLOCK // features.shape[1])
    apart = np.empty((min(step, len(features)), features.shape[1]))
    for i in range(1, n_kept):
        last = features[kept[i - 1]]
        for start in range(0, len(features), step):
            rows, best = features[start : start + step], nearest[start : start + step]
            # Not by |x|² - 2 x'c + |c|², which cancels for neighbours.
            np.subtract(rows, last, out=apart[: len(rows)])
            np.minimum(best, squared_norms(apart[: len(rows)]), out=best)
        nearest[kept[i - 1]] = -1.0  # never again, even when only copies are left
        kept[i] = np.argmax(nearest)
    return kept


def largest(scores: FloatArray, n_kept: int, rng: np.random.Generator) -> IntArray:
    """The rows with the largest scores; ties are broken at random."""
    order = np.lexsort((rng.permutation(scores.size), -scores))
    return order[:n_kept].astype(np.int64)
