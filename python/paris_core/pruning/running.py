"""A core at work: one thread at a time, with those who want to see each deletion."""

from __future__ import annotations

import contextlib
import math
import threading
import time
from collections.abc import Iterator
from typing import NamedTuple

from .._extension import core
from ..progress import Stage, showing
from ..results.rows import Deletion
from .stopping import Callback, StopRule

__all__ = ["Divisors", "Running"]


class Divisors(NamedTuple):
    """What makes means of the sums of the core."""

    validation: float
    monitor: float | None  # None without a monitor


class Running:
    """Deletions under way.

    Parameters
    ----------
    pruner : core.Pruner
        The compiled pruner.
    rule : StopRule
        When to stop; its ceiling is a mean.
    floor : float
        Of the core's loss, for its `excess`; -inf if there is none.
    divisors : Divisors
        Between means and the sums of the core.
    callback : callable or None
        Called with each `Deletion`; a true return value stops the run.
    shown : bool
        Whether to show how far it is.

    Attributes
    ----------
    stop_reason : str
        Of the last run: "completed" unless no more can follow.
    elapsed : float
        Seconds at work.
    """

    def __init__(
        self,
        pruner: core.Pruner,
        rule: StopRule,
        floor: float,
        divisors: Divisors,
        callback: Callback | None,
        shown: bool,
    ) -> None:
        self.stop_reason, self.elapsed = "completed", 0.0
        self._core, self._rule, self._divisors = pruner, rule, divisors
        self._callback, self._shown = callback, shown
        self._limits = (
            rule.ceiling * divisors.validation,
            floor,
            *rule.patience,
            rule.tolerance,
        )
        self._at_work = threading.Lock()

    @contextlib.contextmanager
    def working(self) -> Iterator[None]:
        """Keep others out, and the time."""
        if not self._at_work.acquire(blocking=False):
            raise RuntimeError(
                "the Pruner is running already, in another thread or around this callback: wait "
                "until run has returned"
            )
        start = time.perf_counter()
        try:
            yield
        finally:
            self.elapsed += time.perf_counter() - start
            self._at_work.release()

    def run(self, wanted: int, seconds: float) -> int:
        """Remove up to `wanted` rows in about so many seconds; how many were."""
        with self.working():
            before = self._core.n_removed
            self.stop_reason = "completed"
            deleting = Stage(
                "deleting",
                wanted,
                "rows",
                at_most=self._rule != StopRule(),
                at=lambda: self._core.n_removed - before,
            )
            with showing(self._shown), deleting:
                self._advance(wanted, seconds)
            return self._core.n_removed - before

    def _advance(self, wanted: int, seconds: float) -> int:
        """Remove up to `wanted` rows in about so many seconds; note why if no more can follow."""
        before, start = self._core.n_removed, time.perf_counter()
        ask = self._callback is not None or self._rule.ask is not None
        while self._core.n_removed - before < wanted and self.stop_reason == "completed":
            left = 1 if ask else wanted - (self._core.n_removed - before)
            done = self._core.run(left, seconds, *self._limits)
            self.stop_reason = self._core.ending
            if ask and done:
                self._tell()
            if time.perf_counter() - start >= seconds:
                break
        return self._core.n_removed - before

    def _tell(self) -> None:
        """Let the callback and the stop rule see the last deletion."""
        row, delta, val_index, loss = self._core.last()
        validation, monitor = self._divisors
        watched = math.nan if monitor is None else self._core.monitor_loss() / monitor
        n_removed = self._core.n_removed
        deletion = Deletion(
            n_removed, row, delta / validation, val_index, loss / validation, watched
        )
        if self._callback is not None and self._callback(deletion):
            self.stop_reason = "callback"
        elif self._rule.ask is not None and self._rule.ask(deletion):
            self.stop_reason = "stopped"
