"""paris_core beside its peers, side by side in one run: medians and ratios.

    python benchmarks/peers.py [--quick] [--out FILE.csv or FILE.json]

(a) a deletion by `paris_core.prune` (engine "exhaustive", one thread) against the NumPy restatement
    that updates by rank-one formulas (tests/reference.py); and against one pass over Phi, read by
    one thread as fast as NumPy can. "pass" reads this Phi, which may lie in a cache; "memory" is a
    pass of the same length through main memory;
(b) a rank-one downdate against `numpy.linalg.cholesky` from scratch;
(c) the C++ kernels against Eigen's own `LLT::rankUpdate`.

Competitors alternate within every repetition, so that whatever else the machine does hits both
alike. Ratios are medians of the ratios of a repetition.
"""

from __future__ import annotations

import os

# One thread each, and before NumPy loads its BLAS.
os.environ.update(
    dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
)

import gc
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from asv_suite.problems import LAM, Problem, make_factor, make_problem
from command import command, print_machine
from report import write

import paris_core
from paris_core import linalg
from paris_core._extension import core

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
import reference
import replay

# N, D, V and the number of deletions: in the L1/L2 cache, in L2/L3, and beyond every cache.
PRUNE_SIZES = [
    (500, 32, 100, 400),
    (2_000, 32, 500, 400),
    (10_000, 64, 1_000, 200),
    (50_000, 64, 2_000, 50),
    (100_000, 64, 2_000, 50),
    (40_000, 256, 2_000, 50),
    (400_000, 64, 2_000, 20),
]
QUICK_PRUNE_SIZES = [(2_000, 32, 500, 100), (10_000, 64, 1_000, 50), (100_000, 64, 2_000, 10)]
DIMENSIONS = [1, 4, 16, 32, 64, 128, 256, 512, 1024]
QUICK_DIMENSIONS = [16, 64, 256]

Sample = dict[str, float]  # seconds by competitor, of one repetition


class Report:
    """Prints tables and keeps every figure as a tidy row."""

    def __init__(self) -> None:
        self.rows: list[dict[str, object]] = []

    def section(self, title: str, columns: str) -> None:
        self._title, self._columns = title, columns.split()
        print(f"\n{title}")
        self._line(self._columns)

    def row(self, size: dict[str, int], figures: dict[str, tuple[float | str, str]]) -> None:
        """`figures`: what -> (value, unit); one row of the table, one tidy row each."""
        for what, (value, unit) in figures.items():
            self.rows.append(
                {"section": self._title, **dict.fromkeys("NDV", ""), **size}
                | {"figure": what, "value": value, "unit": unit}
            )
        cells = [str(n) for n in size.values()]
        self._line(cells + [_cell(value, unit) for value, unit in figures.values()])
        sys.stdout.flush()

    def _line(self, cells: list[str]) -> None:
        pairs = zip(cells, self._columns, strict=True)
        print("  ".join(cell.rjust(max(len(column), 7)) for cell, column in pairs))


def _cell(value: float | str, unit: str) -> str:
    if isinstance(value, str):
        return value
    if unit != "s":
        return f"{value:.2f}" if value < 100 else f"{value:.0f}"
    for scale, name in [(1e-6, "ns"), (1e-3, "us"), (1.0, "ms")]:
        if value < scale:
            return f"{value / scale * 1e3:.3g} {name}"
    return f"{value:.3g} s"


def seconds(call: Callable[[], object], number: int = 1) -> float:
    """Seconds of one call, as the mean over `number` of them."""
    start = time.perf_counter()
    for _ in range(number):
        call()
    return (time.perf_counter() - start) / number


def alternate(competitors: dict[str, Callable[[], float]], repeats: int) -> list[Sample]:
    """`repeats` samples; every competitor measures itself once in each, in rotating order."""
    names = list(competitors)
    for name in names:  # warm-up
        competitors[name]()
    samples = []
    gc.disable()
    for i in range(repeats):
        turn = names[i % len(names) :] + names[: i % len(names)]
        samples.append({name: competitors[name]() for name in turn})
    gc.enable()
    return samples


def median(samples: list[Sample], name: str) -> float:
    return float(np.median([sample[name] for sample in samples]))


def ratio(samples: list[Sample], above: str, below: str) -> float:
    return float(np.median([sample[above] / sample[below] for sample in samples]))


# ---------------------------------------------------------------------------------------------
# (a) a deletion


def compare_deletions(report: Report, sizes: list[tuple[int, ...]], repeats: int) -> None:
    report.section(
        "(a) one deletion: exhaustive, one thread, against NumPy with rank-one updates",
        "N D V paris numpy numpy/paris pass GB/s paris/pass paris/memory met? deletions",
    )
    beyond_cache = np.ones((400_000, 64))  # 205 MB
    for n_rows, dimension, n_val, k in sizes:
        problem = make_problem(n_rows, dimension, n_val)
        share = problem.Phi.nbytes / beyond_cache.nbytes
        samples = alternate(
            {
                "paris": partial(per_deletion, by_paris, problem, k),
                "numpy": partial(per_deletion, by_numpy, problem, k),
                "pass": partial(one_pass, problem.Phi),
                "memory": lambda share=share: share * one_pass(beyond_cache),
            },
            repeats,
        )
        gain, passes = ratio(samples, "numpy", "paris"), ratio(samples, "paris", "pass")
        met = [name for name, holds in [(">=10", gain >= 10.0), ("<=1.3", passes <= 1.3)] if holds]
        report.row(
            {"N": n_rows, "D": dimension, "V": n_val},
            {
                "a deletion by paris_core": (median(samples, "paris"), "s"),
                "a deletion by NumPy": (median(samples, "numpy"), "s"),
                "NumPy / paris_core": (gain, "ratio"),
                "one pass over Phi": (median(samples, "pass"), "s"),
                "bandwidth": (problem.Phi.nbytes / median(samples, "pass") / 1e9, "GB/s"),
                "paris_core / pass": (passes, "ratio"),
                "paris_core / pass at the bandwidth of main memory": (
                    ratio(samples, "paris", "memory"),
                    "ratio",
                ),
                "requirement": (" ".join(met) or "no", "numpy/paris >= 10 or paris/pass <= 1.3"),
                "deletions": (agreement(problem, k), "agreement"),
            },
        )


def by_paris(problem: Problem, k: int) -> paris_core.PruneResult:
    return paris_core.prune(*problem, k, lam=LAM, engine="exhaustive", n_threads=1)


def by_numpy(problem: Problem, k: int) -> reference.ReferenceResult:
    return reference.representer_prune_rank_one(*problem, k, LAM)


def per_deletion(program: Callable[[Problem, int], object], problem: Problem, k: int) -> float:
    """What a deletion adds: the set-up, measured with k = 0 next to it, is taken away."""
    set_up = seconds(lambda: program(problem, 0))
    return (seconds(lambda: program(problem, k)) - set_up) / k


def one_pass(Phi: np.ndarray) -> float:
    """Seconds to read Phi once: the best of the ways that NumPy has, each repeated."""
    flat, w = Phi.reshape(-1), np.ones(Phi.shape[1])
    out = np.empty(len(Phi))
    number = max(3, int(2e7 / Phi.nbytes))
    return min(
        seconds(lambda: np.add.reduce(flat), number),
        seconds(lambda: np.matmul(Phi, w, out=out), number),  # dgemv
        seconds(lambda: np.dot(flat, flat), number),  # ddot
    )


def agreement(problem: Problem, k: int) -> str:
    """Whether both programs delete the same rows; where not, each is replayed, refitting."""
    ours, theirs = by_paris(problem, k), by_numpy(problem, k)
    if np.array_equal(ours.removed, theirs.removed):
        return "same order"
    for result in (ours, theirs):
        replay.assert_greedy(
            result, problem, LAM, rtol=1e-6, refit=replay.refitted_weights_backwards
        )
    return "same up to ties"


# ---------------------------------------------------------------------------------------------
# (b) a downdate, from Python


def compare_downdates(report: Report, dimensions: list[int], repeats: int) -> None:
    report.section(
        "(b) one downdate against numpy.linalg.cholesky from scratch",
        "D downdate in-place remove numpy numpy/downdate numpy/in-place numpy/remove",
    )
    for dimension in dimensions:
        L, x = make_factor(dimension, "F")
        in_place = L.copy(order="F")
        A = L @ L.T
        # RidgeFactor.remove does more: two solves, a downdate, new weights. Rows of unit length on
        # top of lam = 1 leave every removal well conditioned.
        rng = np.random.default_rng(1)
        n_removed = int(np.clip(1e6 / dimension**2, 10, 200))
        Phi = rng.normal(size=(2 * max(dimension, n_removed), dimension)) / np.sqrt(dimension)
        y = rng.normal(size=len(Phi))
        number = int(np.clip(2e6 / dimension**2, 3, 500))

        def downdate(L=L, x=x, number=number):
            return seconds(lambda: linalg.cholesky_downdate(L, x), number)

        def downdate_in_place(L=in_place, x=x, number=number):
            return seconds(lambda: linalg.cholesky_downdate(L, x, overwrite=True), number)

        def remove(Phi=Phi, y=y, n_removed=n_removed):
            ridge = linalg.RidgeFactor(Phi, y, 1.0, n_threads=1)
            rows = iter(range(n_removed))
            return seconds(lambda: ridge.remove(next(rows)), n_removed)

        def from_scratch(A=A, number=number):
            return seconds(lambda: np.linalg.cholesky(A), number)

        samples = alternate(
            {
                "downdate": downdate,
                "in-place": downdate_in_place,
                "remove": remove,
                "numpy": from_scratch,
            },
            repeats,
        )
        report.row(
            {"D": dimension},
            {
                "linalg.cholesky_downdate": (median(samples, "downdate"), "s"),
                "the same, overwrite=True": (median(samples, "in-place"), "s"),
                "RidgeFactor.remove": (median(samples, "remove"), "s"),
                "numpy.linalg.cholesky": (median(samples, "numpy"), "s"),
                "numpy / downdate": (ratio(samples, "numpy", "downdate"), "ratio"),
                "numpy / in place": (ratio(samples, "numpy", "in-place"), "ratio"),
                "numpy / remove": (ratio(samples, "numpy", "remove"), "ratio"),
            },
        )


# ---------------------------------------------------------------------------------------------
# (c) the kernels, timed inside C++

KERNELS = ["solve", "update", "downdate+update", "eigen downdate+update", "factor"]


def compare_kernels(report: Report, dimensions: list[int], repeats: int) -> None:
    report.section(
        "(c) kernels timed inside C++, and Eigen's LLT::rankUpdate",
        "D solve update down+up Eigen:down+up Eigen/paris factor factor/down+up",
    )
    for dimension in dimensions:
        number = int(np.clip(4e6 / dimension**2, 4, 20_000))
        numbers = dict.fromkeys(KERNELS, number) | {"factor": max(2, number * 4 // dimension)}
        samples = alternate(
            {
                kernel: partial(core.time_kernel, kernel, dimension, numbers[kernel])
                for kernel in KERNELS
            },
            repeats,
        )
        pair, eigen = "downdate+update", "eigen downdate+update"
        report.row(
            {"D": dimension},
            {
                "solve": (median(samples, "solve"), "s"),
                "update": (median(samples, "update"), "s"),
                pair: (median(samples, pair), "s"),
                eigen: (median(samples, eigen), "s"),
                "Eigen / paris_core": (ratio(samples, eigen, pair), "ratio"),
                "factor": (median(samples, "factor"), "s"),
                "factor / downdate+update": (ratio(samples, "factor", pair), "ratio"),
            },
        )


# ---------------------------------------------------------------------------------------------


def main() -> None:
    options = command(__doc__, quick="few sizes, few repetitions").parse_args()
    facts = print_machine()

    repeats = 3 if options.quick else 9
    report = Report()
    compare_deletions(report, QUICK_PRUNE_SIZES if options.quick else PRUNE_SIZES, repeats)
    dimensions = QUICK_DIMENSIONS if options.quick else DIMENSIONS
    compare_downdates(report, dimensions, repeats)
    compare_kernels(report, dimensions, repeats)
    if options.out is not None:
        write(options.out, facts, report.rows)


if __name__ == "__main__":
    main()
