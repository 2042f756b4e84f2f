"""Ctrl-C at random moments: does it end what runs, how soon, and does all go on as if it had not?

``python -m tests.stress interrupts --times 50`` interrupts each case so often. Of every interrupt
it asks whether KeyboardInterrupt was raised (of the program: exit code 130, no traceback, no file
that is half written), after how many milliseconds, and whether what goes on from there, an object
or a checkpoint, ends with the bits of a run without an interrupt. ``--busy`` has every core busy
with something else meanwhile.
"""

import argparse
import contextlib
import importlib.util
import json
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from .interrupted import CASES

_PATIENCE = 300.0  # seconds after which a run counts as hung
_SLACK = 0.02  # seconds: an interrupt so shortly before the end came too late
_TRIES = 5  # for every interrupt that is to come in time


@dataclass
class Tally:
    """What became of the interrupts of one case."""

    seconds: float = 0.0
    latency: list = field(default_factory=list)
    faults: list = field(default_factory=list)
    before: int = 0  # came before Python had begun to load the package
    tries: int = 0


def main(argv):
    """Run all cases, or some; 1 if one of them failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.stress interrupts")
    parser.add_argument("--times", type=int, default=50, help="interrupts of each case")
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--only", metavar="TEXT", default="", help="cases whose names contain it")
    parser.add_argument("--busy", action="store_true", help="with all cores busy")
    args = parser.parse_args(argv)
    seed = random.randrange(2**32) if args.seed is None else args.seed
    print(f"seed {seed}; {'busy' if args.busy else 'quiet'}; load {os.getloadavg()[0]:.1f} on")
    print(f"{os.cpu_count()} cores; {args.times} interrupts a case\n")
    print("| case | run, s | ended by it | identical | median, ms | 95 %, ms | most, ms |")
    print("|---|---|---|---|---|---|---|", flush=True)
    cases = {name: in_worker for name in CASES} | PROGRAMS
    if importlib.util.find_spec("torch") is None:
        del cases["fit: torch"]
    failed = False
    for place, (name, run) in enumerate(cases.items()):
        if args.only in name:
            with busy(args.busy):
                tally = run(name, args.times, random.Random(f"{seed} {place}"))
            report(name, tally)
            failed |= bool(tally.faults) or not tally.latency
    return int(failed)


def report(name, tally):
    n, bad = len(tally.latency), len(tally.faults)
    swallowed = sum("different" not in fault for fault in tally.faults)
    if n:
        middle, most_of, most = np.percentile(np.array(tally.latency) * 1e3, [50, 95, 100])
        times = f"{middle:.0f} | {most_of:.0f} | {most:.0f}"
    else:
        times = "- | - | -"
    every = n + swallowed
    print(f"| {name} | {tally.seconds:.1f} | {n} of {every} | {every - bad} of {every} | {times} |")
    if tally.before:
        print(f"  ({tally.before} more came before the package was being loaded)")
    for fault in tally.faults[:5]:
        print(f"  fault: {fault}")
    sys.stdout.flush()


@contextlib.contextmanager
def busy(yes):
    """All cores busy."""
    burners = [
        multiprocessing.Process(target=_burn, daemon=True) for _ in range(yes * os.cpu_count())
    ]
    for burner in burners:
        burner.start()
    try:
        yield
    finally:
        for burner in burners:
            burner.kill()
            burner.join()


def _burn():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    table = np.random.default_rng(0).standard_normal((300, 300))
    while True:
        table = np.tanh(table @ table)


def in_worker(name, times, rng):
    """Interrupt a case in a process of its own."""
    tally = Tally()
    worker = subprocess.Popen(
        [sys.executable, "-m", "tests.stress.interrupted", name, str(rng.randrange(2**32))],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        tally.seconds = _hear(worker)["seconds"]
        while len(tally.latency) + len(tally.faults) < times and tally.tries < times * _TRIES:
            tally.tries += 1
            moment = rng.uniform(0, tally.seconds)
            sent, heard = _interrupt(worker, moment)
            late = heard["outcome"] == "ended" and sent > heard["at"] - _SLACK
            if late:
                continue
            if heard["outcome"] != "interrupted":
                tally.faults.append(f"after {moment:.3f} s: {heard['outcome']}, not interrupted")
                continue
            tally.latency.append(heard["at"] - sent)
            if not (heard["same"] and heard["untouched"]):
                tally.faults.append(f"after {moment:.3f} s: something is different afterwards")
    finally:
        worker.kill()
        worker.communicate()
    return tally


def _interrupt(worker, moment):
    worker.stdin.write("go\n")
    worker.stdin.flush()
    begun = _hear(worker)["begun"]
    time.sleep(max(0.0, begun + moment - time.monotonic()))
    sent = time.monotonic()
    worker.send_signal(signal.SIGINT)
    return sent, _hear(worker)


def _hear(worker):
    """What the worker says next; its end, or a long silence, is an error."""
    timer = threading.Timer(_PATIENCE, worker.kill)
    timer.start()
    try:
        line = worker.stdout.readline()
    finally:
        timer.cancel()
    if not line:
        raise RuntimeError(
            f"the worker ended with code {worker.wait()}, or was silent for too long"
        )
    return json.loads(line)


def in_program(name, times, rng):
    """Interrupt ``paris prune`` with a checkpoint, then let it go on."""
    tally = Tally()
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        _write_table(folder / "train.csv", rng)
        words = ["prune", "train.csv", "--target", "y", "--keep", "0.5", "--rounds", "2"]
        words += ["--out", "kept.csv", "--checkpoint", "state"]
        begin = time.monotonic()
        _end(_start(folder, words))
        tally.seconds = time.monotonic() - begin
        whole = (folder / "kept.csv").read_bytes()
        while len(tally.latency) + len(tally.faults) < times and tally.tries < times * _TRIES:
            tally.tries += 1
            for left in folder.iterdir():
                if left.name != "train.csv":
                    left.unlink()
            _one_program(folder, words, whole, rng.uniform(0, tally.seconds), tally)
    return tally


def _one_program(folder, words, whole, moment, tally):
    process = _start(folder, words)
    time.sleep(moment)
    sent = time.monotonic()
    process.send_signal(signal.SIGINT)
    code, err = _end(process)
    latency = time.monotonic() - sent
    if code == 0:  # it had ended
        return
    if "paris_core" not in err and (code == -signal.SIGINT or "Traceback" in err):
        tally.before += 1
        return
    if code != 130 or "Traceback" in err or "ignored" in err:
        tally.faults.append(f"after {moment:.3f} s: exit code {code}, {err.strip()[-2000:]!r}")
        return
    tally.latency.append(latency)
    left = {path.name for path in folder.iterdir()} - {"train.csv", "state", "kept.csv"}
    done, err = _end(_start(folder, words))
    if done or left or (folder / "kept.csv").read_bytes() != whole:
        tally.faults.append(f"after {moment:.3f} s: different: {done}, {left}, {err[-500:]!r}")


def _start(folder, words):
    # Of a shell's background job a child would ignore the signal, and so would Python.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return subprocess.Popen(
            [sys.executable, "-m", "paris_core", *words],
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
    finally:
        signal.signal(signal.SIGINT, before)


def _end(process):
    """Exit code and what was said."""
    try:
        _, err = process.communicate(timeout=_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        _, err = process.communicate()
        return "hung", err
    return process.returncode, err


def _write_table(path, rng):
    draw = np.random.default_rng(rng.randrange(2**32))
    X = draw.standard_normal((3000, 5))
    y = X[:, 0] * X[:, 1] + draw.standard_normal(3000)
    header = ",".join([*"abcde", "y"])
    np.savetxt(path, np.column_stack([X, y]), fmt="%.8g", delimiter=",", header=header, comments="")


PROGRAMS = {"paris prune, from its first moment": in_program}
