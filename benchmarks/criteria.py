"""What the other criteria and objectives cost, by either engine.

    python benchmarks/criteria.py [--quick] [--out FILE.csv or FILE.json]

long     criterion "refit", objective "mean": 30,000 of 40,000 rows (D=33, V=10,000) one by one, by
         both engines, and with stop="converged";
pairs    a deletion by engine "lazy" against one by "exhaustive", for every criterion, objective and
         number of outputs, N=100,000 D=64 V=2,000.

One thread; "same" means equal to the last bit.
"""

from __future__ import annotations

import os

# One thread each, and before NumPy loads its BLAS; the core has threads of its own.
os.environ.update(
    dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
)

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from command import command, print_machine
from measuring import comparison
from report import ONE_THREAD, Report
from synthetic import Problem, make_problem

import paris_core

LAMS = (0.01, 1.0, 100.0)
ENGINES = ("lazy", "exhaustive")
PAIRS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("representer, 5 worst", {"criterion": "representer", "objective": ("worst", 5)}),
    ("representer, mean", {"criterion": "representer", "objective": "mean"}),
    ("refit, worst", {"criterion": "refit"}),
    ("refit, 5 worst", {"criterion": "refit", "objective": ("worst", 5)}),
    ("refit, mean", {"criterion": "refit", "objective": "mean"}),
)


@dataclass(frozen=True)
class Plan:
    """Sizes."""

    rows: int = 40_000
    dimension: int = 33
    n_val: int = 10_000
    removed: int = 30_000
    many_rows: int = 100_000
    streamed: int = 60
    deleted: int = 3_000


QUICK = Plan(removed=3_000, many_rows=20_000, streamed=20, deleted=500)


def long_run(report: Report, plan: Plan) -> None:
    problem = make_problem(plan.rows, plan.dimension, plan.n_val)
    report.section("long", "criterion refit, objective mean, one by one", problem.size)
    for lam in LAMS:
        seconds, results = {}, {}
        for engine in ENGINES:
            start = time.perf_counter()
            results[engine] = paris_core.prune(
                *problem,
                plan.removed,
                lam=lam,
                criterion="refit",
                objective="mean",
                engine=engine,
                n_threads=ONE_THREAD,
            )
            seconds[engine] = time.perf_counter() - start
        stats = results["lazy"].stats
        report.figure(
            f"{plan.removed:,} deletions",
            (seconds["lazy"], "s"),
            must=30.0,
            lam=lam,
            beside={
                "exhaustive": (seconds["exhaustive"], "s"),
                "rows evaluated a deletion": (stats["rows_evaluated"] / plan.removed, ""),
                "passes": (float(stats["full_scans"]), ""),
            },
        )
        start = time.perf_counter()
        converged = paris_core.prune(
            *problem,
            plan.removed,
            lam=lam,
            criterion="refit",
            objective="mean",
            stop="converged",
            n_threads=ONE_THREAD,
        )
        report.figure(
            'stop="converged"',
            (time.perf_counter() - start, "s"),
            must=1.0,
            lam=lam,
            beside={
                "deletions": (float(len(converged.removed)), ""),
                "loss above the least": (converged.loss[-1] / results["lazy"].loss.min() - 1, ""),
            },
        )
        report.figure("the engines", (comparison(*results.values()), ""), must="same", lam=lam)


def pairs(report: Report, plan: Plan) -> None:
    for n_outputs in (1, 3):
        problem = with_outputs(make_problem(plan.many_rows, 64, 2_000), n_outputs)
        report.section("pairs", f"lazy against exhaustive, {n_outputs} output(s)", problem.size)
        for name, options in PAIRS:
            for lam in LAMS:
                one_pair(report, plan, problem, name, {**options, "lam": lam})


def one_pair(
    report: Report, plan: Plan, problem: Problem, name: str, options: dict[str, Any]
) -> None:
    results, seconds = [], {}
    for engine, n in zip(ENGINES, (plan.deleted, plan.streamed), strict=True):
        pruner = paris_core.Pruner(*problem, engine=engine, n_threads=ONE_THREAD, **options)
        pruner.run(1)  # the first deletion sets up what is kept for the validation rows
        start = time.perf_counter()
        pruner.run(n - 1)
        seconds[engine] = (time.perf_counter() - start) / (n - 1)
        results.append(pruner.result())
    report.figure(
        name,
        (seconds["exhaustive"] / seconds["lazy"], "ratio"),
        must=1.0,
        at_least=True,
        lam=options["lam"],
        beside={
            "lazy": (seconds["lazy"], "s"),
            "exhaustive": (seconds["exhaustive"], "s"),
            "deletions": (comparison(*results), ""),
        },
    )


def with_outputs(problem: Problem, n_outputs: int) -> Problem:
    """The target, and others that are made of it and noise."""
    if n_outputs == 1:
        return problem
    rng = np.random.default_rng(2)
    y, y_val = (
        np.column_stack(
            [target]
            + [target * c + rng.normal(size=len(target)) for c in rng.normal(size=n_outputs - 1)]
        )
        for target in (problem.y, problem.y_val)
    )
    return Problem(problem.Phi, y, problem.Phi_val, y_val)


def main() -> None:
    options = command(__doc__, quick="fewer rows and deletions").parse_args()
    facts = print_machine()
    report = Report(facts, options.out)
    plan = QUICK if options.quick else Plan()
    long_run(report, plan)
    pairs(report, plan)
    report.summary()


if __name__ == "__main__":
    main()
