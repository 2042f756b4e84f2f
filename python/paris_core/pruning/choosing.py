"""How many rows to remove, by cross-validation on the validation rows."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from .. import regularization
from .._extension import core
from .._support import checks, memory
from .._support.checks import FloatArray, IntArray
from ..linalg import footprint
from ..results.base import fewest
from . import means
from .pruner import CACHE_BYTES, Pruner

__all__ = ["CrossValidation", "choose_k"]

_OWN = ("monitor", "stop", "tolerance", "callback")


class CrossValidation(NamedTuple):
    """What `choose_k` returns.

    Attributes
    ----------
    best_k : int
        After how many deletions `loss` is least.
    loss : (k + 1,) ndarray of float64
        The mean Σ ω_v |r_v|² / Σ ω_v over all validation rows before the first and after each
        deletion, each row by the run that it did not steer.
    """

    best_k: int
    loss: FloatArray

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
        Weights ω >= 0 of the validation rows, in steering and in the loss. Default: ones.
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
        ``(best_k, loss)``.

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
    >>> best_k, loss = paris_core.choose_k(Phi, y, Phi_val, y_val, 0.5, random_state=0, **pair)
    >>> result = paris_core.prune(Phi, y, Phi_val, y_val, best_k, **pair)
    >>> bool((result.removed < 40).mean() > 0.9)
    True
    """
    features, targets, validation, val_targets = checks.tables(Phi, y, Phi_val, y_val)
    weight = checks.weight("val_weight", val_weight, len(validation), "Phi_val")
    for name in _OWN:
        if name in options:
            raise TypeError(f"{name} must not be given: choose_k watches the folds itself")
    planned = checks.n_deletions(k, len(features))
    step = planned if patience is None else checks.integer("patience", patience, 1)
    fold_of = _folds(folds, weight, random_state)
    threads = checks.n_threads(options.get("n_threads"))
    penalty = regularization.parse(lam, features, targets, threads)

    outside = [fold_of == fold for fold in np.unique(fold_of)]
    cache = checks.integer("cache_bytes", options.pop("cache_bytes", CACHE_BYTES), 0, 2**62)
    _require_memory(features, targets, len(validation), len(outside), cache)
    runs = [
        Pruner(
            features,
            targets,
            validation[~out],
            val_targets[~out],
            lam=penalty,
            val_weight=weight[~out],
            monitor=(validation[out], val_targets[out], weight[out]),
            cache_bytes=cache // len(outside),
            **options,
        )
        for out in outside
    ]
    totals = [means.total(weight[out]) for out in outside]
    done = 0
    while True:
        done = min(done + max(step, 1), planned)
        for run in runs:
            run.run(done - run.n_removed)
        losses = np.array([run.result().monitor_loss for run in runs], dtype=float)
        loss = np.average(losses, axis=0, weights=totals)
        best_k = int(np.argmin(loss))
        if len(loss) <= done or done == planned or done - best_k >= step:
            return CrossValidation(best_k, loss)


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


def _folds(folds: Any, weight: FloatArray, random_state: Any) -> IntArray:
    """The fold (V,) of every validation row."""
    counts = weight > 0
    if not checks.is_number(folds):
        fold_of = checks.labels("folds", folds)
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
