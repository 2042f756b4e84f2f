"""What a run found: errors, how they differ, and how they are told and drawn."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..._support.storage.files import replacing
from ...evidence.change import Change

if TYPE_CHECKING:
    from ...results.rows import PruneResult

__all__ = ["Score", "StormsReport"]


@dataclass(frozen=True)
class Score:
    """The test error of one model.

    Attributes
    ----------
    label : str
        What the model is.
    n_rows : int or None
        Rows it was fitted to.
    all_hours, tail : float
        RMSE over all test rows and over the tail, nT.
    all_spread, tail_spread : float or None
        Standard deviations over random draws, nT; None for a single model.
    tail_change : Change or None
        By which fraction `tail` is larger or smaller than that of the head of all training rows,
        and its 95 % interval, blocks of time being the units; None for that head.
    """

    label: str
    n_rows: int | None
    all_hours: float
    tail: float
    all_spread: float | None
    tail_spread: float | None
    tail_change: Change | None


@dataclass(frozen=True, eq=False)
class StormsReport:
    """What `run_storms` found.

    Attributes
    ----------
    answer : str
        Whether the head of the rows kept does better than that of all training rows, by the test
        rows.
    scores : tuple of Score
        One for each model.
    result : PruneResult
        What `paris_core.prune` returned.
    y_train : ndarray of float64, shape (N,)
        Dst of the training rows, nT, in the order of ``result.mask``.
    target_scale : float
        Standard deviation of `y_train`, nT: the unit of the standardised target.
    threshold : float
        Bound of the tail, nT.
    notes : tuple of str
        How the data were prepared.
    train_seconds, total_seconds : float
        Time for the network and for everything.
    """

    answer: str
    scores: tuple[Score, ...]
    result: PruneResult
    y_train: NDArray[np.float64]
    target_scale: float
    threshold: float
    notes: tuple[str, ...]
    train_seconds: float
    total_seconds: float

    def summary(self) -> str:
        """Return the answer, how the data were split, and the table of errors.

        Returns
        -------
        str
            Several lines, without a final newline.
        """
        result = self.result
        bound = f"Dst <= {self.threshold:g}"
        lines = [
            self.answer,
            "",
            *self.notes,
            "",
            f"{'RMSE on the test rows, nT':<43}{'rows':>8}{'all hours':>15}{bound:>16}  change",
        ]
        for score in self.scores:
            rows = "-" if score.n_rows is None else f"{score.n_rows:,}"
            overall = _cell(score.all_hours, score.all_spread)
            tail = _cell(score.tail, score.tail_spread)
            told = "" if score.tail_change is None else score.tail_change.told
            lines.append(f"{score.label:<43}{rows:>8}{overall:>15}{tail:>16}  {told}".rstrip())
        worst = self.target_scale * np.sqrt([result.loss[0], result.loss[-1]])
        n = self.y_train.size
        in_tail = self.y_train <= self.threshold
        return "\n".join(
            [
                *lines,
                "",
                f"kept {result.kept.size:,} of {n:,} training rows, and "
                f"{int((in_tail & result.mask).sum()):,} of {int(in_tail.sum()):,} in the tail "
                f"({result.stop_reason}); lambda {float(result.lam):.4g}",
                f"worst validation error {worst[0]:.1f} -> {worst[1]:.1f} nT",
                f"seconds: network {self.train_seconds:.1f}, pruning {result.elapsed:.1f}, "
                f"all {self.total_seconds:.1f}",
                "change: in the tail, against the head of all training rows, with its 95 % interval"
                " over test blocks;",
                "it covers the choice of test storms, not of network, split or lambda: try other "
                "seeds.",
            ]
        )

    def draw(self, path: str | os.PathLike[str]) -> None:
        """Draw the targets before and after pruning beside the tail errors, and save the figure.

        Parameters
        ----------
        path : path-like
            File to write; its suffix decides the format, PNG without one.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        OSError
            If the file cannot be written.
        """
        from ... import plotting

        figure = plotting.new_figure()
        left, right = figure.subplots(1, 2)
        plotting.plot_target_histogram(
            self.y_train,
            self.result.mask,
            threshold=self.threshold,
            label="Dst of the training rows, nT",
            ax=left,
        )
        reference = next(score.tail for score in self.scores if score.tail_change is None)
        plotting.plot_errors(
            [score.label for score in self.scores],
            [score.tail for score in self.scores],
            intervals=[_ends(score.tail_change, reference) for score in self.scores],
            label=f"RMSE where Dst <= {self.threshold:g} nT, nT; "
            "95 % intervals of the difference from all training rows",
            ax=right,
        )
        with replacing(path) as part:
            figure.savefig(part, format=os.path.splitext(path)[1][1:].lower() or "png")


def _ends(change: Change | None, reference: float) -> tuple[float, float]:
    """The interval of an error, given that of the head of all training rows."""
    if change is None or not np.isfinite(change.low + change.high):
        return np.nan, np.nan
    return reference * (1.0 + change.low), reference * (1.0 + change.high)


def _cell(value: float, spread: float | None) -> str:
    return f"{value:.2f}" if spread is None else f"{value:.2f} +- {spread:.2f}"
