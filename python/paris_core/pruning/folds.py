"""Validation rows in folds, each of which watches a run that the others steer."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import regularization
from .._extension import core
from .._support import arrays, checks, memory
from .._support.arrays import BoolArray, FloatArray, IntArray
from ..evidence.gain import Gain, measured
from ..linalg import footprint, weighting
from ..progress import Stage
from ..results.base import fewest
from . import means
from .groups import GroupedRows
from .pruner import CACHE_BYTES, Pruner
from .stopping import Patience, parse_patience

__all__ = ["CrossValidation", "Folds", "InTurn", "groups_in_turn", "rows_in_turn"]

_OWN = ("monitor", "stop", "tolerance", "callback")


class Folds:
    """Folds of the validation rows.

    Parameters
    ----------
    folds, random_state : object
        As for `paris_core.choose_k`.
    weight : (V,) ndarray
        Weights of the validation rows.

    Attributes
    ----------
    masks : list of (V,) ndarray of bool
        The rows of each fold.
    totals : (n_folds,) ndarray of float64
        What they weigh together.
    """

    masks: list[BoolArray]
    totals: FloatArray

    def __init__(self, folds: Any, weight: FloatArray, random_state: Any) -> None:
        fold_of = _fold_of(folds, weight, random_state)
        self.masks = [fold_of == fold for fold in np.unique(fold_of)]
        self.totals = np.array([means.total(weight[mask]) for mask in self.masks])


class CrossValidation(NamedTuple):
    """What `choose_k` and `choose_k_groups` return.

    Attributes
    ----------
    best_k : int
        After how many deletions `loss` is least.
    loss : (k + 1,) ndarray of float64
        The mean Σ ω_v |r_v|² / Σ ω_v over all validation rows before the first and after each
        deletion, each row by the run that it did not steer.
    fold_loss : (n_folds, k + 1) ndarray of float64
        The same of each fold.
    fold_weight : (n_folds,) ndarray of float64
        Sums Σ ω_v of the folds.
    """

    best_k: int
    loss: FloatArray
    fold_loss: FloatArray
    fold_weight: FloatArray

    def fewest_k(self, tolerance: float = 0.01) -> int:
        """The fewest deletions after which `loss` is about as low as it gets.

        Parameters
        ----------
        tolerance : float, default 0.01
            How far above the least loss is low enough, as a fraction of it; 0 gives `best_k`.

        Returns
        -------
        int

        Raises
        ------
        TypeError, ValueError
            If `tolerance` is not a finite number >= 0.
        """
        return fewest(self.loss, tolerance)

    def gain(self, k: int) -> Gain:
        """By how much k deletions lower the loss, and how far that is chance.

        Parameters
        ----------
        k : int
            Deletions.

        Returns
        -------
        paris_core.evidence.Gain
            Over none. Each fold counts as one observation, as its rows share a run.

        Raises
        ------
        TypeError, ValueError
            If `k` is no count of deletions of `loss`.
        """
        at = checks.integer("k", k, 0, len(self.loss) - 1)
        return measured(self.fold_loss[:, 0] - self.fold_loss[:, at], self.fold_weight)


class InTurn(NamedTuple):
    """What came of runs that a fold each has watched.

    Attributes
    ----------
    chosen : CrossValidation
        What the folds say.
    removed : list of ndarray
        The rows, or groups, that each run has removed, in their order.
    """

    chosen: CrossValidation
    removed: list[NDArray[Any]]


def rows_in_turn(
    Phi: ArrayLike,
    y: ArrayLike,
    Phi_val: ArrayLike,
    y_val: ArrayLike,
    k: float,
    *,
    folds: int | ArrayLike,
    random_state: int | np.random.Generator | None = None,
    sample_weight: ArrayLike | None = None,
    val_weight: ArrayLike | None = None,
    lam: float | str = "auto",
    patience: float | None = None,
    **options: Any,
) -> InTurn:
    """What `choose_k` rests on."""
    features, targets, validation, val_targets = arrays.tables(Phi, y, Phi_val, y_val)
    weight = arrays.weight("val_weight", val_weight, len(validation), "Phi_val")
    for name in _OWN:
        if name in options:
            raise TypeError(f"{name} must not be given: choose_k watches the folds itself")
    planned = checks.n_deletions(k, len(features))
    waiting = Patience() if patience is None else parse_patience(patience, len(features))
    dealt = Folds(folds, weight, random_state)
    threads = checks.n_threads(options.get("n_threads"))
    row_weight = weighting.checked("sample_weight", sample_weight, len(features))
    features, targets = weighting.scaled(features, targets, row_weight)  # once for all folds
    penalty = regularization.parse(lam, features, targets, threads, row_weight)

    n_folds = len(dealt.masks)
    cache = checks.integer("cache_bytes", options.pop("cache_bytes", CACHE_BYTES), 0, 2**62)
    _require_memory(features, targets, len(validation), n_folds, cache)
    runs = [
        Pruner(
            features,
            targets,
            validation[~out],
            val_targets[~out],
            lam=penalty,
            val_weight=weight[~out],
            monitor=(validation[out], val_targets[out], weight[out]),
            cache_bytes=cache // n_folds,
            **options,
        )
        for out in dealt.masks
    ]
    done = 0
    deleting = Stage(
        f"deleting in {n_folds} folds",
        n_folds * planned,
        "rows",
        at_most=patience is not None,
        at=lambda: sum(run.n_removed for run in runs),
    )
    with deleting:
        while True:
            # Often enough for a share to be kept to.
            step = max(waiting.rows // 8, done // 16) if waiting.share else waiting.rows
            done = min(done + max(step, 1), planned)
            for run in runs:
                run.run(done - run.n_removed)
            results = [run.result() for run in runs]
            found = _chosen(dealt, [result.monitor_loss for result in results])
            near = found.fewest_k() if waiting.share else found.best_k
            if len(found.loss) <= done or done == planned or waiting.is_over(done, near):
                return InTurn(found, [result.removed for result in results])


def groups_in_turn(
    Phi: ArrayLike,
    y: ArrayLike,
    Phi_val: ArrayLike,
    y_val: ArrayLike,
    groups: ArrayLike,
    k: int | None = None,
    *,
    folds: int | ArrayLike,
    random_state: int | np.random.Generator | None = None,
    sample_weight: ArrayLike | None = None,
    val_weight: ArrayLike | None = None,
    lam: float | str = "auto",
) -> InTurn:
    """What `choose_k_groups` rests on."""
    features, targets, validation, val_targets = arrays.tables(Phi, y, Phi_val, y_val)
    weight = arrays.weight("val_weight", val_weight, len(validation), "Phi_val")
    dealt = Folds(folds, weight, random_state)
    row_weight = weighting.checked("sample_weight", sample_weight, len(features))
    rows = GroupedRows(features, targets, groups, lam, row_weight, runs=len(dealt.masks))
    n_removed = rows.n_removed(k)

    def parts(mask: BoolArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        return validation[mask], val_targets[mask], weight[mask]

    n_folds = len(dealt.masks)
    with Stage(f"deleting in {n_folds} folds", n_folds * n_removed, "groups"):
        runs = [rows.pruned(parts(~out), parts(out), n_removed) for out in dealt.masks]
    found = _chosen(dealt, [run.monitor_loss for run in runs])
    return InTurn(found, [run.removed_groups for run in runs])


def _chosen(dealt: Folds, losses: list[FloatArray | None]) -> CrossValidation:
    table = np.array(losses, dtype=float)
    loss = np.asarray(np.average(table, axis=0, weights=dealt.totals))
    return CrossValidation(int(np.argmin(loss)), loss, table, dealt.totals)


def _require_memory(
    features: FloatArray, targets: FloatArray, n_val: int, n_folds: int, cache_bytes: int
) -> None:
    """Refuse so many pruners side by side if they need more memory than there is."""
    n_rows, dimension = features.shape
    each = footprint.of_pruner(
        n_rows,
        n_val,
        dimension,
        targets.size // n_rows,
        engine=core.EngineKind.lazy,
        refit=True,
        cache_bytes=cache_bytes // n_folds,
        n_threads=1,
    )
    memory.require(
        n_folds * each + 16 * n_val * dimension,
        f"pruning {n_rows:,} rows of {dimension:,} features in {n_folds} folds side by side",
        "use fewer folds, or fewer rows or features (Phi)",
    )


def _fold_of(folds: Any, weight: FloatArray, random_state: Any) -> IntArray:
    """The fold (V,) of every validation row."""
    counts = weight > 0
    if not checks.is_number(folds):
        fold_of = arrays.labels("folds", folds)
        if fold_of.dtype.kind != "i":
            raise TypeError("folds must be an integer or integers, got strings")
        if fold_of.shape != weight.shape:
            raise ValueError(
                f"folds must have shape {weight.shape}, one entry per row of Phi_val, "
                f"got shape {fold_of.shape}"
            )
        names = np.unique(fold_of)
        if len(names) < 2:
            raise ValueError("folds must name at least two folds, got one")
        for name in names:
            if not counts[fold_of == name].any():
                raise ValueError(f"folds must hold rows with a weight > 0, fold {name} has none")
        return fold_of
    n_folds = checks.integer("folds", folds, 2, int(counts.sum()))
    order = checks.generator("random_state", random_state).permutation(len(weight))
    order = order[np.argsort(~counts[order], kind="stable")]  # rows that count are dealt out first
    fold_of = np.empty(len(weight), dtype=np.int64)
    fold_of[order] = np.arange(len(weight)) % n_folds
    return fold_of
