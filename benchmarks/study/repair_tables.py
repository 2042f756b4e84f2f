"""Tables of the repair study: errors, changes against everything, and the wrong rows found.

python -m benchmarks.study.repair_tables [--results FILE.csv]
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from scipy.stats import gmean

from .grid import Row, read
from .tables import arguments, change, markdown, whole_cells

FIELDS = ("task", "n_trusted", "corruption", "seed")
ERRORS = ("rmse", "rmse_tail")
FOUND = ("precision", "precision_first", "recall")

Unit = dict[str, Row]  # a row of each method
Units = dict[str, list[Unit]]  # of each corruption
MakeCell = Callable[[str, list[Unit]], str]


def complete(rows: Iterable[Row], methods: Sequence[str], corruptions: Sequence[str]) -> Units:
    """The cells that have all these methods."""
    cells: dict[tuple[str, ...], Unit] = defaultdict(dict)
    for row in rows:
        cells[tuple(row[field] for field in FIELDS)][row["method"]] = row
    return {
        name: [
            found for cell, found in cells.items() if name in cell and found.keys() >= set(methods)
        ]
        for name in corruptions
    }


def ratios(units: list[Unit], method: str, other: str, error: str) -> np.ndarray:
    return np.array([float(unit[method][error]) / float(unit[other][error]) for unit in units])


def multiples(corruptions: Units, methods: Sequence[str]) -> str:
    """RMSE over all test rows / in the tail, as a multiple of "clean".

    Geometric means over seeds, and then over tasks; "-" for a method that not all units have.
    """

    def mean(method: str, units: list[Unit], error: str) -> float:
        of_task: dict[str, list[Unit]] = defaultdict(list)
        for unit in units:
            of_task[unit["clean"]["task"]].append(unit)
        seeds = [gmean(ratios(own, method, "clean", error)) for own in of_task.values()]
        return float(gmean(seeds))

    def cell(method: str, units: list[Unit]) -> str:
        if not all(method in unit for unit in units):
            return "-"
        return " / ".join(f"{mean(method, units, error):.2f}" for error in ERRORS)

    return _table(corruptions, methods, cell)


def changes(corruptions: Units, methods: Sequence[str], error: str) -> str:
    """Against "everything", in %, with an interval over units."""
    others = [method for method in methods if method != "everything"]
    return _table(
        corruptions, others, lambda m, units: change(ratios(units, m, "everything", error))
    )


def finds(corruptions: Units, methods: Sequence[str]) -> str:
    """Precision / of the first deleted / recall in %: means over the units that have them."""

    def cell(method: str, units: list[Unit]) -> str:
        known = [[float(u[method][name]) for u in units if u[method][name]] for name in FOUND]
        return " / ".join(f"{100 * np.mean(shares):.0f}" if shares else "-" for shares in known)

    spoilt = {name: units for name, units in corruptions.items() if name != "none"}
    deleting = [m for m in methods if any(u[0][m]["recall"] for u in spoilt.values())]
    return _table(spoilt, deleting, cell) if deleting else ""


def _table(corruptions: Units, methods: Iterable[str], cell: MakeCell) -> str:
    # How many units: what a mean is over.
    head = ["method", *(f"{name} ({len(units)})" for name, units in corruptions.items())]
    body = ([m, *(cell(m, units) for units in corruptions.values())] for m in methods)
    return markdown(head, body)


def _print(title: str, table: str) -> None:
    if table:
        print(f"\n{title}; in brackets the number of units\n\n{table}")


def main() -> None:
    tables: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in read(arguments(__doc__, "repair").results):
        for name in (row["task"], "all tasks"):
            tables[name, row["n_trusted"]].append(row)
    for (task, n_trusted), rows in tables.items():
        methods, cells = whole_cells(rows, FIELDS)
        units: Units = defaultdict(list)
        for (_, _, corruption, _), cell in cells.items():
            units[corruption].append(cell)
        where = f"{task}, {n_trusted} trusted rows"
        if task != "all tasks":
            _print(
                f"{where}: RMSE of all test rows / of the tail, as a multiple of the model with "
                "the true targets; geometric means over seeds",
                multiples(units, methods),
            )
            _print(
                f"{where}: wrong rows among those deleted / among the first (a tenth as many as "
                "are wrong) / share of them deleted, %; means over seeds",
                finds(units, methods),
            )
            continue
        for error, part in zip(ERRORS, ("all test rows", "the tail"), strict=True):
            _print(
                f"{where}: RMSE of {part}, change against everything and its 95 % interval over "
                "tasks and seeds",
                changes(units, methods, error),
            )


if __name__ == "__main__":
    main()
