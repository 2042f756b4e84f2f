"""Which validation rows count: all of them, or the worst ones."""

from __future__ import annotations

from typing import Any, NamedTuple

from .._support import checks
from .._support.messages import short

__all__ = ["Objective", "parse"]

_NAMES = ("worst", "mean")


class Objective(NamedTuple):
    """An objective in the terms of the core.

    Attributes
    ----------
    name : str
        "worst" or "mean".
    n_worst : int
        How many worst rows count; 1 for "mean", which looks at all.
    """

    name: str
    n_worst: int


def parse(objective: Any, n_val: int | None = None) -> Objective:
    """`objective` as users write it, checked; `n_val`: how many validation rows there are."""
    if not isinstance(objective, (tuple, list)):
        return Objective(checks.choice("objective", objective, _NAMES), 1)
    if len(objective) != 2 or objective[0] != "worst":
        raise ValueError(
            "objective must be 'mean', 'worst' or ('worst', m) with a number m of rows, got "
            f"{short(objective)}"
        )
    return Objective("worst", checks.integer("objective's m", objective[1], 1, n_val))
