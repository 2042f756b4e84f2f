"""Do the defaults leave a sound model as it is? Twelve public tables and Dst, labels right.

    PARIS_CORE_DATA=... python -m benchmarks.harm [--quick] [--jobs N] [--minutes M] [--out FILE]

Four fifths of the rows of a table (7,000 at most) train, the others test; of Dst 30,000 hours
train, and blocks of their own test. `PARISRegressor()` against the same network, with the same
seed, on the same rows; then trees on the rows that it leaves, which are those that
`PARISUnderSampler()` returns, against trees on all of them (LightGBM where it is installed). With
"X_val 200" and "X_val 800" so many rows are given as validation rows; "groups" are forty runs of
neighbouring rows. Errors are over all test rows, and over the 5 % with the most extreme targets of
the side to which they are skewed (Dst: <= -100 nT).

The file grows, and a later run goes on from it; the table is printed from it.
"""

from __future__ import annotations

import os

# One thread each, and before NumPy loads its BLAS.
os.environ.update(
    dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
)

import functools
import importlib.util
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.preprocessing import StandardScaler

from paris_core import PARISRegressor
from paris_core.features import default_network
from paris_core.validation import GroupedSplit

from .study import problems
from .study.grid import Cell, Row, main
from .study.judging import root_mean
from .study.problems import Problem
from .study.public import SETS
from .study.rows import Rows

SEEDS = range(5)
GIVEN = ("split", "X_val 200", "X_val 800", "groups")
MOST = 7_000  # rows of a table
DST_ROWS = 30_000
N_GROUPS = 40
TREES = ("HistGradientBoosting", "LightGBM")


def cells(quick: bool) -> Iterator[Cell]:
    problems.require_data()
    if quick:
        yield {"set": "concrete", "given": "split", "seed": 0}
        return
    for given in GIVEN:
        for seed in SEEDS:
            for name in (*SETS, "dst"):
                n_given = int(given[6:]) if given.startswith("X_val") else 0
                if 8 * n_given < n_rows(name):
                    yield {"set": name, "given": given, "seed": seed}


def methods() -> list[str]:
    found = ["everything", "PARIS"]
    for trees in TREES if importlib.util.find_spec("lightgbm") else TREES[:1]:
        found += [trees, f"{trees}, sampled"]
    return found


def evaluate(cell: Cell, wanted: Sequence[str]) -> list[Row]:
    case = Case(cell["set"], cell["given"], cell["seed"])
    rows = []
    for method in wanted:
        squares = (case.predictor(method)(case.problem.test.X) - case.problem.test.y) ** 2
        ours = method == "PARIS"
        rows.append(
            {
                "method": method,
                "n_train": len(case.problem.train),
                "n_removed": len(case.model.removed_) if ours else "",
                "rmse": root_mean(squares),
                "rmse_tail": root_mean(squares[case.problem.regions["tail"]]),
                "why": case.model.stop_reason_ if ours else "",
            }
        )
    return rows


class Case:
    """A table, what is given, and a seed."""

    def __init__(self, name: str, given: str, seed: int) -> None:
        n_given = int(given[6:]) if given.startswith("X_val") else 0
        self.problem = load(name, n_given, seed)
        self.seed = seed
        self.network = default_network()
        self.network[-1].set_params(random_state=seed)
        self.options: dict[str, Any] = {"random_state": seed}
        self.more: dict[str, Any] = {}
        self.all = self.problem.train
        if n_given:
            self.more = {"X_val": self.problem.trusted.X, "y_val": self.problem.trusted.y}
            self.all = self.all.and_(self.problem.trusted)
        if given == "groups":
            self.options |= {"delete": "groups", "validation_split": GroupedSplit()}
            n_rows = len(self.problem.train)
            self.more = {"groups": np.arange(n_rows) * N_GROUPS // n_rows}

    @functools.cached_property
    def model(self) -> PARISRegressor:
        train = self.problem.train
        return PARISRegressor(self.network, **self.options).fit(train.X, train.y, **self.more)

    @property
    def left(self) -> Rows:
        """All rows but those removed: what the sampler returns, and the rows given."""
        return self.all.without(self.model.removed_)

    def predictor(self, method: str) -> Callable[[np.ndarray], np.ndarray]:
        if method == "PARIS":
            return self.model.predict
        if method == "everything":
            plain = TransformedTargetRegressor(self.network, transformer=StandardScaler())
            return plain.fit(self.all.X, self.all.y).predict
        kind, _, sampled = method.partition(", ")
        rows = self.left if sampled else self.all
        return trees(kind, self.seed).fit(rows.X, rows.y).predict


def trees(kind: str, seed: int) -> Any:
    if kind == "LightGBM":
        from lightgbm import LGBMRegressor

        return LGBMRegressor(random_state=seed, n_jobs=1, verbose=-1)
    return HistGradientBoostingRegressor(random_state=seed)


def load(name: str, n_given: int, seed: int) -> Problem:
    if name == "dst":
        return problems.dst_problem(DST_ROWS, max(n_given, 1), seed)
    rows = problems.at_most(problems.table(name), MOST, seed)
    return problems.dealt_out(rows, 4 * len(rows) // 5 - n_given, n_given, seed)


def n_rows(name: str) -> int:
    return DST_ROWS if name == "dst" else min(MOST, len(problems.table(name)))


def tell(rows: list[Row]) -> None:
    """A line for each thing given and each method: means over all, the worst set, what left."""
    error = {
        (row["given"], row["set"], row["seed"], row["method"]): np.array(
            [float(row["rmse"]), float(row["rmse_tail"])]
        )
        for row in rows
    }
    print(f"{'':34}{'geometric mean':>16}{'worst set':>16}{'worst run':>16}   runs, with removals")
    for given in GIVEN:
        for method in ("PARIS", *(f"{kind}, sampled" for kind in TREES)):
            other = "everything" if method == "PARIS" else method.partition(",")[0]
            ratios: dict[str, list[np.ndarray]] = {}
            for (what, name, seed, which), value in error.items():
                base = error.get((given, name, seed, other))
                if (what, which) == (given, method) and base is not None:
                    ratios.setdefault(name, []).append(np.log(value / base))
            if not ratios:
                continue
            runs = np.concatenate(list(ratios.values()))
            sets = np.array([np.mean(one, axis=0) for one in ratios.values()])
            cells = [np.exp(one) for one in (sets.mean(axis=0), sets.max(axis=0), runs.max(axis=0))]
            text = "".join(f"{f'{both[0]:.3f} / {both[1]:.3f}':>16}" for both in cells)
            changed = int((np.abs(runs) > 0).any(axis=1).sum())
            print(f"{given + ', ' + method:<34}{text}   {len(runs)}, {changed}")


if __name__ == "__main__":
    main(__doc__, "harm", "one small cell: seconds", cells, methods(), evaluate, tell)
