"""The representer decomposition: what every training row contributes to every prediction."""

from __future__ import annotations

from numpy.typing import ArrayLike

from .._extension import core
from .._support import arrays, checks, memory
from .._support.arrays import FloatArray
from .._support.messages import short
from .._support.signals import interruptible
from ..linalg import weighting
from ..linalg.ridge_factor import RidgeFactor


def representer_weights(
    Phi: ArrayLike, y: ArrayLike, *, lam: float, sample_weight: ArrayLike | None = None
) -> FloatArray:
    """Weights α of the training rows in the representer theorem.

    Parameters
    ----------
    Phi : (N, D) array_like of float
        Features of the training rows.
    y : (N,) array_like of float
        Targets.
    lam : float
        Ridge parameter, > 0.
    sample_weight : (N,) array_like of float, optional
        Weights a >= 0 of the training rows, as for `paris_core.prune`. Default: ones.

    Returns
    -------
    (N,) ndarray of float64
        α = a (y - Phi w)/λ, for which Phi'α = w; without weights (Phi Phi' + λI)⁻¹ y.

    Raises
    ------
    NotPositiveDefiniteError
        If ``Phi'Phi + lam I`` is not positive definite to working precision.
    TypeError, ValueError
        If an argument has the wrong type, shape or value.

    Notes
    -----
    ND² time, O(D² + N) memory. Formula: PARIS (arXiv 2512.06950), section 2.

    Examples
    --------
    >>> import numpy as np
    >>> import paris_core
    >>> Phi = np.array([[1.0], [2.0]])
    >>> alpha = paris_core.representer_weights(Phi, [1.0, 2.0], lam=5.0)
    >>> np.round(alpha, 6)
    array([0.1, 0.2])
    >>> np.round(Phi.T @ alpha, 6)  # the ridge weights
    array([0.5])
    """
    features = arrays.matrix("Phi", Phi)
    targets = arrays.vector("y", y, len(features), "Phi", vanishing=False)
    return _fit(features, targets, lam, sample_weight)[1]


def influence_matrix(
    Phi: ArrayLike,
    y: ArrayLike,
    Phi_val: ArrayLike,
    *,
    lam: float,
    sample_weight: ArrayLike | None = None,
) -> FloatArray:
    """Contribution of every training row to every validation prediction.

    Parameters
    ----------
    Phi : (N, D) array_like of float
        Features of the training rows.
    y : (N,) array_like of float
        Targets.
    Phi_val : (V, D) array_like of float
        Features of the validation rows.
    lam : float
        Ridge parameter, > 0.
    sample_weight : (N,) array_like of float, optional
        Weights a >= 0 of the training rows, as for `paris_core.prune`. Default: ones.

    Returns
    -------
    (V, N) ndarray of float64
        S with S_vk = T_vk α_k, T = Phi_val Phi'. Row v sums to the prediction φ_v'w.

    Raises
    ------
    MemoryError
        If S would not fit in the memory that is available.
    NotPositiveDefiniteError
        If ``Phi'Phi + lam I`` is not positive definite to working precision.
    TypeError, ValueError
        If an argument has the wrong type, shape or value.

    Notes
    -----
    VND time, 8VN bytes of memory. Formula: PARIS (arXiv 2512.06950), section 2.2.

    Examples
    --------
    >>> import numpy as np
    >>> import paris_core
    >>> S = paris_core.influence_matrix([[1.0], [2.0]], [1.0, 2.0], [[3.0]], lam=5.0)
    >>> np.round(S, 6)
    array([[0.3, 1.2]])
    """
    features = arrays.matrix("Phi", Phi)
    targets = arrays.vector("y", y, len(features), "Phi", vanishing=False)
    validation = arrays.beside("Phi_val", Phi_val, Phi, features.shape[1])
    memory.require(
        8 * len(validation) * len(features),
        f"S of shape ({len(validation)}, {len(features)})",
        "pass fewer rows of Phi_val at a time",
    )
    alpha = _fit(features, targets, lam, sample_weight)[1]
    cost = features.size * len(validation)
    return interruptible.call(cost, _contributions, validation, features, alpha)


def _contributions(validation: FloatArray, features: FloatArray, alpha: FloatArray) -> FloatArray:
    """S (V, N)."""
    S = validation @ features.T
    S *= alpha
    return S


def deletion_residuals(
    Phi: ArrayLike,
    y: ArrayLike,
    Phi_val: ArrayLike,
    y_val: ArrayLike,
    *,
    lam: float,
    v: int | None = None,
    sample_weight: ArrayLike | None = None,
) -> FloatArray:
    """Representer deletion residual of every training row, for one validation row.

    Parameters
    ----------
    Phi : (N, D) array_like of float
        Features of the training rows.
    y : (N,) array_like of float
        Targets.
    Phi_val : (V, D) array_like of float
        Features of the validation rows.
    y_val : (V,) array_like of float
        Their targets.
    lam : float
        Ridge parameter, > 0.
    v : int, optional
        The validation row, 0 <= v < V. Default: the one with the largest squared residual.
    sample_weight : (N,) array_like of float, optional
        Weights a >= 0 of the training rows, as for `paris_core.prune`. Default: ones.

    Returns
    -------
    (N,) ndarray of float64
        ΔL_k = 2 r_v S_vk + S_vk², the change of r_v² when term k is dropped from the prediction and
        everything else stays as it is. It is *not* the change after refitting without row k.

    Raises
    ------
    NotPositiveDefiniteError
        If ``Phi'Phi + lam I`` is not positive definite to working precision.
    IndexError
        If there is no validation row `v`.
    TypeError, ValueError
        If an argument has the wrong type, shape or value.

    See Also
    --------
    paris_core.deletion_effects : by either criterion, any validation rows, several outputs.

    Notes
    -----
    ND² + VD time, O(D² + N + V) memory. Formula: PARIS (arXiv 2512.06950), equation 12.

    Examples
    --------
    >>> import numpy as np
    >>> import paris_core
    >>> delta = paris_core.deletion_residuals(
    ...     [[1.0], [2.0]], [1.0, 2.0], [[3.0]], [1.0], lam=5.0
    ... )
    >>> np.round(delta, 6)  # r = 1 - 1.5, S = (0.3, 1.2)
    array([-0.21,  0.24])
    """
    features = arrays.matrix("Phi", Phi)
    targets = arrays.vector("y", y, len(features), "Phi", vanishing=False)
    validation = arrays.beside("Phi_val", Phi_val, Phi, features.shape[1])
    val_targets = arrays.vector("y_val", y_val, len(validation), "Phi_val", vanishing=False)
    if v is not None:
        v = checks.integer("v", v, -(2**62))
        if not 0 <= v < len(validation):
            raise IndexError(f"v must be in [0, {len(validation) - 1}], got {short(v)}")
    weights, alpha = _fit(features, targets, lam, sample_weight)
    residuals = val_targets - core.row_products(validation, weights)
    if v is None:
        v = int(np.argmax(residuals**2))
    S = core.row_products(features, validation[v]) * alpha
    residual = float(residuals[v])
    return np.asarray(2.0 * residual * S + S**2)


def _fit(
    features: FloatArray, targets: FloatArray, lam: float, sample_weight: ArrayLike | None
) -> tuple[FloatArray, FloatArray]:
    """The ridge weights w (D,) and the representer weights α (N,)."""
    row_weight = weighting.checked("sample_weight", sample_weight, len(features))
    weights = RidgeFactor(*weighting.scaled(features, targets, row_weight), lam).weights
    alpha = (targets - core.row_products(features, weights)) / float(lam)
    return weights, alpha if row_weight is None else alpha * row_weight
