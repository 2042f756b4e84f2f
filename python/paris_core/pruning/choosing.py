"""How many rows or groups to remove, by cross-validation on the validation rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .folds import CrossValidation, groups_in_turn, rows_in_turn

__all__ = ["CrossValidation", "choose_k", "choose_k_groups"]


def choose_k(
    Phi: ArrayLike,
    y: ArrayLike,
    Phi_val: ArrayLike,
    y_val: ArrayLike,
    k: float,
    *,
    folds: int | ArrayLike = 5,
    random_state: int | np.random.Generator | None = None,
    sample_weight: ArrayLike | None = None,
    val_weight: ArrayLike | None = None,
    lam: float | str = "auto",
    patience: float | None = None,
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
    sample_weight : (N,) array_like of float, optional
        Weights >= 0 of the training rows, as for `paris_core.prune`. Default: ones.
    val_weight : (V,) array_like of float, optional
        Weights ω >= 0 of the validation rows, for deletions and for the loss. Default: ones.
    lam : float or {"auto", "gcv", "evidence"}, default "auto"
        As for `paris_core.prune`.
    patience : int or float, optional
        End after so many deletions, about, without a new minimum of the loss; or, as a fraction in
        (0, 1), once that share of all deletions, and no fewer than a hundred or 2 % of the rows,
        have not brought it 1 % further down. Default: never.
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
    return rows_in_turn(
        Phi,
        y,
        Phi_val,
        y_val,
        k,
        folds=folds,
        random_state=random_state,
        sample_weight=sample_weight,
        val_weight=val_weight,
        lam=lam,
        patience=patience,
        **options,
    ).chosen


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
    sample_weight: ArrayLike | None = None,
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
    folds, random_state, sample_weight, val_weight : optional
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
    but for the sums over groups, which are formed once, and half as much again of its memory. A
    group is much to lose, so that ``fewest_k(0.05)`` may serve better than
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
    return groups_in_turn(
        Phi,
        y,
        Phi_val,
        y_val,
        groups,
        k,
        folds=folds,
        random_state=random_state,
        sample_weight=sample_weight,
        val_weight=val_weight,
        lam=lam,
    ).chosen
