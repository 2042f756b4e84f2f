"""Twelve public sets: does any of it help where nothing is known to be wrong?

    PARIS_CORE_DATA=... python -m benchmarks.study.public [--quick] [--jobs N] [--minutes M]
                                                          [--out FILE.csv]

Four fifths of the rows train, a fifth tests; of a large set 5,000 rows are drawn. `PARISRegressor`
deals out the training rows by itself. One row for each set, seed and method; the file grows, and a
later run goes on from it. `python -m benchmarks.study.public_tables` makes the tables.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

import numpy as np

from paris_core.metrics import conditional_rmse, relevance, rmse, sera
from paris_core.validation import Tail

from .grid import Cell, Row, main
from .judging import short
from .problems import at_most, dealt_out, table
from .public_methods import METHODS
from .trials import Trial

SEEDS = range(3)
MOST = 5_000  # rows of a set
TAIL = 0.1  # of the test rows
SETS = (  # by their number of rows, 198 to 20,640
    "a1",
    "a7",
    "boston",
    "forestFires",
    "concrete",
    "airfoil",
    "acceleration",
    "abalone",
    "bank8FM",
    "deltaAilerons",
    "cpuSm",
    "californiaHousing",
)


def cells(quick: bool) -> Iterator[Cell]:
    for seed in range(1) if quick else SEEDS:
        for name in SETS[:1] if quick else SETS:
            yield {"set": name, "seed": seed}


def evaluate(cell: Cell, methods: Sequence[str]) -> list[Row]:
    rows = at_most(table(cell["set"]), MOST, cell["seed"])
    problem = dealt_out(rows, 4 * len(rows) // 5, 0, cell["seed"])
    trial = Trial(problem.train, problem.trusted, cell["seed"])
    trial.everything  # noqa: B018  (trained once for all)
    matters = rising(problem.train.y, problem.side)
    level = 1.0 - TAIL if problem.side == "upper" else TAIL
    results = []
    for method in methods:
        began = time.process_time()
        outcome = METHODS[method](trial)
        seconds = time.process_time() - began
        y, predicted = problem.test.y, outcome.predict(problem.test.X)
        results.append(
            {
                "method": method,
                "kept": short(outcome.kept),
                "seconds": round(seconds, 2),
                "rmse": short(rmse(y, predicted)),
                "rmse_tail": short(
                    conditional_rmse(y, predicted, Tail(problem.side, quantile=level))
                ),
                "sera": short(sera(y, predicted, relevance=relevance(y, matters))),
            }
        )
    return results


def rising(y: np.ndarray, side: str) -> list[tuple[float, float]]:
    """Control points of the relevance: 0 at the median of `y`, 1 where the tail begins."""
    middle = float(np.median(y)), 0.0
    if side == "upper":
        return [middle, (float(np.quantile(y, 1.0 - TAIL)), 1.0)]
    return [(float(np.quantile(y, TAIL)), 1.0), middle]


if __name__ == "__main__":
    main(__doc__, "public", "the smallest set: seconds", cells, list(METHODS), evaluate)
