"""How many rows leave in which round."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

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
        step = _step(_SHARE_AUTO if remove_per_round is None else remove_per_round, n_rows)
        most = _ROUNDS_AUTO if rounds is None else rounds
        return Schedule(_steps(min(step * most, n_rows - 1), step), True)
    total = n_rows - _arguments.n_kept(keep, n_rows)
    if remove_per_round is None:
        return Schedule(_shares(total, _ROUNDS if rounds is None else rounds), False)
    if rounds is None:
        return Schedule(_steps(total, _step(remove_per_round, n_rows)), False)
    raise ValueError(
        f"rounds and remove_per_round cannot both be given with keep={keep}: it says how "
        f"many rows are removed in all (got rounds={rounds}, "
        f"remove_per_round={remove_per_round})"
    )


def _shares(total: int, rounds: int) -> tuple[int, ...]:
    """`total` in so many rounds, or one for each row; they differ by one row at most."""
    least, more = divmod(total, rounds)
    return tuple(least + (place < more) for place in range(min(rounds, total)))


def _steps(total: int, step: int) -> tuple[int, ...]:
    """`total` in rounds of `step`, the last of which may be smaller."""
    whole, rest = divmod(total, step)
    return (step,) * whole + (rest,) * (rest > 0)


def _step(remove_per_round: Any, n_rows: int) -> int:
    """A count of rows, or a fraction of them; one at least."""
    if isinstance(remove_per_round, (int, np.integer)):
        return _arguments.integer("remove_per_round", remove_per_round, 1, max(n_rows - 1, 1))
    return max(1, _arguments.n_deletions(remove_per_round, n_rows, "remove_per_round"))
