"""Markdown tables, and intervals of means."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TypeVar

import numpy as np
from grid import Row

RESAMPLES = 2_000

Name = TypeVar("Name")


def markdown(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    rows = [head, ["---"] * len(head), *lines]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def interval(values: np.ndarray) -> tuple[float, float]:
    """95 % bootstrap interval of the mean, from resampled entries."""
    drawn = np.random.default_rng(0).integers(len(values), size=(RESAMPLES, len(values)))
    low, high = np.quantile(values[drawn].mean(axis=1), [0.025, 0.975])
    return float(low), float(high)


def change(ratios: np.ndarray) -> str:
    """Geometric mean of ratios as a change in %, and its 95 % interval from resampled entries."""
    logs = np.log(ratios)
    middle, low, high = 100.0 * np.expm1([logs.mean(), *interval(logs)])
    return f"{middle:+.0f} % ({low:+.0f}, {high:+.0f})"


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

    methods = list(max(cells.values(), key=n_rows))
    whole = {
        cell: {method: found[method] for method in methods}
        for cell, found in cells.items()
        if found.keys() >= set(methods)
    }
    return methods, whole
