"""The choice of the ridge parameter λ."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ._extension import core
from ._support import arrays, checks, memory
from ._support.arrays import FloatArray
from ._support.signals import interruptible
from .linalg import footprint, weighting

__all__ = ["select_lambda"]

#: No automatic choice falls below this (the fallback of the paper).
LAMBDA_MIN = 1e-5


def select_lambda(
    Phi: ArrayLike,
    y: ArrayLike,
    *,
    method: str = "gcv",
    n_threads: int | None = None,
    sample_weight: ArrayLike | None = None,
) -> float:
    """Choose the ridge parameter from the training rows alone.

    Parameters
    ----------
    Phi : (N, D) array_like of float
        Features.
    y : (N,) or (N, C) array_like of float
        Targets; of several outputs, whose λ is the same, the sums of squares are added.
    method : {"gcv", "evidence"}, default "gcv"
        Generalised cross-validation, or the marginal likelihood of the Gaussian model
        ``y ~ N(0, s² (Phi Phi'/lam + I))`` with s² profiled out.
    n_threads : int, optional
        Threads for Phi'Phi. Default: all cores.
    sample_weight : (N,) array_like of float, optional
        Weights >= 0 of the rows, relative precisions: N counts the rows with a weight above zero,
        and weights that are all twice as large give twice the λ. Default: ones.

    Returns
    -------
    float
        The minimiser over ``lam >= 1e-5``, or over penalties that the rounding of Phi'Phi does not
        swallow, ``lam >= 2e-15 D trace(Phi'Phi)``, if that is more: with these ``Phi'Phi + lam I``
        can be factorized.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type, shape or value.
    MemoryError
        If the eigendecomposition would not fit in the memory that is available.

    Notes
    -----
    With Phi'Phi = Q diag(d) Q' and c = Q'Phi'y, both criteria are sums over the D eigenvalues: one
    eigendecomposition (ND² + O(D³) time, O(D²) memory) serves every λ. GCV is
    ``N RSS(λ) / (N - Σ d/(d+λ))²`` (Golub, Heath and Wahba 1979); for the evidence see MacKay
    (1992). The minimum is bracketed on a logarithmic grid and refined by golden-section search.

    Examples
    --------
    >>> import numpy as np
    >>> from paris_core.regularization import select_lambda
    >>> rng = np.random.default_rng(0)
    >>> Phi = rng.normal(size=(500, 20))
    >>> y = Phi @ rng.normal(size=20) + 3.0 * rng.normal(size=500)
    >>> 2.0 < select_lambda(Phi, y) < 40.0  # the ideal is noise variance / signal variance = 9
    True
    """
    features = arrays.matrix("Phi", Phi)
    targets = arrays.targets("y", y, len(features), "Phi")
    checks.choice("method", method, ("gcv", "evidence"))
    threads = checks.n_threads(n_threads)
    weight = weighting.checked("sample_weight", sample_weight, len(features))
    n_rows = weighting.n_counted(weight, len(features))
    return choose(*weighting.scaled(features, targets, weight), method, threads, n_rows)


def parse(
    lam: Any,
    features: FloatArray,
    targets: FloatArray,
    n_threads: int,
    weight: FloatArray | None = None,
) -> float:
    """`lam` as a number: as it is, or chosen by "auto" (= "gcv") or "evidence".

    `targets` may be (N,) or (N, C): one λ for all outputs, their criteria summed. Rows that have
    a `weight` are scaled by its root already.
    """
    checked = check(lam)
    if isinstance(checked, float):
        return checked
    n_rows = weighting.n_counted(weight, len(features))
    return choose(features, targets, "gcv" if checked == "auto" else checked, n_threads, n_rows)


def check(lam: Any) -> float | str:
    """`lam` as a number, or the name of a method."""
    if not isinstance(lam, str):
        return checks.penalty("lam", lam)
    return checks.choice("lam", lam, ("auto", "gcv", "evidence"))


def choose(
    features: FloatArray, targets: FloatArray, method: str, n_threads: int, n_rows: int
) -> float:
    """`select_lambda` for arguments that have been checked; `n_rows` of them count."""
    spectrum = _Spectrum(features, targets, n_threads, n_rows)
    return _minimize(getattr(spectrum, method), spectrum.least, spectrum.largest)


class _Spectrum:
    """RSS(λ) and its companions from one eigendecomposition of Phi'Phi."""

    def __init__(
        self, features: FloatArray, targets: FloatArray, n_threads: int, n_rows: int
    ) -> None:
        targets = arrays.columns(targets)
        self.n_rows, dimension = n_rows, features.shape[1]
        self.n_outputs = targets.shape[1]
        # A, Q, and what LAPACK works in, besides the sums.
        memory.require(
            8 * 6 * dimension**2 + footprint.of_sums(len(features), dimension, n_threads),
            f"the eigendecomposition of Phi'Phi of shape ({dimension}, {dimension})",
            "use fewer features, or give lam as a number",
        )
        lower, moment = core.normal_equations(features, targets, n_threads)
        if not np.isfinite(lower).all():
            raise ValueError("Phi must be of moderate size: Phi'Phi overflows float64")
        eigenvalues, Q = interruptible.call(10 * dimension**3, np.linalg.eigh, lower, UPLO="L")
        self.largest = max(float(eigenvalues[-1]), np.finfo(float).tiny)
        # Below that, rounding may spoil a factorization: see NotPositiveDefiniteError.
        rounding = float(8.0 * dimension * np.finfo(float).eps * np.trace(lower))
        self.least = max(LAMBDA_MIN, rounding)
        # Directions that Phi does not span, to working precision, carry rounding only.
        spanned = eigenvalues > dimension * np.finfo(float).eps * self.largest
        spanned[: max(0, dimension - self.n_rows)] = False
        self._d = eigenvalues[spanned]
        projection = (Q.T @ moment)[spanned]
        # Squares of the projections of y, (rank,), summed over outputs.
        self._projection2 = np.square(projection).sum(axis=1) / self._d
        self._n_free = self.n_rows - len(self._d)
        self._unexplained = 0.0
        if self._n_free:  # otherwise nothing but rounding, in which the criteria would drown
            # By an explicit residual: y'y - Σ would cancel when the fit is good.
            weights = Q[:, spanned] @ (projection / self._d[:, np.newaxis])
            residuals = targets - interruptible.product(features, weights)
            self._unexplained = float(np.square(residuals).sum())

    def _residual_sum(self, lam: float) -> float:
        shrinkage = lam / (self._d + lam)
        return self._unexplained + float((self._projection2 * shrinkage**2).sum())

    def gcv(self, lam: float) -> float:
        # N - dof; what is less than a row would be lost in N + Σ - rank.
        freedom = float((lam / (self._d + lam)).sum()) + self._n_free
        return float(self.n_rows * self._residual_sum(lam) / freedom**2)

    def evidence(self, lam: float) -> float:
        """-2 log marginal likelihood, up to a constant."""
        shrinkage = lam / (self._d + lam)
        scale = self._unexplained + float((self._projection2 * shrinkage).sum())  # y'(K + I)⁻¹y
        per_output = self.n_rows * np.log(max(scale, 1e-300)) - np.log(shrinkage).sum()
        return float(self.n_outputs * per_output)


def _minimize(score: Callable[[float], float], least: float, largest: float) -> float:
    """The minimiser of `score` over λ from `least` to 1e4 x the largest eigenvalue."""
    grid = np.geomspace(least, max(1e4 * largest, 10 * least), 121)
    values = [score(float(lam)) for lam in grid]
    best = int(np.argmin(values))
    if best == 0:
        return least
    low, high = np.log(grid[best - 1]), np.log(grid[min(best + 1, len(grid) - 1)])
    ratio = (np.sqrt(5.0) - 1.0) / 2.0
    while high - low > 1e-6:
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        if score(float(np.exp(left))) <= score(float(np.exp(right))):
            high = right
        else:
            low = left
    return max(float(np.exp((low + high) / 2.0)), least)
