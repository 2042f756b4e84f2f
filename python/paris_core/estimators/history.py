"""What a round of the outer loop leaves on record."""

from __future__ import annotations

from typing import NamedTuple

from .. import notebook
from .._support.messages import number

__all__ = ["History", "Round"]


class Round(NamedTuple):
    """One record of `history_`; ``pandas.DataFrame(history_)`` tabulates them.

    Errors are root mean squared ones in the unit of `y`; for classes the error rate, and one minus
    the recall of the class that fares worst in place of the error in the tail.

    Attributes
    ----------
    round : int
        0 is before the first deletion.
    sweep : int
        The first, or a later one in which all rows had come back.
    n_kept : int
        Training rows left; as many as before in a round that found none to delete.
    lam : float
        Ridge parameter that the deletions of the round were judged with; NaN for round 0.
    error, tail_error : float
        Of the validation rows, with the model of the round.
    monitor_error, monitor_tail_error : float
        Of the monitor rows; NaN without such.
    monitor_loss : float
        Weighted mean square of the monitor rows' residuals, of standardised or one-hot targets: by
        this ``keep="auto"`` chooses. NaN without monitor rows.
    training_seconds : float
        Time for fitting the extractor, and for its features and predictions.
    pruning_seconds : float
        Time for deletions.
    seconds : float
        Time for the round: from the end of the one before it to its own.
    """

    round: int
    sweep: int
    n_kept: int
    lam: float
    error: float
    tail_error: float
    monitor_error: float
    monitor_tail_error: float
    monitor_loss: float
    training_seconds: float
    pruning_seconds: float
    seconds: float

    def _repr_html_(self) -> str:
        return notebook.block(f"Round {self.round}", _HEAD, [_cells(self)])


class History(list[Round]):
    """The rounds of a fit; a list that notebooks show as a table."""

    def _repr_html_(self) -> str:
        seconds = sum(one.seconds for one in self)
        return notebook.block(
            f"{len(self) - 1} rounds", _HEAD, [_cells(one) for one in self], [f"{seconds:.1f} s"]
        )


_HEAD = ["round", "sweep", "rows kept", "λ", "validation error", "in the tail"]
_HEAD += ["monitor error", "in the tail", "training, s", "pruning, s", "all, s"]


def _cells(one: Round) -> list[str]:
    errors = one.lam, one.error, one.tail_error, one.monitor_error, one.monitor_tail_error
    times = one.training_seconds, one.pruning_seconds, one.seconds
    return [
        *(f"{count:,}" for count in (one.round, one.sweep, one.n_kept)),
        *(number(value) for value in errors),
        *(f"{value:.1f}" for value in times),
    ]
