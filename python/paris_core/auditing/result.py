"""What an audit returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .. import notebook
from .._support.arrays import FloatArray, IntArray
from .._support.conversion import as_frame
from .._support.messages import number
from .._support.state import ReadOnlyArrays
from ..evidence import Gain

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["AuditResult"]

_SHOWN = 12  # groups that the summary names


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class AuditResult(ReadOnlyArrays):
    """Which groups are wrong, what is wrong with them, and the model without them.

    Where rows were audited (``groups=None``), every row is a group of its own, and its label is its
    position.

    Attributes
    ----------
    removed_groups : (k,) ndarray of int64 or str
        The labels of the groups that are wrong, the one most unlike the others first.
    removed : (n,) ndarray of int64
        Positions of their rows in `X`, group after group.
    suspects : (s,) ndarray of int64 or str
        Labels of groups that stayed and may be wrong, the most suspicious first; at most ten.
    model : TransformedTargetRegressor
        The estimator, on standardised targets, fitted to every row that was not removed,
        validation rows among them.
    gain : Gain or None
        By how much the mean squared error of the validation rows fell when the groups left, in the
        squared unit of the target, each row predicted by models that had not seen it; without
        validation rows that of the rows that stay, groups being the units. None where nothing
        stood out.
    error : float
        Mean squared error of the same rows before, when all groups were trained on.
    blind : bool
        Whether there were no validation rows, so that the rows that stay had to judge.
    stop_reason : str
        Why these groups were removed and no more, in a sentence.
    labels : (G,) ndarray of int64 or str
        All groups, in sorted order. The arrays below are in this order, too.
    n_rows : (G,) ndarray of int64
        Their rows.
    mean_error, mean_absolute_error : (G,) ndarray of float64
        Target less prediction, by models that had not seen the group.
    score : (G,) ndarray of float64
        By how much a group is unlike what is right, in nats a row: see `audit`.
    stability : (G,) ndarray of float64
        In how many of the divisions the group seemed wrong, as a fraction.
    fault : (G,) ndarray of str
        What is wrong with removed groups and suspects: "sign", "offset", "stuck", "scale" or
        "noise"; "" for all others, and for rows.
    detail : (G,) ndarray of str
        The same with its size, in words.
    n_trainings : int
        Models that were trained.
    elapsed : float
        Seconds.
    """

    removed_groups: NDArray[Any]
    removed: IntArray
    suspects: NDArray[Any]
    model: Any
    gain: Gain | None
    error: float
    blind: bool
    stop_reason: str
    labels: NDArray[Any]
    n_rows: IntArray
    mean_error: FloatArray
    mean_absolute_error: FloatArray
    score: FloatArray
    stability: FloatArray
    fault: NDArray[Any]
    detail: NDArray[Any]
    n_trainings: int
    elapsed: float

    def to_frame(self) -> pd.DataFrame:
        """One line per group, as a pandas DataFrame.

        Returns
        -------
        pandas.DataFrame
            The index, ``group``, has the labels: those that left in their order, then all others by
            falling score. Columns n_rows, order (of leaving, from 1; NaN where a group stayed),
            stability, score, mean_error, mean_absolute_error, fault and detail.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        columns = {
            "n_rows": self.n_rows,
            "order": self._order(),
            "stability": self.stability,
            "score": self.score,
            "mean_error": self.mean_error,
            "mean_absolute_error": self.mean_absolute_error,
            "fault": self.fault,
            "detail": self.detail,
        }
        return as_frame(columns, self.labels, "group").iloc[self._worst_first()]

    def _order(self) -> FloatArray:
        """The place (G,) of each group among those that left, from 1; NaN where it stayed."""
        place = self._places(self.removed_groups)
        order = np.full(len(self.labels), np.nan)
        order[place] = np.arange(1, len(place) + 1)
        return order

    def _worst_first(self) -> IntArray:
        """All groups: those that left in their order, then the others by falling score."""
        order = self._order()
        return np.lexsort((-self.score, np.where(np.isnan(order), np.inf, order))).astype(np.int64)

    def _repr_html_(self) -> str:
        """What notebooks show: the verdict on the groups, the worst first."""
        what = "row" if self.single_rows else "group"
        answer, *others = self.summary().splitlines()
        removed, suspects = set(self.removed_groups.tolist()), set(self.suspects.tolist())
        lines = []
        for place in self._worst_first()[: notebook.MOST]:
            label = self.labels[place].item()
            verdict = "wrong" if label in removed else "suspect" if label in suspects else ""
            numbers = self.score[place], self.mean_error[place]
            lines.append(
                [
                    str(label),
                    f"{self.n_rows[place]:,}",
                    verdict,
                    str(self.detail[place]),
                    f"{self.stability[place]:.0%}",
                    *(number(value, 3) for value in numbers),
                ]
            )
        head = [what, "rows", "verdict", "what is wrong", "stable", "score", "mean error"]
        notes = [line for line in others if not line.startswith("  ")]
        return notebook.block(answer, head, lines, notes, more=len(self.labels) - notebook.MOST)

    def summary(self) -> str:
        """Say in a few lines which groups are wrong, what is wrong with them, and how sure that is.

        Returns
        -------
        str
            The first line is the answer.
        """
        what = "rows" if self.single_rows else "groups"
        total, gone = len(self.labels), len(self.removed_groups)
        if gone:
            lines = [f"{gone:,} of {total:,} {what} are wrong: {self._named(self.removed_groups)}"]
        else:
            lines = [f"no {what} were removed: {self.stop_reason}"]
        for place in self._places(self.removed_groups[:_SHOWN]):
            if self.detail[place]:
                lines.append(f"  {self.labels[place]}: {self.detail[place]}")
        if self.gain is not None:
            lines.append(self._gain_in_words())
        if gone:
            lines.append(f"why: {self.stop_reason}")
        if len(self.suspects):
            lines.append(f"suspects that stayed: {self._named(self.suspects)}")
        lines.append(f"{self.n_trainings} trainings, {self.elapsed:.1f} s")
        return "\n".join(lines)

    def _gain_in_words(self) -> str:
        """The squared error of the rows that judge, over what it was, with its interval."""
        assert self.gain is not None
        low, high = (100.0 * (1.0 - gain / self.error) for gain in self.gain.interval())
        mean = 100.0 * (1.0 - self.gain.mean / self.error)
        who = "rows of groups that stay" if self.blind else "validation rows"
        units = (
            f"{self.gain.n_units:,} {'groups' if self.blind and not self.single_rows else 'rows'}"
        )
        return (
            f"squared error without them, of {who}: {mean:.0f} % of what it was "
            f"({max(high, 0.0):.0f} to {low:.0f} %; {units})"
        )

    @property
    def single_rows(self) -> bool:
        """Whether every row was a group of its own."""
        return len(self.labels) == int(self.n_rows.sum())

    def _places(self, labels: NDArray[Any]) -> IntArray:
        return np.searchsorted(self.labels, labels).astype(np.int64)

    def _named(self, labels: NDArray[Any]) -> str:
        names = ", ".join(str(label) for label in labels[:_SHOWN].tolist())
        more = len(labels) - _SHOWN
        return names + (f" and {more:,} more" if more > 0 else "")

    def __repr__(self) -> str:
        return (
            f"AuditResult({len(self.removed_groups)} of {len(self.labels)} groups removed, "
            f"{len(self.removed)} of {int(self.n_rows.sum())} rows, "
            f"stop_reason={self.stop_reason!r})"
        )
