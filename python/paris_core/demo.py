"""The worked example behind ``paris demo``: prune the last layer of a Dst forecast.

A network is trained to forecast Dst; the activations of its last hidden layer are the features
Phi, and a ridge head on them is fitted to all training rows, to the rows that pruning keeps, and
to several sets to compare with. The target is standardised with the training rows' mean and
deviation, so that the penalty, which also acts on the constant column, shrinks the head towards
the mean and lambda does not depend on the unit. All heads share one lambda, the one that pruning
used, so that they differ only in their rows. Errors are in nT, on blocks of time that no fit saw.
"""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ._support import checks, ctrl_c
from ._support.files import replacing
from ._support.text import short, shown
from .datasets import StormSeries, storm_drivers
from .features import lagged_features, last_hidden_layer
from .metrics import conditional_rmse, rmse
from .validation import Tail
from .validation.blocks import block_split

if TYPE_CHECKING:
    from .results.rows import PruneResult

__all__ = ["DemoError", "DemoReport", "Score", "draw_report", "format_report", "run_demo"]

_LAGS = tuple(range(6))
_BLOCK = 27 * 24  # hours: one rotation of the Sun
_GAP = 24  # hours: Dst of the next day is still correlated, the window of a forecast is shorter
_HIDDEN = (64, 32)
_EPOCHS = 30
_DRAWS = 20  # random subsets of the kept size
_RESAMPLES = 2000  # of the test blocks
_LEVEL = 0.90  # of the intervals
_MIN_BLOCKS = 5  # test blocks with tail rows, below which an interval would mean nothing

_Interval = tuple[float, float]


class DemoError(ValueError):
    """The demo cannot run as asked; the message says what to change."""


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


def run_demo(
    series: StormSeries,
    *,
    horizon: int = 3,
    keep: float = 0.5,
    lam: float | str = "auto",
    threshold: float = -100.0,
    max_hours: int | None = None,
    random_state: int = 0,
    progress: bool = False,
    log: Callable[[str], None] = lambda message: None,
) -> DemoReport:
    """Forecast Dst, prune the training rows of the last layer, and compare test errors.

    Parameters
    ----------
    series : StormSeries
        Hourly data, at least 2000 hours.
    horizon : int
        Hours ahead, at least 1.
    keep : float
        Fraction of the training rows to keep, strictly between 0 and 1.
    lam : float or {"auto", "gcv", "evidence"}
        Ridge penalty, as for `paris_core.prune`.
    threshold : float
        The tail is Dst <= threshold, nT.
    max_hours : int or None
        Use at most about so many hours, as whole blocks with the lowest Dst. None uses all.
    random_state : int
        Seed of the split, the network and the random draws.
    progress : bool
        Show the progress bar of `paris_core.prune`.
    log : callable
        Called with a line of text before each long step.

    Returns
    -------
    DemoReport
        The scores and what they rest on.

    Raises
    ------
    DemoError
        If the series is too short, or a part of it holds too few rows of the tail.
    TypeError, ValueError
        If an argument has the wrong type or value.
    KeyboardInterrupt
        On Ctrl-C, also while the network trains.

    Notes
    -----
    Network training costs O(rows); pruning costs O(rows * width) for each deleted row.

    Examples
    --------
    >>> from paris_core.datasets import make_storms
    >>> report = run_demo(make_storms(4000, random_state=0), keep=0.9)
    >>> len(report.scores)
    7
    """
    from sklearn.preprocessing import StandardScaler

    from . import prune

    began = time.perf_counter()
    if not isinstance(series, StormSeries):
        raise TypeError(f"series must be a StormSeries, got {shown(series)}")
    horizon = checks.integer("horizon", horizon, 1)
    if not 0.0 < checks.number("keep", keep) < 1.0:
        raise DemoError(f"keep must lie strictly between 0 and 1, got {short(keep)}")
    if not isinstance(lam, str):
        checks.penalty("lam", lam)
    threshold = checks.finite("threshold", threshold)
    most = None if max_hours is None else checks.integer("max_hours", max_hours, 1)
    seed = checks.integer("random_state", random_state, 0, 2**32 - 1)
    checks.flag("progress", progress)
    checks.function("log", log)
    if len(series) < 2000:
        raise DemoError(f"series has {len(series)} hours, at least 2000 are needed")

    drivers = storm_drivers(series)
    try:
        table = lagged_features(drivers, series.dst, lags=_LAGS, horizon=horizon)
    except ValueError as error:
        raise DemoError(str(error)) from error
    used = len(series) if most is None else min(len(series), most)
    # Short series: shorter blocks, lest a part of the split is left without a storm.
    block = min(_BLOCK, max(100, used // 20))
    max_blocks = None if used == len(series) else max(used // block, 1)
    try:
        split = block_split(
            table.rows,
            table.y,
            block=block,
            before=max(_LAGS),
            after=horizon,
            gap=_GAP,
            max_blocks=max_blocks,
            random_state=seed,
        )
    except ValueError as error:
        raise DemoError(f"{error}; use more hours or a shorter horizon") from error
    parts = {"train": split.train, "validation": split.validation, "test": split.test}
    y_train, y_val, y_test = (table.y[part] for part in parts.values())
    tail = y_test <= threshold
    if not tail.any():
        raise DemoError(
            f"no test hour has Dst <= {threshold:g} nT; use more hours or a higher threshold"
        )

    scaler = StandardScaler().fit(table.X[split.train])
    X_train, X_val, X_test = (scaler.transform(table.X[part]) for part in parts.values())
    mean, scale = float(y_train.mean()), float(y_train.std())
    log(f"training a network on {y_train.size:,} rows ...")
    mlp, train_seconds = _train(X_train, (y_train - mean) / scale, seed)

    Phi, Phi_val, Phi_test = (last_hidden_layer(mlp, X) for X in (X_train, X_val, X_test))
    z, z_val = (y_train - mean) / scale, (y_val - mean) / scale
    n = z.size
    n_kept = max(round(keep * n), 1)
    log(f"pruning {n - n_kept:,} of {n:,} rows ...")
    result = prune(Phi, z, Phi_val, z_val, n - n_kept, lam=lam, progress=progress)
    lam_used = float(result.lam)

    def predict(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        return mean + scale * np.asarray(Phi_test @ weights)

    def head(rows: NDArray[np.int64] | slice) -> NDArray[np.float64]:
        return predict(_ridge(Phi[rows], z[rows], lam_used))

    both = np.vstack([Phi, Phi_val]), np.concatenate([z, z_val])
    rng = np.random.default_rng(seed)
    size = int(result.kept.size)
    draws = [head(rng.choice(n, size, replace=False)) for _ in range(_DRAWS)]
    models: list[tuple[str, int | None, list[NDArray[np.float64]]]] = [
        ("persistence (Dst at issue time)", None, [series.dst[table.rows[split.test]]]),
        ("network itself", n, [mean + scale * mlp.predict(X_test)]),
        ("ridge head, all training rows", n, [head(slice(None))]),
        ("ridge head after pruning", size, [predict(result.weights)]),
        (f"as many rows at random, {_DRAWS} draws", size, draws),
        ("validation rows only", z_val.size, [predict(_ridge(Phi_val, z_val, lam_used))]),
        ("training + validation rows", n + z_val.size, [predict(_ridge(*both, lam_used))]),
    ]
    boot = _tail_resamples(
        [[(y_test[tail] - p[tail]) ** 2 for p in predictions] for *_, predictions in models],
        split.block[split.test][tail],
        rng,
    )
    scores = tuple(
        _score(*model, y_test, threshold, _interval(boot[i])) for i, model in enumerate(models)
    )
    everything, pruned, random = 2, 3, 4
    differences = tuple(
        (what, scores[pruned].tail - scores[other].tail, _interval(boot[pruned] - boot[other]))
        for what, other in (
            ("after pruning minus all rows", everything),
            ("after pruning minus random", random),
        )
    )
    return DemoReport(
        scores=scores,
        differences=differences,
        result=result,
        y_train=y_train,
        target_scale=scale,
        threshold=threshold,
        notes=_notes(series, table.rows, table.y, parts, split.n_blocks, block, threshold, horizon),
        train_seconds=train_seconds,
        total_seconds=time.perf_counter() - began,
    )


def _train(X: NDArray[np.float64], z: NDArray[np.float64], seed: int) -> tuple[Any, float]:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPRegressor

    began = time.perf_counter()
    mlp = MLPRegressor(hidden_layer_sizes=_HIDDEN, max_iter=_EPOCHS, random_state=seed)
    with warnings.catch_warnings():
        # A fixed, small number of epochs is meant here.
        warnings.simplefilter("ignore", ConvergenceWarning)
        with ctrl_c.heeded():
            mlp.fit(X, z)
    return mlp, time.perf_counter() - began


def _ridge(Phi: NDArray[np.float64], z: NDArray[np.float64], lam: float) -> NDArray[np.float64]:
    A = Phi.T @ Phi
    A[np.diag_indices_from(A)] += lam
    return np.asarray(np.linalg.solve(A, Phi.T @ z))


def _score(
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


def _tail_resamples(
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


def _interval(samples: NDArray[np.float64]) -> _Interval | None:
    if np.isnan(samples).any():
        return None
    low, high = np.quantile(samples, [(1.0 - _LEVEL) / 2.0, (1.0 + _LEVEL) / 2.0])
    return float(low), float(high)


def _notes(
    series: StormSeries,
    rows: NDArray[np.int64],
    y: NDArray[np.float64],
    parts: dict[str, NDArray[np.int64]],
    n_blocks: tuple[int, int, int],
    block: int,
    threshold: float,
    horizon: int,
) -> tuple[str, ...]:
    origin = "synthetic" if series.start is None else f"real, from {series.start} UTC"
    available = -(-len(series) // block)
    lost = len(series) - max(_LAGS) - horizon - rows.size
    lines = [
        f"Dst {horizon} h ahead; {len(series):,} hours ({origin})"
        + (f", {lost:,} forecasts left out for missing values" if lost else "")
    ]
    if sum(n_blocks) < available:
        lines.append(
            f"subsample: the {sum(n_blocks)} of {available} blocks of {block} h with the lowest "
            "Dst; storms are over-represented"
        )
    else:
        lines.append(f"split by blocks of {block} h, {_GAP} h apart, storms dealt out evenly")
    for (name, part), count in zip(parts.items(), n_blocks, strict=True):
        in_tail = int((y[part] <= threshold).sum())
        lines.append(
            f"  {name:<10} {count:>3} blocks {part.size:>8,} rows, {in_tail:>5,} in the tail "
            f"({100.0 * in_tail / part.size:.2f} %)"
        )
    return tuple(lines)


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
    from . import plotting

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
