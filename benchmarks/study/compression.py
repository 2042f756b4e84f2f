"""Compression: how few training rows are enough, chosen in several ways.

    PARIS_CORE_DATA=... python -m benchmarks.study.compression [--quick] [--jobs N] [--minutes M]
                                                               [--out FILE.csv]

Rows are chosen by the features of a network that was trained on everything. What they are worth is
seen twice: on these features a ridge head is fitted to them, and a network is trained on nothing
else. One row for each task, seed, method, share and refit; `seconds` is what it took to choose the
rows of all shares. The file grows, and a later run goes on from it.
`python -m benchmarks.study.compression_tables` makes the tables.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

import numpy as np

from .compression_methods import METHODS, Trial
from .grid import Cell, Row, main
from .judging import root_mean
from .learning import head, network
from .problems import PUBLIC, Problem, load

HELD_OUT = {"dst": 3_000} | dict.fromkeys(PUBLIC, 800)  # rows that may steer, of each task
REFITS = {"head": head, "network": network}
N_TRAIN, N_TRAIN_QUICK = 5_000, 400
SEEDS = range(3)


def cells(quick: bool) -> Iterator[Cell]:
    """Every task before the next seed."""
    for seed in range(1) if quick else SEEDS:
        for task in ["abalone"] if quick else HELD_OUT:
            yield {"task": task, "n_train": N_TRAIN_QUICK if quick else N_TRAIN, "seed": seed}


def evaluate(cell: Cell, methods: Sequence[str]) -> list[Row]:
    problem = load(cell["task"], HELD_OUT[cell["task"]], cell["seed"])
    problem = problem.thinned(cell["n_train"])
    trial = Trial(problem.train, problem.trusted, cell["seed"])
    rows = []
    for method in methods:
        began = time.process_time()
        choices = list(METHODS[method](trial))
        seconds = round(time.process_time() - began, 2)
        for choice in choices:
            for refit, learn in REFITS.items():
                rows.append(
                    {
                        "method": method,
                        "keep": round(choice.kept, 2),
                        "refit": refit,
                        **_errors(learn(trial, choice)(problem.test.X), problem),
                        "seconds": seconds,
                    }
                )
    return rows


def _errors(predicted: np.ndarray, problem: Problem) -> Row:
    squares = (predicted - problem.test.y) ** 2
    tail = problem.regions["tail"]
    return {"rmse": root_mean(squares), "rmse_tail": root_mean(squares[tail])}


if __name__ == "__main__":
    quick = "abalone, one seed, few rows: seconds"
    main(__doc__, "compression", quick, cells, list(METHODS), evaluate)
