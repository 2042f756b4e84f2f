"""What leaves in a round, judged by the features of the round."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from .._arguments import FloatArray, IntArray
from ..pruner import Pruner
from ..result import PruneResult
from ._checkpoint import Checkpoint


class Evidence(NamedTuple):
    """Features and encoded targets of the three parts, with weights of those held out."""

    training: tuple[FloatArray, FloatArray]
    steering: tuple[FloatArray, FloatArray, FloatArray]
    monitor: tuple[FloatArray, FloatArray, FloatArray] | None
    strata: IntArray | None  # of the training rows
    quotas: IntArray | None  # how many of each stratum must stay


class RowDeletions:
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
        if evidence.monitor is not None:
            options["monitor"] = evidence.monitor
        if evidence.strata is not None:
            options |= {"groups": evidence.strata, "quotas": evidence.quotas}
        *steering, weight = evidence.steering
        self._pruner = Pruner(*evidence.training, *steering, val_weight=weight, **options)
        self._adaptive = patience is not None
        if done is not None:
            self._pruner.replay(done)

    def run(self, goal: int, checkpoint: Checkpoint | None) -> Iterator[PruneResult]:
        """Go on until at most `goal` rows have left; yield what is done at every checkpoint."""
        pruner = self._pruner
        while pruner.n_removed < goal:
            seconds = None if checkpoint is None else checkpoint.seconds_left
            if not pruner.run(goal - pruner.n_removed, seconds=seconds):
                return
            if checkpoint is not None and pruner.n_removed < goal:
                yield _without_rows(pruner.result())

    def result(self) -> PruneResult:
        """What the deletions did, without the features."""
        result = self._pruner.result()
        if self._adaptive:
            fewest = result.fewest_k()
            assert fewest is not None
            result = result.truncate(fewest)
        return _without_rows(result)


def _without_rows(result: PruneResult) -> PruneResult:
    return replace(result, _training=None)
