"""The outer loop: train, prune, train again on the rows that are left."""

from __future__ import annotations

import copy
import math
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import _safe_indexing

from .._support import arrays, checks, ctrl_c
from .._support.arrays import FloatArray, IntArray
from ..results.rows import PruneResult
from ._checkpoint import Checkpoint
from ._compat import takes_labels
from ._deletions import Deletions, Evidence, GroupDeletions, RowDeletions
from ._schedule import Schedule
from ._state import CLOCKS, Model, State, everything
from ._stored import ToBeFitted
from ._tasks import Task, Weighting
from .history import Round

_PROBED = 64  # rows by which a stored extractor is tried


class Rows(NamedTuple):
    """Inputs and targets of some rows."""

    X: Any
    y: NDArray[Any]

    def at(self, positions: IntArray) -> Rows:
        """The rows at these positions, which ascend: no copy if they are all."""
        if len(positions) == len(self.y):
            return self
        return Rows(_safe_indexing(self.X, positions), self.y[positions])


class Settings(NamedTuple):
    """What stays the same in all rounds."""

    schedule: Schedule
    retrain: str
    warm_start: bool
    pruner: dict[str, Any]  # options of `Pruner`
    val_weight: Weighting
    least_of_stratum: int
    quiet: bool  # about networks that did not converge
    tell: Callable[[str], None]
    callbacks: tuple[Callable[[Round], Any], ...]


class OuterLoop:
    """Train on all rows; then, round after round, prune by the features and train again.

    With ``retrain="head"`` the features of all rows stay, one pruner goes through all rounds, and
    its ridge solution is the head. With ``"network"`` every round has its own; and when a sweep of
    rounds is over, the next one begins with all rows again, judged by the best features so far.

    With `groups`, those of the training rows, whole groups leave instead of single rows.
    """

    def __init__(
        self,
        task: Task,
        training: Rows,
        steering: Rows,
        monitor: Rows,
        settings: Settings,
        groups: NDArray[Any] | None = None,
    ) -> None:
        self._task, self._settings = task, settings
        self._training, self._steering, self._monitor = training, steering, monitor
        self._groups = groups
        weighting = settings.val_weight
        self._steering_weight = task.weight(weighting, steering.y)
        self._monitor_weight = task.weight(weighting, monitor.y) if len(monitor.y) else np.empty(0)
        self._deletions: Deletions | None = None
        self._probe = steering.at(np.arange(min(_PROBED, len(steering.y)))).X

    def run(self, state: State, checkpoint: Checkpoint | None = None) -> State:
        """Go through all rounds, from that at which `state` is.

        On Ctrl-C `state` is of no more use, as an estimator may be half trained; the checkpoint is.
        """
        self._state, self._checkpoint = state, checkpoint
        with ctrl_c.heeded() as self._heed:
            self._fit_what_was_not_stored()
            self._go_through_rounds()
        return self._state

    def _go_through_rounds(self) -> None:
        state = self._state
        since = time.perf_counter()
        if not state.history:
            self._fit()
            if self._settings.retrain == "head":
                self._deletions = self._deletions_by_features()
                state.model.head = self._deletions.result().weights
            since = self._end_round(since, math.nan)
        while not self._told_to_stop():
            lam = self._prune()
            if lam is None and self._begin_again():
                lam = self._prune()
            if lam is None:
                break
            self._state.model.round += 1
            if self._settings.retrain == "network":
                self._fit()
            since = self._end_round(since, lam)

    def _fit(self) -> None:
        start, model = time.perf_counter(), self._state.model
        if model.round and not self._settings.warm_start:
            model.extractor, model.fits = clone(self._state.prototype, safe=False), ()
        self._train(model.extractor, model.kept)
        model.fits = (*model.fits, model.kept)
        self._took("training", start)

    def _train(self, extractor: Any, kept: IntArray) -> None:
        rows = self._training.at(kept)
        targets = rows.y if takes_labels(extractor) else self._task.encode(rows.y)
        with warnings.catch_warnings():
            if self._settings.quiet:
                warnings.simplefilter("ignore", ConvergenceWarning)
            extractor.fit(rows.X, targets)
        self._heed()

    def _fit_what_was_not_stored(self) -> None:
        """Train extractors that a checkpoint could not hold, on the rows that they had."""
        again: dict[int, Any] = {}
        for model in (self._state.model, self._state.best):
            missing = model.extractor
            if not isinstance(missing, ToBeFitted):
                continue
            if id(missing) not in again:
                extractor = clone(self._state.prototype, safe=False)
                for kept in model.fits:
                    self._train(extractor, kept)
                again[id(missing)] = self._the_same(extractor, missing)
            model.extractor = again[id(missing)]

    def _the_same(self, extractor: Any, missing: ToBeFitted) -> Any:
        shown = np.asarray(extractor.transform(self._probe))
        if shown.shape != missing.shown.shape or (shown != missing.shown).any():
            assert self._checkpoint is not None
            raise self._checkpoint.refusal(
                f"cannot hold what {type(extractor).__name__} has learned, and fitted again to the "
                "same rows it gives other features: the run can go on only where training is "
                "repeatable (seeds, the same CPU, no GPU)"
            )
        return extractor

    def _begin_again(self) -> bool:
        """Begin another sweep, if there may be one and the best features are new to it."""
        state = self._state
        if state.sweep == self._settings.schedule.sweeps or state.best.round <= state.began:
            return False
        state.sweep, state.began = state.sweep + 1, state.model.round
        extractor, fits = self._unchanging(state.best.extractor), state.best.fits
        rows = everything(len(self._training.y))
        state.model = Model(extractor, None, *rows, state.began, fits)
        self._deletions = state.under_way = None
        return True

    def _prune(self) -> float | None:
        """Delete the rows of the next round; λ, or None if there was none left to delete."""
        state, head = self._state, self._settings.retrain == "head"
        counts = self._settings.schedule.counts[: state.model.round - state.began + 1]
        if len(counts) == state.model.round - state.began:  # all rounds are done
            return None
        if self._groups is not None and len(np.unique(self._groups[state.model.kept])) == 1:
            return None
        deletions = self._deletions or self._deletions_by_features()
        self._deletions = deletions
        left = len(state.model.kept)
        most = _half(left) if self._settings.schedule.adaptive else left - 1
        goal = sum(counts) if head else min(counts[-1], most)
        start = time.perf_counter()
        for done in deletions.run(goal, self._checkpoint):
            state.under_way = done
            self._save()
        self._took("pruning", start)
        result = deletions.result()
        before = len(state.model.removed) if head else 0
        if len(result.removed) == before:
            return None
        base = np.arange(len(self._training.y)) if head else state.model.kept
        removed = np.concatenate([state.model.removed, base[result.removed[before:]]])
        state.model = replace(state.model, kept=base[result.mask], removed=removed)
        if head:
            state.model.head = result.weights
            state.results = [result]
            state.under_way = result if isinstance(result, PruneResult) else None
        else:
            state.results, state.under_way = [*state.results, result], None
            self._deletions = None
        return result.lam

    def _deletions_by_features(self) -> Deletions:
        """Deletions judged by the present features, with those under way done."""
        settings = self._settings
        rows = self._training
        if settings.retrain == "network":
            rows = rows.at(self._state.model.kept)
        start = time.perf_counter()
        evidence = self._evidence(rows)
        self._took("training", start)
        start = time.perf_counter()
        deletions: Deletions
        if self._groups is not None:
            groups = self._groups[self._state.model.kept]
            most = _half(len(np.unique(groups))) if settings.retrain == "network" else None
            deletions = GroupDeletions(evidence, groups, settings.pruner["lam"], most)
        else:
            schedule = settings.schedule
            patience = schedule.patience(len(rows.y)) if schedule.adaptive else None
            deletions = self._row_deletions(evidence, patience)
        self._took("pruning", start)
        return deletions

    def _row_deletions(self, evidence: Evidence, patience: int | None) -> RowDeletions:
        done = self._state.under_way
        try:
            return RowDeletions(evidence, self._settings.pruner, patience, done)
        except ValueError as error:
            if self._checkpoint is None or done is None:
                raise
            raise self._checkpoint.refusal(f"cannot be gone on from: {error}") from error

    def _evidence(self, rows: Rows) -> Evidence:
        """What the present features say of `rows`, and of those held out."""
        encode = self._task.encode

        def features(X: Any) -> FloatArray:
            Phi: FloatArray = self._state.model.extractor.transform(X)
            self._heed()
            return Phi

        monitor = None
        if len(self._monitor.y):
            monitor = features(self._monitor.X), encode(self._monitor.y), self._monitor_weight
        strata, member = None, self._task.strata(rows.y)
        if member is not None:
            least = np.minimum(np.bincount(member), self._settings.least_of_stratum)
            strata = member, least
        (X, y), (X_val, y_val) = rows, self._steering
        return Evidence(
            (features(X), encode(y), features(X_val), encode(y_val)),
            self._steering_weight,
            monitor,
            self._state.fold,
            strata,
        )

    def _end_round(self, since: float, lam: float) -> float:
        """Record the round, keep its model if it is the best; the time of its end."""
        state, start = self._state, time.perf_counter()
        steered, scores = self._scores(self._steering), self._scores(self._monitor)
        error = self._task.errors(self._steering.y, steered)
        watched = self._task.errors(self._monitor.y, scores)
        loss = self._loss(self._monitor, self._monitor_weight, scores)
        self._took("training", start)
        # Rows that have steered flatter the later round: one that they find worse is worse.
        by_steering = self._loss(self._steering, self._steering_weight, steered)
        judged = loss if state.fold is None else by_steering
        if judged < state.best_loss:
            state.best_loss = judged
            extractor = self._unchanging(state.model.extractor)
            state.best = replace(state.model, extractor=extractor)
        now = time.perf_counter()
        clock = state.clock
        clock["all"] += now - since
        record = Round(
            state.model.round,
            state.sweep,
            len(state.model.kept),
            lam,
            *error,
            *watched,
            loss,
            clock["training"],
            clock["pruning"],
            clock["all"],
        )
        state.history.append(record)
        state.clock = dict.fromkeys(CLOCKS, 0.0)
        self._save()
        self._settings.tell(_line(record))
        return now

    def _unchanging(self, extractor: Any) -> Any:
        """The extractor, or a copy, if a warm start lets the next fit change it."""
        return copy.deepcopy(extractor) if self._settings.warm_start else extractor

    def _scores(self, rows: Rows) -> FloatArray:
        if not len(rows.y):
            return np.empty(0)
        scores = arrays.real_array("estimator's predictions", self._state.model.scores(rows.X))
        self._heed()
        wanted = self._task.encode(rows.y[:1]).shape[1:]
        if scores.shape != (len(rows.y), *wanted):
            raise ValueError(
                f"estimator's predictions must have shape {(len(rows.y), *wanted)}, got "
                f"{scores.shape}"
            )
        return scores

    def _loss(self, rows: Rows, weight: FloatArray, scores: FloatArray) -> float:
        if not len(rows.y):
            return math.nan
        squares = (self._task.encode(rows.y) - scores) ** 2
        return float(weight @ squares.reshape(len(weight), -1).sum(axis=1) / weight.sum())

    def _told_to_stop(self) -> bool:
        last = self._state.history[-1]
        return any([callback(last) for callback in self._settings.callbacks])

    def _save(self) -> None:
        self._heed()
        if self._checkpoint is not None:
            self._checkpoint.save(self._state, self._probe, self._heed)

    def _took(self, what: str, start: float) -> None:
        self._state.clock[what] += time.perf_counter() - start


def _half(n: int) -> int:
    """How many of n rows or groups may leave, when the monitor chooses, before the next training.

    Features that were learned with wrong rows say little about a few that are left.
    """
    return n // 2


def _line(record: Round) -> str:
    sweep = f"sweep {record.sweep}, " if record.sweep > 1 else ""
    return (
        f"{sweep}round {record.round}: {record.n_kept} rows, steering {record.error:.4g} "
        f"(tail {record.tail_error:.4g}), monitor {record.monitor_error:.4g} "
        f"(tail {record.monitor_tail_error:.4g}), {record.seconds:.1f} s"
    )


def callbacks(value: Any) -> tuple[Callable[[Round], Any], ...]:
    """`callbacks` as a tuple, checked."""
    if value is None:
        return ()
    if callable(value):
        return (value,)
    several = checks.members("callbacks", value, "functions, or a single one")
    return tuple(checks.function(f"callbacks[{i}]", one) for i, one in enumerate(several))
