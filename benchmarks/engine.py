"""What the lazy engine must show: its speed, its memory and that it deletes the same rows.

    python benchmarks/engine.py [--quick] [--out FILE.csv or FILE.json] [--only NAME ...]

lazy    a deletion by engine "lazy" against engine "exhaustive";
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

import contextlib
import gc
import itertools
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dst
import numpy as np
from command import command, print_machine
from measuring import Floor, Run, comparison, counts, median, median_ratio
from processes import PrivateMemory, in_process, no_proc, status, trim_heap
from report import ONE_THREAD, Report, shown
from synthetic import Problem, make_problem, make_rows, write_rows

import paris_core

LAMS = (0.01, 1.0, 100.0)


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
    # D, deletions (enough that building working sets is amortised), repetitions
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


# ---------------------------------------------------------------------------------------------
# The works, in the order of the docstring


def lazy_against_exhaustive(report: Report, plan: Plan) -> None:
    problem = make_problem(plan.rows, 64, plan.n_val)
    report.section("lazy", "a deletion against engine exhaustive", problem.size)
    for lam in LAMS:
        lazy, exhaustive, agreement = [], [], "same"
        for turn in range(plan.repeats):
            runs = {}
            for engine in ("lazy", "exhaustive") if turn % 2 else ("exhaustive", "lazy"):
                run = runs[engine] = Run(problem, lam, engine)
                if engine == "lazy":
                    lazy.append(run.delete(plan.deleted))
                else:
                    run.delete(1)  # computes a row of T: 60 deletions are too few to amortise it
                    exhaustive.append(run.delete(plan.streamed))
            if agreement == "same":
                agreement = comparison(*(run.pruner.result() for run in runs.values()))
        report.figure(
            "exhaustive / lazy",
            (median_ratio(exhaustive, lazy), "ratio"),
            must=50.0,
            aim=200.0,
            at_least=True,
            beside={"lazy": (median(lazy), "s"), "exhaustive": (median(exhaustive), "s")},
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
    default = paris_core.pruning.pruner.CACHE_BYTES
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


def real_features(report: Report, plan: Plan) -> None:
    report.section("real", "Dst three hours ahead, last hidden layer of a network (64, 32)")
    folder = os.environ.get("PARIS_CORE_DATA")
    if folder is None:
        report.say("skipped: PARIS_CORE_DATA is not set")
        return
    if not Path(folder, dst.DATA).is_file():
        report.say(f"skipped: {dst.DATA} is not in the folder PARIS_CORE_DATA")
        return
    start = time.perf_counter()
    problem = dst_problem(Path(folder, dst.DATA), plan)
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
        runs = [Run(sample, lam, engine) for engine in ("lazy", "exhaustive")]
        for run in runs:
            run.delete(3 * len(sample.Phi) // 4)
        report.figure(
            f"75 % of {len(sample.Phi):,} rows: against exhaustive",
            (comparison(*(run.pruner.result() for run in runs)), ""),
            must="same",
            beside={
                "lazy": (runs[0].per_deletion, "s"),
                "exhaustive": (runs[1].per_deletion, "s"),
            },
            size=sample.size,
            lam=lam,
        )


def dst_problem(file: Path, plan: Plan) -> Problem:
    """Every hour with data is a training row, except those of the blocks that steer."""
    table = dst.read_table(file)
    split = dst.split(table, 0)
    steering = np.isin(split.block, split.block[split.validation])
    train = np.flatnonzero(~steering)  # speed is at stake, not skill: no rows are kept for a test
    thinned = np.linspace(0, len(split.validation) - 1, plan.real_n_val)
    validation = split.validation[np.unique(thinned.astype(np.int64))]

    y = table.y
    z = (y - y[train].mean()) / y[train].std()
    features = dst.train_features(table.X[train], z[train], epochs=plan.epochs, seed=0)
    Phi, Phi_val = (features(table.X[part]) for part in (train, validation))
    return Problem(Phi, z[train], Phi_val, z[validation])


WORKS: dict[str, Callable[[Report, Plan], None]] = {
    "lazy": lazy_against_exhaustive,
    "total": total,
    "floor": against_floor,
    "scale": against_rows,
    "memory": peak_memory,
    "memmap": memory_mapped,
    "real": real_features,
}


def main() -> None:
    parser = command(__doc__, quick="fewer deletions, one repetition")
    known = ", ".join(WORKS)
    parser.add_argument("--only", nargs="+", choices=WORKS, metavar="NAME", help=f"of {known}")
    options = parser.parse_args()
    facts = print_machine()
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
