"""When a pruning run ends before the number of deletions that was asked for."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from .._support import checks
from .._support.messages import short
from ..results.rows import Deletion

STOPS = ("k", "stalled", "converged", "monitor")
_NO_PATIENCE_NEEDED = 2**62
# Where patience is a share of the deletions so far: the least of it, also as a share of all rows.
_LEAST_PATIENCE, _LEAST_SHARE = 100, 0.02
_RELATIVE = 1e-6  # the tolerance of rules that compare losses

Callback = Callable[[Deletion], Any]


class Patience(NamedTuple):
    """How many deletions since a loss was near its least are too many."""

    rows: int = _NO_PATIENCE_NEEDED
    share: float = 0.0  # and at least that of all deletions so far

    def is_over(self, done: int, near: int) -> bool:
        """After so many deletions, the loss first having been near its least after `near`."""
        return done - near >= max(self.rows, self.share * done)


class StopRule(NamedTuple):
    """A rule, or several of which the first counts, in the terms of the core."""

    ceiling: float = math.inf  # no deletion with a residual above it
    excess: float | None = None  # none once the loss is so near, relatively, to the least possible
    patience: Patience = Patience()  # with the monitor's loss
    tolerance: float = 0.0  # how near to its least that must be, relatively
    ask: Callback | None = None

    def floor(self, least: Callable[[], float]) -> float:
        """The loss from which no deletion can take more than a share of `excess`.

        `least` tells the least loss possible, and is called where that matters.
        """
        if self.excess is None:
            return -math.inf
        return math.inf if self.excess >= 1.0 else least() / (1.0 - self.excess)


def parse(
    stop: Any, tolerance: Any, patience: Any, *, n_rows: int, has_monitor: bool, objective: str
) -> StopRule:
    """`stop` and what belongs to it, checked."""
    allowed = None if tolerance is None else checks.not_negative("tolerance", tolerance)
    waiting = parse_patience(patience, n_rows)
    if callable(stop):
        return StopRule(ask=stop)
    rule = StopRule()
    relative = _RELATIVE if allowed is None else allowed
    for name in _names(stop):
        if name == "stalled":
            rule = rule._replace(ceiling=-(allowed or 0.0))
        elif name == "converged":
            if objective != "mean":
                raise ValueError(
                    f"stop='converged' needs objective='mean', got objective={objective!r}: how "
                    "low the loss of the worst rows can get is not known"
                )
            rule = rule._replace(excess=relative)
        elif name == "monitor":
            if not has_monitor:
                raise ValueError("stop='monitor' needs monitor=(Phi_mon, y_mon)")
            rule = rule._replace(patience=waiting, tolerance=relative)
    return rule


def parse_patience(patience: Any, n_rows: int) -> Patience:
    """`patience`, checked, for so many training rows."""
    share = checks.fraction("patience", patience, 1, _NO_PATIENCE_NEEDED)
    if share is None:
        return Patience(checks.integer("patience", patience, 1, _NO_PATIENCE_NEEDED))
    return Patience(max(_LEAST_PATIENCE, round(_LEAST_SHARE * n_rows)), share)


def recorded(stop: Any) -> Any:
    """`stop` in terms of a record: names of rules in one text."""
    return stop if callable(stop) else ", ".join(_names(stop))


def from_record(text: str) -> tuple[str, ...]:
    """The rules of such a text."""
    return tuple(text.split(", "))


def _names(stop: Any) -> tuple[str, ...]:
    """The rules that `stop` names."""
    several = isinstance(stop, (tuple, list)) and len(stop) > 0
    names = tuple(stop) if several else (stop,)
    if not all(isinstance(name, str) for name in names):
        raise TypeError(
            "stop must be 'k', 'stalled', 'converged', 'monitor', a tuple of these, or callable, "
            f"got {short(stop)}"
        )
    return tuple(checks.choice("stop", name, STOPS) for name in names)
