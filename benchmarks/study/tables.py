"""Markdown tables, and intervals of means."""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np

from .grid import Row, file_of

RESAMPLES = 2_000

Name = TypeVar("Name")


def arguments(doc: str, name: str, halved: str | None = None) -> argparse.Namespace:
    """The command line of a program of tables; `halved` is what is tuned and reported on."""
    parser = argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--results", type=Path, default=file_of(name))
    if halved is not None:
        parser.add_argument(f"--{halved}", choices=tuple(halves(())), default="all")
    return parser.parse_args()


def markdown(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    rows = [head, ["---"] * len(head), *lines]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def interval(values: np.ndarray) -> tuple[float, float]:
    """95 % bootstrap interval of the mean, from resampled entries; NaN, if there is only one."""
    if len(values) == 1:
        return np.nan, np.nan
    drawn = np.random.default_rng(0).integers(len(values), size=(RESAMPLES, len(values)))
    low, high = np.quantile(values[drawn].mean(axis=1), [0.025, 0.975])
    return float(low), float(high)


def change(ratios: np.ndarray) -> str:
    """Geometric mean of ratios as a change in %, and its 95 % interval from resampled entries."""
    logs = np.log(ratios)
    return percent(*np.expm1([logs.mean(), *interval(logs)]))


def percent(change: float, low: float, high: float) -> str:
    """A change in %, and in brackets its interval."""
    text = f"{100 * change:+.0f} %"
    return text if np.isnan(low) else f"{text} ({100 * low:+.0f}, {100 * high:+.0f})"


def with_change(error: float, change: float, low: float, high: float) -> str:
    """In brackets the change in % and its interval."""
    bounds = "" if np.isnan(low) else f": {100 * low:+.0f}, {100 * high:+.0f}"
    return f"{error:.1f} ({100 * change:+.0f} %{bounds})"


def number(n: int, noun: str) -> str:
    return f"{n} {noun}{'' if n == 1 else 's'}"


def halves(ordered: Sequence[Name]) -> dict[str, list[Name]]:
    """What to tune on and what to report on: every other one of the list."""
    return {"all": [*ordered], "tuning": [*ordered[::2]], "reporting": [*ordered[1::2]]}


def whole_cells(
    rows: Iterable[Row], fields: Sequence[str]
) -> tuple[list[str], dict[tuple[str, ...], dict[str, Row]]]:
    """Methods, and each method's row in the cells that have all of them: as many as there are.

    A method that few cells have is left out, and so is a cell that has few methods.
    """
    cells: dict[tuple[str, ...], dict[str, Row]] = defaultdict(dict)
    for row in rows:
        cells[tuple(row[field] for field in fields)][row["method"]] = row

    def n_rows(methods: dict[str, Row]) -> int:
        return len(methods) * sum(methods.keys() <= found.keys() for found in cells.values())

    shown = list(max(cells.values(), key=n_rows))
    whole = {
        cell: {method: found[method] for method in shown}
        for cell, found in cells.items()
        if found.keys() >= set(shown)
    }
    return shown, whole
