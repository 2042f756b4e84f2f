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

from .grid import Cell, Row, main
from .judging import total
from .storm_data import INPUTS, fold, load
from .storm_methods import METHODS, Trial

HORIZONS = (3, 1, 6)
UPDATES = 500  # where "everything" is best: 200 to 4,000 were tried
SEEDS = range(5)


def cells(quick: bool) -> Iterator[Cell]:
    """The most wanted ones first."""
    for inputs in INPUTS[:1] if quick else INPUTS:
        for horizon in HORIZONS[:1] if quick else HORIZONS:
            strongest = load(inputs, horizon).strongest
            for seed in range(1) if quick else SEEDS:
                for storm in strongest[:2] if quick else strongest:
                    yield {"inputs": inputs, "horizon": horizon, "storm": storm, "seed": seed}


def evaluate(cell: Cell, methods: Sequence[str]) -> list[Row]:
    storms = load(cell["inputs"], cell["horizon"])
    parts = fold(storms, cell["storm"], cell["seed"])
    train, validation, monitor, test = (storms.rows.at(part) for part in parts)
    trial = Trial(train, validation.and_(monitor), UPDATES, cell["seed"], len(validation))
    trial.everything  # noqa: B018  (trained once for all)
    rows = []
    for method in methods:
        began = time.perf_counter()
        outcome = METHODS[method](trial)
        seconds = time.perf_counter() - began
        squares = (outcome.predict(test.X) - test.y) ** 2
        row: Row = {"method": method, "kept": round(outcome.kept, 4), "seconds": round(seconds, 2)}
        row |= total(squares)
        for name, bound in storms.bounds.items():
            row |= total(squares[test.y <= bound], f" {name}")
        rows.append(row)
    return rows


if __name__ == "__main__":
    main(__doc__, "storms", "two storms, one seed: minutes", cells, list(METHODS), evaluate)
