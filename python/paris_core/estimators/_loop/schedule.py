"""How many rows leave in which round."""

from __future__ import annotations

from typing import Any, NamedTuple

from ..._support import checks
from ..._support.messages import short

__all__ = ["Schedule", "parse"]

_ROUNDS = 5
_ROUNDS_AUTO = 10
_SWEEPS = 3


class Schedule(NamedTuple):
    """What leaves in each round.

    Attributes
    ----------
    counts : tuple of int
        Rows to remove in each round; the most, if `chooses`.
    chooses : bool
        Whether rows that do not steer choose the number of deletions in each round, and the round.
    sweeps : int
        How often, at most, all rounds are gone through.
    """

    counts: tuple[int, ...]
    chooses: bool
    sweeps: int = 1


def parse(
    keep: Any,
    rounds: Any,
    retrain: str,
    n_rows: int,
    folds: int | None = None,
    n_held_out: int = 0,
) -> Schedule:
    """`keep` and `rounds`, checked, for so many training rows.

    `folds`: in how many parts validation rows monitor in turn, if they do. `n_held_out` of the rows
    given are not trained on.
    """
    if folds is not None and not isinstance(keep, str):
        raise ValueError(
            f"monitor={folds} (folds) says how many rows leave, and needs keep='auto', got "
            f"keep={short(keep)}"
        )
    if rounds is not None:
        checks.integer("rounds", rounds, 1)
    if not isinstance(keep, str):
        if checks.is_integer(keep) and keep > n_rows and n_held_out:
            raise ValueError(
                f"keep must be in [1, {n_rows}], got {short(keep)}: of {n_rows + n_held_out} rows "
                f"{n_rows} are trained on and {n_held_out} held out (validation_split); only "
                "training rows are kept or removed"
            )
        total = n_rows - checks.n_kept(keep, n_rows)
        return Schedule(_shares(total, _ROUNDS if rounds is None else rounds), False)

    checks.choice("keep", keep, ("auto",))
    if retrain == "head":
        if rounds is not None:
            raise ValueError(
                f"rounds must be None with keep='auto' and retrain='head', got {short(rounds)}: "
                "the features stay, so that one round finds the best number of deletions"
            )
        return Schedule((n_rows - 1,), True)
    return Schedule((n_rows - 1,) * (_ROUNDS_AUTO if rounds is None else rounds), True, _SWEEPS)


def _shares(total: int, rounds: int) -> tuple[int, ...]:
    """`total` in so many rounds, or one for each row; they differ by one row at most."""
    least, more = divmod(total, rounds)
    return tuple(least + (place < more) for place in range(min(rounds, total)))
