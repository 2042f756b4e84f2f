"""How many rows or groups to remove, by cross-validation on the validation rows."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from .. import regularization
from .._extension import core
from .._support import arrays, checks, memory
from .._support.arrays import FloatArray
from ..evidence.gain import Gain, measured
from ..linalg import footprint
from ..results.base import fewest
from .folds import Folds
from .groups import prune_groups
from .pruner import CACHE_BYTES, Pruner

__all__ = ["CrossValidation", "choose_k", "choose_k_groups"]

_OWN = ("monitor", "stop", "tolerance", "callback")


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


def choose_k(
    Phi: ArrayLike,
    y: ArrayLike,
    Phi_val: ArrayLike,
    y_val: ArrayLike,
    k: float,
    *,
    folds: int | ArrayLike = 5,
    random_state: int | np.random.Generator | None = None,
    val_weight: ArrayLike | None = None,
    lam: float | str = "auto",
    patience: int | None = None,
    **options: Any,
) -> CrossValidation:
    """Choose how many rows to remove when there are no rows to spare for a monitor.

    The validation rows are dealt out to folds. Each fold is the monitor of a run that the other
    folds steer; the mean of their losses is taken over all rows. Then ``prune(..., k=best_k)`` with
    all validation rows.

    Parameters
    ----------
    Phi, y, Phi_val, y_val : array_like
        As for `paris_core.prune`.
    k : int or float
        The most rows to remove, as for `paris_core.prune`.
    folds : int or (V,) array_like of int, default 5
        Number of folds, dealt out at random; or the fold of every validation row, for rows that are
        not independent: those of one storm, one patient, one place belong in one fold. Two at
        least.
    random_state : int, numpy.random.Generator or None
        Deals out the folds. Not used if `folds` holds the fold of every row.
    val_weight : (V,) array_like of float, optional
        Weights ω >= 0 of the validation rows, for deletions and for the loss. Default: ones.
    lam : float or {"auto", "gcv", "evidence"}, default "auto"
        As for `paris_core.prune`.
    patience : int, optional
        End after so many deletions, about, without a new minimum of the loss. Default: never.
    **options
        Further options of `paris_core.prune`; not those of a monitor, of stopping, or a callback.
        The folds share `cache_bytes`.

    Returns
    -------
    CrossValidation
        ``(best_k, loss, fold_loss, fold_weight)``.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type, shape or value, or a fold has no row with a weight > 0.

    Notes
    -----
    A run for each fold, side by side: as many times the time and memory of `paris_core.prune`.
    Fewer rows steer these runs than the final one, so `best_k` is no more than a good guess for
    that; docs/criteria.md has measurements beside other guards.

    Examples
    --------
    >>> import numpy as np
    >>> import paris_core
    >>> rng = np.random.default_rng(0)
    >>> Phi, Phi_val = rng.normal(size=(400, 5)), rng.normal(size=(60, 5))
    >>> y, y_val = Phi.sum(axis=1), Phi_val.sum(axis=1) + rng.normal(size=60)
    >>> y[:40] += 20.0  # spoilt labels
    >>> pair = {"criterion": "refit", "objective": "mean"}
    >>> chosen = paris_core.choose_k(Phi, y, Phi_val, y_val, 0.5, random_state=0, **pair)
    >>> chosen.gain(chosen.best_k).beyond_chance()
    True
    >>> result = paris_core.prune(Phi, y, Phi_val, y_val, chosen.best_k, **pair)
    >>> bool((result.removed < 40).mean() > 0.9)
    True
    """
    features, targets, validation, val_targets = arrays.tables(Phi, y, Phi_val, y_val)
    weight = arrays.weight("val_weight", val_weight, len(validation), "Phi_val")
    for name in _OWN:
        if name in options:
            raise TypeError(f"{name} must not be given: choose_k watches the folds itself")
    planned = checks.n_deletions(k, len(features))
    step = planned if patience is None else checks.integer("patience", patience, 1)
    dealt = Folds(folds, weight, random_state)
    threads = checks.n_threads(options.get("n_threads"))
    penalty = regularization.parse(lam, features, targets, threads)

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
    while True:
        done = min(done + max(step, 1), planned)
        for run in runs:
            run.run(done - run.n_removed)
        found = _chosen(dealt, [run.result().monitor_loss for run in runs])
        if len(found.loss) <= done or done == planned or done - found.best_k >= step:
            return found


def choose_k_groups(
    Phi: ArrayLike,
    y: ArrayLike,
    Phi_val: ArrayLike,
    y_val: ArrayLike,
    groups: ArrayLike,
    k: int | None = None,
    *,
    folds: int | ArrayLike = 5,
    random_state: int | np.random.Generator | None = None,
    val_weight: ArrayLike | None = None,
    lam: float | str = "auto",
) -> CrossValidation:
    """Choose how many groups to remove when there are no rows to spare for a monitor.

    As `choose_k` does for rows; then ``prune_groups(..., k=best_k)`` with all validation rows.

    Parameters
    ----------
    Phi, y, Phi_val, y_val, groups : array_like
        As for `paris_core.prune_groups`.
    k : int, optional
        The most groups to remove, as for `paris_core.prune_groups`. Default: all but one.
    folds, random_state, val_weight : optional
        As for `choose_k`.
    lam : float or {"auto", "gcv", "evidence"}, default "auto"
        As for `paris_core.prune_groups`.

    Returns
    -------
    CrossValidation
        ``(best_k, loss, fold_loss, fold_weight)``.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type, shape or value, or a fold has no row with a weight > 0.

    Notes
    -----
    A run for each fold, one after the other: as many times the time of `paris_core.prune_groups`,
    and its memory. A group is much to lose, so that ``fewest_k(0.05)`` may serve better than
    `best_k`.

    Examples
    --------
    >>> import numpy as np
    >>> import paris_core
    >>> rng = np.random.default_rng(0)
    >>> Phi, Phi_val = rng.normal(size=(300, 5)), rng.normal(size=(60, 5))
    >>> y, y_val = Phi.sum(axis=1), Phi_val.sum(axis=1) + 0.5 * rng.normal(size=60)
    >>> station = np.repeat(["A", "B", "C", "D", "E", "F"], 50)
    >>> y[station == "D"] *= -1.0  # a wrong sign
    >>> found = paris_core.choose_k_groups(Phi, y, Phi_val, y_val, station, random_state=0)
    >>> k = found.fewest_k(0.05)
    >>> paris_core.prune_groups(Phi, y, Phi_val, y_val, station, k).removed_groups.tolist()
    ['D']
    """
    features, targets, validation, val_targets = arrays.tables(Phi, y, Phi_val, y_val)
    labels = arrays.labels("groups", groups, len(features))
    weight = arrays.weight("val_weight", val_weight, len(validation), "Phi_val")
    dealt = Folds(folds, weight, random_state)
    penalty = regularization.parse(lam, features, targets, checks.n_threads(None))
    losses = [
        prune_groups(
            features,
            targets,
            validation[~out],
            val_targets[~out],
            labels,
            k,
            lam=penalty,
            val_weight=weight[~out],
            monitor=(validation[out], val_targets[out], weight[out]),
        ).monitor_loss
        for out in dealt.masks
    ]
    return _chosen(dealt, losses)


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
