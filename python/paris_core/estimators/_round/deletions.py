"""What leaves in a round, judged by the features of the round."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..._support.arrays import BoolArray, FloatArray, IntArray
from ...evidence.acceptance import in_words
from ...progress import Stage
from ...pruning.folds import CrossValidation, InTurn, groups_in_turn, rows_in_turn
from ...pruning.groups import prune_groups
from ...pruning.pruner import Pruner
from ...results.base import fewest
from ...results.groups import GroupPruneResult
from ...results.rows import PruneResult
from .._checkpoint.checkpoint import Checkpoint
from .._loop.state import Result

# Above the least loss of rows that do not steer, relatively: a group is too much to lose for less.
_OF_ROWS, _OF_GROUPS = 0.01, 0.05
# Of the deletions so far: twice as many are made as are of use, at most.
_PATIENCE = 0.5
# Of five observations, one a fold; the round has to pass stricter tests, by rows.
_LEVEL = 0.9


# Phi, y, Phi_val, y_val.
Arrays = tuple[FloatArray, FloatArray, FloatArray, FloatArray]


class Evidence(NamedTuple):
    """What deletions are judged by, and what limits them."""

    arrays: Arrays
    val_weight: FloatArray
    monitor: tuple[FloatArray, FloatArray, FloatArray] | None  # features, targets, weight
    fold: IntArray | None  # of every validation row, where they monitor in turn
    strata: tuple[IntArray, IntArray] | None  # of the training rows, and how many of each must stay
    weight: FloatArray | None = None  # of the training rows
    own_val_weight: FloatArray | None = None  # of the validation rows, as a part of `val_weight`


class Deletions(ABC):
    """Deletions of one round, or of all rounds with the same features.

    Attributes
    ----------
    refusal : str
        Why none was made, if folds said so.
    """

    refusal = ""

    @abstractmethod
    def run(self, goal: int, checkpoint: Checkpoint | None) -> Iterator[PruneResult]:
        """Go on until at most `goal` rows have left; yield what is done at every checkpoint."""

    @abstractmethod
    def result(self) -> Result:
        """What the deletions did, without the features."""

    @abstractmethod
    def kept_without(self, fold: int) -> BoolArray:
        """The rows kept after as many deletions, if one of the folds does not steer."""


class RowDeletions(Deletions):
    """Single rows, by `Pruner`.

    Parameters
    ----------
    evidence : Evidence
        By which they are judged.
    options : dict
        Other options of `Pruner`.
    chooses : bool
        Whether rows that do not steer say when to end, for `result` to say where their loss was
        about as low as it gets; otherwise as many are done as asked for.
    done : PruneResult or None
        Deletions to begin with.
    """

    def __init__(
        self,
        evidence: Evidence,
        options: dict[str, Any],
        chooses: bool,
        done: PruneResult | None,
    ) -> None:
        if evidence.strata is not None:
            options |= dict(zip(("strata", "quotas"), evidence.strata, strict=True))
        if evidence.weight is not None:
            options |= {"sample_weight": evidence.weight}
        self._in_turn: Callable[[int], InTurn] | None = None
        self._n_rows = len(evidence.arrays[0])
        self._removed: list[IntArray] = []  # by the run of each fold
        if evidence.fold is not None:
            turns: dict[str, Any] = options | {"folds": evidence.fold, "patience": _PATIENCE}
            turns |= {"val_weight": evidence.val_weight}
            self._in_turn = lambda k: rows_in_turn(*evidence.arrays, k, **turns)
        self._watched = chooses and evidence.fold is None
        if self._watched:
            # No further than the loss of either part tells apart.
            mean = options["objective"] == "mean"
            options = options | {"stop": ("converged", "monitor") if mean else "monitor"}
            options |= {"patience": _PATIENCE, "tolerance": _OF_ROWS}
        self._pruner = Pruner(
            *evidence.arrays, monitor=evidence.monitor, val_weight=evidence.val_weight, **options
        )
        if done is not None:
            self._pruner.replay(done)

    def run(self, goal: int, checkpoint: Checkpoint | None) -> Iterator[PruneResult]:
        pruner = self._pruner
        if self._in_turn is not None and goal > pruner.n_removed:
            chosen, self._removed = self._in_turn(goal)
            fewest_k = chosen.fewest_k(_OF_ROWS)
            self.refusal = refusal(chosen, fewest_k)
            goal = 0 if self.refusal else min(goal, fewest_k)
        before = pruner.n_removed
        deleting = Stage(
            "deleting",
            goal - before,
            "rows",
            at_most=self._watched,
            at=lambda: pruner.n_removed - before,
        )
        with deleting:
            while pruner.n_removed < goal:
                seconds = None if checkpoint is None else checkpoint.seconds_left
                if not pruner.run(goal - pruner.n_removed, seconds=seconds):
                    return
                if checkpoint is not None and pruner.n_removed < goal:
                    yield _without_rows(pruner.result())

    def result(self) -> PruneResult:
        result = self._pruner.result()
        if self._watched:
            fewest_k = result.fewest_k(_OF_ROWS)
            assert fewest_k is not None
            result = result.truncate(fewest_k)
        return _without_rows(result)

    def kept_without(self, fold: int) -> BoolArray:
        kept = np.ones(self._n_rows, dtype=np.bool_)
        kept[self._removed[fold][: self._pruner.n_removed]] = False
        return kept


class GroupDeletions(Deletions):
    """Whole groups, by `prune_groups`: the fewest that bring the loss of other rows near its least.

    Parameters
    ----------
    evidence : Evidence
        By which they are judged; with a monitor or folds.
    groups : (N,) ndarray
        The group of every training row; at least two.
    lam : float or str
        Ridge parameter.
    most : int or None
        How many groups may leave; None: all but one.
    """

    def __init__(
        self, evidence: Evidence, groups: NDArray[Any], lam: float | str, most: int | None
    ) -> None:
        path = prune_groups(
            *evidence.arrays,
            groups,
            most,
            lam=lam,
            sample_weight=evidence.weight,
            val_weight=evidence.val_weight,
            monitor=evidence.monitor,
        )
        self._groups, self._strata = groups, evidence.strata
        self._path = replace(path, recorder=None)  # which refers to the features
        self._loss = path.monitor_loss
        self._chosen: CrossValidation | None = None
        self._removed: list[NDArray[Any]] = []  # by the run of each fold
        if evidence.fold is not None:
            self._chosen, self._removed = groups_in_turn(
                *evidence.arrays,
                groups,
                most,
                folds=evidence.fold,
                sample_weight=evidence.weight,
                val_weight=evidence.val_weight,
                lam=path.lam,
            )
            self._loss = self._chosen.loss
        self._most = _most(path.removed_groups, groups, evidence.strata)
        self._result = path.truncate(0)

    def run(self, goal: int, checkpoint: Checkpoint | None) -> Iterator[PruneResult]:
        assert self._loss is not None
        allowed = self._loss[: self._most + 1]  # one group stays, so that `goal` is kept to
        n_groups = fewest(allowed, _OF_GROUPS)
        if self._chosen is not None:
            self.refusal = refusal(self._chosen, n_groups)
        self._result = self._path.truncate(0 if self.refusal else n_groups)
        return iter(())  # too fast for a checkpoint

    def result(self) -> GroupPruneResult:
        return self._result

    def kept_without(self, fold: int) -> BoolArray:
        removed = self._removed[fold][: len(self._result.removed_groups)]
        most = _most(removed, self._groups, self._strata)
        return ~np.isin(self._groups, removed[:most])


def _most(
    removed: NDArray[Any], groups: NDArray[Any], strata: tuple[IntArray, IntArray] | None
) -> int:
    """How many groups can leave before a stratum has fewer rows than must stay."""
    if strata is not None:
        member, quotas = strata
        left = np.bincount(member)
        for n_removed, group in enumerate(removed):
            left -= np.bincount(member[groups == group], minlength=len(left))
            if (left < quotas).any():
                return n_removed
    return len(removed)


def refusal(chosen: CrossValidation, k: int) -> str:
    """Why k deletions are not to be made: the folds do not gain by them beyond chance."""
    gain = chosen.gain(k)
    if not k or gain.beyond_chance(_LEVEL):
        return ""
    by = in_words(gain, chosen.fold_loss[:, 0], chosen.fold_weight)
    return f"the gain of a head on the features, {by} over the folds, is within chance"


def _without_rows(result: PruneResult) -> PruneResult:
    return replace(result, training_rows=None, recorder=None)
