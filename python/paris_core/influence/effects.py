"""What the deletion of each training row would do to the loss."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .._extension import core
from .._support import arrays, checks, memory
from .._support.arrays import FloatArray
from .._support.messages import short
from ..linalg import footprint
from ..pruning import means
from ..pruning import objective as objectives

__all__ = ["deletion_effects"]


def deletion_effects(
    Phi: ArrayLike,
    y: ArrayLike,
    Phi_val: ArrayLike | None = None,
    y_val: ArrayLike | None = None,
    *,
    lam: float,
    criterion: str = "refit",
    objective: str | tuple[str, int] = "mean",
    val_weight: ArrayLike | None = None,
    v: int | None = None,
    n_threads: int | None = None,
) -> FloatArray:
    """What the deletion of each training row would do to the loss, for all rows at once.

    With the default criterion that is the exact change after fitting the ridge again without the
    row, by a closed form: no fit is made but one.

    Parameters
    ----------
    Phi : (N, D) array_like of float
        Features of the training rows.
    y : (N,) or (N, C) array_like of float
        Targets, a column an output.
    Phi_val : (V, D) array_like of float, optional
        Features of the validation rows. Default: each training row is judged by itself.
    y_val : (V,) or (V, C) array_like of float, optional
        Their targets.
    lam : float
        Ridge parameter, > 0.
    criterion : {"refit", "representer"}, default "refit"
        As for `paris_core.prune`: the ridge is fitted again, or the row's term leaves the
        prediction and everything else stays.
    objective : {"mean", "worst"} or ("worst", m), default "mean"
        Which validation rows count, as for `paris_core.prune`: all, or those that are the worst
        before the deletion.
    val_weight : (V,) array_like of float, optional
        Weights ω >= 0 of the validation rows, of which only ratios matter. Default: ones.
    v : int, optional
        A validation row, 0 <= v < V, that counts alone; `objective` then must be "worst".
    n_threads : int, optional
        Threads. Default: all cores. The result does not depend on it, to the last bit.

    Returns
    -------
    (N,) ndarray of float64
        ΔL_k, below 0 where the loss would fall. Of validation rows the change of Σ ω |r|² / W as
        `paris_core.prune` reports it. Without them |e_k/(1 - h_k)|² - |e_k|² for "refit": by how
        much the squared error of row k itself grows once it is not trained on; e_k/(1 - h_k) is
        its leave-one-out residual.

    Raises
    ------
    NotPositiveDefiniteError
        If ``Phi'Phi + lam I`` is not positive definite to working precision.
    IndexError
        If there is no validation row `v`.
    TypeError, ValueError
        If an argument has the wrong type, shape or value.
    MemoryError
        If it would not fit in the memory that is available.

    See Also
    --------
    paris_core.prune : deletes the row with the least ΔL, one after the other.
    paris_core.deletion_residuals : criterion "representer" for a single validation row.

    Notes
    -----
    ΔL_k = Σ_v ω_v (2 r_v·S_vk + |S_vk|²) / W with S as in `paris_core.prune`; without validation
    rows 2 e·S + |S|² with S = h e/(1 - h), or |φ|² e/λ. Where 1 - h would be rounding it is summed
    up over all rows instead.

    4 ND² + VD² time for "mean", ND² + VD + NDm for ("worst", m), less for "representer"; O(N + D²)
    memory, whatever V and C. A sum of effects is not the effect of deleting several rows: `prune`
    does those one by one.

    Examples
    --------
    >>> import numpy as np
    >>> import paris_core
    >>> rng = np.random.default_rng(0)
    >>> Phi, Phi_val = rng.normal(size=(200, 5)), rng.normal(size=(50, 5))
    >>> y, y_val = Phi.sum(axis=1), Phi_val.sum(axis=1)
    >>> y[7] += 10.0  # a wrong label
    >>> effects = paris_core.deletion_effects(Phi, y, Phi_val, y_val, lam=0.1)
    >>> int(effects.argmin())
    7
    >>> own = paris_core.deletion_effects(Phi, y, lam=0.1)  # leave-one-out among training rows
    >>> int(own.argmax())
    7
    """
    if (Phi_val is None) != (y_val is None):
        missing, given = ("Phi_val", "y_val") if Phi_val is None else ("y_val", "Phi_val")
        raise ValueError(f"{missing} must be given with {given}: validation rows need both")
    checks.choice("criterion", criterion, ("representer", "refit"))
    penalty, threads = checks.penalty("lam", lam), checks.n_threads(n_threads)
    kind = core.Criterion.__members__[criterion]
    if Phi_val is None or y_val is None:
        for name, value, unset in (
            ("objective", objective, "mean"),
            ("val_weight", val_weight, None),
            ("v", v, None),
        ):
            if value is not unset and not (isinstance(value, str) and value == unset):
                raise ValueError(f"{name} needs validation rows: pass Phi_val and y_val")
        features = arrays.matrix("Phi", Phi)
        targets = arrays.targets("y", y, len(features), "Phi")
        _require(features, targets, 0, criterion, threads)
        return core.effects_on_themselves(features, arrays.columns(targets), kind, penalty, threads)

    features, targets, validation, val_targets = arrays.tables(Phi, y, Phi_val, y_val)
    n_val = len(validation)
    chosen = objectives.parse(objective, n_val)
    weight = arrays.weight("val_weight", val_weight, n_val, "Phi_val")
    if v is not None:
        v = checks.integer("v", v, -(2**62))
        if not 0 <= v < n_val:
            raise IndexError(f"v must be in [0, {n_val - 1}], got {short(v)}")
        if chosen != objectives.Objective("worst", 1):
            raise ValueError(f"v needs objective='worst', got objective={short(objective)}")
    _require(features, targets, n_val, criterion, threads)
    effects = core.effects_on_validation(
        features,
        arrays.columns(targets),
        core.Table(validation, arrays.columns(val_targets), weight),
        kind,
        core.Objective.__members__[chosen.name],
        chosen.n_worst,
        v,
        penalty,
        threads,
    )
    effects /= means.divisor(chosen, weight)
    if not np.isfinite(effects).all():
        raise OverflowError(
            "the effects overflow float64: scale Phi and y to moderate size, for example to unit "
            "variance"
        )
    return effects


def _require(
    features: FloatArray, targets: FloatArray, n_val: int, criterion: str, n_threads: int
) -> None:
    """Refuse what would not fit: as much as the engine that evaluates every row takes up."""
    n_rows, dimension = features.shape
    memory.require(
        footprint.of_pruner(
            n_rows,
            n_val,
            dimension,
            targets.size // n_rows,
            engine=core.EngineKind.exhaustive,
            refit=criterion == "refit",
            cache_bytes=0,
            n_threads=n_threads,
        ),
        f"effects of {n_rows:,} rows of {dimension:,} features",
        "use fewer rows or features (Phi), or fewer n_threads",
    )
