"""When a pruning run ends before the number of deletions that was asked for."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from .._support import checks
from ..results.rows import Deletion

STOPS = ("k", "stalled", "monitor")
_NO_PATIENCE_NEEDED = 2**62

Callback = Callable[[Deletion], Any]


class StopRule(NamedTuple):
    """A rule in the terms of the core."""

    ceiling: float = math.inf  # no deletion with a residual above it
    patience: int = _NO_PATIENCE_NEEDED  # deletions without a new minimum of the monitor's loss
    ask: Callback | None = None


def parse(stop: Any, tolerance: Any, patience: Any, *, has_monitor: bool) -> StopRule:
    """`stop` and what belongs to it, checked."""
    allowed = checks.not_negative("tolerance", tolerance)
    waiting = checks.integer("patience", patience, 1, _NO_PATIENCE_NEEDED)
    if callable(stop):
        return StopRule(ask=stop)
    if not isinstance(stop, str):
        raise TypeError(
            f"stop must be 'k', 'stalled', 'monitor' or callable, got {type(stop).__name__}"
        )
    checks.choice("stop", stop, STOPS)
    if stop == "stalled":
        return StopRule(ceiling=-allowed)
    if stop == "monitor":
        if not has_monitor:
            raise ValueError("stop='monitor' needs monitor=(Phi_mon, y_mon)")
        return StopRule(patience=waiting)
    return StopRule()
