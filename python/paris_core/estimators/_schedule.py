"""How many rows leave in which round."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from .. import _arguments

_ROUNDS = 5
_ROUNDS_AUTO = 10
_SHARE_AUTO = 0.05


class Schedule(NamedTuple):
    """The rows to remove in each round, and whether the monitor rows choose the round."""

    counts: tuple[int, ...]
    chooses: bool


def parse(keep: Any, rounds: Any, remove_per_round: Any, n_rows: int) -> Schedule:
    """`keep`, `rounds` and `remove_per_round`, checked, for so many training rows."""
    if rounds is not None:
        _arguments.integer("rounds", rounds, 1)
    chooses = isinstance(keep, str)
    if chooses:
        _arguments.choice("keep", keep, ("auto",))
        share = _SHARE_AUTO if remove_per_round is None else remove_per_round
        step = _step(share, n_rows)
        most = _ROUNDS_AUTO if rounds is None else rounds
        total = min(step * most, n_rows - 1)
    else:
        total = n_rows - _arguments.n_kept(keep, n_rows)
        if remove_per_round is None:
            step = math.ceil(total / (_ROUNDS if rounds is None else rounds))
        elif rounds is None:
            step = _step(remove_per_round, n_rows)
        else:
            raise ValueError(
                f"rounds and remove_per_round cannot both be given with keep={keep}: it says how "
                f"many rows are removed in all (got rounds={rounds}, "
                f"remove_per_round={remove_per_round})"
            )
    counts = [step] * (total // step) if step else []
    if step and total % step:
        counts.append(total % step)
    return Schedule(tuple(counts), chooses)


def _step(remove_per_round: Any, n_rows: int) -> int:
    """A count of rows, or a fraction of them; one at least."""
    return max(1, _arguments.n_deletions(remove_per_round, n_rows, "remove_per_round"))
