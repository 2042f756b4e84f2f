"""What a comparison of remedies found."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .._support import checks
from .._support.arrays import BoolArray, FloatArray
from .._support.conversion import as_frame
from .._support.signals import ctrl_c
from ..evidence import paired_gain
from ..evidence.change import Change, change
from . import text
from .remedies import EVERYTHING, WITH_VALIDATION, Remedy
from .resampling import Cost, Setting, Tally, applied
from .task import Outcome, Task
from .verdict import advised, better_than, with_validation

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["LEVEL", "Comparison", "Line"]

LEVEL = 0.95  # of intervals, and of what is beyond chance
_NONE = Change(math.nan, math.nan, math.nan)


class Line(NamedTuple):
    """How one remedy did.

    Attributes
    ----------
    remedy : str
        Its name.
    error, tail_error : float
        Root mean squared error over the validation rows, and over those in the tail, each
        predicted by a model that has not seen it; NaN for an empty tail.
    change, change_low, change_high : float
        Fraction by which `error` is larger (+) or smaller (-) than that of "everything", and its
        95 % interval for this remedy alone; NaN for "everything" itself.
    tail_change, tail_low, tail_high : float
        The same of `tail_error`.
    better : bool
        Whether `error` is smaller than that of "everything" beyond chance, given that several
        remedies were tried.
    n_removed : float
        Training rows removed, mean over folds.
    n_fits : int
        Fits of the estimator; what remedies share is counted for the first of them.
    seconds : float
        Likewise; the removal of rows by PARIS included.
    """

    remedy: str
    error: float
    change: float
    change_low: float
    change_high: float
    tail_error: float
    tail_change: float
    tail_low: float
    tail_high: float
    better: bool
    n_removed: float
    n_fits: int
    seconds: float


@dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """Remedies side by side: what `paris_core.compare` returns.

    Attributes
    ----------
    best : str
        The remedy to use, of those that are better than "everything" beyond chance: "PARIS then
        trimmed", unless another is better than that beyond chance; otherwise that with the least
        error (of those within a standard error of it that with the least absolute error).
        If none is, "everything + validation", since the validation rows are right; "everything"
        where that was not tried, or is worse by more than a standard error.
    table : list of Line
        How each remedy did, by increasing error.
    left_out : dict of str to str
        The remedies that could not be tried, and why.
    losses : dict of str to (repeats, V) ndarray of float64
        Squared errors of every validation row.
    tail : (V,) ndarray of bool
        Which validation rows are in the tail.
    cost : Cost
        What was expected beforehand: ``n_fits`` and ``n_runs`` at most.
    n_folds, repeats : int
        How the validation rows were divided, and how often.
    setting, remedies, seed : Setting, dict, int
        What `fit` goes by: rows and estimator, the remedies that were tried, and its seed.
    """

    best: str
    table: list[Line]
    left_out: dict[str, str]
    losses: dict[str, FloatArray]
    tail: BoolArray
    cost: Cost
    n_folds: int
    repeats: int
    setting: Setting
    remedies: dict[str, Remedy]
    seed: int

    @functools.cached_property
    def _whole(self) -> Task:
        """All validation rows, none left out."""
        return self.setting.whole(self.seed)

    def fit(self, remedy: str | None = None) -> Outcome:
        """Train with a remedy and all validation rows.

        Parameters
        ----------
        remedy : str, optional
            Its name. Default: `best`.

        Returns
        -------
        Outcome
            The fitted `model`, and the positions `removed` of the training rows that it was trained
            without.

        Raises
        ------
        TypeError, ValueError
            If there is no such remedy in the comparison.

        Notes
        -----
        The fits of one fold. No row is left to say how well the model does: `table` does.
        """
        name = self.best
        if remedy is not None:
            name = checks.choice("remedy", remedy, tuple(self.remedies))
        with ctrl_c.heeded():
            return applied(name, self.remedies[name], self._whole)

    @functools.cached_property
    def model(self) -> Any:
        """The estimator, trained with the best remedy and all validation rows; at first use."""
        return self.fit().model

    def to_frame(self) -> pd.DataFrame:
        """One line per remedy, as a pandas DataFrame.

        Returns
        -------
        pandas.DataFrame
            The columns of `Line`; the index is the remedy.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        columns = dict(zip(Line._fields, zip(*self.table, strict=True), strict=True))
        return as_frame(columns, columns.pop("remedy"), "remedy")

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the change of the error by each remedy, with its interval.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; a new figure by default.

        Returns
        -------
        matplotlib.axes.Axes
            The axes drawn on.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        from ..plotting import plot_comparison

        return plot_comparison(self, ax=ax)

    def summary(self) -> str:
        """Return the advice, the table, and how it came about.

        Returns
        -------
        str
            Several lines; the first one is the advice.
        """
        return text.summary(self)

    __str__ = summary

    def _repr_html_(self) -> str:
        """What notebooks show: the summary."""
        return text.html(self)

    def __repr__(self) -> str:
        return f"<Comparison of {len(self.table)} remedies, best: {self.best!r}>"


def lines_of(tallies: dict[str, Tally], tail: BoolArray, units: Any) -> tuple[list[Line], str]:
    """How each remedy did, by increasing error, and which one is the best."""
    losses = {name: tally.losses.mean(axis=0) for name, tally in tallies.items()}
    sizes = {name: np.sqrt(tally.losses).mean(axis=0) for name, tally in tallies.items()}
    reference = losses[EVERYTHING]
    squared, absolute = (
        {
            name: paired_gain(of[EVERYTHING], values, units=units)
            for name, values in of.items()
            if name != EVERYTHING
        }
        for of in (losses, sizes)
    )
    better = better_than(squared, absolute, LEVEL)
    lines = []
    for name, tally in tallies.items():
        loss = losses[name]
        whole = in_tail = _NONE
        if name != EVERYTHING:
            whole = change(reference, loss, units, LEVEL)
            if tail.any():
                named = None if units is None else units[tail]
                in_tail = change(reference[tail], loss[tail], named, LEVEL)
        lines.append(
            Line(
                name,
                math.sqrt(loss.mean()),
                *whole,
                math.sqrt(loss[tail].mean()) if tail.any() else math.nan,
                *in_tail,
                name in better,
                float(np.mean(tally.n_removed)),
                tally.n_fits,
                tally.seconds,
            )
        )
    lines.sort(key=lambda line: line.error)
    in_order = [line.remedy for line in lines if line.better]
    best = advised(in_order, losses, sizes, units, LEVEL)
    if best is None:
        added = WITH_VALIDATION in squared and with_validation(squared[WITH_VALIDATION])
        best = WITH_VALIDATION if added else EVERYTHING
    return lines, best
