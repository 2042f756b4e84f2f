"""A run: series, network, pruning, and the heads to compare with."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._support import checks
from ..._support.arrays import IntArray
from ..._support.messages import short, shown
from ..._support.signals import ctrl_c
from ...datasets import StormSeries, storm_drivers
from ...evidence.acceptance import verdict
from ...evidence.change import both, change
from ...features import LaggedFeatures, lagged_features, last_hidden_layer
from .outcome import Score, StormsReport

__all__ = ["DemoError", "run_storms"]

_LAGS = tuple(range(6))
_BLOCK = 27 * 24  # hours: one rotation of the Sun
_GAP = 24  # hours: Dst of the next day is still correlated, the window of a forecast is shorter
_FEWEST = 5  # blocks
_CONTROLS = 3  # of the heads of random rows: all of them must be beaten


class DemoError(ValueError):
    """The demo cannot run as asked; the message says what to change."""


def run_storms(
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
) -> StormsReport:
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
    StormsReport
        The answer, the scores and what they rest on.

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
    >>> report = run_storms(make_storms(7000, random_state=0), keep=0.9)
    >>> len(report.scores)
    8
    """
    from sklearn.preprocessing import StandardScaler

    from ... import prune
    from ...report.findings.heads import ALL, KEPT, RANDOM, heads

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
    length = min(_BLOCK, max(100, used // 20))
    parts, block = _split(table, length, used if used < len(series) else None, horizon, seed)
    n_blocks = [len(np.unique(block[part])) for part in parts.values()]
    test = parts["test"]
    y_train, y_val, y_test = (table.y[part] for part in parts.values())
    tail = y_test <= threshold
    if not tail.any():
        raise DemoError(
            f"no test hour has Dst <= {threshold:g} nT; use more hours or a higher threshold"
        )

    scaler = StandardScaler().fit(table.X[parts["train"]])
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

    def predict(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        return mean + scale * np.asarray(Phi_test @ weights)

    rng = np.random.default_rng(seed)
    compared = heads((Phi, z), result.mask, (Phi_val, z_val), float(result.lam), rng)
    models: list[tuple[str, int | None, list[NDArray[np.float64]]]] = [
        ("persistence (Dst at issue time)", None, [series.dst[table.rows[test]]]),
        ("network itself", n, [mean + scale * mlp.predict(X_test)]),
        *(
            (f"ridge head, {head.label}", head.n_rows, [predict(one) for one in head.weights])
            for head in compared
        ),
    ]
    squares = {
        label: [(y_test - one) ** 2 for one in predictions] for label, _, predictions in models
    }
    units = np.unique(block[test], return_inverse=True)[1].astype(np.int64)
    whole = squares[f"ridge head, {ALL}"][0]
    scores = tuple(
        _score(label, n_rows, squares[label], tail, units, whole) for label, n_rows, _ in models
    )
    kept = squares[f"ridge head, {KEPT}"][0]
    drawn = iter(squares[f"ridge head, {RANDOM}"])
    said = verdict(
        whole, kept, drawn.__next__, units=units, tails={"the tail": tail}, draws=_CONTROLS
    )
    changes = both(change(whole, kept, units), change(whole[tail], kept[tail], units[tail]))
    answer = f"Use the rows kept: {changes}."
    if not said.accepted:
        answer = f"Do not use the rows kept alone: {said.reason} ({changes})."
    return StormsReport(
        answer=answer,
        scores=scores,
        result=result,
        y_train=y_train,
        target_scale=scale,
        threshold=threshold,
        notes=_notes(series, table.rows, table.y, parts, n_blocks, length, threshold, horizon),
        train_seconds=train_seconds,
        total_seconds=time.perf_counter() - began,
    )


def _score(
    label: str,
    n_rows: int | None,
    squares: list[NDArray[np.float64]],
    tail: NDArray[np.bool_],
    units: NDArray[np.int64],
    reference: NDArray[np.float64],
) -> Score:
    """The errors of a model, or of several draws, and the change from those of `reference`."""
    overall = [float(np.sqrt(one.mean())) for one in squares]
    in_tail = [float(np.sqrt(one[tail].mean())) for one in squares]
    several = len(squares) > 1
    told = None
    if squares[0] is not reference:
        told = change(reference[tail], np.mean(squares, axis=0)[tail], units[tail])
    return Score(
        label=label,
        n_rows=n_rows,
        all_hours=float(np.mean(overall)),
        tail=float(np.mean(in_tail)),
        all_spread=float(np.std(overall, ddof=1)) if several else None,
        tail_spread=float(np.std(in_tail, ddof=1)) if several else None,
        tail_change=told,
    )


def _split(
    table: LaggedFeatures, length: int, most: int | None, horizon: int, seed: int
) -> tuple[dict[str, IntArray], IntArray]:
    """The rows of each part, by whole blocks of so many hours, and the block of every row.

    Windows of two parts, lags and horizon, are `_GAP` hours apart. With `most`, only so many hours,
    those of the blocks with the lowest targets.
    """
    from ...validation import GroupedSplit

    block, hour = np.divmod(table.rows, length)
    first, end = max(_LAGS) + _GAP, length - horizon
    if first >= end:
        raise DemoError(
            f"blocks of {length} hours are too short for windows of {max(_LAGS) + horizon + 1} "
            f"hours and a gap of {_GAP}; use more hours or a shorter horizon"
        )
    inside = np.flatnonzero((hour >= first) & (hour < end))
    if most is not None:
        by_depth = block[inside][np.argsort(table.y[inside], kind="stable")]
        names, place = np.unique(by_depth, return_index=True)
        deepest = names[np.argsort(place)][: max(most // length, 1)]
        inside = inside[np.isin(block[inside], deepest)]
    found = len(np.unique(block[inside]))
    if found < _FEWEST:
        raise DemoError(
            f"the rows fill only {found} blocks of {length} hours, at least {_FEWEST} are needed; "
            "use more hours or a shorter horizon"
        )
    rest, parts = inside, {}
    for name, share in (("test", 0.2), ("validation", 0.25)):  # a fifth of all each
        splitter = GroupedSplit(share, n_splits=1, random_state=seed)
        left, out = next(splitter.split(rest, table.y[rest], block[rest]))
        rest, parts[name] = rest[left], rest[out]
    return {"train": rest, "validation": parts["validation"], "test": parts["test"]}, block


def _train(X: NDArray[np.float64], z: NDArray[np.float64], seed: int) -> tuple[Any, float]:
    from ...features import default_network

    began = time.perf_counter()
    mlp = default_network()[-1].set_params(random_state=seed)
    with ctrl_c.heeded():
        mlp.fit(X, z)
    return mlp, time.perf_counter() - began


def _notes(
    series: StormSeries,
    rows: NDArray[np.int64],
    y: NDArray[np.float64],
    parts: dict[str, NDArray[np.int64]],
    n_blocks: list[int],
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
