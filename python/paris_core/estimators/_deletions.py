"""What leaves in a round, judged by the features of the round."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._arguments import FloatArray, IntArray
from ..group_pruning import prune_groups
from ..group_result import GroupPruneResult
from ..pruner import Pruner
from ..result import PruneResult
from ._checkpoint import Checkpoint

# Above the least loss of the monitor, relatively: a group is too much to lose for less.
_TOLERANCE = 0.05

Result = PruneResult | GroupPruneResult


class Evidence(NamedTuple):
    """What deletions are judged by, and what limits them."""

    arrays: tuple[FloatArray, FloatArray, FloatArray, FloatArray]  # Phi, y, Phi_val, y_val
    val_weight: FloatArray
    monitor: tuple[FloatArray, FloatArray, FloatArray] | None  # features, targets, weight
    strata: tuple[IntArray, IntArray] | None  # of the training rows, and how many of each must stay


class Deletions(ABC):
    """Deletions of one round, or of all rounds with the same features."""

    @abstractmethod
    def run(self, goal: int, checkpoint: Checkpoint | None) -> Iterator[PruneResult]:
        """Go on until at most `goal` rows have left; yield what is done at every checkpoint."""

    @abstractmethod
    def result(self) -> Result:
        """What the deletions did, without the features."""


class RowDeletions(Deletions):
    """Single rows, by `Pruner`.

    Parameters
    ----------
    evidence : Evidence
        By which they are judged.
    options : dict
        Other options of `Pruner`.
    patience : int or None
        How many deletions without a new minimum of the monitor's loss end them, for `result` to
        say where it was about as low; None: as many are done as asked for.
    done : PruneResult or None
        Deletions to begin with.
    """

    def __init__(
        self,
        evidence: Evidence,
        options: dict[str, Any],
        patience: int | None,
        done: PruneResult | None,
    ) -> None:
        options = dict(options)
        if patience is not None:
            options |= {"stop": "monitor", "patience": patience}
        if evidence.strata is not None:
            options |= dict(zip(("groups", "quotas"), evidence.strata, strict=True))
        self._pruner = Pruner(
            *evidence.arrays, val_weight=evidence.val_weight, monitor=evidence.monitor, **options
        )
        self._adaptive = patience is not None
        if done is not None:
            self._pruner.replay(done)

    def run(self, goal: int, checkpoint: Checkpoint | None) -> Iterator[PruneResult]:
        pruner = self._pruner
        while pruner.n_removed < goal:
            seconds = None if checkpoint is None else checkpoint.seconds_left
            if not pruner.run(goal - pruner.n_removed, seconds=seconds):
                return
            if checkpoint is not None and pruner.n_removed < goal:
                yield _without_rows(pruner.result())

    def result(self) -> PruneResult:
        result = self._pruner.result()
        if self._adaptive:
            fewest = result.fewest_k()
            assert fewest is not None
            result = result.truncate(fewest)
        return _without_rows(result)


class GroupDeletions(Deletions):
    """Whole groups, by `prune_groups`: the fewest that bring the monitor's loss near its least.

    Parameters
    ----------
    evidence : Evidence
        By which they are judged; with a monitor.
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
            val_weight=evidence.val_weight,
            monitor=evidence.monitor,
        )
        self._allowed = path.truncate(_most(path, groups, evidence.strata))
        self._result = path.truncate(0)

    def run(self, goal: int, checkpoint: Checkpoint | None) -> Iterator[PruneResult]:
        fewest = self._allowed.fewest_k(_TOLERANCE)  # one stays, so that `goal` is kept to
        assert fewest is not None
        self._result = self._allowed.truncate(fewest)
        return iter(())  # too fast for a checkpoint

    def result(self) -> GroupPruneResult:
        return self._result


def _most(
    path: GroupPruneResult, groups: NDArray[Any], strata: tuple[IntArray, IntArray] | None
) -> int:
    """How many groups can leave before a stratum has fewer rows than must stay."""
    if strata is not None:
        member, quotas = strata
        left = np.bincount(member)
        for n_removed, group in enumerate(path.removed_groups):
            left -= np.bincount(member[groups == group], minlength=len(left))
            if (left < quotas).any():
                return n_removed
    return len(path.removed_groups)


def _without_rows(result: PruneResult) -> PruneResult:
    return replace(result, _training=None)
