"""What the pruning of groups returns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._support import checks
from .._support.arrays import FloatArray, IntArray
from .base import BaseResult

if TYPE_CHECKING:
    from .verification import Verification


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class GroupPruneResult(BaseResult):
    """Which groups were removed, in which order, and what that did.

    Attributes
    ----------
    removed_groups : (k,) ndarray of int64 or str
        The labels of the removed groups, in the order of their deletion.
    groups : (N,) ndarray of int64 or str
        The label of every training row.
    kept : (n,) ndarray of int64
        The rows that are left, ascending; positions in the `Phi` that was given.
    mask : (N,) ndarray of bool
        True for a kept row.
    loss : (k + 1,) ndarray of float64
        Σ ω_v |r_v|² / Σ ω_v of the validation rows before the first and after each deletion, with
        the refitted weights.
    monitor_loss : (k + 1,) ndarray of float64 or None
        The same of the monitor rows; None without a monitor.
    weights : (D,) or (D, C) ndarray of float64
        The ridge solution on the kept rows.
    weight_path : (k + 1, D) or (k + 1, D, C) ndarray of float64
        The same before the first and after each deletion.
    sample_weight : (N,) ndarray of float64 or None
        Weights of the training rows, if they were given.
    lam : float
        The ridge parameter.
    stop_reason : str
        "completed": as many groups as asked for. "truncated": by `truncate`.
    elapsed : float
        Seconds spent deleting (without set-up).
    stats : dict of str to int
        Work done: ``fits``, how many ridge solutions were computed.
    record : Record or None
        Version, instruction-set level, options, and digests of the inputs: what `verify` needs.
    """

    kind: ClassVar[str] = "GroupPruneResult"

    removed_groups: NDArray[Any]
    groups: NDArray[Any]
    weight_path: FloatArray

    @property
    def removed(self) -> IntArray:
        """The removed rows (N - n,), group after group in the order of their deletion."""
        rows = np.flatnonzero(~self.mask)
        by_label = np.argsort(self.removed_groups)
        place = np.searchsorted(self.removed_groups, self.groups[rows], sorter=by_label)
        order = np.argsort(by_label[place], kind="stable")
        return rows[order].astype(np.int64)

    def truncate(self, k: int) -> GroupPruneResult:
        """Return the result as it stood after k deletions; nothing is fitted again.

        Parameters
        ----------
        k : int
            0 <= k <= number of removed groups; `best_k`, for example.

        Returns
        -------
        GroupPruneResult
            The first k deletions. `elapsed` and `stats` are those of the whole run; `stop_reason`
            is "truncated".

        Raises
        ------
        TypeError, ValueError
            If `k` is not such an integer.
        """
        n_removed = checks.integer("k", k, 0, len(self.removed_groups))
        removed = self.removed_groups[:n_removed].copy()
        return replace(
            self,
            removed_groups=removed,
            weights=self.weight_path[n_removed].copy(),
            weight_path=self.weight_path[: n_removed + 1].copy(),
            **self._until(n_removed, ~np.isin(self.groups, removed)),
        )

    def verify(
        self,
        Phi: ArrayLike,
        y: ArrayLike,
        Phi_val: ArrayLike,
        y_val: ArrayLike,
        groups: ArrayLike,
        **options: Any,
    ) -> Verification:
        """Make the run again, and say what differs.

        Parameters
        ----------
        Phi, y, Phi_val, y_val, groups : array_like
            As given to `prune_groups`.
        **options
            Those of `prune_groups` that were arrays: sample_weight, val_weight, monitor. `k` and
            `lam` are as recorded; where one is given that differs, that is a difference.

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
        Costs what the run costs. The groups must be the same; losses and weights to 1e-6, since the
        linear algebra of groups is NumPy's, whose last bits depend on the machine.

        Examples
        --------
        >>> import numpy as np
        >>> import paris_core
        >>> rng = np.random.default_rng(0)
        >>> Phi, Phi_val = rng.normal(size=(200, 5)), rng.normal(size=(50, 5))
        >>> y, y_val = Phi.sum(axis=1), Phi_val.sum(axis=1)
        >>> month = np.arange(200) // 20
        >>> result = paris_core.prune_groups(Phi, y, Phi_val, y_val, month, 3, lam=1.0)
        >>> result.verify(Phi, y, Phi_val, y_val, month).same
        True
        >>> result.verify(Phi, y, Phi_val, y_val, month[::-1]).differences[0]
        'groups is not the array of the run'
        """
        from .verification import verify_groups

        return verify_groups(self, (Phi, y, Phi_val, y_val, groups), options)

    def _deletions(self) -> dict[str, NDArray[Any]]:
        return {"group": self.removed_groups, "n_rows": self._rows_of_deletions()}

    def _rows_of_deletions(self) -> IntArray:
        n_rows = [int((self.groups == group).sum()) for group in self.removed_groups]
        return np.array(n_rows, dtype=np.int64)

    def __repr__(self) -> str:
        return (
            f"GroupPruneResult({len(self.removed_groups)} groups removed, {len(self.kept)} of "
            f"{len(self.mask)} rows kept, stop_reason={self.stop_reason!r}, "
            f"loss {self.loss[0]:.6g} -> {self.loss[-1]:.6g}, lam={self.lam:.3g})"
        )
