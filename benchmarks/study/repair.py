"""Repair: training targets that are wrong, a few trusted rows, and what each method makes of it.

    PARIS_CORE_DATA=... python benchmarks/study/repair.py [--quick] [--jobs N] [--minutes M]
                                                          [--out FILE.csv]

One row for each task, corruption, number of trusted rows, seed and method; the file grows, and a
later run goes on from it. `python benchmarks/study/repair_tables.py` makes the tables.
"""

from __future__ import annotations

import os

# One thread a process, and before NumPy loads its BLAS.
os.environ.update(
    dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
)

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from corruptions import CORRUPTIONS
from grid import Cell, Row, main
from repair_methods import METHODS, Outcome, Trial, run

from problems import PUBLIC, load

HERE = Path(__file__).resolve().parent
TASKS = ("dst", *PUBLIC)
TRUSTED = (800, 200, 3_000)
SEEDS = range(5)


def cells(quick: bool) -> Iterator[Cell]:
    """The most wanted ones first."""
    if quick:
        yield {"task": "dst", "corruption": "clipped", "n_trusted": 800, "seed": 0}
        return
    for n_trusted in TRUSTED:
        for task in TASKS:
            for seed in SEEDS:
                for corruption in CORRUPTIONS:
                    yield {
                        "task": task,
                        "corruption": corruption,
                        "n_trusted": n_trusted,
                        "seed": seed,
                    }


def evaluate(cell: Cell, methods: Sequence[str]) -> list[Row]:
    problem = load(cell["task"], cell["n_trusted"], cell["seed"])
    if len(problem.test) < 500:  # a small set, and most of it trusted
        return []
    rng = np.random.default_rng([cell["seed"], 1])
    trial = Trial(CORRUPTIONS[cell["corruption"]](problem, rng), cell["seed"])
    rows = []
    for method in methods:
        outcome, seconds = run(method, trial)
        rows.append({"method": method, **_errors(trial, outcome), "seconds": round(seconds, 2)})
    return rows


def _errors(trial: Trial, outcome: Outcome) -> Row:
    problem = trial.problem
    squares = (outcome.predict(problem.test.X) - problem.test.y) ** 2
    row: Row = {"n_train": len(problem.train), "n_kept": "", "precision": "", "recall": ""}
    if outcome.n_kept is not None:
        row["n_kept"] = outcome.n_kept
    if outcome.removed is not None and len(outcome.removed) and problem.bad.any():
        hits = problem.bad[outcome.removed].sum()
        row["precision"] = round(float(hits / len(outcome.removed)), 4)
        row["recall"] = round(float(hits / problem.bad.sum()), 4)
    row["rmse"] = _root(squares)
    for region in ("tail", "deep"):
        inside = problem.regions.get(region)
        row[f"rmse_{region}"] = "" if inside is None else _root(squares[inside])
    return row


def _root(squares: np.ndarray) -> float:
    return float(f"{np.sqrt(squares.mean()):.6g}")


if __name__ == "__main__":
    results = HERE / "results" / "repair.csv"
    main(__doc__, "one cell: minutes", results, cells, list(METHODS), evaluate)
