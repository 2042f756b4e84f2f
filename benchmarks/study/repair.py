"""Repair: training targets that are wrong, a few trusted rows, and what each method makes of it.

    PARIS_CORE_DATA=... python -m benchmarks.study.repair [--quick] [--jobs N] [--minutes M]
                                                          [--out FILE.csv]

One row for each task, corruption, number of trusted rows, seed and method; "clean" is the case of
right labels, where any loss is harm. The file grows, and a later run goes on from it.
`python -m benchmarks.study.repair_tables` makes the tables.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from itertools import product

from .corruptions import CORRUPTIONS, SECOND_SOURCE, spoilt
from .finding import found
from .grid import Cell, Row, main
from .judging import root_mean
from .problems import PUBLIC, enough
from .repair_methods import METHODS
from .repair_trial import Outcome, Trial

TASKS = ("dst", *PUBLIC)
TRUSTED = (200, 800)
N_TRAIN, N_TRAIN_QUICK = 4_000, 200
SEEDS = range(4, 7)  # others were looked at while tolerances were chosen


def cells(quick: bool) -> Iterator[Cell]:
    """All of the first seed first, the most wanted ones before the others."""
    wanted = list(product(SEEDS, TRUSTED, (*CORRUPTIONS, SECOND_SOURCE), TASKS))
    if quick:
        wanted = [(0, 100, "wrong sign", "bank8FM")]
    for seed, n_trusted, corruption, task in wanted:
        if enough(task, n_trusted) and (corruption != SECOND_SOURCE or task == "dst"):
            yield {
                "task": task,
                "corruption": corruption,
                "n_trusted": n_trusted,
                "n_train": N_TRAIN_QUICK if quick else N_TRAIN,
                "seed": seed,
            }


def evaluate(cell: Cell, methods: Sequence[str]) -> list[Row]:
    problem = spoilt(cell["task"], cell["corruption"], cell["n_trusted"], cell["seed"])
    trial = Trial(problem.thinned(cell["n_train"]), cell["seed"])
    for shared in (trial.everything, trial.untouched):  # trained once for all
        assert shared is not None
    rows = []
    for method in methods:
        began = time.process_time()
        outcome = METHODS[method](trial)
        seconds = time.process_time() - began
        rows.append({"method": method, **_errors(trial, outcome), "seconds": round(seconds, 2)})
    return rows


def _errors(trial: Trial, outcome: Outcome) -> Row:
    problem = trial.problem
    squares = (outcome.predict(problem.test.X) - problem.test.y) ** 2
    removed = outcome.removed
    row: Row = {"n_removed": "" if removed is None else len(removed)}
    row |= found(problem.bad, removed)
    row["rmse"] = root_mean(squares)
    row["rmse_tail"] = root_mean(squares[problem.regions["tail"]])
    return row


if __name__ == "__main__":
    main(__doc__, "repair", "one small cell: seconds", cells, list(METHODS), evaluate)
