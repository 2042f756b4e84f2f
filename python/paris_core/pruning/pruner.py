"""Greedy pruning of a training set step by step."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .. import regularization
from .._extension import core
from .._support import arrays, checks, memory
from .._support.arrays import FloatArray, IntArray
from .._support.state import Uncopied
from ..linalg import footprint, weighting
from ..linalg.least_squares import least_loss
from ..progress import Stage, showing
from ..results.record import Recorder
from ..results.rows import PruneResult
from . import means, stopping
from . import objective as objectives
from .running import Divisors, Running
from .stopping import Callback

#: Default size of the cache for what repeated validation rows can share.
CACHE_BYTES = 256 * 2**20


class Pruner(Uncopied):
    """Greedy pruning step by step.

    Between two calls of `run` the state is that after a whole number of deletions, also when a call
    was cut short by Ctrl-C or by an exception of the callback: the next one continues exactly
    there.

    One thread at a time: while `run` or `replay` is at work, a call of another thread raises
    RuntimeError, but for `n_removed`. A callback may call `result`, and no more than that.

    Parameters
    ----------
    Phi, y, Phi_val, y_val : array_like
        As for `paris_core.prune`. C-ordered float64 arrays are referred to, not copied: do not
        change them while the pruner is in use.
    k : int or float, optional
        How many rows are planned, as for `paris_core.prune`: what `run` removes if it is told no
        other number. Default: none are.
    lam, criterion, objective, sample_weight, val_weight : optional
        As for `paris_core.prune`. With `sample_weight` a copy of the training rows is made.
    protect, strata, quotas, monitor, stop, tolerance, patience : optional
        As for `paris_core.prune`.
    engine, cache_bytes, n_threads, callback, progress : optional
        As for `paris_core.prune`.

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

    _instead = "save its result(), and replay that in a new Pruner"

    def __init__(
        self,
        Phi: ArrayLike,
        y: ArrayLike,
        Phi_val: ArrayLike,
        y_val: ArrayLike,
        *,
        k: float | None = None,
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
    ) -> None:
        features, targets, validation, val_targets = arrays.tables(Phi, y, Phi_val, y_val)
        (n_rows, dimension), n_val = features.shape, len(validation)
        self._planned = None if k is None else checks.n_deletions(k, n_rows)
        chosen = check_judgement(lam, criterion, objective, n_val)
        row_weight = weighting.checked("sample_weight", sample_weight, n_rows)
        weight = arrays.weight("val_weight", val_weight, n_val, "Phi_val")
        protected = arrays.mask("protect", protect, n_rows, "Phi")
        members, least = _strata_and_quotas(strata, quotas, n_rows)
        if self._planned is not None:
            arrays.check_may_leave(k, self._planned, protected, members, least)
        watched = None
        if monitor is not None:
            watched = arrays.monitor(monitor, targets, Phi, dimension)
        rule = stopping.parse(
            stop,
            tolerance,
            patience,
            n_rows=n_rows,
            has_monitor=watched is not None,
            objective=chosen.name,
        )
        checks.choice("engine", engine, ("auto", "exhaustive", "lazy"))
        cache = checks.integer("cache_bytes", cache_bytes, 0, 2**62)
        threads = checks.n_threads(n_threads)
        if callback is not None and not callable(callback):
            raise TypeError(f"callback must be callable, got {type(callback).__name__}")
        checks.flag("progress", progress)

        self._training, self._row_weight = (features, targets), row_weight
        self._n_replayed = 0
        n_outputs = targets.size // n_rows
        judged = (
            core.EngineRequest.__members__[engine],
            core.Criterion.__members__[criterion],
            core.Objective.__members__[chosen.name],
            chosen.n_worst,
        )
        memory.require(
            footprint.of_pruner(
                n_rows,
                n_val,
                dimension,
                n_outputs,
                engine=core.engine_for(*judged, n_rows, dimension, n_outputs),
                refit=criterion == "refit",
                cache_bytes=cache,
                n_threads=threads,
            ),
            f"pruning {n_rows:,} rows of {dimension:,} features",
            "use fewer rows or features (Phi), a smaller cache_bytes, or fewer n_threads",
        )
        with showing(progress), Stage("setting up"):
            rows, outputs = weighting.scaled(features, targets, row_weight)
            self._lam = regularization.parse(lam, rows, outputs, threads, row_weight)
            self._core = core.Pruner(
                rows,
                arrays.columns(outputs),
                _table(validation, val_targets, weight),
                None if watched is None else _table(*watched),
                protected,
                members,
                least,
                *judged,
                lam=self._lam,
                cache_bytes=cache,
                n_threads=threads,
            )
        self._divisors = Divisors(
            means.divisor(chosen, weight),
            None if watched is None else means.total(watched[2]),
        )
        floor = rule.floor(lambda: least_loss(validation, val_targets, weight))
        self._running = Running(self._core, rule, floor, self._divisors, callback, progress)
        self._recorder = Recorder(
            dict(lam=lam, criterion=criterion, stop=stopping.recorded(stop))
            | dict(objective=chosen.name, n_worst=chosen.n_worst)
            | dict(tolerance=tolerance, patience=patience, engine=engine, k=self._planned),
            dict(Phi=features, y=targets, Phi_val=validation, y_val=val_targets, val_weight=weight)
            | ({} if row_weight is None else {"sample_weight": row_weight})
            | dict(protect=protected, strata=members, quotas=least)
            | {f"monitor[{place}]": part for place, part in enumerate(watched or ())},
        )

    def run(self, n: int | None = None, *, seconds: float | None = None) -> int:
        """Remove up to `n` more rows.

        Parameters
        ----------
        n : int, optional
            How many, >= 0. Default: those that are still left of the `k` of this Pruner.
        seconds : float, optional
            Return after about so many seconds, > 0, with whatever has been removed by then.

        Returns
        -------
        int
            How many were removed: fewer than `n` if only protected rows (or none) are left, the
            callback asked to stop, `stop` says so, or time is up.

        Raises
        ------
        KeyboardInterrupt
            On Ctrl-C, between two deletions.
        NotPositiveDefiniteError
            If what is left cannot be factorized; the deletions so far stand.
        RuntimeError
            If another call of `run` or `replay` is at work, in another thread or around the
            callback that made this one.
        TypeError, ValueError
            If `n` is not an integer >= 0, or missing without a `k`, or `seconds` not a number > 0.
        """
        if n is None:
            if self._planned is None:
                raise TypeError("n must be an integer, got None: this Pruner was made without k")
            n = max(self._planned - self.n_removed, 0)
        wanted = min(checks.integer("n", n, 0), len(self._training[0]) + 1)
        limit = math.inf if seconds is None else checks.positive("seconds", seconds)
        return self._running.run(wanted, limit)

    def replay(self, result: PruneResult) -> int:
        """Do the deletions of an earlier result again, without searching for them.

        Afterwards the state is what it was when `result` was made, and `run` goes on from there:
        so a run that was cut short, and whose result was saved, can be resumed in another process.

        Parameters
        ----------
        result : PruneResult
            From the same data and options; nothing must have been removed yet.

        Returns
        -------
        int
            How many rows were removed.

        Raises
        ------
        KeyboardInterrupt
            On Ctrl-C, between two deletions.
        RuntimeError
            If rows have been removed already, or `run` or another `replay` is at work.
        TypeError, ValueError
            If `result` is no `PruneResult`, or not one of these data and options.

        Notes
        -----
        The solves and the downdate of every deletion, about 4D², and for objective "worst" what it
        takes to find the validation rows that count. On the same kind of CPU the state is the same
        to the last bit; on another, losses must agree to 1e-6.

        Examples
        --------
        >>> import numpy as np
        >>> import paris_core
        >>> rng = np.random.default_rng(0)
        >>> Phi, Phi_val = rng.normal(size=(200, 5)), rng.normal(size=(50, 5))
        >>> y, y_val = Phi.sum(axis=1), Phi_val.sum(axis=1)
        >>> first = paris_core.prune(Phi, y, Phi_val, y_val, 30, lam=1.0)
        >>> pruner = paris_core.Pruner(Phi, y, Phi_val, y_val, lam=1.0)
        >>> pruner.replay(first), pruner.run(20)
        (30, 20)
        """
        if not isinstance(result, PruneResult):
            raise TypeError(f"result must be a PruneResult, got {type(result).__name__}")
        if self.n_removed:
            raise RuntimeError(
                f"{self.n_removed} rows have been removed already; replay needs a new Pruner"
            )
        n_rows = len(self._training[0])
        if len(result.mask) != n_rows or result.lam != self._lam:
            raise ValueError(
                f"result must be of these data and options: it has {len(result.mask)} rows and "
                f"lam={result.lam!r}, this Pruner {n_rows} and {self._lam!r}"
            )
        with self._running.working():
            done = self._core.replay(result.removed, result.delta_loss)
        self._n_replayed = done
        loss = self._core.trace()["loss"] / self._divisors.validation
        wrong = np.flatnonzero(~np.isclose(loss, result.loss[: len(loss)], rtol=1e-6, atol=0.0))
        if done < len(result.removed) or len(wrong):
            place = int(wrong[0]) if len(wrong) else done
            raise ValueError(
                "result must be of these data and options: it differs from this Pruner after "
                f"{place} deletions"
            )
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

        Raises
        ------
        RuntimeError
            While another thread is in `run` or `replay`.
        """
        features, targets = self._training
        trace = self._core.trace()
        mask = np.ones(len(features), dtype=np.bool_)
        mask[trace["removed"]] = False
        delta_loss = trace["delta_loss"]
        validation, monitor = self._divisors
        delta_loss[self._n_replayed :] /= validation  # those before are means already
        return PruneResult(
            removed=trace["removed"],
            kept=np.flatnonzero(mask).astype(np.int64),
            mask=mask,
            delta_loss=delta_loss,
            val_index=trace["val_index"],
            loss=trace["loss"] / validation,
            monitor_loss=None if monitor is None else trace["monitor_loss"] / monitor,
            weights=self._core.weights.reshape(features.shape[1], *targets.shape[1:]),
            sample_weight=None if self._row_weight is None else self._row_weight.copy(),
            lam=self._lam,
            stop_reason=self._running.stop_reason,
            n_refactorizations=self._core.n_refactorizations,
            elapsed=self._running.elapsed,
            stats=self._core.stats(),
            training_rows=self._training,
            recorder=self._recorder,
        )

    def __repr__(self) -> str:
        n_rows = len(self._training[0])
        return f"Pruner({self.n_removed} of {n_rows} rows removed, lam={self._lam:.3g})"


def check_judgement(lam: Any, criterion: Any, objective: Any, n_val: int) -> objectives.Objective:
    """Check what says how deletions are judged by `n_val` validation rows."""
    regularization.check(lam)
    checks.choice("criterion", criterion, ("representer", "refit"))
    return objectives.parse(objective, n_val)


def _strata_and_quotas(
    strata: ArrayLike | None, quotas: ArrayLike | None, n_rows: int
) -> tuple[IntArray, IntArray]:
    """`strata` (N,) and `quotas` (G,), which belong together; two empty arrays for None."""
    if strata is None and quotas is None:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    if quotas is None:
        raise ValueError("strata needs quotas: how many rows of each stratum to keep")
    if strata is None:
        raise ValueError("quotas needs strata: the stratum of every row of Phi")
    return arrays.strata_and_quotas(strata, quotas, n_rows)


def _table(features: FloatArray, targets: FloatArray, weight: FloatArray) -> core.Table:
    """Rows beside the training rows, as the core takes them."""
    return core.Table(features, arrays.columns(targets), weight)
