"""How a test error moves while rows leave the training set."""

from __future__ import annotations

import numbers
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from .. import regularization
from .._support import arrays, checks, memory
from .._support.arrays import FloatArray, IntArray
from .._support.messages import short
from .._support.signals import interruptible
from ..linalg.ridge_factor import RidgeFactor
from .regression import rmse

__all__ = ["RemovalCurve", "random_removal_curves", "removal_curve"]


class RemovalCurve(NamedTuple):
    """What `removal_curve` and `random_removal_curves` return.

    Attributes
    ----------
    n_removed : ndarray of int64, shape (m,)
        Training rows removed, strictly ascending.
    scores : ndarray of float64, shape (m,) or (n_curves, m)
        The score of the test rows afterwards.
    """

    n_removed: IntArray
    scores: FloatArray


def removal_curve(
    Phi: ArrayLike,
    y: ArrayLike,
    removed: ArrayLike,
    Phi_test: ArrayLike,
    y_test: ArrayLike,
    *,
    lam: float | str,
    score: Callable[[FloatArray, FloatArray], float] = rmse,
    fractions: ArrayLike | None = None,
    n_threads: int | None = None,
) -> RemovalCurve:
    """Return a test score against the number of rows removed, with the ridge refitted.

    Parameters
    ----------
    Phi : array_like of float, shape (N, D)
        Features of the training rows.
    y : array_like of float, shape (N,) or (N, C)
        Targets.
    removed : array_like of int, shape (k,)
        Distinct training rows in the order in which they leave: `PruneResult.removed`, or any other
        order to compare it with.
    Phi_test : array_like of float, shape (n, D)
        Features of the test rows.
    y_test : array_like of float, shape (n,) or (n, C)
        Their targets.
    lam : float or {"auto", "gcv", "evidence"}
        Ridge parameter, as for `paris_core.prune`: chosen on all training rows and kept.
    score : callable, default rmse
        ``score(y_test, predictions)``, a number. For several outputs both are (n, C), and `rmse`
        does not do.
    fractions : array_like of float, shape (m,), optional
        Shares of `removed`, in [0, 1], after which the score is taken; rounded to whole rows.
        Default: 0, 0.05, ..., 1.
    n_threads : int, optional
        Threads for the first factorization. Default: all cores.

    Returns
    -------
    RemovalCurve
        ``(n_removed, scores)``, a point for every distinct number of rows.

    Raises
    ------
    NotPositiveDefiniteError
        If what is left cannot be factorized; the message says which `lam` would do.
    TypeError, ValueError
        If an argument has the wrong type, shape or value.

    Notes
    -----
    ND² time to set up, 4D² a removal, nD a point; see `paris_core.linalg.RidgeFactor`. Memory
    O(D² + n).

    Examples
    --------
    >>> import numpy as np
    >>> from paris_core.metrics import removal_curve
    >>> Phi = np.ones((4, 1))
    >>> y = [0.0, 0.0, 9.0, 3.0]
    >>> curve = removal_curve(Phi, y, [2, 3], [[1.0]], [0.0], lam=1e-12, fractions=[0, 0.5, 1])
    >>> curve.n_removed
    array([0, 1, 2])
    >>> np.round(curve.scores, 6)
    array([3., 1., 0.])
    """
    features = arrays.matrix("Phi", Phi)
    targets = arrays.targets("y", y, len(features), "Phi")
    order = arrays.distinct_rows("removed", removed, len(features), "Phi")
    test = arrays.beside("Phi_test", Phi_test, Phi, features.shape[1])
    test_targets = arrays.val_targets("y_test", y_test, len(test), "Phi_test", targets)
    threads = checks.n_threads(n_threads)
    if not callable(score):
        raise TypeError(f"score must be callable, got {type(score).__name__}")
    counts = _counts(fractions, len(order))
    factor = RidgeFactor(
        features, targets, regularization.parse(lam, features, targets, threads), n_threads=threads
    )
    scores = np.empty(len(counts))
    gone = 0
    for point, count in enumerate(counts):
        for row in order[gone:count]:
            factor.remove(int(row))
        gone = int(count)
        value = score(test_targets, interruptible.product(test, factor.weights))
        if not isinstance(value, numbers.Real):
            raise TypeError(f"score must return a number, got {type(value).__name__}")
        scores[point] = value
    return RemovalCurve(counts, scores)


def random_removal_curves(
    Phi: ArrayLike,
    y: ArrayLike,
    k: int | float,
    Phi_test: ArrayLike,
    y_test: ArrayLike,
    *,
    lam: float | str,
    n_curves: int = 10,
    score: Callable[[FloatArray, FloatArray], float] = rmse,
    fractions: ArrayLike | None = None,
    random_state: int | np.random.Generator | None = None,
    n_threads: int | None = None,
) -> RemovalCurve:
    """Return several removal curves of rows that leave at random, to compare with.

    Parameters
    ----------
    Phi, y, Phi_test, y_test, lam, score, fractions, n_threads
        As for `removal_curve`.
    k : int or float
        Rows that leave: a count in [0, N), or a fraction in (0, 1) of N.
    n_curves : int
        How many curves.
    random_state : int, numpy.random.Generator or None
        Decides which rows leave.

    Returns
    -------
    RemovalCurve
        ``(n_removed, scores)``, the scores of shape (n_curves, m).

    Raises
    ------
    NotPositiveDefiniteError, TypeError, ValueError
        As `removal_curve`.

    Notes
    -----
    The cost of `n_curves` removal curves.

    Examples
    --------
    >>> import numpy as np
    >>> from paris_core.metrics import random_removal_curves
    >>> curves = random_removal_curves(
    ...     np.ones((4, 1)), [0.0, 0.0, 9.0, 3.0], 3, [[1.0]], [0.0],
    ...     lam=1e-12, n_curves=2, fractions=[0, 1], random_state=0,
    ... )
    >>> curves.n_removed
    array([0, 3])
    >>> np.round(curves.scores, 6)
    array([[3., 3.],
           [3., 0.]])
    """
    features = arrays.matrix("Phi", Phi)
    targets = arrays.targets("y", y, len(features), "Phi")
    n_removed = checks.n_deletions(k, len(features))
    times = checks.integer("n_curves", n_curves, 1)
    memory.require(8 * times, f"n_curves={short(times)} curves", "ask for fewer")
    rng = checks.generator("random_state", random_state)
    threads = checks.n_threads(n_threads)
    penalty = regularization.parse(lam, features, targets, threads)
    curves = [
        removal_curve(
            features,
            targets,
            rng.permutation(len(features))[:n_removed],
            Phi_test,
            y_test,
            lam=penalty,
            score=score,
            fractions=fractions,
            n_threads=threads,
        )
        for _ in range(times)
    ]
    return RemovalCurve(curves[0].n_removed, np.array([curve.scores for curve in curves]))


def _counts(fractions: ArrayLike | None, n_removed: int) -> IntArray:
    """The numbers of rows at which to score."""
    if fractions is None:
        shares = np.linspace(0.0, 1.0, 21)
    else:
        shares = arrays.series("fractions", fractions)
        bad = np.flatnonzero((shares < 0) | (shares > 1))
        if bad.size:
            raise ValueError(f"fractions must be in [0, 1], got {shares[bad[0]]:g}")
    return np.unique(np.rint(shares * n_removed).astype(np.int64))
