"""Stages of a long call: whoever does the work says what it is at, whether or not anybody looks."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from contextvars import ContextVar
from types import TracebackType

__all__ = ["WATCHED", "Stage", "duration"]

#: The stages under way, outermost first, where somebody looks. Another thread has its own.
WATCHED: ContextVar[list[Stage] | None] = ContextVar("paris_core_stages", default=None)


class Stage:
    """Something that takes a while, for the time of a ``with`` block.

    Within a stage that counts the same units it is no stage of its own, but a part of that one.

    Parameters
    ----------
    what : str
        What is done, as it is shown.
    total : int or None
        How many units there are to do; None where that is not known.
    unit : str
        What is counted, in the plural.
    at_most : bool
        Whether fewer than `total` may be enough.
    at : callable or None
        Returns how many are done; it is called from another thread, and only for the sake of the
        display: None if it does not know. Without it `step` counts.

    Attributes
    ----------
    note : str
        Something to show beside the counts.
    began : float
        When, by `time.time`.
    """

    def __init__(
        self,
        what: str,
        total: int | None = None,
        unit: str = "",
        *,
        at_most: bool = False,
        at: Callable[[], int | None] | None = None,
    ) -> None:
        self.what, self.total, self.unit, self.at_most = what, total, unit, at_most
        self.note = ""
        self.began = math.nan
        self._count, self._at = 0, at
        self._seen = 0, math.nan  # the last count that was looked at, and since when
        self._part_of: Stage | None = None
        self._watched: list[Stage] | None = None

    def __enter__(self) -> Stage:
        watched = WATCHED.get()
        if watched is None:
            return self
        if self.unit and watched and watched[-1].unit == self.unit:
            self._part_of = watched[-1]
        else:
            self.began = time.time()
            self._watched = watched
            watched.append(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._watched is not None:
            self._watched.remove(self)

    def step(self) -> None:
        """Count one more."""
        if self._part_of is not None:
            self._part_of.step()
        self._count += 1

    @property
    def done(self) -> int | None:
        """How many units are done; None if that is not known."""
        if self._at is None:
            return self._count if self.unit else None
        try:
            return self._at()
        except Exception:  # it looks at the middle of somebody else's work
            return None

    @property
    def counts(self) -> str:
        """How far it is, in words."""
        done = self.done
        if done is None:
            return ""
        if self.total is None:
            return f"{done:,} {self.unit}"
        return f"{done:,} of {'at most ' * self.at_most}{self.total:,} {self.unit}"

    def text(self) -> str:
        """What is done and how far it is, in words."""
        return " ".join(filter(None, (self.what, self.counts)))

    def left(self, now: float) -> float | None:
        """In how many seconds it ends, at the latest if `at_most`, by the speed so far."""
        done = self.done
        if not done or self.total is None:
            return None
        if done != self._seen[0]:
            self._seen = done, now
        since = self._seen[1]  # between two steps the time that is left grows shorter, not longer
        return max((self.total - done) * (since - self.began) / done - (now - since), 0.0)


def duration(seconds: float) -> str:
    """Whole seconds as text: 45 s, 2:05 min, 3:02:05 h."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes}:{rest:02} min"
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02} h"
