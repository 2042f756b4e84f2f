"""The outer loop: train, prune, train again on the rows that are left."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._support.arrays import FloatArray, IntArray
from ..._support.messages import number
from ..._support.scikit_learn import Rows
from ..._support.signals import ctrl_c
from ...evidence import Losses
from ...evidence.acceptance import verdict
from ...progress import Stage, aside
from ...results.rows import PruneResult
from .._checkpoint.checkpoint import Checkpoint
from .._checkpoint.terms import ToBeFitted
from .._round.at_random import as_many
from .._round.deletions import Deletions, Evidence, GroupDeletions, RowDeletions
from .._round.judging import Judge
from .._round.penalty import penalty
from .._round.refitting import head_of, refitted
from .._round.training import Training
from ..history import Round
from .settings import Settings
from .state import CLOCKS, Model, State, everything
from .tasks import Task

__all__ = ["OuterLoop"]

_PROBED = 64  # rows by which a stored extractor is tried
_DRAWS = 3  # trainings without as many rows at random, all of which a round must beat
_PATIENCE = 3  # rounds in a row that were not accepted end a sweep


class OuterLoop:
    """Train on all rows; then, round after round, prune by the features and train again.

    With ``retrain="head"`` the features of all rows stay, one pruner goes through all rounds, and
    its ridge solution is the head. Otherwise every round has its own; and when a sweep of rounds is
    over, the next one begins with all rows again, judged by the best features so far.

    With `groups`, those of the training rows, whole groups leave instead of single rows. `units` of
    the validation and of the monitor rows are those that err together.
    `first_model` is called with the model of round 0, that of all training rows.
    """

    def __init__(
        self,
        task: Task,
        training: Rows,
        validation: Rows,
        monitor: Rows,
        settings: Settings,
        groups: NDArray[Any] | None = None,
        units: tuple[IntArray, IntArray] | None = None,
        first_model: Callable[[Model], None] = lambda model: None,
    ) -> None:
        self._task, self._settings = task, settings
        self._first_model = first_model
        self._training, self._groups = training, groups
        self._trainer = Training(
            task, training, settings.continues, settings.quiet, lambda: self._heed()
        )
        self._judge = Judge(
            task, validation, monitor, settings.val_weight, units, lambda: self._heed()
        )
        self._deletions: Deletions | None = None
        self._judged: tuple[Deletions, IntArray]  # those of the last round, and the rows before it
        self._probe = validation.at(np.arange(min(_PROBED, len(validation.y)))).X

    def run(self, state: State, checkpoint: Checkpoint | None = None) -> State:
        """Go through all rounds, from that at which `state` is.

        On Ctrl-C `state` is of no more use, as an estimator may be half trained; the checkpoint is.
        """
        self._state, self._checkpoint = state, checkpoint
        if state.fold is not None:
            self._judge.check_folds(state.fold)
        with ctrl_c.heeded() as self._heed:
            self._trainer.fit_what_was_not_stored(state, self._probe, checkpoint)
            with self._rounds() as self._stage:
                self._go_through_rounds()
        self._forget()
        return self._state

    @property
    def losses(self) -> Losses:
        """Of the rows that choose, with all training rows and without those removed."""
        state, judge = self._state, self._judge
        assert state.before is not None
        assert state.least is not None
        return Losses(state.before, state.least, judge.weight, judge.units)

    def refit(self, rows: Rows, more: Rows | None, gone: IntArray) -> tuple[Model, Task]:
        """The chosen model fitted to all rows but those `gone`, and the task that it is for."""
        settings, state = self._settings, self._state
        chosen = state.best if settings.schedule.chooses else state.model
        kept = rows.without(gone)
        left = kept if more is None else kept.and_(more)
        task = self._task.scaled_by(left.y, left.weight)
        if state.final is None or isinstance(state.final.extractor, ToBeFitted):
            learned = left
            if settings.head_only:  # features of all rows
                learned = rows if more is None else rows.and_(more)
            done = [result.lam for result in state.results if len(result.removed)]
            lam = done[-1] if done else settings.pruner["lam"]
            with ctrl_c.heeded() as self._heed, Stage("last fit"):
                asked = left, learned, task, lam, settings, self._trainer
                state.final = refitted(chosen, state.prototype, *asked)
                state.final.kept = np.setdiff1d(np.arange(len(rows.y)), gone)
                state.final.removed = gone
                self._save()
        return state.final, task

    def _forget(self) -> None:
        """Let go of the features: the last fit learns its own."""
        self._deletions = None
        self.__dict__.pop("_judged", None)

    def _rounds(self) -> Stage:
        """The rounds, as they are shown."""
        plan = self._settings.schedule
        rounds = plan.sweeps * len(plan.counts)
        if rounds == 1:
            return Stage("fit")
        return Stage(
            "fit",
            rounds,
            "rounds",
            at_most=plan.chooses,
            at=lambda: max(len(self._state.history) - 1, 0),
        )

    def _go_through_rounds(self) -> None:
        state = self._state
        since = time.perf_counter()
        if not state.history:
            self._fit()
            if self._settings.head_only:
                self._deletions = self._deletions_by_features()
                state.model.head = self._deletions.result().weights
            since = self._end_round(since, math.nan)
            self._first_model(state.model)
            self._heed()
        while not self._told_to_stop():
            if self._is_over() and not self._begin_again():
                break
            lam, removed = self._prune()
            state.model.round += 1
            if removed and not self._settings.head_only:
                self._fit()
            since = self._end_round(since, lam, removed)

    def _fit(self) -> None:
        with self._timed("training"):
            self._trainer.fit(self._state.model, self._state.prototype)

    def _is_over(self) -> bool:
        """Whether the sweep is: nothing is left for it to do, or its rounds come to nothing."""
        state = self._state
        n_rounds = state.model.round - state.began
        if state.refused == _PATIENCE or n_rounds == len(self._settings.schedule.counts):
            return True
        if self._groups is not None and len(np.unique(self._groups[state.model.kept])) == 1:
            return True
        if not n_rounds:
            return False
        last = state.history[-1]
        before = state.history[-2].n_kept if n_rounds > 1 else len(self._training.y)
        return last.n_kept == before

    def _begin_again(self) -> bool:
        """Begin another sweep, if there may be one and the best features are new to it."""
        state = self._state
        if state.sweep == self._settings.schedule.sweeps or state.best.round <= state.began:
            return False
        state.sweep, state.began, state.refused = state.sweep + 1, state.model.round, 0
        extractor, fits = self._unchanging(state.best.extractor), state.best.fits
        rows = everything(len(self._training.y))
        state.model = Model(extractor, None, *rows, state.began, fits)
        self._deletions = state.under_way = None
        return True

    def _prune(self) -> tuple[float, bool]:
        """Delete the rows of the next round; λ, and whether any were deleted."""
        state, head = self._state, self._settings.head_only
        counts = self._settings.schedule.counts[: state.model.round - state.began + 1]
        deletions = self._deletions or self._deletions_by_features()
        self._deletions = deletions
        left = len(state.model.kept)
        most = _half(left) if self._settings.schedule.chooses else left - 1
        goal = sum(counts) if head else min(counts[-1], most)
        with self._timed("pruning"):
            for done in deletions.run(goal, self._checkpoint):
                state.under_way = done
                self._save()
        result = deletions.result()
        before = len(state.model.removed) if head else 0
        found = len(result.removed) > before
        if not found:
            state.verdict = state.verdict or deletions.refusal
        base = np.arange(len(self._training.y)) if head else state.model.kept
        self._judged = deletions, base
        removed = np.concatenate([state.model.removed, base[result.removed[before:]]])
        state.model = replace(state.model, kept=base[result.mask], removed=removed)
        if head:
            state.results = [result]
            if found:
                state.model.head = result.weights
            state.under_way = result if isinstance(result, PruneResult) else None
        else:
            state.results, state.under_way = [*state.results, result], None
            self._deletions = None
        return result.lam, found

    def _deletions_by_features(self) -> Deletions:
        """Deletions judged by the present features, with those under way done."""
        settings = self._settings
        rows = self._training
        if not settings.head_only:
            rows = rows.at(self._state.model.kept)
        with self._timed("training"), Stage("features"):
            evidence = self._evidence(rows)
        with self._timed("pruning"), Stage("setting up"):
            options = settings.pruner
            lam = penalty(options["lam"], evidence, options["n_threads"])
            if self._groups is not None:
                groups = self._groups[self._state.model.kept]
                most = None if settings.head_only else _half(len(np.unique(groups)))
                return GroupDeletions(evidence, groups, lam, most)
            return self._row_deletions(evidence, options | {"lam": lam})

    def _row_deletions(self, evidence: Evidence, options: dict[str, Any]) -> RowDeletions:
        done = self._state.under_way
        try:
            return RowDeletions(evidence, options, self._settings.schedule.chooses, done)
        except ValueError as error:
            if self._checkpoint is None or done is None:
                raise
            raise self._checkpoint.refusal(f"cannot be gone on from: {error}") from error

    def _evidence(self, rows: Rows) -> Evidence:
        """What the present features say of `rows`, and of those held out."""
        encode, judge = self._task.encode, self._judge

        def features(X: Any) -> FloatArray:
            Phi: FloatArray = self._state.model.extractor.transform(X)
            self._heed()
            return Phi

        monitor = None
        if len(judge.monitor.y):
            monitor = features(judge.monitor.X), encode(judge.monitor.y), judge.monitor_weight
        (X, y, weight), (X_val, y_val, val_weight) = rows, judge.validation
        return Evidence(
            (features(X), encode(y), features(X_val), encode(y_val)),
            judge.validation_weight,
            monitor,
            self._state.fold,
            self._strata(rows.y),
            weight,
            val_weight,
        )

    def _strata(self, y: NDArray[Any]) -> tuple[IntArray, IntArray] | None:
        """The stratum of each of these rows, and how many of each must stay."""
        member = self._task.strata(y)
        if member is None:
            return None
        return member, np.minimum(np.bincount(member), self._settings.least_of_stratum)

    def _end_round(self, since: float, lam: float, removed: bool = True) -> float:
        """Record the round, keep its model if it is the best; the time of its end.

        One in which nothing was `removed` has no model of its own.
        """
        state = self._state
        with self._timed("training"):
            with Stage("judging"):
                judged = self._judge(state.model)
            if not removed:
                best = False
            elif self._settings.schedule.chooses:
                best = self._accepted(judged.squares)
            else:
                best = judged.monitor_loss < state.best_loss
                state.best_loss = min(state.best_loss, judged.monitor_loss)
                if state.before is None:
                    state.before = judged.squares
                state.least = judged.squares
        if best:
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
            judged.error,
            judged.tail_error,
            judged.monitor_error,
            judged.monitor_tail_error,
            judged.monitor_loss,
            clock["training"],
            clock["pruning"],
            clock["all"],
        )
        state.history.append(record)
        state.final = None
        state.clock = dict.fromkeys(CLOCKS, 0.0)
        self._save()
        watched = record.monitor_tail_error
        tail = record.tail_error if math.isnan(watched) else watched
        self._stage.note = f"tail error {number(tail)}"
        self._settings.tell(_line(record))
        return now

    def _accepted(self, losses: FloatArray) -> bool:
        """Whether the round's model is to be preferred, by the losses of the rows that choose."""
        state, judge = self._state, self._judge
        if state.before is None:
            state.before = state.least = losses
            return True
        asked: dict[str, Any] = {
            "weight": judge.weight,
            "units": judge.units,
            "tails": judge.tails,
            "least": state.least if state.best.round else None,
        }
        compared: dict[str, Any] = {
            "at_random": map(self._losses_at_random, range(_DRAWS)).__next__,
            "draws": _DRAWS,
        }
        if state.fold is None:
            found = verdict(state.before, losses, **compared, **asked)
        else:  # rows that have steered flatter: a round that they do not want is not worth a look
            found = verdict(state.before, losses, lambda: None, **asked)
            if found.accepted:
                losses = self._losses_out_of_fold(state.fold)
                found = verdict(state.before, losses, **compared, **asked)
        if found.accepted:
            state.least, state.refused = losses, 0
        else:
            state.refused += 1
        nearest = state.gain is None or found.gain.t > state.gain.t
        if found.accepted or (not state.best.round and nearest):
            state.gain, state.verdict = found.gain, found.reason
        return found.accepted

    def _losses_at_random(self, draw: int) -> FloatArray | None:
        """Losses of the rows that choose by a model without as many rows, or groups, at random."""
        model = self._state.model
        rows = (model.kept,) if self._settings.head_only else model.fits
        strata = self._strata(self._training.y)
        drawn = as_many(rows, len(self._training.y), self._groups, strata, draw)
        if drawn is None:
            return None
        with Stage(f"without rows at random, draw {draw + 1} of {_DRAWS}"):
            return self._losses_of(drawn)

    def _losses_out_of_fold(self, fold: IntArray) -> FloatArray:
        """Losses of each fold by a model without as many rows as the other folds want to leave."""
        earlier, (deletions, base) = self._state.model.fits[:-1], self._judged
        losses = np.empty(len(fold))
        names = np.unique(fold)
        with Stage("judged by folds", len(names), "folds") as stage:
            for place, name in enumerate(names):
                out = fold == name
                left = base[deletions.kept_without(place)]
                losses[out] = self._losses_of((*earlier, left))[out]
                stage.step()
        return losses

    def _losses_of(self, fits: tuple[IntArray, ...]) -> FloatArray:
        """Losses of the rows that choose by a model fitted to these rows, one after the other."""
        head, extractor = None, self._state.model.extractor
        if self._settings.head_only:
            lam = self._state.results[-1].lam
            head = head_of(extractor, self._training.at(fits[-1]), self._task, lam)
        else:
            extractor = self._trainer.fitted(self._state.prototype, fits)
        return self._judge.squares(replace(self._state.model, extractor=extractor, head=head))

    def _unchanging(self, extractor: Any) -> Any:
        """The extractor, or a copy, if the next training would change it."""
        return copy.deepcopy(extractor) if self._settings.continues else extractor

    def _told_to_stop(self) -> bool:
        last = self._state.history[-1]
        with aside():  # they may print
            return any([callback(last) for callback in self._settings.callbacks])

    def _save(self) -> None:
        self._heed()
        if self._checkpoint is not None:
            with Stage("saving"):
                self._checkpoint.save(self._state, self._probe, self._heed)

    @contextmanager
    def _timed(self, what: str) -> Iterator[None]:
        """Add the time that the block takes to a clock of the round."""
        start = time.perf_counter()
        yield
        self._state.clock[what] += time.perf_counter() - start


def _half(n: int) -> int:
    """How many of n rows or groups may leave, when the monitor chooses, before the next training.

    Features that were learned with wrong rows say little about a few that are left.
    """
    return n // 2


def _line(record: Round) -> str:
    sweep = f"sweep {record.sweep}, " if record.sweep > 1 else ""
    return (
        f"{sweep}round {record.round}: {record.n_kept} rows, validation {record.error:.4g} "
        f"(tail {record.tail_error:.4g}), monitor {record.monitor_error:.4g} "
        f"(tail {record.monitor_tail_error:.4g}), {record.seconds:.1f} s"
    )
