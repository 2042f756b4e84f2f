"""Which guard against fitting the validation rows pays?

    python benchmarks/guards.py [--quick] [--seeds 6] [--tasks ...] [--out guards.csv]

Exact deletion (refit/mean) runs on tasks where part of the training targets is cut off, as by a
saturated sensor, and on the same tasks with correct targets. V trusted rows are at hand; some
guards take V more. Compared are ways to choose the order of the deletions and their number, and
fits without any deletion. All methods of a seed see the same rows.

sensor   exp(0.6 x1 + 0.6 x2) + noise, random ReLU features, half of the training rows cut off at 2
dst      Dst three hours ahead, last hidden layer of a network, labels below -50 nT cut off; the
         network has learned from these labels too. Needs the folder PARIS_CORE_DATA.
*-clean  the same with correct targets

The file --out gets the lines of a seed as soon as it is done; seeds that it already holds are not
run again. The tables are printed from that file.
"""

from __future__ import annotations

import os

# One thread each, and before NumPy loads its BLAS; the core has threads of its own.
os.environ.update(
    dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
)

import argparse
import csv
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from greedy import Greedy, delete_by_halves, delete_by_penalty
from guard_tasks import Rows, Task, make_task

import paris_core
from paris_core import choose_k
from paris_core.linalg import RidgeFactor
from paris_core.metrics import conditional_rmse, rmse
from paris_core.regularization import select_lambda

TASKS = ("sensor", "sensor-clean", "dst", "dst-clean")
EXACT = {"criterion": "refit", "objective": "mean", "n_threads": 1}
FIXED = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
FOLDS = 5
HALVES = 10
WEIGHTS = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)
FIELDS = ("task", "seed", "method", "trusted", "removed", "rmse", "tail", "rmse_with", "tail_with")
V_ONLY = "V rows only, λ of the training rows"
REFERENCE = "half of V steers, k by the other half"


# ---------------------------------------------------------------------------------------------
# Methods


@dataclass(frozen=True)
class Fit:
    method: str
    trusted: int  # clean rows that it needs
    removed: np.ndarray | None  # None: no deletion, see `weights`
    weights: np.ndarray | None = None


class Problem:
    """A task with one penalty, and runs of exact deletion on it."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.lam = select_lambda(*task.train.pair)

    def run(self, validation: Rows, k: int, monitor: Rows | None = None) -> paris_core.PruneResult:
        return paris_core.prune(
            *self.task.train.pair,
            *validation.pair,
            k,
            lam=self.lam,
            monitor=None if monitor is None else monitor.pair,
            **EXACT,
        )

    def best(self, order: np.ndarray, rows: Rows) -> np.ndarray:
        """The start of `order` after which the squared error on `rows` is least."""
        fit = RidgeFactor(*self.task.train.pair, self.lam)
        least, best = np.inf, 0
        for k, row in enumerate([None, *order.tolist()]):
            if row is not None:
                fit.remove(row)
            loss = float(np.sum((rows.y - rows.Phi @ fit.weights) ** 2))
            if loss < least:
                least, best = loss, k
        return order[:best]

    def cross_validated(self, rows: Rows, folds: list[np.ndarray], longest: int) -> int:
        fold_of = np.empty(len(rows), dtype=np.int64)
        for number, fold in enumerate(folds):
            fold_of[fold] = number
        arrays = *self.task.train.pair, *rows.pair
        return choose_k(*arrays, longest, folds=fold_of, lam=self.lam, **EXACT).best_k


def fits(task: Task, seed: int, most: float | None) -> Iterator[Fit]:
    problem, trusted = Problem(task), task.trusted
    n, v = len(task.train), len(trusted)
    longest = int((most or task.longest) * n)
    rng = np.random.default_rng([seed, 1])

    yield from without_deletion(problem, rng)
    order = problem.run(trusted, int(max(FIXED) * n)).removed
    for fraction in FIXED:
        yield Fit(f"V steers, {fraction:.0%} removed", v, order[: int(fraction * n)])
    order = order[:longest]
    yield Fit("V steers, k by V more", 2 * v, problem.best(order, task.extra))
    yield Fit("V steers, best k for the test rows (no method)", v, problem.best(order, task.test))

    splits = [np.array_split(rng.permutation(v), 2) for _ in range(HALVES // 2)]
    pairs = [pair for split in splits for pair in (split, split[::-1])]
    runs = [problem.run(trusted.take(a), longest, trusted.take(b)) for a, b in pairs]
    yield Fit(REFERENCE, v, runs[0].removed[: runs[0].best_k])
    yield Fit("V steers, k from half of V against the other half", v, order[: runs[0].best_k])
    yield Fit("V steers, k by 2-fold cross-validation", v, order[: best_together(runs[:2])])
    folds = np.array_split(rng.permutation(v), FOLDS)
    k = problem.cross_validated(trusted, folds, longest)
    yield Fit(f"V steers, k by {FOLDS}-fold cross-validation", v, order[:k])
    both = trusted.join(task.extra)
    k = problem.cross_validated(both, np.array_split(rng.permutation(2 * v), FOLDS), longest)
    yield Fit(f"2V steer, k by {FOLDS}-fold cross-validation", 2 * v, problem.run(both, k).removed)
    yield from consensus(problem, runs, longest)
    yield from variations(problem, order, rng)


def best_together(runs: list[paris_core.PruneResult]) -> int:
    return int(np.argmin(sum(run.monitor_loss for run in runs)))


def consensus(problem: Problem, runs: list[paris_core.PruneResult], longest: int) -> Iterator[Fit]:
    v, n = len(problem.task.trusted), len(problem.task.train)
    rank = np.full((len(runs), n), longest)
    for line, run in zip(rank, runs, strict=True):
        line[run.removed] = np.arange(len(run.removed))
    order = np.argsort(rank.mean(axis=0), kind="stable")[:longest]
    often = (rank < np.array([[run.best_k] for run in runs])).mean(axis=0) >= 0.5
    name = f"consensus of {len(runs)} halves"
    yield Fit(f"{name}, k by the other halves", v, order[: best_together(runs)])
    yield Fit(f"{name}, rows that most remove", v, np.flatnonzero(often))
    yield Fit(f"{name}, k by V more", 2 * v, problem.best(order, problem.task.extra))
    weights = [run.truncate(run.best_k).weights for run in runs]
    yield Fit(f"mean of the fits of {len(runs)} halves", v, None, np.mean(weights, axis=0))


def variations(problem: Problem, order: np.ndarray, rng: np.random.Generator) -> Iterator[Fit]:
    task, v, k = problem.task, len(problem.task.trusted), len(order)

    def start() -> Greedy:
        return Greedy(*task.train.pair, problem.lam)

    state = start()
    delete_by_penalty(state, *task.trusted.pair, 30, 0.0)
    if state.removed != order[:30].tolist():
        raise SystemExit("the NumPy prototype deletes other rows than paris_core")

    state = start()
    outside = delete_by_halves(state, *task.trusted.pair, k, rng)
    removed = np.array(state.removed)
    own = int(np.argmin(np.append(0.0, np.cumsum(outside))))
    yield Fit("another half for each deletion, k by the other halves", v, removed[:own])
    best = problem.best(removed, task.extra)
    yield Fit("another half for each deletion, k by V more", 2 * v, best)
    state = start()
    values = delete_by_penalty(state, *task.trusted.pair, k, 1.0)
    removed = np.array(state.removed)
    own = int(np.argmax(np.append(values, np.inf) > 0))
    yield Fit("ΔL + standard error, until it is > 0", v, removed[:own])
    yield Fit("ΔL + standard error, k by V more", 2 * v, problem.best(removed, task.extra))


def without_deletion(problem: Problem, rng: np.random.Generator) -> Iterator[Fit]:
    """Fits of rows as they are; the penalty is chosen for each of them."""
    task = problem.task
    train, trusted, v = task.train, task.trusted, len(task.trusted)
    both = trusted.join(task.extra)
    for name, number, rows in (
        ("training rows", 0, train),
        ("V rows only", v, trusted),
        ("2V rows only", 2 * v, both),
        ("training + V rows", v, train.join(trusted)),
        ("training + 2V rows", 2 * v, train.join(both)),
    ):
        yield Fit(name, number, None, ridge(rows, select_lambda(*rows.pair)))
    yield Fit(V_ONLY, v, None, ridge(trusted, problem.lam))
    yield Fit("training rows, Huber loss", 0, None, huber(train))
    yield Fit("training + V rows, Huber loss", v, None, huber(train.join(trusted)))
    folds = np.array_split(rng.permutation(v), FOLDS)
    errors = []
    for weight in WEIGHTS:
        error = 0.0
        for fold in folds:
            rest = trusted.take(np.setdiff1d(np.arange(v), fold))
            w = ridge(train.join(weighted(rest, weight)), problem.lam)
            error += np.sum((trusted.y[fold] - trusted.Phi[fold] @ w) ** 2)
        errors.append(error)
    best = weighted(trusted, WEIGHTS[int(np.argmin(errors))])
    yield Fit(
        "training + V rows, weight of V by 5-fold cross-validation",
        v,
        None,
        ridge(train.join(best), problem.lam),
    )


def weighted(rows: Rows, weight: float) -> Rows:
    return Rows(rows.Phi * weight**0.5, rows.y * weight**0.5)


def ridge(rows: Rows, lam: float) -> np.ndarray:
    return RidgeFactor(*rows.pair, lam).weights


def huber(rows: Rows) -> np.ndarray:
    from sklearn.linear_model import HuberRegressor

    model = HuberRegressor(fit_intercept=False, max_iter=2000)
    scale = np.sqrt(np.mean(rows.Phi**2, axis=0)) + 1e-12
    return model.fit(rows.Phi / scale, rows.y).coef_ / scale


# ---------------------------------------------------------------------------------------------
# Study


def study(name: str, seed: int, most: float | None) -> Iterator[dict[str, Any]]:
    task = make_task(name, seed)
    lam = select_lambda(*task.train.pair)
    for fit in fits(task, seed, most):
        line = {"task": name, "seed": seed, "method": fit.method, "trusted": fit.trusted}
        if fit.removed is None:
            yield line | errors(task, fit.weights)
            continue
        kept = task.train.take(np.delete(np.arange(len(task.train)), fit.removed))
        clean = task.trusted if fit.trusted == len(task.trusted) else task.trusted.join(task.extra)
        line |= {"removed": len(fit.removed) / len(task.train)} | errors(task, ridge(kept, lam))
        yield line | errors(task, ridge(kept.join(clean), lam), "_with")


def errors(task: Task, weights: np.ndarray, suffix: str = "") -> dict[str, float]:
    y, prediction = task.test.y, task.test.Phi @ weights
    return {
        f"rmse{suffix}": rmse(y, prediction),
        f"tail{suffix}": conditional_rmse(y, prediction, task.tail),
    }


def read(file: Path) -> list[dict[str, str]]:
    if not file.exists():
        return []
    with file.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def append(file: Path, lines: list[dict[str, Any]]) -> None:
    is_new = not file.exists()
    with file.open("a", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, FIELDS, restval="", lineterminator="\n")
        if is_new:
            writer.writeheader()
        writer.writerows(
            {key: f"{x:.6g}" if isinstance(x, float) else x for key, x in line.items()}
            for line in lines
        )


def by_method(lines: list[dict[str, str]], task: str) -> dict[str, dict[str, np.ndarray | None]]:
    """The values of each method, seed by seed; only seeds that every method has."""
    found: dict[str, dict[str, dict[str, str]]] = {}
    for line in lines:
        if line["task"] == task:
            found.setdefault(line["method"], {})[line["seed"]] = line
    seeds = sorted(set.intersection(*(set(of_seed) for of_seed in found.values())))
    return {
        method: {field: column([of_seed[seed][field] for seed in seeds]) for field in FIELDS[4:]}
        for method, of_seed in found.items()
    }


def column(values: list[str]) -> np.ndarray | None:
    return None if "" in values else np.array(values, dtype=float)


def print_summary(lines: list[dict[str, str]], tasks: list[str]) -> None:
    tables = {task: by_method(lines, task) for task in tasks}
    heads = [f"{task}: removed | RMSE | tail" for task in tasks]
    print(f"\n| | {' | '.join(heads)} |")
    print(f"|---{3 * len(tasks) * '|---'}|")
    for method in tables[tasks[0]]:
        cells = []
        for table in tables.values():
            values = table[method]
            cells += [share(values["removed"])]
            cells += [mean_and_error(values[field]) for field in ("rmse", "tail")]
        print(f"| {method} | {' | '.join(cells)} |")


def print_differences(lines: list[dict[str, str]], task: str) -> None:
    methods = by_method(lines, task)
    base = methods[REFERENCE]
    print(f'\n{task}, {len(base["rmse"])} seeds, against "{REFERENCE}" of the same seed;')
    print("and errors with the trusted rows added to the rows that are kept\n")
    print("| | RMSE, difference | tail, difference | RMSE with | tail with |")
    print("|---|---|---|---|---|")
    for method, values in methods.items():
        shown = [mean_and_error(values[f] - base[f], "+") for f in ("rmse", "tail")]
        shown += [mean_and_error(values[f]) for f in ("rmse_with", "tail_with")]
        print(f"| {method} | {' | '.join(shown)} |")


def share(removed: np.ndarray | None) -> str:
    return "" if removed is None else f"{removed.mean():.1%}"


def mean_and_error(values: np.ndarray | None, sign: str = "") -> str:
    if values is None:
        return ""
    if len(values) == 1:
        return f"{values[0]:{sign}.3g}"
    error = values.std(ddof=1) / np.sqrt(len(values))
    digits = 3 if abs(values).max() < 10 else 2
    return f"{values.mean():{sign}.{digits}f} ± {error:.{digits}f}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="one seed, few deletions, no dst")
    parser.add_argument("--seeds", type=int, default=6, metavar="N", help="seeds 0 to N - 1")
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=TASKS)
    parser.add_argument("--out", type=Path, default=Path("guards.csv"), metavar="FILE")
    chosen = parser.parse_args()
    most = 0.02 if chosen.quick else None
    tasks = [task for task in chosen.tasks if not (chosen.quick and task.startswith("dst"))]
    if "PARIS_CORE_DATA" not in os.environ and any(task.startswith("dst") for task in tasks):
        print("dst is skipped: PARIS_CORE_DATA is not set")
        tasks = [task for task in tasks if not task.startswith("dst")]

    done = {(line["task"], int(line["seed"])) for line in read(chosen.out)}
    for seed in range(1 if chosen.quick else chosen.seeds):
        for task in tasks:
            if (task, seed) not in done:
                began = time.perf_counter()
                append(chosen.out, list(study(task, seed, most)))
                print(f"{task}, seed {seed}: {time.perf_counter() - began:.0f} s", flush=True)
    lines = read(chosen.out)
    print_summary(lines, tasks)
    for task in tasks:
        print_differences(lines, task)


if __name__ == "__main__":
    main()
