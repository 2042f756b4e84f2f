"""Runs that are killed at random moments, and go on from their checkpoints."""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from . import runs

KINDS = (*runs.RUNS, "paris prune")

_OUTPUTS = ("kept.csv", "removed.csv", "run.npz")


@dataclass
class Count:
    """What came of the kills of one kind of run."""

    kind: str
    kills: int = 0
    same: int = 0
    before_the_first: int = 0  # killed when there was no checkpoint yet
    while_writing: int = 0  # killed when a file was half written
    seconds: float = 0.0

    def __str__(self):
        return (
            f"{self.kind}: {self.same} of {self.kills} the same to the last bit "
            f"({self.before_the_first} killed before the first checkpoint, {self.while_writing} "
            f"while a file was written; {self.seconds:.0f} s)"
        )


def kill(kind, times, seed):
    """Kill so many runs of a kind."""
    start, chance, count = time.monotonic(), random.Random(f"{kind} {seed}"), Count(kind)
    job = _Command() if kind == "paris prune" else _Fit(kind)
    for _ in range(10 * times):  # some end before they are killed
        if count.kills == times:
            break
        with tempfile.TemporaryDirectory() as folder:
            _one(job, Path(folder), chance, count)
    count.seconds = time.monotonic() - start
    return count


def _one(job, folder, chance, count):
    """One run that is killed, and one that goes on from there."""
    process = job.begin(folder)
    if chance.random() < 0.5:  # every other one when there is something to go on from
        _wait_for(folder / "state", job.seconds)
    time.sleep(chance.uniform(0.0, 0.9 * job.seconds))
    if not job.kill(process):
        job.seconds *= 0.7  # it had ended: the machine is less busy than it was
        return
    count.kills += 1
    files = os.listdir(folder)
    count.before_the_first += "state" not in files
    count.while_writing += any(name.endswith(".part") for name in files)
    job.check_left_over(folder)
    count.same += job.end(folder) == job.expected
    left = [name for name in os.listdir(folder) if name.endswith(".part")]
    parts_of_state = [name for name in left if name.startswith(".state.")]
    assert not parts_of_state, f"{parts_of_state} was left behind"


def _wait_for(path, seconds):
    end = time.monotonic() + 10 * seconds
    while not path.exists() and time.monotonic() < end:
        time.sleep(0.001)


def table():
    """The table that the command line works on."""
    X, y, _ = runs.rows_of(200)
    lines = [",".join(f"{value:.6f}" for value in row) for row in np.column_stack([X[:, :3], y])]
    return "\n".join(["a,b,c,y", *lines, ""])


class _Fit:
    """A fit in a child of this process."""

    def __init__(self, kind):
        self._kind = kind
        self.expected = self._said(None)
        with tempfile.TemporaryDirectory() as folder:  # a checkpoint changes nothing
            start = time.monotonic()
            assert self.end(Path(folder)) == self.expected
            self.seconds = time.monotonic() - start

    def _said(self, path):
        return runs.outcome(*runs.in_child(lambda: self._work(path)))

    def _work(self, path):
        runs.often()
        return runs.fingerprint(*runs.fit(self._kind, path))

    def begin(self, folder):
        return runs.in_child(lambda: self._work(folder / "state"))

    def kill(self, process):
        child, reading = process
        os.close(reading)
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL

    def check_left_over(self, folder):
        pass

    def end(self, folder):
        return self._said(folder / "state")


class _Command:
    """The command line, in a process of its own."""

    def __init__(self):
        with tempfile.TemporaryDirectory() as folder:
            start = time.monotonic()
            self.expected = self.end(Path(folder))
            self.seconds = time.monotonic() - start

    def begin(self, folder):
        (folder / "train.csv").write_text(table())
        words = "prune train.csv --target y --keep 0.6 --rounds 4 --checkpoint state --quiet"
        outputs = "--out kept.csv --removed removed.csv --result run.npz"
        return subprocess.Popen(
            [sys.executable, "-m", "paris_core", *words.split(), *outputs.split()],
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )

    def kill(self, process):
        process.send_signal(signal.SIGKILL)
        process.communicate()
        return process.returncode == -signal.SIGKILL

    def check_left_over(self, folder):
        """Outputs are there as a whole, or not at all."""
        for name, content in zip(_OUTPUTS, self.expected, strict=True):
            path = folder / name
            assert not path.exists() or path.read_bytes() == content, f"{name} is not whole"

    def end(self, folder):
        process = self.begin(folder)
        _, errors = process.communicate(timeout=900)
        assert process.returncode == 0, errors.decode()
        return [(folder / name).read_bytes() for name in _OUTPUTS]


def main(argv):
    """The program; 0 if every run came to the same end."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.stress kills",
        description="Kill runs at random moments, go on from their checkpoints, and compare what "
        "comes of them with runs that nothing happened to, to the last bit.",
    )
    parser.add_argument("--times", type=int, default=50, help="kills of each kind of run (50)")
    parser.add_argument("--seed", type=int, default=None, help="of the moments (by the clock)")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    args = parser.parse_args(argv)
    seed = int(time.time()) if args.seed is None else args.seed
    print(f"seed {seed}, {args.times} kills of each kind", flush=True)
    fine = True
    for kind in args.kinds:
        count = kill(kind, args.times, seed)
        print(count, flush=True)
        fine &= count.same == count.kills == args.times
    return 0 if fine else 1
