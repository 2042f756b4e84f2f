"""What a pruning run returns."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._support import arrays, checks
from .._support.arrays import BoolArray, FloatArray, IntArray
from ..linalg import weighting
from ..linalg.ridge_factor import RidgeFactor
from .base import BaseResult

if TYPE_CHECKING:
    from .verification import Verification


class Deletion(NamedTuple):
    """One deletion, as a callback sees it.

    Attributes
    ----------
    n_removed : int
        Rows removed so far, this one included.
    row : int
        The row, as a position in `Phi`.
    delta_loss : float
        The residual by which it was chosen, a change of `loss`, a mean.
    val_index : int
        The validation row that was looked at (v*), -1 where the objective has none.
    loss : float
        The objective on the validation rows afterwards, a mean over those that count.
    monitor_loss : float
        The mean loss of the monitor rows afterwards; NaN without a monitor.
    """

    n_removed: int
    row: int
    delta_loss: float
    val_index: int
    loss: float
    monitor_loss: float = math.nan


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class PruneResult(BaseResult):
    """Which rows were removed, in which order, and what that did.

    All row numbers are positions in the `Phi` that was given.

    Attributes
    ----------
    removed : (k,) ndarray of int64
        The removed rows, in the order of their deletion.
    kept : (N - k,) ndarray of int64
        The rows that are left, ascending.
    mask : (N,) ndarray of bool
        True for a kept row.
    delta_loss : (k,) ndarray of float64
        The deletion residual Σ ω_v (2 r_v·S_v + |S_v|²) / W by which each row was chosen: the
        change of the objective, a mean, for the validation rows that counted; with criterion
        "representer" for frozen α, with "refit" after refitting. W as in `loss`.
    val_index : (k,) ndarray of int64
        The worst validation row v* of each deletion; -1 where the objective has none.
    loss : (k + 1,) ndarray of float64
        The objective on the validation rows before the first and after each deletion, with the
        refitted weights: Σ ω_v |r_v|² / W. For "mean" that is the weighted mean of all, W = Σ ω_v;
        for ("worst", m) the mean of the m largest ω_v |r_v|² where the weights, scaled, have the
        mean 1: W = m ω̄, ω̄ the mean of the weights above zero (fewer than m such weights are
        W = Σ ω_v).
    monitor_loss : (k + 1,) ndarray of float64 or None
        Σ ω_v |r_v|² / Σ ω_v of the monitor rows, likewise; None without a monitor.
    weights : (D,) or (D, C) ndarray of float64
        The ridge solution on the kept rows.
    sample_weight : (N,) ndarray of float64 or None
        Weights of the training rows, if they were given.
    lam : float
        The ridge parameter.
    stop_reason : str
        "completed": as many rows as asked for. "exhausted": every row that is left is protected, or
        its group at its quota. "stalled", "converged", "monitor", "stopped": `stop` said so, the
        last one as a callable. "callback": the callback asked to stop. "truncated": by `truncate`.
    n_refactorizations : int
        How often the factor was rebuilt because a downdate could not be trusted.
    elapsed : float
        Seconds spent deleting (without set-up).
    stats : dict of str to int
        Work done: residuals of training and of validation rows that were computed
        (``rows_evaluated``, ``validation_rows_evaluated``), ``working_sets_built`` and
        ``full_scans`` of the lazy engine, how often v* moved (``v_switches``), and how often a row
        of T, or what is kept for a set of validation rows, was found in the cache or not
        (``cache_hits``, ``cache_misses``).
    record : Record or None
        Version, instruction-set level, options, and digests of the inputs: what `verify` needs.
    training_rows : tuple of ndarray or None
        Phi and y as they were given, which `truncate` fits again; None for a result from a file or
        of an estimator.
    """

    kind: ClassVar[str] = "PruneResult"

    removed: IntArray
    delta_loss: FloatArray
    val_index: IntArray
    n_refactorizations: int
    training_rows: tuple[FloatArray, FloatArray] | None = None

    def truncate(
        self, k: int, *, Phi: ArrayLike | None = None, y: ArrayLike | None = None
    ) -> PruneResult:
        """Return the result as it stood after k deletions.

        Parameters
        ----------
        k : int
            0 <= k <= number of deletions; `best_k`, for example.
        Phi, y : array_like, optional
            The training rows, as given to `prune`. Needed only by a result that was loaded from a
            file or unpickled: it does not carry them.

        Returns
        -------
        PruneResult
            The first k deletions, and the weights fitted to what they leave. `elapsed`, `stats` and
            `n_refactorizations` are those of the whole run; `stop_reason` is "truncated".

        Raises
        ------
        TypeError, ValueError
            If `k` is not such an integer, or the training rows are needed or do not fit.

        Notes
        -----
        One fit: ND² time, and a copy of the rows that are left. The weights agree with those of a
        run of k deletions to rounding. The result refers to the training rows as they were given to
        `prune`: do not change those arrays before.

        Examples
        --------
        >>> import numpy as np
        >>> import paris_core
        >>> rng = np.random.default_rng(0)
        >>> Phi = rng.normal(size=(300, 4))
        >>> y = Phi.sum(axis=1) + rng.normal(size=300)
        >>> result = paris_core.prune(
        ...     Phi[:200], y[:200], Phi[200:250], y[200:250], 100,
        ...     criterion="refit", objective="mean", monitor=(Phi[250:], y[250:]),
        ... )
        >>> best = result.truncate(result.best_k)
        >>> bool(best.monitor_loss[-1] == result.monitor_loss.min())
        True
        """
        n_removed = checks.integer("k", k, 0, len(self.removed))
        features, targets = self._rows_to_fit(Phi, y)
        mask = np.ones(len(self.mask), dtype=np.bool_)
        mask[self.removed[:n_removed]] = False
        return replace(
            self,
            removed=self.removed[:n_removed].copy(),
            delta_loss=self.delta_loss[:n_removed].copy(),
            val_index=self.val_index[:n_removed].copy(),
            weights=self._fitted(features, targets, mask),
            training_rows=(features, targets),
            **self._until(n_removed, mask),
        )

    def _fitted(self, features: FloatArray, targets: FloatArray, mask: BoolArray) -> FloatArray:
        if not mask.any():  # as the core has it: the penalty alone is left
            return np.zeros_like(self.weights)
        weight = None if self.sample_weight is None else self.sample_weight[mask]
        rows = weighting.scaled(features[mask], targets[mask], weight)
        return RidgeFactor(*rows, self.lam).weights

    def _rows_to_fit(
        self, Phi: ArrayLike | None, y: ArrayLike | None
    ) -> tuple[FloatArray, FloatArray]:
        if Phi is None and y is None:
            if self.training_rows is None:
                raise ValueError(
                    "Phi and y must be given: a result from a file does not carry the training rows"
                )
            return self.training_rows
        if Phi is None or y is None:
            raise ValueError("Phi and y must be given together")
        features = arrays.matrix("Phi", Phi)
        shape = len(self.mask), len(self.weights)
        if features.shape != shape:
            raise ValueError(
                f"Phi must have shape {shape} as when this result was made, got {features.shape}"
            )
        targets = arrays.targets("y", y, len(features), "Phi")
        if targets.shape[1:] != self.weights.shape[1:]:
            raise ValueError(
                f"y must have {self.weights.shape[1:]} outputs as when this result was made, "
                f"got shape {targets.shape}"
            )
        return features, targets

    def _deletions(self) -> dict[str, NDArray[Any]]:
        return {
            "row": self.removed,
            "delta_loss": self.delta_loss,
            "val_index": self.val_index,
        }

    def _rows_of_deletions(self) -> IntArray:
        return np.ones(len(self.removed), dtype=np.int64)

    def verify(
        self,
        Phi: ArrayLike,
        y: ArrayLike,
        Phi_val: ArrayLike,
        y_val: ArrayLike,
        *,
        search: bool = True,
        **options: Any,
    ) -> Verification:
        """Make the run again, and say what differs.

        Parameters
        ----------
        Phi, y, Phi_val, y_val : array_like
            As given to `prune`.
        search : bool, default True
            Search for every deletion again, at the cost of the run. False: do the deletions as
            they are recorded, and compare losses and weights; 4D² a deletion, but whether each was
            the best one is not seen.
        **options
            Those of `prune` that were arrays: sample_weight, val_weight, protect, strata, quotas,
            monitor. Others are as recorded; where one is given that differs, that is a difference.

        Returns
        -------
        Verification
            ``same``, and what differs: which inputs and options, the first deletion, the weights.

        Raises
        ------
        TypeError, ValueError
            If an argument has the wrong type, shape or value, or the result has no record.

        Notes
        -----
        With the version of paris_core and the instruction-set level of the record, numbers must be
        equal to the last bit; otherwise losses and weights to 1e-6, and the rows all the same:
        where two rows tie but for rounding, another CPU may take the other one.

        Examples
        --------
        >>> import numpy as np
        >>> import paris_core
        >>> rng = np.random.default_rng(0)
        >>> Phi, Phi_val = rng.normal(size=(200, 5)), rng.normal(size=(50, 5))
        >>> y, y_val = Phi.sum(axis=1), Phi_val.sum(axis=1)
        >>> result = paris_core.prune(Phi, y, Phi_val, y_val, 30, lam=1.0)
        >>> result.verify(Phi, y, Phi_val, y_val).same
        True
        >>> y[17] += 1.0
        >>> found = result.verify(Phi, y, Phi_val, y_val)
        >>> found.same, found.differences[0]
        (False, 'y is not the array of the run')
        """
        from .verification import verify

        return verify(self, (Phi, y, Phi_val, y_val), options, search=search)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "training_rows": None}

    def __repr__(self) -> str:
        return (
            f"PruneResult({len(self.removed)} of {len(self.mask)} rows removed, "
            f"stop_reason={self.stop_reason!r}, loss {self.loss[0]:.6g} -> {self.loss[-1]:.6g}, "
            f"lam={self.lam:.3g}, n_refactorizations={self.n_refactorizations}, "
            f"elapsed={self.elapsed:.3g} s)"
        )
