"""Ablations: retraining, the ridge parameter, and rare events among the validation rows.

    PARIS_CORE_DATA=... python -m benchmarks.study.ablations [--quick] [--jobs N] [--minutes M]
                                                             [--out FILE.csv]

Dst three hours ahead, 5,000 training rows, 2,000 that steer and 1,000 that monitor. For each
ablation, setting, seed and method a row at each share of the rows kept, with the errors of a ridge
head and of a network trained on the kept rows; the file grows, and a later run goes on from it.
`python -m benchmarks.study.ablation_tables` makes the tables.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .ablation_runs import METHODS, Setting, run, task
from .grid import Cell, Row, main

SEEDS = range(3)
N_TRAIN, N_TRAIN_QUICK = 5_000, 500
SHARES = (100, 90, 70, 50, 30, 20)
LAMBDAS = (1e-5, 0.01, 1.0, 100.0)

ABLATIONS: dict[str, dict[str, Setting]] = {
    "lambda": {
        "auto": Setting((25,)),
        **{f"{lam:g}": Setting((25,), lam=lam) for lam in LAMBDAS},
    },
    "rare events": {f"{100 * rare:g} %": Setting((50,), rare=rare) for rare in (1.0, 0.5, 0.1)},
    "retraining": {
        "never": Setting(SHARES),
        **{f"each {every} %": Setting(SHARES, every=every) for every in (10, 5)},
    },
}


def cells(quick: bool) -> Iterator[Cell]:
    """The most wanted ones first."""
    for seed in range(1) if quick else SEEDS:
        for ablation, settings in ABLATIONS.items():
            for setting in list(settings)[1:2] if quick else settings:
                yield {
                    "ablation": ablation,
                    "setting": setting,
                    "n_train": N_TRAIN_QUICK if quick else N_TRAIN,
                    "seed": seed,
                }


def evaluate(cell: Cell, methods: Sequence[str]) -> list[Row]:
    trial = task(cell["seed"], cell["n_train"])
    setting = ABLATIONS[cell["ablation"]][cell["setting"]]
    return [{"method": method} | row for method in methods for row in run(trial, method, setting)]


if __name__ == "__main__":
    main(__doc__, "ablations", "a small cell of each: seconds", cells, list(METHODS), evaluate)
