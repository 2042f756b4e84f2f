"""What the pruning of groups returns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._support import checks
from .._support.arrays import BoolArray, FloatArray, IntArray
from .monitored import Monitored


@dataclass(frozen=True, eq=False, repr=False)
class GroupPruneResult(Monitored):
    """Which groups were removed, in which order, and what that did.

    Attributes
    ----------
    removed_groups : (k,) ndarray of int64 or str
        The labels of the removed groups, in the order of their deletion.
    kept : (n,) ndarray of int64
        The rows that are left, ascending; positions in the `Phi` that was given.
    mask : (N,) ndarray of bool
        True for a kept row.
    loss : (k + 1,) ndarray of float64
        Σ ω_v |r_v|² over the validation rows before the first and after each deletion, with the
        refitted weights.
    monitor_loss : (k + 1,) ndarray of float64 or None
        The same over the monitor rows; None without a monitor.
    weights : (D,) or (D, C) ndarray of float64
        The ridge solution on the kept rows.
    lam : float
        The ridge parameter.
    """

    removed_groups: NDArray[Any]
    kept: IntArray
    mask: BoolArray
    loss: FloatArray
    monitor_loss: FloatArray | None
    weights: FloatArray
    lam: float
    _groups: NDArray[Any]  # (N,) label of every row
    _path: FloatArray  # (k + 1, D) or (k + 1, D, C) weights before and after each deletion

    @property
    def removed(self) -> IntArray:
        """The removed rows (N - n,), group after group in the order of their deletion."""
        rows = np.flatnonzero(~self.mask)
        by_label = np.argsort(self.removed_groups)
        place = np.searchsorted(self.removed_groups, self._groups[rows], sorter=by_label)
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

        Raises
        ------
        TypeError, ValueError
            If `k` is not such an integer.
        """
        n_removed = checks.integer("k", k, 0, len(self.removed_groups))
        removed = self.removed_groups[:n_removed].copy()
        mask = ~np.isin(self._groups, removed)
        monitored = self.monitor_loss
        return replace(
            self,
            removed_groups=removed,
            kept=np.flatnonzero(mask).astype(np.int64),
            mask=mask,
            loss=self.loss[: n_removed + 1].copy(),
            monitor_loss=None if monitored is None else monitored[: n_removed + 1].copy(),
            weights=self._path[n_removed].copy(),
            _path=self._path[: n_removed + 1].copy(),
        )

    def __repr__(self) -> str:
        return (
            f"GroupPruneResult({len(self.removed_groups)} groups removed, {len(self.kept)} of "
            f"{len(self.mask)} rows kept, loss {self.loss[0]:.6g} -> {self.loss[-1]:.6g}, "
            f"lam={self.lam:.3g})"
        )
