"""Greedy pruning of a training set: `prune`, and `Pruner` for one step at a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from . import _arguments, regularization
from ._extension import core
from .result import Deletion, PruneResult

#: Default size of the cache for rows of T = Phi_val Phi'.
CACHE_BYTES = 256 * 2**20

_SLICE = 0.1  # seconds between two looks at the progress bar

Callback = Callable[[Deletion], Any]


def prune(
    Phi: ArrayLike,
    y: ArrayLike,
    Phi_val: ArrayLike,
    y_val: ArrayLike,
    k: float,
    *,
    lam: float | str = "auto",
    criterion: str = "representer",
    objective: str = "worst",
    n_worst: int = 1,
    val_weight: ArrayLike | None = None,
    protect: ArrayLike | None = None,
    engine: str = "auto",
    cache_bytes: int = CACHE_BYTES,
    n_threads: int | None = None,
    callback: Callback | None = None,
    progress: bool = False,
) -> PruneResult:
    """Remove the k training rows that the validation rows miss least, one by one.

    Before each deletion the validation row v* with the largest ω_v r_v² is found; the training row
    whose deletion residual at v* is smallest leaves; the ridge solution is updated without it.

    Parameters
    ----------
    Phi : (N, D) array_like of float
        Features of the training rows, for example the last hidden layer of a network; add a
        constant column if the model has an intercept. A C-ordered float64 array is not copied.
    y : (N,) array_like of float
        Targets.
    Phi_val : (V, D) array_like of float
        Features of the validation rows, which steer the deletions.
    y_val : (V,) array_like of float
        Their targets.
    k : int or float
        How many rows to remove: an int with 0 <= k < N, or a fraction in (0, 1) of N, rounded down.
    lam : float or {"auto", "gcv", "evidence"}, default "auto"
        Ridge parameter, > 0. "auto" is "gcv": see `paris_core.regularization.select_lambda`.
    criterion : {"representer"}, default "representer"
        S_vk = T_vk α_k, the term of row k in the prediction at v, with α frozen. Exact for a frozen
        α; it is not the change after refitting.
    objective : {"worst"}, default "worst"
        The largest ω_v r_v², chosen afresh before every deletion.
    n_worst : int, default 1
        How many worst rows to look at.
    val_weight : (V,) array_like of float, optional
        Weights ω >= 0 of the validation rows. Default: ones.
    protect : (N,) array_like of bool, optional
        True for rows that may never be removed.
    engine : {"auto", "streaming", "lazy"}, default "auto"
        "streaming" looks at every row for every deletion. "lazy" returns the same, to the last
        bit, from residuals that may be stale and rigorous bounds on them. "auto" is "lazy".
    cache_bytes : int, default 256 MiB
        Memory for rows of T = Phi_val Phi', 8N bytes each, and for "lazy" also for copies of the
        rows in play; at least one of each is held.
    n_threads : int, optional
        Threads. Default: all cores. The result does not depend on it, to the last bit.
    callback : callable, optional
        Called with a `Deletion` after every deletion; a true return value stops the run.
    progress : bool, default False
        Show a progress bar (tqdm).

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

    Notes
    -----
    Deterministic; of rows that tie, the one with the smallest index is removed. Set-up costs ND²
    time. A deletion costs 4D² for the solves and the downdate, and the search: "streaming" N D +
    V D; "lazy" a look at a few thousand bounds and a few rows, and now and then a pass over N
    bounds (see docs/engine.md). Another N D when v* is not in the cache. Memory: `cache_bytes`,
    and about 20 bytes a row. Method: PARIS (arXiv 2512.06950), algorithm 1.

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
    """
    pruner = Pruner(
        Phi,
        y,
        Phi_val,
        y_val,
        lam=lam,
        criterion=criterion,
        objective=objective,
        n_worst=n_worst,
        val_weight=val_weight,
        protect=protect,
        engine=engine,
        cache_bytes=cache_bytes,
        n_threads=n_threads,
        callback=callback,
        progress=progress,
        _k=k,
    )
    pruner.run(pruner._planned)
    return pruner.result()


class Pruner:
    """Greedy pruning step by step.

    Between two calls of `run` the state is that after a whole number of deletions, also when a call
    was cut short by Ctrl-C or by an exception of the callback: the next one continues exactly
    there.

    Parameters
    ----------
    Phi, y, Phi_val, y_val : array_like
        As for `paris_core.prune`. C-ordered float64 arrays are referred to, not copied: do not
        change them while the pruner is in use.
    **options
        Every other parameter is as for `paris_core.prune`.

    Raises
    ------
    NotPositiveDefiniteError, TypeError, ValueError, OverflowError
        As for `paris_core.prune`.

    See Also
    --------
    paris_core.prune : everything in one call; cost and memory are described there.

    Examples
    --------
    >>> import numpy as np
    >>> import paris_core
    >>> rng = np.random.default_rng(0)
    >>> Phi, Phi_val = rng.normal(size=(200, 5)), rng.normal(size=(50, 5))
    >>> y, y_val = Phi.sum(axis=1), Phi_val.sum(axis=1)
    >>> pruner = paris_core.Pruner(Phi, y, Phi_val, y_val, lam=1.0)
    >>> pruner.run(30)
    30
    >>> pruner.run(20)
    20
    >>> pruner.result().kept.shape
    (150,)
    """

    def __init__(
        self,
        Phi: ArrayLike,
        y: ArrayLike,
        Phi_val: ArrayLike,
        y_val: ArrayLike,
        *,
        lam: float | str = "auto",
        criterion: str = "representer",
        objective: str = "worst",
        n_worst: int = 1,
        val_weight: ArrayLike | None = None,
        protect: ArrayLike | None = None,
        engine: str = "auto",
        cache_bytes: int = CACHE_BYTES,
        n_threads: int | None = None,
        callback: Callback | None = None,
        progress: bool = False,
        _k: float = 0,
    ) -> None:
        features = _arguments.matrix("Phi", Phi)
        n_rows, dimension = features.shape
        targets = _arguments.target("y", y, n_rows, "Phi")
        validation = _arguments.matrix("Phi_val", Phi_val, columns=dimension)
        n_val = len(validation)
        val_targets = _arguments.target("y_val", y_val, n_val, "Phi_val")
        self._planned = _arguments.n_deletions(_k, n_rows)
        if not isinstance(lam, str):
            _arguments.positive("lam", lam)
        _refuse_what_is_not_there_yet(criterion, objective, n_worst, n_val, engine)
        weight = _arguments.weight("val_weight", val_weight, n_val, "Phi_val")
        protected = _arguments.mask("protect", protect, n_rows, "Phi")
        cache = _arguments.integer("cache_bytes", cache_bytes, 0, 2**62)
        threads = _arguments.n_threads(n_threads)
        if callback is not None and not callable(callback):
            raise TypeError(f"callback must be callable, got {type(callback).__name__}")
        self._callback = callback
        self._progress = _arguments.flag("progress", progress)

        self._n_rows = n_rows
        self._lam = regularization.parse(lam, features, targets, threads)
        self._core = core.Pruner(
            features,
            targets,
            validation,
            val_targets,
            weight,
            protected,
            self._lam,
            engine != "streaming",
            cache,
            threads,
        )
        self._stop_reason = "completed"
        self._elapsed = 0.0

    def run(self, n: int) -> int:
        """Remove up to `n` more rows.

        Parameters
        ----------
        n : int
            How many, >= 0.

        Returns
        -------
        int
            How many were removed: fewer than `n` if only protected rows (or none) are left or the
            callback asked to stop.

        Raises
        ------
        KeyboardInterrupt
            On Ctrl-C, between two deletions.
        NotPositiveDefiniteError
            If what is left cannot be factorized; the deletions so far stand.
        TypeError, ValueError
            If `n` is not an integer >= 0.
        """
        wanted = min(_arguments.integer("n", n, 0), self._n_rows + 1)
        start, before = time.perf_counter(), self.n_removed
        self._stop_reason = "completed"
        try:
            if self._progress:
                self._run_with_bar(wanted)
            else:
                self._advance(wanted, np.inf)
        finally:
            self._elapsed += time.perf_counter() - start
        return self.n_removed - before

    def _run_with_bar(self, wanted: int) -> None:
        from tqdm.auto import tqdm

        with tqdm(total=wanted, unit="row", desc="pruning") as bar:
            while bar.n < wanted and self._stop_reason == "completed":
                bar.update(self._advance(wanted - int(bar.n), _SLICE))

    def _advance(self, wanted: int, seconds: float) -> int:
        """Remove up to `wanted` rows in about so many seconds; note why if no more can follow."""
        before, start = self.n_removed, time.perf_counter()
        if self._callback is None:
            self._core.run(wanted, seconds)
        else:
            for _ in range(wanted):
                if self._core.run(1, np.inf) == 0:
                    break
                if self._callback(Deletion(self.n_removed, *self._core.last())):
                    self._stop_reason = "callback"
                    break
                if time.perf_counter() - start >= seconds:
                    break
        done = self.n_removed - before
        if done < wanted and self._core.exhausted and self._stop_reason == "completed":
            self._stop_reason = "exhausted"
        return done

    @property
    def n_removed(self) -> int:
        """How many rows have been removed."""
        return self._core.n_removed

    def result(self) -> PruneResult:
        """Return the state as it stands; the arrays are copies.

        Returns
        -------
        PruneResult
        """
        trace = self._core.trace()
        mask = np.ones(self._n_rows, dtype=np.bool_)
        mask[trace["removed"]] = False
        return PruneResult(
            **trace,
            kept=np.flatnonzero(mask).astype(np.int64),
            mask=mask,
            weights=self._core.weights,
            lam=self._lam,
            stop_reason=self._stop_reason,
            n_refactorizations=self._core.n_refactorizations,
            elapsed=self._elapsed,
            stats=self._core.stats(),
        )

    def __repr__(self) -> str:
        return f"Pruner({self.n_removed} of {self._n_rows} rows removed, lam={self._lam:.3g})"


def _refuse_what_is_not_there_yet(
    criterion: str, objective: str, n_worst: int, n_val: int, engine: str
) -> None:
    _arguments.choice("criterion", criterion, ("representer", "refit"))
    _arguments.choice("objective", objective, ("worst", "mean"))
    _arguments.choice("engine", engine, ("auto", "streaming", "lazy"))
    _arguments.integer("n_worst", n_worst, 1, n_val)
    if criterion == "refit":
        raise NotImplementedError("criterion='refit' is not available yet; use 'representer'")
    if objective == "mean":
        raise NotImplementedError("objective='mean' is not available yet; use 'worst'")
    if n_worst > 1:
        raise NotImplementedError(f"n_worst={n_worst} is not available yet; use 1")
