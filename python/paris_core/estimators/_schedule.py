"""How many rows leave in which round."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .._support import checks
from .._support.text import short

_ROUNDS = 5
_ROUNDS_AUTO = 10
_PATIENCE = 0.1  # of the rows: deletions without a new minimum of the monitor's loss


class Schedule(NamedTuple):
    """What leaves in each round.

    Attributes
    ----------
    counts : tuple of int
        Rows to remove in each round; the most, if `adaptive`.
    chooses : bool
        Whether held-out rows choose the round.
    adaptive : bool
        Whether rows that do not steer choose the number of deletions in each round.
    sweeps : int
        How often, at most, all rounds are gone through.
    """

    counts: tuple[int, ...]
    chooses: bool
    adaptive: bool
    sweeps: int = 1

    def patience(self, n_rows: int) -> int:
        """How long an adaptive round goes on without a new minimum."""
        return max(100, round(_PATIENCE * n_rows))


def parse(
    keep: Any,
    rounds: Any,
    remove_per_round: Any,
    retrain: str,
    n_rows: int,
    in_turn: bool = False,
    sweeps: Any = 1,
) -> Schedule:
    """`keep`, `rounds`, `remove_per_round` and `sweeps`, checked, for so many training rows.

    `in_turn`: held-out rows steer and monitor in turn.
    """
    if in_turn and not (isinstance(keep, str) and remove_per_round is None):
        raise ValueError(
            "folds says how many rows leave, and needs keep='auto' without remove_per_round, got "
            f"keep={keep!r}, remove_per_round={remove_per_round!r}"
        )
    most_sweeps = checks.integer("sweeps", sweeps, 1)
    if most_sweeps > 1 and not (isinstance(keep, str) and retrain == "network"):
        raise ValueError(
            "sweeps above 1 needs keep='auto' and retrain='network': features must change, and "
            f"held-out rows choose, got sweeps={short(sweeps)}, keep={short(keep)}, "
            f"retrain={short(retrain)}"
        )
    if rounds is not None:
        checks.integer("rounds", rounds, 1)
    if not isinstance(keep, str):
        total = n_rows - checks.n_kept(keep, n_rows)
        if remove_per_round is None:
            counts = _shares(total, _ROUNDS if rounds is None else rounds)
        elif rounds is None:
            counts = _steps(total, _step(remove_per_round, n_rows))
        else:
            raise ValueError(
                f"rounds and remove_per_round cannot both be given with keep={keep}: it says how "
                f"many rows are removed in all (got rounds={short(rounds)}, "
                f"remove_per_round={short(remove_per_round)})"
            )
        return Schedule(counts, False, False)

    checks.choice("keep", keep, ("auto",))
    most = _ROUNDS_AUTO if rounds is None else rounds
    if remove_per_round is not None:
        step = _step(remove_per_round, n_rows)
        return Schedule(_steps(min(step * most, n_rows - 1), step), True, False, most_sweeps)
    if retrain == "head":
        if rounds is not None:
            raise ValueError(
                f"rounds={short(rounds)} needs remove_per_round with keep='auto' and "
                "retrain='head': the features stay, so that one round finds the best number of "
                "deletions"
            )
        most = 1
    return Schedule((n_rows - 1,) * most, True, True, most_sweeps)


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
        return checks.integer("remove_per_round", remove_per_round, 1, max(n_rows - 1, 1))
    return max(1, checks.n_deletions(remove_per_round, n_rows, "remove_per_round"))
