"""Repair: training targets that are wrong, a few trusted rows, and what each method makes of it.

    PARIS_CORE_DATA=... python -m benchmarks.study.repair [--quick] [--jobs N] [--minutes M]
                                                          [--out FILE.csv]

One row for each task, corruption, number of trusted rows, seed and method; the file grows, and a
later run goes on from it. `python -m benchmarks.study.repair_tables` makes the tables.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

from .corruptions import names, spoilt
from .finding import found
from .grid import Cell, Row, main
from .judging import root_mean
from .problems import DST, PUBLIC, enough
from .repair_methods import METHODS, run
from .repair_trial import Outcome, Trial

TASKS = (*DST, *PUBLIC)
TRUSTED = (800, 200, 3_000)
SEEDS = range(4, 9)  # others were looked at while tolerances were chosen


def cells(quick: bool) -> Iterator[Cell]:
    """All of the first seed first, the most wanted ones before the others."""
    if quick:
        yield {"task": "dst", "corruption": "clipped", "n_trusted": 800, "seed": 0}
        return
    for seed, n_trusted, task in product(SEEDS, TRUSTED, TASKS):
        if not enough(task, n_trusted):
            continue
        for corruption in names(task):
            yield {"task": task, "corruption": corruption, "n_trusted": n_trusted, "seed": seed}


def evaluate(cell: Cell, methods: Sequence[str]) -> list[Row]:
    problem = spoilt(**cell)
    trial = Trial(problem, cell["seed"])
    rows = []
    for method in methods:
        outcome, seconds = run(method, trial)
        rows.append({"method": method, **_errors(trial, outcome), "seconds": round(seconds, 2)})
    return rows


def _errors(trial: Trial, outcome: Outcome) -> Row:
    problem = trial.problem
    squares = (outcome.predict(problem.test.X) - problem.test.y) ** 2
    row: Row = {"n_train": len(problem.train), "n_kept": ""}
    row |= found(problem.bad, outcome.removed)
    if outcome.n_kept is not None:
        row["n_kept"] = outcome.n_kept
    row["rmse"] = root_mean(squares)
    for region in ("tail", "deep"):
        inside = problem.regions.get(region)
        row[f"rmse_{region}"] = "" if inside is None else root_mean(squares[inside])
    return row


if __name__ == "__main__":
    main(__doc__, "repair", "one cell: minutes", cells, list(METHODS), evaluate)
