"""What stays the same in all rounds of an outer loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ..history import Round
from .schedule import Schedule
from .tasks import Weighting

__all__ = ["RETRAIN", "Settings"]

#: What is fitted again after each round.
RETRAIN = ("estimator", "head", "continue")


class Settings(NamedTuple):
    """What stays the same in all rounds."""

    schedule: Schedule
    retrain: str
    pruner: dict[str, Any]  # options of `Pruner`
    val_weight: Weighting
    least_of_stratum: int
    quiet: bool  # about networks that did not converge
    tell: Callable[[str], None]  # gets a line a round
    callbacks: tuple[Callable[[Round], Any], ...]

    @property
    def head_only(self) -> bool:
        """Whether the features stay, and only the head on them is fitted again."""
        return self.retrain == "head"

    @property
    def continues(self) -> bool:
        """Whether a training goes on from the one before it, and so changes its extractor."""
        return self.retrain == "continue"
