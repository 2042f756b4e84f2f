"""Greedy pruning of a training set in one call."""

from __future__ import annotations

from numpy.typing import ArrayLike

from ..results.rows import PruneResult
from .pruner import CACHE_BYTES, Pruner
from .stopping import Callback


def prune(
    Phi: ArrayLike,
    y: ArrayLike,
    Phi_val: ArrayLike,
    y_val: ArrayLike,
    k: float,
    *,
    lam: float | str = "auto",
    criterion: str = "representer",
    objective: str | tuple[str, int] = "worst",
    sample_weight: ArrayLike | None = None,
    val_weight: ArrayLike | None = None,
    protect: ArrayLike | None = None,
    strata: ArrayLike | None = None,
    quotas: ArrayLike | None = None,
    monitor: tuple[ArrayLike, ...] | None = None,
    stop: str | tuple[str, ...] | Callback = "k",
    tolerance: float | None = None,
    patience: float = 100,
    engine: str = "auto",
    cache_bytes: int = CACHE_BYTES,
    n_threads: int | None = None,
    callback: Callback | None = None,
    progress: bool = False,
) -> PruneResult:
    """Remove the k training rows that the validation rows miss least, one by one.

    Before each deletion the validation rows that count are found; the training row with the
    smallest deletion residual ΔL for them leaves; the ridge solution is updated without it.

    Parameters
    ----------
    Phi : (N, D) array_like of float
        Features of the training rows, for example the last hidden layer of a network; add a
        constant column if the model has an intercept. A C-ordered float64 array is not copied.
    y : (N,) or (N, C) array_like of float
        Targets, a column an output. For class labels pass ``paris_core.one_hot(labels)``.
    Phi_val : (V, D) array_like of float
        Features of the validation rows, which steer the deletions.
    y_val : (V,) or (V, C) array_like of float
        Their targets.
    k : int or float
        How many rows to remove: an int with 0 <= k < N, or a fraction in (0, 1) of N, rounded down;
        at most as many as `protect` and `quotas` let leave (`Pruner.run` removes what it can).
    lam : float or {"auto", "gcv", "evidence"}, default "auto"
        Ridge parameter, > 0. "auto" is "gcv": see `paris_core.regularization.select_lambda`.
    criterion : {"representer", "refit"}, default "representer"
        How dropping row k changes the residual r_v (see Notes). "representer": its term leaves the
        prediction, everything else stays (the paper's criterion). "refit": what happens when the
        ridge is fitted again without it, exactly.
    objective : {"worst", "mean"} or ("worst", m), default "worst"
        Which validation rows count: "worst" the one with the largest ω_v |r_v|², chosen afresh
        before every deletion; ("worst", m) the m of them, 1 <= m <= V; "mean" all rows.
    sample_weight : (N,) array_like of float, optional
        Weights a >= 0 of the training rows in the sum that the ridge minimises,
        Σ a_k |y_k - φ_k'w|² + λ|w|²; a row of weight 2 counts as two equal rows, which leave
        together. Default: ones.
    val_weight : (V,) array_like of float, optional
        Weights ω >= 0 of the validation rows, of which only ratios matter; see
        `paris_core.validation.weights`. Default: ones.
    protect : (N,) array_like of bool, optional
        True for rows that may never be removed.
    strata : (N,) array_like of int, optional
        The stratum of every training row, from 0 on.
    quotas : (G,) array_like of int, optional
        How many rows each stratum must keep; see `paris_core.validation.quotas`. Needs `strata`.
    monitor : tuple (Phi_mon, y_mon) or (Phi_mon, y_mon, weight_mon), optional
        Rows that never steer. Their mean loss, Σ ω |r|² / Σ ω, is recorded after every
        deletion, and the result's `best_k` is where it is least. Independent of both other sets, it
        tells when deletion begins to fit the validation rows instead of the task.
    stop : {"k", "stalled", "converged", "monitor"}, tuple of these, or callable, default "k"
        When to stop before k deletions; of several rules the first that is met counts. "k": never.
        "stalled": before a deletion with ΔL above -`tolerance`. "converged", for objective "mean":
        once no further deletions whatever can lower the loss by more than `tolerance` times itself
        (see Notes). "monitor": after `patience` deletions since the monitor's loss first was as low
        as its least, or within `tolerance` times that. A callable, called with each `Deletion`: as
        soon as it returns true.
    tolerance : float, optional
        What the rules say of it, >= 0. Default: 0 for "stalled", 1e-6 for the others.
    patience : int or float, default 100
        For "monitor": how many deletions, >= 1; or, as a fraction in (0, 1), which share of all
        deletions so far, though never fewer than a hundred or 2 % of the rows.
    engine : {"auto", "exhaustive", "lazy"}, default "auto"
        "exhaustive" looks at every row for every deletion. "lazy" returns the same, to the last
        bit, from residuals that may be stale and rigorous bounds on them. "auto" is "lazy", or
        "exhaustive" where that is faster: on small tables (N D < 2¹⁹, or N < 8D) for everything but
        representer/worst.
    cache_bytes : int, default 256 MiB
        Memory for what repeated validation rows can share: rows of T = Phi_val Phi', 8N bytes each,
        and for "lazy" copies of the rows in play, or 16 (C + 2) N for each set of rows that counts;
        at least one of each is held.
    n_threads : int, optional
        Threads. Default: all cores. The result does not depend on it, to the last bit.
    callback : callable, optional
        Called with a `Deletion` after every deletion; a true return value stops the run.
    progress : bool, default False
        Show how far it is, on stderr: a bar (tqdm), or a line every few seconds in a file.

    Returns
    -------
    PruneResult
        Removed rows in order, kept rows, losses, final weights.

    Raises
    ------
    NotPositiveDefiniteError
        If ``Phi'Phi + lam I`` is not positive definite to working precision; the message says which
        `lam` would do.
    TypeError, ValueError
        If an argument has the wrong type, shape or value.
    OverflowError
        If numbers are so large that residuals overflow.
    MemoryError
        If it would not fit in the memory that is available.

    Notes
    -----
    With w = A⁻¹Phi'y and A = Phi'Phi + λI over the kept rows, e_k = y_k - φ_k'w and
    r_v = y_v - φ_v'w, the row with the smallest

        ΔL_k = Σ_v ω_v (2 r_v·S_vk + |S_vk|²) / W

    leaves, the sum being over the validation rows that count. With weights a_k of training rows,
    sqrt(a_k) φ_k and sqrt(a_k) e_k stand for φ_k and e_k of these, and ΔL_k stays what it says it
    is: with "refit" the change when the weighted row leaves. W makes it the change of a mean:
    Σ_v ω_v for "mean"; for ("worst", m) m times the mean of the weights above zero. And

    - representer: S_vk = φ_v'φ_k e_k / λ (PARIS, arXiv 2512.06950, equation 12);
    - refit: S_vk = φ_v'A⁻¹φ_k e_k / (1 - h_k), h_k = φ_k'A⁻¹φ_k. ΔL_k then is the change of the
      objective after refitting, for the rows that count now.

    For "mean" the loss cannot fall below that of the validation rows' own weighted least squares,
    whatever leaves: L - L_LS = g'M⁺g / W with g = Σ_v ω_v φ_v r_v' and M = Σ_v ω_v φ_v φ_v'. Where
    the validation rows can be fitted exactly (V <= D), L_LS is 0, and "converged" is never met.

    Deterministic; of rows that tie, the one with the smallest index is removed. Set-up costs ND²
    time. A deletion costs 4D² for the solves and the downdate, and the search. "exhaustive": N D
    (2 to 4 times that for everything but representer/worst), and V D for objective "worst"; "lazy":
    a look at a few thousand bounds and a few rows, and now and then a pass over N (see
    docs/engine.md). Memory: `cache_bytes`, and about 20 bytes a row; for everything but
    representer/worst D + 100. docs/criteria.md says which criterion to take when.

    Examples
    --------
    >>> import numpy as np
    >>> import paris_core
    >>> rng = np.random.default_rng(0)
    >>> Phi, Phi_val = rng.normal(size=(200, 5)), rng.normal(size=(50, 5))
    >>> w = np.arange(5.0)
    >>> y, y_val = Phi @ w, Phi_val @ w
    >>> y[:20] += 30.0  # spoilt labels
    >>> result = paris_core.prune(Phi, y, Phi_val, y_val, 20, lam=300.0)
    >>> int((result.removed < 20).sum())  # so many of the twenty are found
    11
    >>> result = paris_core.prune(
    ...     Phi, y, Phi_val, y_val, 20, lam=1.0, criterion="refit", objective="mean"
    ... )
    >>> bool(result.loss[-1] < result.loss[0] / 10)  # of the refitted weights
    True
    """
    pruner = Pruner(
        Phi,
        y,
        Phi_val,
        y_val,
        k=k,
        lam=lam,
        criterion=criterion,
        objective=objective,
        sample_weight=sample_weight,
        val_weight=val_weight,
        protect=protect,
        strata=strata,
        quotas=quotas,
        monitor=monitor,
        stop=stop,
        tolerance=tolerance,
        patience=patience,
        engine=engine,
        cache_bytes=cache_bytes,
        n_threads=n_threads,
        callback=callback,
        progress=progress,
    )
    pruner.run()
    return pruner.result()
