"""What the lazy engine must show: its speed, its memory and that it deletes the same rows.

    python benchmarks/engine.py [--quick] [--out FILE.csv or FILE.json] [--only NAME ...]

lazy    a deletion by engine "lazy" against engine "streaming";
total   75,000 deletions of 100,000 rows, set-up included;
floor   a deletion against the work it cannot avoid: two triangular solves and a downdate of the
        factor, timed inside C++ between batches of deletions;
scale   a deletion among 1,000,000 rows against one among 100,000;
memory  peak memory of a process beyond its inputs;
memmap  features in a file of 8 GB, written to the temporary directory (TMPDIR) and read back from
        disk; left out by --quick unless named;
real    the last hidden layer of a network that forecasts Dst; needs the folder PARIS_CORE_DATA.

One thread, unless a line says otherwise. What is compared alternates within every repetition, so
that whatever else the machine does hits both alike; figures are medians over repetitions, ratios
medians of the ratios of a repetition. --quick has one repetition, fewer deletions and no D=1024:
its figures are rough. "same" means equal to the last bit: rows, losses and validation rows. --out
is written anew after every figure.
"""

from __future__ import annotations

import os

# One thread each, and before NumPy loads its BLAS; the core has threads of its own.
os.environ.update(
    dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
)

import argparse
import contextlib
import csv
import ctypes
import gc
import itertools
import json
import multiprocessing
import shutil
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
from peers import machine_facts

import paris_core
from paris_core._extension import core

LAMS = (0.01, 1.0, 100.0)
BLOCK = 1 << 14  # rows generated at a time: temporaries stay small beside Phi
ONE_THREAD = 1
SAMPLING = 0.01  # seconds between two looks at a process's memory
DATA = "omni_hourly_1998_2019.csv.gz"

Value = float | str
Figure = tuple[Value, str]  # value, unit


@dataclass(frozen=True)
class Plan:
    """Sizes and repetitions."""

    repeats: int = 5
    long_repeats: int = 3  # where a run takes seconds
    rows: int = 100_000
    many_rows: int = 1_000_000
    n_val: int = 2_000
    streamed: int = 60
    deleted: int = 20_000
    removed: int = 75_000
    # D, deletions (enough that building fronts is amortised), repetitions
    floor: tuple[tuple[int, int, int], ...] = ((64, 20_000, 5), (256, 5_000, 3), (1024, 1_500, 1))
    memory_lams: tuple[float, ...] = LAMS
    mapped_rows: int = 16_000_000
    mapped_deleted: int = 10_000
    copied_rows: int = 1_000_000
    epochs: int = 10
    real_n_val: int = 10_000
    real_sample: int = 8_000


QUICK = Plan(
    repeats=1,
    long_repeats=1,
    streamed=20,
    deleted=5_000,
    floor=((64, 5_000, 1), (256, 2_000, 1)),
    memory_lams=(1.0,),
    epochs=2,
    real_sample=3_000,
)


class Problem(NamedTuple):
    """The four arrays of `paris_core.prune`, in its order."""

    Phi: np.ndarray  # (N, D)
    y: np.ndarray  # (N,)
    Phi_val: np.ndarray  # (V, D)
    y_val: np.ndarray  # (V,)

    @property
    def size(self) -> dict[str, int]:
        return {"N": len(self.Phi), "D": self.Phi.shape[1], "V": len(self.Phi_val)}


# ---------------------------------------------------------------------------------------------
# Data: random ReLU features of eight inputs, noise with a heavy tail


def blocks(
    n_rows: int, dimension: int, stream: int
) -> Iterator[tuple[slice, Callable[[np.ndarray], None], np.ndarray]]:
    """(rows, what fills their features into an array, targets), block by block.

    The first rows do not depend on how many follow.
    """
    layer = np.random.default_rng(0)
    W, b = layer.normal(size=(8, dimension)), layer.normal(size=dimension)
    rng = np.random.default_rng([1, stream])
    for start in range(0, n_rows, BLOCK):
        # Always whole blocks of random numbers.
        X, noise = rng.normal(size=(BLOCK, 8)), rng.standard_t(3, size=BLOCK)
        rows = slice(start, min(start + BLOCK, n_rows))
        used = rows.stop - rows.start
        y = np.sin(X[:, 0]) * X[:, 1] + X[:, 2] ** 2 + 0.3 * noise

        def fill(out: np.ndarray, X: np.ndarray = X[:used]) -> None:
            np.matmul(X, W, out=out)
            out += b
            np.maximum(out, 0.0, out=out)

        yield rows, fill, y[:used]


def make_rows(n_rows: int, dimension: int, stream: int) -> tuple[np.ndarray, np.ndarray]:
    Phi, y = np.empty((n_rows, dimension)), np.empty(n_rows)
    for rows, fill, targets in blocks(n_rows, dimension, stream):
        fill(Phi[rows])
        y[rows] = targets
    return Phi, y


def make_problem(n_rows: int, dimension: int, n_val: int) -> Problem:
    return Problem(*make_rows(n_rows, dimension, 0), *make_rows(n_val, dimension, 1))


def write_rows(file: IO[bytes], n_rows: int, dimension: int) -> np.ndarray:
    """Features to the file, flushed out of the page cache; targets returned."""
    y, buffer = np.empty(n_rows), np.empty((BLOCK, dimension))
    for rows, fill, targets in blocks(n_rows, dimension, 0):
        part = buffer[: len(targets)]
        fill(part)
        file.write(part.data)
        y[rows] = targets
    file.flush()
    os.fsync(file.fileno())
    os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    return y


# ---------------------------------------------------------------------------------------------
# The report


@dataclass
class Report:
    """Prints a line for each figure and keeps it, and what stands beside it, as tidy rows."""

    facts: dict[str, Any]
    path: Path | None
    rows: list[dict[str, Any]] = field(default_factory=list)

    def section(self, work: str, title: str, size: dict[str, int] | None = None) -> None:
        self._work, self._size = work, size or {}
        described = " ".join(f"{name}={number:,}" for name, number in self._size.items())
        print(f"\n{work}: {title}" + (f"; {described}" if described else ""))

    def say(self, text: str) -> None:
        print(f"  {text}", flush=True)

    def figure(
        self,
        name: str,
        figure: Figure,
        *,
        must: Value | None = None,
        aim: float | None = None,
        at_least: bool = False,
        beside: dict[str, Figure] | None = None,
        size: dict[str, int] | None = None,
        lam: float | str = "",
        threads: int = ONE_THREAD,
    ) -> None:
        """A figure, what it must and should be, and others that explain it."""
        value, unit = figure

        def holds(bound: Value) -> bool:
            if isinstance(bound, str) or isinstance(value, str):
                return value == bound
            return value >= bound if at_least else value <= bound

        verdict = ""
        if must is not None:
            verdict = "met" if holds(must) else "NOT MET"
        if aim is not None and holds(aim):
            verdict = "aim met"
        common = {"work": self._work, **dict.fromkeys("NDV", ""), **self._size, **(size or {})}
        common |= {"lam": lam, "threads": threads}
        bounds = {"must": "" if must is None else must, "aim": "" if aim is None else aim}
        rows = [(name, figure, bounds | {"verdict": verdict})]
        unjudged = dict.fromkeys((*bounds, "verdict"), "")
        rows += [(other, its_figure, unjudged) for other, its_figure in (beside or {}).items()]
        for label, (number, its_unit), judged in rows:
            self.rows.append(common | {"figure": label, "value": number, "unit": its_unit} | judged)

        sign = ">= " if at_least else "<= "
        cells = [("lam " + format(lam, "g")) if lam != "" else "", name, shown(*figure)]
        for bound, label in ((must, "must"), (aim, "aim")):
            operator = sign if isinstance(bound, float) else ""
            cells.append("" if bound is None else f"{label} {operator}{shown(bound, unit)}")
        widths = zip(cells, (8, 40, 9, 15, 14), strict=True)
        line = "  ".join(cell.ljust(width) for cell, width in widths) + f"  {verdict:<7}"
        details = "; ".join(f"{label} {shown(*it)}" for label, it in (beside or {}).items())
        self.say((line + (f"  ({details})" if details else "")).rstrip())
        self.save()

    def save(self) -> None:
        """To a file beside it first: a run that is killed leaves a whole file."""
        if self.path is None:
            return
        partial = self.path.with_name(self.path.name + ".part")
        if self.path.suffix == ".json":
            partial.write_text(
                json.dumps({"machine": self.facts, "figures": self.rows}, indent=1) + "\n"
            )
        else:
            common = {"date": self.facts["date"], "cpu": self.facts["cpu model"]}
            with partial.open("w", newline="") as file:
                writer = csv.DictWriter(file, [*common, *self.rows[0]])
                writer.writeheader()
                writer.writerows(common | row for row in self.rows)
        os.replace(partial, self.path)

    def summary(self) -> None:
        judged = [row for row in self.rows if row["must"] != ""]
        missed = [row for row in judged if row["verdict"] == "NOT MET"]
        print(f"\n{len(judged) - len(missed)} of {len(judged)} requirements met")
        for row in missed:
            where = " ".join(f"{name}={row[name]}" for name in ("N", "D", "V", "lam") if row[name])
            value = shown(row["value"], row["unit"])
            print(f"  not met: {row['work']}: {row['figure']} ({where}): {value}")


def shown(value: Value, unit: str) -> str:
    if isinstance(value, str):
        return value
    if unit == "bytes":
        return f"{value / 1e9:.2f} GB" if abs(value) >= 1e9 else f"{value / 1e6:.0f} MB"
    if unit == "s" and abs(value) < 1.0:
        scale, name = (1e3, "ms") if abs(value) >= 1e-3 else (1e6, "us")
        return f"{value * scale:.3g} {name}"
    number = f"{value:,.0f}" if float(value).is_integer() or abs(value) >= 100 else f"{value:.3g}"
    return f"{number} x" if unit == "ratio" else f"{number} {unit}".rstrip()


# ---------------------------------------------------------------------------------------------
# Measuring


class Run:
    """A pruner, and how long its set-up and its deletions took."""

    def __init__(
        self, problem: Problem, lam: float, engine: str = "lazy", threads: int | None = ONE_THREAD
    ) -> None:
        start = time.perf_counter()
        self.pruner = paris_core.Pruner(*problem, lam=lam, engine=engine, n_threads=threads)
        self.set_up = time.perf_counter() - start
        self.deleting = 0.0

    def delete(self, n: int) -> float:
        """Remove n more rows; seconds for each of these."""
        start = time.perf_counter()
        done = self.pruner.run(n)
        elapsed = time.perf_counter() - start
        assert done == n, f"{done} of {n} deletions"
        self.deleting += elapsed
        return elapsed / n

    @property
    def per_deletion(self) -> float:
        return self.deleting / self.pruner.n_removed


def comparison(a: paris_core.PruneResult, b: paris_core.PruneResult) -> str:
    """Where the runs part, over the deletions that both have, or "same"."""
    n = min(len(a.removed), len(b.removed))
    for name in ("removed", "val_index", "delta_loss", "loss"):
        extra = name == "loss"  # begins before the first deletion
        mine, theirs = (getattr(result, name)[: n + extra] for result in (a, b))
        differ = np.flatnonzero(mine != theirs)
        if differ.size:
            return f"{name} from {differ[0]}"
    return "same"


class Floor:
    """The O(D²) work of a deletion: two triangular solves and a downdate."""

    def __init__(self, dimension: int) -> None:
        self._dimension = dimension
        self._repeats = int(np.clip(1e7 / dimension**2, 10, 2_000))
        self._seconds: dict[str, list[float]] = {"solve": [], "downdate+update": [], "update": []}

    def sample(self) -> None:
        for _ in range(3):
            for kernel, seconds in self._seconds.items():
                seconds.append(core.time_kernel(kernel, self._dimension, self._repeats))

    @property
    def seconds(self) -> float:
        # The median of each kernel, not of the difference: one disturbance could turn its sign.
        solve, pair, update = map(median, self._seconds.values())
        return solve + pair - update


def median(values: list[float]) -> float:
    return float(np.median(values))


def median_ratio(above: list[float], below: list[float]) -> float:
    return float(np.median(np.divide(above, below)))


def counts(result: paris_core.PruneResult) -> dict[str, Figure]:
    stats, n = result.stats, len(result.removed)
    figures = {"rows looked at": (stats["rows_looked_at"] / n, "a deletion")}
    for name in ("fronts_built", "full_scans", "v_switches", "cache_hits", "cache_misses"):
        figures[name.replace("_", " ")] = (stats[name], "")
    return figures | {"refactorizations": (result.n_refactorizations, "")}


# ---------------------------------------------------------------------------------------------
# The works, in the order of the docstring


def lazy_against_streaming(report: Report, plan: Plan) -> None:
    problem = make_problem(plan.rows, 64, plan.n_val)
    report.section("lazy", "a deletion against engine streaming", problem.size)
    for lam in LAMS:
        lazy, streaming, agreement = [], [], "same"
        for turn in range(plan.repeats):
            runs = {}
            for engine in ("lazy", "streaming") if turn % 2 else ("streaming", "lazy"):
                run = runs[engine] = Run(problem, lam, engine)
                if engine == "lazy":
                    lazy.append(run.delete(plan.deleted))
                else:
                    run.delete(1)  # computes a row of T: 60 deletions are too few to amortise it
                    streaming.append(run.delete(plan.streamed))
            if agreement == "same":
                agreement = comparison(*(run.pruner.result() for run in runs.values()))
        report.figure(
            "streaming / lazy",
            (median_ratio(streaming, lazy), "ratio"),
            must=50.0,
            aim=200.0,
            at_least=True,
            beside={"lazy": (median(lazy), "s"), "streaming": (median(streaming), "s")},
            lam=lam,
        )
        report.figure(
            f"the first {plan.streamed + 1} deletions", (agreement, ""), must="same", lam=lam
        )


def total(report: Report, plan: Plan) -> None:
    problem = make_problem(plan.rows, 64, plan.n_val)
    title = f"{plan.removed:,} deletions, set-up included"
    report.section("total", title, problem.size)
    default = paris_core.show_config("dict")["threads"]
    for lam in LAMS:
        seconds: dict[bool, list[tuple[float, float]]] = {False: [], True: []}
        results = {}
        for turn in range(plan.long_repeats):
            for threaded in (True, False) if turn % 2 else (False, True):
                start = time.perf_counter()
                run = Run(problem, lam, "lazy", None if threaded else ONE_THREAD)
                run.delete(plan.removed)
                results[threaded] = run.pruner.result()
                seconds[threaded].append((time.perf_counter() - start, run.set_up))
        for threaded, samples in seconds.items():
            whole, set_up = (median(list(column)) for column in zip(*samples, strict=True))
            report.figure(
                "default threads" if threaded else "one thread",
                (whole, "s"),
                must=None if threaded else 12.0,
                aim=None if threaded else 4.0,
                beside={"of it set-up": (set_up, "s")}
                | ({"threads": (default, "")} if threaded else counts(results[False])),
                lam=lam,
                threads=default if threaded else ONE_THREAD,
            )
        report.figure(
            "default threads against one",
            (comparison(results[False], results[True]), ""),
            must="same",
            lam=lam,
            threads=default,
        )


def against_floor(report: Report, plan: Plan) -> None:
    report.section("floor", "a deletion / (two triangular solves + one downdate)")
    bounds = {64: (20.0, 5.0), 256: (5.0, 2.0), 1024: (2.0, 1.1)}
    for dimension, deleted, repeats in plan.floor:
        problem = make_problem(plan.rows, dimension, plan.n_val)
        report.say(f"D={dimension}, {deleted:,} deletions, N={plan.rows:,} V={plan.n_val:,}")
        Floor(dimension).sample()  # warm-up
        for lam in LAMS:
            ours, floors, set_ups = [], [], []
            for _ in range(repeats):
                run, floor = Run(problem, lam), Floor(dimension)
                floor.sample()
                for _ in range(4):
                    run.delete(deleted // 4)
                    floor.sample()
                ours.append(run.per_deletion)
                floors.append(floor.seconds)
                set_ups.append(run.set_up)
            must, aim = bounds[dimension]
            report.figure(
                f"deletion / floor, D={dimension}",
                (median_ratio(ours, floors), "ratio"),
                must=must,
                aim=aim,
                beside={
                    "deletion": (median(ours), "s"),
                    "floor": (median(floors), "s"),
                    "set-up": (median(set_ups), "s"),
                    **counts(run.pruner.result()),
                },
                size=problem.size,
                lam=lam,
            )


def against_rows(report: Report, plan: Plan) -> None:
    small = make_problem(plan.rows, 64, plan.n_val)
    large = make_problem(plan.many_rows, 64, plan.n_val)
    title = f"a deletion against one among N={plan.rows:,}, set-up apart"
    report.section("scale", title, large.size)
    share = plan.deleted * plan.many_rows // plan.rows
    for lam in LAMS:
        few, many, as_large_a_share, set_ups = [], [], [], []
        for turn in range(plan.long_repeats):
            for problem in (small, large) if turn % 2 else (large, small):
                run = Run(problem, lam)
                if problem is small:
                    few.append(run.delete(plan.deleted))
                    continue
                many.append(run.delete(plan.deleted))
                set_ups.append(run.set_up)
                run.delete(share - plan.deleted)
                as_large_a_share.append(run.per_deletion)
        before = {f"among {plan.rows:,}": (median(few), "s")}
        report.figure(
            f"{plan.deleted:,} deletions of each",
            (median_ratio(many, few), "ratio"),
            must=3.0,
            aim=1.5,
            beside={f"among {plan.many_rows:,}": (median(many), "s")}
            | before
            | {"set-up": (median(set_ups), "s")},
            lam=lam,
        )
        report.figure(
            f"{100 * plan.deleted / plan.rows:g} % of each",
            (median_ratio(as_large_a_share, few), "ratio"),
            must=3.0,
            aim=1.5,
            beside={f"among {plan.many_rows:,}": (median(as_large_a_share), "s")} | before,
            lam=lam,
        )


def peak_memory(report: Report, plan: Plan) -> None:
    size = {"N": plan.many_rows, "D": 64, "V": 5 * plan.n_val}
    report.section("memory", "(peak beyond the inputs - cache_bytes) / Phi", size)
    if (reason := no_proc()) is not None:
        report.say(f"skipped: {reason}")
        return
    default = paris_core.pruning.CACHE_BYTES
    # With no cache to speak of, nothing can hide in its allowance.
    for lam, cache in itertools.product(plan.memory_lams, (default, 0)):
        outcome = in_process(measure_memory, *size.values(), lam, cache, plan.deleted)
        if isinstance(outcome, str):
            report.figure(
                f"cache of {shown(cache, 'bytes')}", (outcome, ""), must="completed", lam=lam
            )
            continue
        beyond, inputs, misses = outcome
        Phi_bytes = 8 * size["N"] * size["D"]
        report.figure(
            f"cache of {shown(cache, 'bytes')}, {plan.deleted:,} deletions",
            ((beyond - cache) / Phi_bytes, "ratio"),
            must=0.5,
            aim=0.2,
            beside={
                "beyond the inputs": (beyond, "bytes"),
                "Phi": (Phi_bytes, "bytes"),
                "process before": (inputs, "bytes"),
                "rows of T computed": (misses, ""),
            },
            lam=lam,
        )


def measure_memory(
    n_rows: int, dimension: int, n_val: int, lam: float, cache: int, deleted: int
) -> tuple[int, int, int]:
    """(peak beyond the inputs, process with the inputs, cache misses); bytes."""
    problem = make_problem(n_rows, dimension, n_val)
    gc.collect()
    trim_heap()  # freed memory that the allocator still held would go uncounted below
    before = status("VmRSS")
    with contextlib.suppress(OSError):  # then the peak of the generator counts too
        Path("/proc/self/clear_refs").write_text("5")  # resets VmHWM
    result = paris_core.prune(*problem, deleted, lam=lam, cache_bytes=cache, n_threads=ONE_THREAD)
    return status("VmHWM") - before, before, result.stats["cache_misses"]


def memory_mapped(report: Report, plan: Plan) -> None:
    size = {"N": plan.mapped_rows, "D": 64, "V": plan.n_val}
    report.section("memmap", "features in a file, lam 1", size)
    n_bytes = 8 * plan.mapped_rows * 64
    folder = tempfile.gettempdir()
    free = shutil.disk_usage(folder).free
    reason = no_proc()
    if free < 1.1 * n_bytes:
        reason = (
            f"{shown(free, 'bytes')} free in the temporary directory, the file takes "
            f"{shown(n_bytes, 'bytes')}; set TMPDIR"
        )
    if reason is not None:
        report.say(f"skipped: {reason}")
        return
    report.say(f"writing {shown(n_bytes, 'bytes')}, {shown(free, 'bytes')} are free")
    outcome = in_process(prune_mapped, *size.values(), 1.0, plan.mapped_deleted, plan.copied_rows)
    name = f"{plan.mapped_deleted:,} deletions"
    if isinstance(outcome, str):
        report.figure(name, (outcome, ""), must="completed", lam=1.0)
        return
    seconds = {what: (outcome[what], "s") for what in ("set-up", "deleting", "writing")}
    report.figure(
        name,
        (outcome["outcome"], ""),
        must="completed",
        beside=seconds | outcome["counts"],
        lam=1.0,
    )
    report.figure(
        "private memory, maximum",
        (outcome["private"], "bytes"),
        must=3e9,
        beside={
            "before pruning": (outcome["before"], "bytes"),
            "looks": (outcome["looks"], ""),
            "longest gap between two": (outcome["gap"], "s"),
        },
        lam=1.0,
    )
    report.figure(
        f"first {plan.copied_rows:,} rows: mapped, in memory",
        (outcome["copy"], ""),
        must="same",
        lam=1.0,
    )


def prune_mapped(
    n_rows: int, dimension: int, n_val: int, lam: float, deleted: int, copied: int
) -> dict[str, Any]:
    with tempfile.TemporaryFile() as file:  # without a name: gone even if the run is killed
        start = time.perf_counter()
        y = write_rows(file, n_rows, dimension)
        outcome: dict[str, Any] = {"writing": time.perf_counter() - start}
        Phi = np.memmap(file, dtype=np.float64, mode="r", shape=(n_rows, dimension))
        problem = Problem(Phi, y, *make_rows(n_val, dimension, 1))
        gc.collect()
        trim_heap()
        with PrivateMemory() as memory:
            run = Run(problem, lam)
            run.delete(deleted)
            result = run.pruner.result()
        outcome |= {"set-up": run.set_up, "deleting": run.deleting, "private": memory.maximum}
        outcome |= {"before": memory.before, "looks": memory.looks, "gap": memory.gap}
        outcome |= {"outcome": result.stop_reason, "counts": counts(result)}

        results = []
        for part in (Phi[:copied], np.array(Phi[:copied])):
            run = Run(Problem(part, y[:copied], problem.Phi_val, problem.y_val), lam)
            run.delete(min(deleted, copied // 2))
            results.append(run.pruner.result())
        return outcome | {"copy": comparison(*results)}


class PrivateMemory:
    """Watches this process's anonymous memory; pages of a mapped file do not count."""

    def __enter__(self) -> PrivateMemory:
        self.maximum = self.before = status("RssAnon")
        self.looks, self.gap = 0, 0.0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def _watch(self) -> None:
        last = time.perf_counter()
        while not self._done.wait(SAMPLING):
            self.maximum = max(self.maximum, status("RssAnon"))
            self.looks += 1
            last, previous = time.perf_counter(), last
            self.gap = max(self.gap, last - previous)

    def __exit__(self, *exception: object) -> None:
        self._done.set()
        self._thread.join()


def real_features(report: Report, plan: Plan) -> None:
    report.section("real", "Dst three hours ahead, last hidden layer of a network (64, 32)")
    folder = os.environ.get("PARIS_CORE_DATA")
    if folder is None:
        report.say("skipped: PARIS_CORE_DATA is not set")
        return
    if not Path(folder, DATA).is_file():
        report.say(f"skipped: {DATA} is not in the folder PARIS_CORE_DATA")
        return
    start = time.perf_counter()
    problem = dst_problem(Path(folder, DATA), plan)
    removed, size = 3 * len(problem.Phi) // 4, problem.size
    described = " ".join(f"{name}={number:,}" for name, number in size.items())
    report.say(f"{described}; data and network took {time.perf_counter() - start:.0f} s")

    step = max(1, len(problem.Phi) // plan.real_sample)
    sample = problem._replace(
        Phi=problem.Phi[::step][: plan.real_sample].copy(),
        y=problem.y[::step][: plan.real_sample].copy(),
    )
    for lam in LAMS:
        samples = []
        for _ in range(plan.long_repeats):
            run = Run(problem, lam)
            run.delete(removed)
            samples.append((run.set_up + run.deleting, run.set_up))
        whole, set_up = (median(list(column)) for column in zip(*samples, strict=True))
        report.figure(
            f"75 %, {removed:,} deletions, set-up included",
            (whole, "s"),
            beside={"of it set-up": (set_up, "s")} | counts(run.pruner.result()),
            size=size,
            lam=lam,
        )
        runs = [Run(sample, lam, engine) for engine in ("lazy", "streaming")]
        for run in runs:
            run.delete(3 * len(sample.Phi) // 4)
        report.figure(
            f"75 % of {len(sample.Phi):,} rows: against streaming",
            (comparison(*(run.pruner.result() for run in runs)), ""),
            must="same",
            beside={
                "lazy": (runs[0].per_deletion, "s"),
                "streaming": (runs[1].per_deletion, "s"),
            },
            size=sample.size,
            lam=lam,
        )


def dst_problem(file: Path, plan: Plan) -> Problem:
    """Every hour with data is a training row, except those of the blocks that steer."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPRegressor
    from sklearn.preprocessing import StandardScaler

    from paris_core.datasets import coupling_field, load_omni
    from paris_core.features import lagged_features, last_hidden_layer
    from paris_core.splitting import block_split

    series = load_omni(file)
    drivers = {
        "bz": series.bz,
        "vbs": coupling_field(series.speed, series.bz),
        "speed": series.speed,
        "density": series.density,
        "sqrt_pressure": np.sqrt(series.pressure),
        "dst": series.dst,
    }
    lags, horizon = range(6), 3
    table = lagged_features(drivers, series.dst, lags=lags, horizon=horizon)
    split = block_split(
        table.rows,
        table.y,
        block=27 * 24,
        before=max(lags),
        after=horizon,
        gap=24,
        random_state=0,
    )
    steering = np.isin(split.block, split.block[split.validation])
    train = np.flatnonzero(~steering)  # speed is at stake, not skill: no rows are kept for a test
    thinned = np.linspace(0, len(split.validation) - 1, plan.real_n_val)
    validation = split.validation[np.unique(thinned.astype(np.int64))]

    y = table.y
    z = (y - y[train].mean()) / y[train].std()
    X = StandardScaler().fit(table.X[train]).transform(table.X)
    network = MLPRegressor(hidden_layer_sizes=(64, 32), max_iter=plan.epochs, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # few epochs are meant
        network.fit(X[train], z[train])
    Phi, Phi_val = (last_hidden_layer(network, X[part]) for part in (train, validation))
    return Problem(Phi, z[train], Phi_val, z[validation])


# ---------------------------------------------------------------------------------------------
# Processes and their memory


def in_process(function: Callable[..., Any], *arguments: Any) -> Any:
    """The function's value from a process of its own, or a word on how that died."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        try:
            return pool.submit(function, *arguments).result()
        except BrokenProcessPool:
            return "process killed"
        except (MemoryError, OSError) as error:
            return type(error).__name__


def no_proc() -> str | None:
    return None if Path("/proc/self/status").exists() else "needs Linux's /proc"


def status(name: str) -> int:
    """A line of /proc/self/status, bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) * 1024
    raise KeyError(name)


def trim_heap() -> None:
    with contextlib.suppress(AttributeError, OSError):  # not glibc
        ctypes.CDLL(None).malloc_trim(0)


WORKS: dict[str, Callable[[Report, Plan], None]] = {
    "lazy": lazy_against_streaming,
    "total": total,
    "floor": against_floor,
    "scale": against_rows,
    "memory": peak_memory,
    "memmap": memory_mapped,
    "real": real_features,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--quick", action="store_true", help="fewer deletions, one repetition")
    parser.add_argument("--out", type=Path, metavar="FILE", help="every figure, as .csv or .json")
    known = ", ".join(WORKS)
    parser.add_argument("--only", nargs="+", choices=WORKS, metavar="NAME", help=f"of {known}")
    options = parser.parse_args()
    if options.out is not None and options.out.suffix not in (".csv", ".json"):
        parser.error(f"--out must end in .csv or .json, got {options.out}")

    facts = machine_facts()
    for name, value in facts.items():
        print(f"{name:<11}{value}")
    names = options.only or [name for name in WORKS if not (options.quick and name == "memmap")]
    if options.quick:
        print("\n--quick: one repetition, fewer deletions; rough figures")
    report = Report(facts, options.out)
    for name, work in WORKS.items():
        if name in names:
            work(report, QUICK if options.quick else Plan())
    report.summary()


if __name__ == "__main__":
    main()
