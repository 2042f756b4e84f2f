"""Does `compare` name the remedy that is best on the test rows? Public tables, five corruptions.

Networks are trained as `compare` trains them by default, or LightGBM's trees; each remedy is then
fitted with all validation rows, as `Comparison.fit` does, and tried on test rows: the mean error of
three fits with other seeds, since two networks with one remedy differ by some percent. Tables are
cut to 4,000 training rows. Cells that the CSV file holds are not computed again.
"""

from __future__ import annotations

import argparse
import csv
import dataclasses
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import paris_core
from paris_core.comparison import Comparison
from paris_core.metrics import rmse
from paris_core.validation import Tail

from .command import print_machine
from .study import corruptions, grid, problems
from .study.rows import Rows

TABLES = ("dst", *problems.PUBLIC)
CORRUPTIONS = ("clean", "shuffled 10 %", "clipped", "wrong sign", "offset")
SIZES = (800, 200)  # validation rows
MOST = 4_000  # training rows
CLOSE = 1.02  # to the best one
FITS = 3


def _trees() -> Any:
    from lightgbm import LGBMRegressor

    return LGBMRegressor(verbose=-1, n_jobs=1)


ESTIMATORS: dict[str, Callable[[], Any]] = {"network": lambda: None, "lightgbm": _trees}


def cells(quick: bool, seed: int) -> list[grid.Cell]:
    wanted = (TABLES[-1:], CORRUPTIONS[3:4], SIZES[1:]) if quick else (TABLES, CORRUPTIONS, SIZES)
    return [
        {"task": task, "corruption": corruption, "trusted": n, "seed": seed}
        for task in wanted[0]
        for corruption in wanted[1]
        for n in wanted[2]
    ]


def measured(
    cell: grid.Cell, estimator: str, most: int, folds: int, repeats: int, keep: Path | None
) -> list[grid.Row]:
    """A row for each remedy."""
    seed = cell["seed"]
    problem = corruptions.spoilt(cell["task"], cell["corruption"], cell["trusted"], seed)
    problem = problem.thinned(most)
    began = time.process_time()
    result = paris_core.compare(
        problem.train.X,
        problem.train.y,
        problem.trusted.X,
        problem.trusted.y,
        groups=problem.batch,
        estimator=ESTIMATORS[estimator](),
        folds=folds,
        repeats=repeats,
        tail=Tail(problem.side),
        random_state=seed,
        n_jobs=1,
    )
    seconds = time.process_time() - began
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        name = "-".join(str(value) for value in cell.values()).replace(" ", "_")
        np.savez_compressed(keep / f"{name}.npz", tail=result.tail, **result.losses)
    inside = problem.regions["tail"]
    rows = []
    for line in result.table:
        all_rows, in_tail = _test_errors(result, line.remedy, problem.test, inside)
        rows.append(
            {
                "method": line.remedy,
                "best": int(line.remedy == result.best),
                **{name: value for name, value in line._asdict().items() if name != "remedy"},
                "test": all_rows,
                "test_tail": in_tail,
                "n_wrong": int(problem.bad.sum()),
                "cpu": round(seconds, 1),
            }
        )
    return rows


def _test_errors(result: Comparison, remedy: str, test: Rows, inside: np.ndarray) -> np.ndarray:
    """Over all rows and in the tail, the mean of `FITS` fits."""
    errors = []
    for place in range(FITS):
        model = dataclasses.replace(result, seed=result.seed + place).fit(remedy).model
        prediction = model.predict(test.X)
        errors.append((rmse(test.y, prediction), rmse(test.y[inside], prediction[inside])))
    return np.mean(errors, axis=0)


def report(out: Path) -> None:
    """What was named, and how it and the best one do on the test rows."""
    found: dict[tuple[str, ...], list[dict[str, str]]] = {}
    for row in grid.read(out):
        key = tuple(row[name] for name in ("task", "corruption", "trusted", "seed"))
        found.setdefault(key, []).append(row)
    close, rules = 0, {"everything": 0, "everything + validation": 0, "PARIS by groups": 0}
    loss = []
    for key, rows in found.items():
        error = {row["method"]: float(row["test"]) for row in rows}
        named = next(row["method"] for row in rows if row["best"] == "1")
        least = min(error, key=error.__getitem__)
        ratio = error[named] / error[least]
        loss.append(np.log(ratio))
        close += ratio <= CLOSE
        for rule in rules:
            rules[rule] += error[rule] <= CLOSE * error[least]
        print(
            f"{key[0]:<18}{key[1]:<14}{key[2]:>4}  {named:<28}{ratio:6.3f} of {least:<28}"
            f"everything {error['everything'] / error[least]:6.3f}  {float(rows[0]['cpu']):5.0f} s"
        )
    if found:
        print(
            f"within 2 % of the best: {close} of {len(found)} cells; "
            f"geometric mean {np.exp(np.mean(loss)):.3f}"
        )
        for rule, count in rules.items():
            print(f"  always {rule!r}: {count}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one cell")
    parser.add_argument("--out", type=Path, required=True, help="CSV file, which is gone on with")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME=VALUE,...")
    parser.add_argument("--minutes", type=float, help="begin nothing after so long")
    parser.add_argument("--estimator", choices=ESTIMATORS, default="network")
    parser.add_argument("--rows", type=int, default=MOST, help="training rows at most (4,000)")
    parser.add_argument("--seed", type=int, default=0, help="draws rows and wrong ones (0)")
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--losses", type=Path, help="folder for the loss of every validation row")
    args = parser.parse_args()
    print_machine()
    done = {
        tuple(row[n] for n in ("task", "corruption", "trusted", "seed"))
        for row in grid.read(args.out)
    }
    end = time.monotonic() + 60.0 * (args.minutes or float("inf"))
    for cell in grid.only(args.only, cells(args.quick, args.seed)):
        if tuple(map(str, cell.values())) in done or time.monotonic() > end:
            continue
        options = (args.estimator, args.rows, args.folds, args.repeats, args.losses)
        rows = [cell | row for row in measured(cell, *options)]
        args.out.parent.mkdir(parents=True, exist_ok=True)
        fresh = not args.out.exists()
        with args.out.open("a", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            if fresh:
                writer.writeheader()
            writer.writerows(rows)
            file.flush()
            os.fsync(file.fileno())
        print(cell, flush=True)
    report(args.out)


if __name__ == "__main__":
    main()
