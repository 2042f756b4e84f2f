"""Does `audit` find the groups that are wrong? Five public tables, forty groups, 200 right rows.

    PARIS_CORE_DATA=... python -m benchmarks.audit [--quick] [--jobs N] [--minutes M] [--out FILE]

Three fifths of the rows of a table (7,000 at most) train, as forty runs of neighbours; 200 are
validation rows, whose targets are right; the others test. The targets of some groups are spoilt:
"sign" (mirrored at the median), "offset" (1.5 standard deviations), "stuck" (one value), "scale"
(2.5 or 0.4 times the distance from the mean), "noise" (of 1.5 standard deviations), or "mixed", the
first four in turn. Always the network that ships, on all rows that are left and the validation
rows: "right groups" without the wrong ones, "true labels" with what they should be, "everything",
"trimming" (groups leave by the residuals of a network of everything, the number by the validation
rows), "deletion" (`PARISRegressor(delete="groups")`), "audit", and "audit, blind" without
validation rows. Errors are over all test rows. The file grows, and a later run goes on from it; the
tables are printed from it.
"""

from __future__ import annotations

import os

# One thread each, and before NumPy loads its BLAS.
os.environ.update(
    dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
)

import functools
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from sklearn.compose import TransformedTargetRegressor
from sklearn.preprocessing import StandardScaler

from paris_core import PARISRegressor, audit
from paris_core.features import default_network

from .study import problems
from .study.grid import Cell, Row, main
from .study.judging import root_mean
from .study.rows import Rows

TABLES = ("abalone", "bank8FM", "cpuSm", "californiaHousing", "airfoil")
KINDS = ("sign", "offset", "stuck", "scale")
SEEDS = range(1, 11)  # seed 0 of two tables was looked at while bounds were chosen
MOST = 7_000  # rows of a table
N_GROUPS = 40
N_RIGHT = 200
METHODS = (
    "right groups",
    "true labels",
    "everything",
    "trimming",
    "deletion",
    "audit",
    "audit, blind",
)
_NUMBERS = (0, 2, 4, 6, 8, 10, 12, 16, 20, 24)  # of groups, of which trimming takes one


def cells(quick: bool) -> Iterator[Cell]:
    problems.require_data()
    if quick:
        yield {"set": "airfoil", "kind": "offset", "n_wrong": 4, "seed": 0}
        return
    for seed in SEEDS:
        for kind, n_wrong in (("mixed", 9), ("none", 0)):
            for name in TABLES:
                yield {"set": name, "kind": kind, "n_wrong": n_wrong, "seed": seed}
    for seed in SEEDS:
        for n_wrong in (20, 8):
            for kind in (*KINDS, "noise"):
                for name in TABLES:
                    yield {"set": name, "kind": kind, "n_wrong": n_wrong, "seed": seed}


def evaluate(cell: Cell, wanted: Sequence[str]) -> list[Row]:
    case = Case(**{"name" if key == "set" else key: value for key, value in cell.items()})
    rows = []
    for method in wanted:
        began = time.process_time()
        predict, removed, more = case.run(method)
        seconds = time.process_time() - began
        found = "" if removed is None else int(np.isin(removed, case.wrong).sum())
        row: Row = {
            "method": method,
            "rmse": root_mean((predict(case.test.X) - case.test.y) ** 2),
            "found": found,
            "right_removed": "" if removed is None else len(removed) - int(found),
            "missed": "",
            "named": "",
            "t": "",
            "n_trainings": "",
            "why": "",
            "seconds": round(seconds, 1),
        }
        rows.append(row | more)
    return rows


class Case:
    """A table with wrong groups."""

    def __init__(self, name: str, kind: str, n_wrong: int, seed: int) -> None:
        rows = problems.table(name)
        if len(rows) > MOST:
            chosen = np.random.default_rng(77 + seed).choice(len(rows), MOST, replace=False)
            rows = rows.at(np.sort(chosen))
        problem = problems.dealt_out(rows, 3 * len(rows) // 5, N_RIGHT, seed)
        self.clean, self.val, self.test = problem.train, problem.trusted, problem.test
        self.groups = np.arange(len(self.clean)) * N_GROUPS // len(self.clean)
        self.seed = seed
        rng = np.random.default_rng([seed, n_wrong])
        self.wrong = rng.choice(N_GROUPS, n_wrong, replace=False)
        self.kinds: dict[int, str] = {}
        y = self.clean.y.copy()
        for place, group in enumerate(self.wrong):
            self.kinds[int(group)] = KINDS[place % 4] if kind == "mixed" else kind
            y[self.groups == group] = spoilt(
                self.kinds[int(group)], y[self.groups == group], self.clean.y, place, rng
            )
        self.train = Rows(self.clean.X, y)

    def run(self, method: str) -> tuple[Callable[[np.ndarray], np.ndarray], Any, Row]:
        """Predictions, the groups that were removed, and what else is to be told."""
        if method.startswith("audit"):
            return self.audited(method == "audit")
        if method == "deletion":
            model = PARISRegressor(delete="groups", random_state=self.seed)
            model.fit(
                self.train.X, self.train.y, X_val=self.val.X, y_val=self.val.y, groups=self.groups
            )
            removed = np.unique(self.groups[model.removed_])
            return model.predict, removed, {"why": model.stop_reason_}
        if method == "true labels":
            return self.fitted(self.clean.and_(self.val)).predict, None, {}
        removed = {
            "right groups": lambda: self.wrong,
            "everything": lambda: self.wrong[:0],
            "trimming": self.trimmed,
        }[method]()
        return self.without(removed).predict, removed, {}

    def audited(self, told: bool) -> tuple[Callable[[np.ndarray], np.ndarray], Any, Row]:
        given = (self.val.X, self.val.y) if told else ()
        result = audit(
            self.train.X, self.train.y, *given, groups=self.groups, random_state=self.seed
        )
        removed = result.removed_groups
        right = [
            result.fault[group] == self.kinds[group] for group in removed if group in self.kinds
        ]
        missed = [self.kinds[group] for group in sorted(set(self.kinds) - set(removed.tolist()))]
        gain = result.gain
        row: Row = {
            "missed": " ".join(missed),
            "named": sum(right),
            "t": "" if gain is None else round(gain.t, 2),
            "n_trainings": result.n_trainings,
            "why": result.stop_reason,
        }
        # As `result.model`, but with the seed and the validation rows of all methods.
        return self.without(removed).predict, removed, row

    def trimmed(self) -> np.ndarray:
        """The number of groups by the validation rows, which no network of these was fitted to."""
        first = self.fitted(self.train)
        square = np.bincount(self.groups, (first.predict(self.train.X) - self.train.y) ** 2)
        order = np.argsort(-square / np.bincount(self.groups))

        def loss(n: int) -> float:
            left = ~np.isin(self.groups, order[:n])
            model = self.fitted(self.train.at(np.flatnonzero(left)))
            return float(np.mean((model.predict(self.val.X) - self.val.y) ** 2))

        return order[: min(_NUMBERS, key=loss)]

    def without(self, removed: np.ndarray) -> Any:
        left = np.flatnonzero(~np.isin(self.groups, removed))
        return self.fitted(self.train.at(left).and_(self.val))

    @functools.cached_property
    def network(self) -> Any:
        network = default_network()
        network[-1].set_params(random_state=self.seed)
        return network

    def fitted(self, rows: Rows) -> Any:
        model = TransformedTargetRegressor(self.network, transformer=StandardScaler())
        return model.fit(rows.X, rows.y)


def spoilt(
    kind: str, y: np.ndarray, every: np.ndarray, place: int, rng: np.random.Generator
) -> np.ndarray:
    """What becomes of the targets of a group; `every` are all, `place` counts the groups."""
    if kind == "sign":
        return 2.0 * np.median(every) - y
    if kind == "offset":
        return y + 1.5 * every.std()
    if kind == "stuck":
        return np.full_like(y, rng.choice(every))
    if kind == "scale":
        return every.mean() + (2.5, 0.4)[place // 4 % 2] * (y - every.mean())
    return y + 1.5 * every.std() * rng.normal(size=len(y))


def tell(rows: list[Row]) -> None:
    """A line for each kind and number: errors over those of right groups, and what was found."""
    cell = {}
    for row in rows:
        key = row["kind"], int(row["n_wrong"]), row["set"], row["seed"]
        cell.setdefault(key, {})[row["method"]] = row
    kinds = sorted({key[:2] for key in cell}, key=lambda pair: (-pair[1], pair[0]))
    print(f"{'':11}{'':>6}" + "".join(f"{method:>20}" for method in METHODS[1:]))
    for kind, n_wrong in kinds:
        ours = [value for key, value in cell.items() if key[:2] == (kind, n_wrong)]
        texts = []
        for method in METHODS[1:]:
            both = [one for one in ours if method in one and "right groups" in one]
            if not both:
                texts.append("")
                continue
            ratios = [
                np.log(float(one[method]["rmse"]) / float(one["right groups"]["rmse"]))
                for one in both
            ]
            text = f"{np.exp(np.mean(ratios)):.3f}"
            if both[0][method]["found"] and method != "everything":
                found, wrongly = (
                    np.mean([float(one[method][name]) for one in both])
                    for name in ("found", "right_removed")
                )
                text += f" {found:5.2f} / {wrongly:.2f}"
            texts.append(text)
        print(f"{kind:<8}{n_wrong:>3}{len(ours):>6}" + "".join(f"{text:>20}" for text in texts))
    told = [
        float(one["audit"]["rmse"]) / float(one["right groups"]["rmse"])
        for key, one in cell.items()
        if key[1] and "audit" in one and "right groups" in one
    ]
    if told:
        print(
            f"audit over right groups: {np.mean(np.array(told) <= 1.05):.0%} of {len(told)} cells "
            f"within 1.05, geometric mean {np.exp(np.mean(np.log(told))):.3f}, "
            f"worst {max(told):.3f}"
        )


if __name__ == "__main__":
    main(__doc__, "audit", "one small cell: a minute", cells, METHODS, evaluate, tell)
