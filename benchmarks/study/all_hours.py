"""All hours: Dst three hours ahead, 1998 to 2019, with a quarter of the training hours kept.

    PARIS_CORE_DATA=... python -m benchmarks.study.all_hours [--quick] [--jobs N] [--minutes M]
                                                             [--out FILE.csv]

Blocks of 30 days go three fifths to training, a fifth to validation, a fifth to the test. How many
rows are kept is given, so that nothing needs a monitor. One row for each seed (of the split, too),
method and refit; of every region of Dst the hours, the sum of squared errors, and a 95 % interval
of the change of the RMSE against the network trained on everything, from resampled test blocks. The
file grows, and a later run goes on from it. `python -m benchmarks.study.all_hours_tables` makes the
tables.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

import numpy as np

from .all_hours_methods import METHODS
from .grid import Cell, Row, main
from .judging import Judge
from .learning import REFITS
from .problems import DATA, dst
from .rows import Rows
from .storm_data import REGIONS
from .teaching import Teacher

SHARES = {"1%": 0.01, "5%": 0.05, "10%": 0.10, "20%": 0.20}  # regions: the most extreme hours
UPDATES = 22_000  # 40 passes; with 2,000 to 11,000 "everything" was worse below -200 nT
SEEDS = range(3)


def cells(quick: bool) -> Iterator[Cell]:
    for seed in range(1) if quick else SEEDS:
        # Of the quick one every twentieth hour.
        yield {"every": 20 if quick else 1, "updates": 500 if quick else UPDATES, "seed": seed}


def evaluate(cell: Cell, methods: Sequence[str]) -> list[Row]:
    if DATA is None:
        raise SystemExit("PARIS_CORE_DATA must name the folder with the data")
    table = dst.read_table(DATA / dst.DATA)
    split = dst.split(table, cell["seed"], days=30)
    train, validation, test = (part[:: cell["every"]] for part in split[:3])
    hours = Rows(table.X, table.y)
    teacher = Teacher(hours.at(train), hours.at(validation), cell["updates"], cell["seed"])
    usual = teacher.everything.predict(table.X[test])
    bounds = {name: np.quantile(table.y[test], share) for name, share in SHARES.items()}
    judge = Judge(hours.at(test), split.block[test], usual, REGIONS | bounds)
    rows = []
    for method in methods:
        began = time.perf_counter()
        choice = METHODS[method].choose(teacher)
        choosing = time.perf_counter() - began
        for refit in METHODS[method].refits:
            began = time.perf_counter()
            predict = REFITS[refit](teacher, choice)
            seconds = choosing + time.perf_counter() - began
            row: Row = {"method": method, "refit": refit, "kept": round(choice.kept, 4)}
            row |= {"seconds": round(seconds, 1)} | judge.errors(predict(judge.test.X))
            rows.append(row)
    return rows


if __name__ == "__main__":
    quick = "one seed, every twentieth hour: half a minute"
    main(__doc__, "all_hours", quick, cells, list(METHODS), evaluate)
