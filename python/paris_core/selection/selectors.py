"""`select` and the table of selectors behind it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from .._support import arrays, checks
from .._support.arrays import FloatArray, IntArray
from . import sampling, scores
from .targets import Targets, read


class _Selector(NamedTuple):
    rows: Callable[..., IntArray]  # of (features, targets, n_kept, generator, **options)
    options: tuple[str, ...]


def _by_score(score: Callable[..., FloatArray], *options: str) -> _Selector:
    def rows(
        features: FloatArray, y: Targets, n_kept: int, rng: np.random.Generator, **chosen: Any
    ) -> IntArray:
        return sampling.largest(score(features, y, **chosen), n_kept, rng)

    return _Selector(rows, options)


_SELECTORS = {
    "random": _Selector(sampling.uniform, ()),
    "stratified": _Selector(sampling.stratified, ("strata", "n_bins")),
    "k_center": _Selector(sampling.k_center, ()),
    "el2n": _by_score(scores.el2n, "lam", "model", "predictions"),
    "grand": _by_score(scores.grand, "lam", "model", "predictions"),
    "leverage": _by_score(scores.leverage, "lam"),
    "influence": _by_score(scores.influence, "lam", "Phi_val", "y_val", "val_weight"),
}

NAMES = tuple(_SELECTORS)
"""Names of the selectors."""


def options(name: str) -> tuple[str, ...]:
    """Return the names of the options that a selector takes.

    Parameters
    ----------
    name : str
        A selector, one of ``selection.NAMES``.

    Returns
    -------
    tuple of str
        Keyword arguments of `select` besides `keep` and `random_state`.

    Raises
    ------
    TypeError, ValueError
        If there is no such selector.

    Examples
    --------
    >>> from paris_core import selection
    >>> selection.options("influence")
    ('lam', 'Phi_val', 'y_val', 'val_weight')
    """
    return _SELECTORS[checks.choice("name", name, NAMES)].options


def select(
    name: str,
    Phi: ArrayLike,
    y: ArrayLike,
    *,
    keep: float,
    random_state: int | np.random.Generator | None = None,
    lam: float | str | None = None,
    model: str | None = None,
    predictions: ArrayLike | None = None,
    strata: ArrayLike | None = None,
    n_bins: int | None = None,
    Phi_val: ArrayLike | None = None,
    y_val: ArrayLike | None = None,
    val_weight: ArrayLike | None = None,
) -> IntArray:
    """Choose the training rows to keep, by one of the selectors in the table below.

    Parameters
    ----------
    name : str
        The selector, one of ``selection.NAMES``.
    Phi : (N, D) array_like of float
        Features of the training rows, for example the last hidden layer of a network; add a
        constant column if the model has an intercept.
    y : (N,) or (N, C) array_like
        Targets. Floats are targets of a regression, with C outputs if 2-D. Integers, bools or
        strings (N,) are class labels, and so are rows of zeros with a single one, as from
        `paris_core.one_hot`: convert integers to float if they are the numbers to be predicted.
    keep : int or float
        How many rows to keep: an int with 1 <= keep <= N, or a fraction in (0, 1) of N, rounded.
    random_state : int, numpy.random.Generator or None
        Seeds what is drawn at random: the rows, the first center, or the order of equal scores.
    lam : float or {"auto", "gcv", "evidence"}, optional
        Ridge parameter, > 0. Default: "auto", see `paris_core.regularization.select_lambda`. For
        ``model="softmax"`` a number is needed.
    model : {"ridge", "softmax"}, optional
        The last layer whose errors count. "ridge" (default) is least squares on the targets, for
        classes on their one-hot form. "softmax" is scikit-learn's ``LogisticRegression`` with
        ``C = 1 / lam`` and no intercept; for classes only.
    predictions : (N,) or (N, C) array_like of float, optional
        Predictions of a model of your own, in place of `model` and `lam`: for classes their
        probabilities, in ascending order of the labels or in that of the columns of `y`.
    strata : (N,) array_like of int, bool or str, optional
        Strata. Default: the classes, or `n_bins` ranges of the target.
    n_bins : int, optional
        Ranges of the target for the strata of a regression. Default: 10.
    Phi_val : (V, D) array_like of float, optional
        Features of the validation rows; needed for "influence".
    y_val : (V,) or (V, C) array_like, optional
        Their targets, in the same form as `y`; needed for "influence".
    val_weight : (V,) array_like of float, optional
        Weights ω >= 0 of the validation rows. Default: ones.

    Returns
    -------
    ndarray of int64
        The rows to keep, ascending.

    Raises
    ------
    NotPositiveDefiniteError
        If ``Phi'Phi + lam I`` is not positive definite to working precision.
    TypeError, ValueError
        If an argument has the wrong type, shape or value, or an option is given that the selector
        does not take.

    Notes
    -----
    Below, e = y - p (C,) is the error of a row, φ its features, A = Phi'Phi + lam I, n the number
    of rows to keep, r (C,) the error of a validation row and R (V, C) the table of all ω r.

        ==========  ===================================================  ============
        name        keeps                                                time
        ==========  ===================================================  ============
        random      rows at random                                       N
        stratified  rows at random, the same fraction of every stratum   N log N
        k_center    greedily, the row farthest from all rows kept so     n N D
                    far; the first at random. `y` plays no part
        el2n        the largest error norms |e|                          N D² (ridge)
        grand       the largest gradient norms |e| |φ|                   N D² (ridge)
        leverage    the largest leverages φ'A⁻¹φ                         N D²
        influence   the largest 2 e'R'Φ_val A⁻¹φ, the first-order        N D² + V D
                    increase of Σ ω |r|² when the row is removed
        ==========  ===================================================  ============

    Times are for few outputs. "auto" for `lam` adds an eigendecomposition, O(D³); "softmax" takes
    N D C an iteration. Memory beyond the input: O(N C + D²).

    Sources:

    - stratified: proportional allocation with largest remainders.
    - k_center: Gonzalez (1985), at most twice the smallest radius that n centers can have; for
      pruning Sener and Savarese (2018), algorithm 1 (CoreSet).
    - el2n, grand: Paul, Ganguli and Dziugaite (2021), section 2. There the expectation over
      networks early in training, here one fitted last layer; for that of a network pass
      `predictions`. grand is the gradient of the last layer alone, exact for cross-entropy and for
      half the squared error, without the penalty.
    - leverage: Alaoui and Mahoney (2015); that the largest are kept, not drawn, is McCurdy (2018).
    - influence: Koh and Liang (2017), equation 2, for the ridge. The exact change is
      ``criterion="refit"`` of `paris_core.prune`.

    Examples
    --------
    >>> import numpy as np
    >>> from paris_core import selection
    >>> Phi = np.array([[0.0, 1.0], [0.1, 1.0], [0.2, 1.0], [5.0, 1.0]])
    >>> y = np.array([0.0, 0.1, 0.9, 5.0])
    >>> selection.select("el2n", Phi, y, keep=1, lam=0.01)
    array([2])
    >>> selection.select("leverage", Phi, y, keep=0.25, lam=0.01)
    array([3])
    """
    selector = _SELECTORS[checks.choice("name", name, NAMES)]
    given = {
        "lam": lam,
        "model": model,
        "predictions": predictions,
        "strata": strata,
        "n_bins": n_bins,
        "Phi_val": Phi_val,
        "y_val": y_val,
        "val_weight": val_weight,
    }
    chosen = {option: value for option, value in given.items() if value is not None}
    for option in chosen:
        if option not in selector.options:
            takes = ", ".join(selector.options) or "none"
            raise ValueError(f"{option} is no option of {name!r} (its options: {takes})")
    features = arrays.matrix("Phi", Phi)
    targets = read("y", y, len(features), "Phi")
    n_kept = checks.n_kept(keep, len(features))
    rng = checks.generator("random_state", random_state)
    return np.sort(selector.rows(features, targets, n_kept, rng, **chosen))
