"""Storms: leave one out, forecast it by networks that have seen the others, or some of their rows.

    PARIS_CORE_DATA=... python -m benchmarks.study.storms [--quick] [--jobs N] [--minutes M]
                                                          [--out FILE.csv]

One row for each set of inputs, horizon, storm, seed and method, with the sums of squared errors
over regions of Dst, so that storms can be pooled; the file grows, and a later run goes on from it.
`python -m benchmarks.study.storm_tables` makes the tables.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

import numpy as np

from .grid import Cell, Row, main
from .judging import total
from .storm_data import INPUTS, load
from .storm_methods import METHODS, Trial

HORIZON = 3
SEEDS = range(3)


def cells(quick: bool) -> Iterator[Cell]:
    """The most wanted ones first; of the quick ones every twentieth row trains."""
    for seed in range(1) if quick else SEEDS:
        for inputs in INPUTS[:1] if quick else INPUTS:
            strongest = load(inputs, HORIZON).strongest
            for storm in strongest[:2] if quick else strongest:
                yield {
                    "inputs": inputs,
                    "horizon": HORIZON,
                    "every": 20 if quick else 1,
                    "storm": storm,
                    "seed": seed,
                }


def evaluate(cell: Cell, methods: Sequence[str]) -> list[Row]:
    storms = load(cell["inputs"], cell["horizon"])
    left_out = storms.storm == cell["storm"]
    train, test = np.flatnonzero(~left_out)[:: cell["every"]], storms.rows.at(left_out)
    rows = storms.rows.at(train)
    trial = Trial(rows, rows.at(np.empty(0, dtype=int)), cell["seed"], storms.storm[train])
    trial.everything  # noqa: B018  (trained once for all)
    results = []
    for method in methods:
        began = time.process_time()
        outcome = METHODS[method](trial)
        seconds = time.process_time() - began
        squares = (outcome.predict(test.X) - test.y) ** 2
        row: Row = {"method": method, "kept": round(outcome.kept, 4), "seconds": round(seconds, 2)}
        row |= total(squares)
        for name, bound in storms.bounds.items():
            row |= total(squares[test.y <= bound], f" {name}")
        results.append(row)
    return results


if __name__ == "__main__":
    main(__doc__, "storms", "two storms, few rows: seconds", cells, list(METHODS), evaluate)
