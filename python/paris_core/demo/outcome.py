"""What a run of the demo found: errors, their intervals, and how they are told and drawn."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .._support.storage.files import replacing
from ..metrics import conditional_rmse, rmse
from ..validation import Tail

if TYPE_CHECKING:
    from ..results.rows import PruneResult

__all__ = ["DemoReport", "Score", "draw_report", "format_report"]

_RESAMPLES = 2000  # of the test blocks
_LEVEL = 0.90  # of the intervals
_MIN_BLOCKS = 5  # test blocks with tail rows, below which an interval would mean nothing

_Interval = tuple[float, float]


@dataclass(frozen=True)
class Score:
    """The test error of one model.

    Attributes
    ----------
    label : str
        What the model is.
    n_rows : int or None
        Rows it was fitted on.
    all_hours, tail : float
        RMSE over all test rows and over the tail, nT.
    all_spread, tail_spread : float or None
        Standard deviations over random draws, nT; None for a single model.
    tail_interval : tuple of float or None
        Interval of `tail` over resampled test blocks, nT; None if too few blocks hold tail rows.
    """

    label: str
    n_rows: int | None
    all_hours: float
    tail: float
    all_spread: float | None
    tail_spread: float | None
    tail_interval: _Interval | None


@dataclass(frozen=True, eq=False)
class DemoReport:
    """What a run of the demo found; `format_report` puts it in words.

    Attributes
    ----------
    scores : tuple of Score
        One for each model.
    differences : tuple of (str, float, interval or None)
        Differences of tail RMSE, nT: what, value, interval over resampled test blocks.
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

    scores: tuple[Score, ...]
    differences: tuple[tuple[str, float, _Interval | None], ...]
    result: PruneResult
    y_train: NDArray[np.float64]
    target_scale: float
    threshold: float
    notes: tuple[str, ...]
    train_seconds: float
    total_seconds: float


def score(
    label: str,
    n_rows: int | None,
    predictions: list[NDArray[np.float64]],
    y: NDArray[np.float64],
    threshold: float,
    interval: _Interval | None,
) -> Score:
    overall = [rmse(y, p) for p in predictions]
    tail = [conditional_rmse(y, p, Tail("lower", threshold=threshold)) for p in predictions]
    several = len(predictions) > 1
    return Score(
        label=label,
        n_rows=n_rows,
        all_hours=float(np.mean(overall)),
        tail=float(np.mean(tail)),
        all_spread=float(np.std(overall, ddof=1)) if several else None,
        tail_spread=float(np.std(tail, ddof=1)) if several else None,
        tail_interval=interval,
    )


def tail_resamples(
    squared: list[list[NDArray[np.float64]]], block: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.float64]:
    """Tail RMSE of each model (rows), the mean of its draws, over resampled test blocks (columns).

    Hours of one storm err together, so whole blocks are drawn, not hours. NaN if too few hold any.
    """
    ids, member = np.unique(block, return_inverse=True)
    if ids.size < _MIN_BLOCKS:
        return np.full((len(squared), 1), np.nan)
    times = rng.multinomial(ids.size, np.full(ids.size, 1.0 / ids.size), _RESAMPLES)
    counts = times @ np.bincount(member)
    boot = np.zeros((len(squared), _RESAMPLES))
    for model, draws in zip(boot, squared, strict=True):
        for errors in draws:
            model += np.sqrt(times @ np.bincount(member, weights=errors) / counts) / len(draws)
    return boot


def interval(samples: NDArray[np.float64]) -> _Interval | None:
    if np.isnan(samples).any():
        return None
    low, high = np.quantile(samples, [(1.0 - _LEVEL) / 2.0, (1.0 + _LEVEL) / 2.0])
    return float(low), float(high)


def format_report(report: DemoReport) -> str:
    """Put a report in words: how the data were split, the table of errors, what differs.

    Parameters
    ----------
    report : DemoReport
        From `run_demo`.

    Returns
    -------
    str
        Several lines, without a final newline.

    Examples
    --------
    >>> from paris_core.datasets import make_storms
    >>> from paris_core.demo import run_demo
    >>> report = run_demo(make_storms(4000, random_state=0), keep=0.9)
    >>> print(format_report(report).splitlines()[0])
    Dst 3 h ahead; 4,000 hours (synthetic)
    """
    result = report.result
    bound = f"Dst <= {report.threshold:g}"
    lines = [
        *report.notes,
        "",
        f"{'RMSE on the test rows, nT':<34}{'rows':>9}{'all hours':>16}{bound:>16}",
    ]
    for score in report.scores:
        rows = "-" if score.n_rows is None else f"{score.n_rows:,}"
        overall = _cell(score.all_hours, score.all_spread)
        tail = _cell(score.tail, score.tail_spread)
        lines.append(f"{score.label:<34}{rows:>9}{overall:>16}{tail:>16}")
    worst = report.target_scale * np.sqrt([result.loss[0], result.loss[-1]])
    n = report.y_train.size
    in_tail = report.y_train <= report.threshold
    lines += [
        "",
        f"kept {result.kept.size:,} of {n:,} training rows, and "
        f"{int((in_tail & result.mask).sum()):,} of {int(in_tail.sum()):,} in the tail "
        f"({result.stop_reason}); lambda {float(result.lam):.4g}",
        f"worst validation error {worst[0]:.1f} -> {worst[1]:.1f} nT",
        f"seconds: network {report.train_seconds:.1f}, pruning {result.elapsed:.1f}, "
        f"all {report.total_seconds:.1f}",
        "",
        f"tail RMSE, nT, and its {100 * _LEVEL:.0f} % interval over resampled test blocks:",
    ]
    for what, value, interval in report.differences:
        ends = (
            f"no interval: fewer than {_MIN_BLOCKS} test blocks hold tail rows"
            if interval is None
            else f"{interval[0]:+.2f} to {interval[1]:+.2f}"
        )
        lines.append(f"  {what:<30} {value:+.2f}  ({ends})")
    lines.append(
        "The intervals cover the choice of test storms, not of network, split or lambda: "
        "try other seeds."
    )
    return "\n".join(lines)


def _cell(value: float, spread: float | None) -> str:
    return f"{value:.2f}" if spread is None else f"{value:.2f} +- {spread:.2f}"


def draw_report(report: DemoReport, path: str | os.PathLike[str]) -> None:
    """Draw the targets before and after pruning beside the tail errors, and save the figure.

    Parameters
    ----------
    report : DemoReport
        From `run_demo`.
    path : path-like
        File to write; its suffix decides the format, PNG without one.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    OSError
        If the file cannot be written.
    """
    from .. import plotting

    figure = plotting.new_figure()
    left, right = figure.subplots(1, 2)
    plotting.plot_target_histogram(
        report.y_train,
        report.result.mask,
        threshold=report.threshold,
        label="Dst of the training rows, nT",
        ax=left,
    )
    plotting.plot_errors(
        [score.label for score in report.scores],
        [score.tail for score in report.scores],
        intervals=[score.tail_interval or (np.nan, np.nan) for score in report.scores],
        label=f"RMSE where Dst <= {report.threshold:g} nT, nT; "
        f"{100 * _LEVEL:.0f} % over test blocks",
        ax=right,
    )
    with replacing(path) as part:
        figure.savefig(part, format=os.path.splitext(path)[1][1:].lower() or "png")
