"""What a round of the outer loop leaves on record."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Round"]


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
        Training rows left.
    lam : float
        Ridge parameter that the deletions of the round were judged with; NaN if there were none.
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
        Time for the round.
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
