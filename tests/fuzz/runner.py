"""Cases in processes of their own: a crash or a hang ends one of them, and is noted."""

from __future__ import annotations

import contextlib
import json
import os
import random
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import cases

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class CaseId:
    """What makes a case what it is."""

    seed: int
    name: str
    number: int

    def __str__(self) -> str:
        return f"{self.seed}:{self.name}-{self.number}"

    @classmethod
    def parse(cls, text: str) -> CaseId:
        """Read what `str` has written."""
        seed, _, case = text.partition(":")
        name, _, number = case.rpartition("-")
        if name not in cases.GENERATORS and name not in cases.FAULTY:
            raise ValueError(
                f"{text!r} names no generator; there are {', '.join(cases.GENERATORS)}"
            )
        return cls(int(seed), name, int(number))


def all_cases(seed: int, only: list[str] | None = None) -> Iterator[CaseId]:
    """Cases without end, each generator as often as its weight says."""
    rng = random.Random(seed)
    names = only or list(cases.GENERATORS)
    weights = [cases.GENERATORS[n][0] if n in cases.GENERATORS else 1 for n in names]
    numbers: Counter[str] = Counter()
    while True:
        name = rng.choices(names, weights)[0]
        yield CaseId(seed, name, numbers[name])
        numbers[name] += 1


@dataclass
class Ran:
    """What came of a case."""

    case: CaseId
    failures: list[tuple[str, str, str]]  # kind, call, what
    calls: dict[str, int] = field(default_factory=dict)
    used: dict[str, float] = field(default_factory=dict)
    choices: list[int] = field(default_factory=list)
    seconds: float = 0.0


class Worker:
    """A process that runs cases, and is begun anew when it has died."""

    def __init__(self) -> None:
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115  (closed by `close`)
        self._process: subprocess.Popen[str] | None = None
        self.case: CaseId | None = None
        self._began = 0.0
        self._start()

    def _start(self) -> None:
        environment = os.environ | {
            "OPENBLAS_NUM_THREADS": "1",
            "OMP_NUM_THREADS": "1",
            "MPLBACKEND": "Agg",
            "PYTHONHASHSEED": "0",
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"{_package()}.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            cwd=ROOT,
            env=environment,
            start_new_session=True,  # a signal meant for a hanging case is not for the runner
        )
        if self._process.stdout.readline() != "ready\n":
            raise RuntimeError(f"the worker does not start:\n{self._what_it_said()}")

    @property
    def output(self) -> Any:
        """What becomes readable when the case is done."""
        return self._process.stdout

    def begin(self, case: CaseId, choices: list[int] | None = None) -> None:
        """Give the process a case."""
        self.case, self._began = case, time.monotonic()
        self._errors.seek(0)
        self._errors.truncate()
        listed = "" if choices is None else " " + (",".join(map(str, choices)) or ",")
        self._process.stdin.write(f"{case.seed} {case.name} {case.number}{listed}\n")
        self._process.stdin.flush()

    @property
    def seconds(self) -> float:
        """How long the case has been running."""
        return time.monotonic() - self._began

    def finish(self, *, hung: bool = False) -> Ran:
        """What came of the case, which has answered, died or hung."""
        case, seconds, line = self.case, self.seconds, ""
        if hung:
            self._process.send_signal(signal.SIGABRT)  # says where it is
            self._end()
        else:
            line = self._process.stdout.readline()
        self.case = None
        if line.endswith("\n"):
            answer = json.loads(line)
            failures = [tuple(failure) for failure in answer.pop("failures")]
            return Ran(case, failures, seconds=seconds, **answer)
        code = self._end()
        kind, what = ("hang", f"no answer in {seconds:.0f} s") if hung else ("crash", _exit(code))
        failure = kind, "", f"{what}\n{self._what_it_said()}"
        self._start()
        return Ran(case, [failure], seconds=seconds)

    def _end(self) -> int:
        try:
            code = self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(BrokenPipeError):
                pipe.close()
        return code

    def _what_it_said(self) -> str:
        self._errors.seek(0)
        return self._errors.read()[-6000:]

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._end()
        self._errors.close()

    def run(self, case: CaseId, choices: list[int] | None = None, limit: float = 60.0) -> Ran:
        """Run one case, and wait for it."""
        self.begin(case, choices)
        with selectors.DefaultSelector() as selector:
            selector.register(self.output, selectors.EVENT_READ)
            return self.finish(hung=not selector.select(limit))


def _package() -> str:
    """The name of this package as the workers import it from the root."""
    return ".".join(Path(__file__).parent.relative_to(ROOT).parts)


def _exit(code: int) -> str:
    if code < 0:
        return f"killed by {signal.Signals(-code).name}"
    return f"the process ended with exit code {code}"


def run_all(
    todo: Iterator[CaseId],
    *,
    workers: int,
    seconds: float = float("inf"),
    limit: float = 60.0,
) -> Iterator[Ran]:
    """Run cases side by side until there are no more of them, or time is up.

    Parameters
    ----------
    todo : iterator of CaseId
        The cases.
    workers : int
        How many processes.
    seconds : float
        No case is begun after so long.
    limit : float
        A case that takes longer hangs.

    Yields
    ------
    Ran
        One a case, in the order in which they end.
    """
    end = time.monotonic() + seconds
    crew = [Worker() for _ in range(workers)]
    try:
        busy = [worker for worker in crew if _next(worker, todo, end)]
        while busy:
            for worker, hung in _ready(busy, limit):
                yield worker.finish(hung=hung)
                if not _next(worker, todo, end):
                    busy.remove(worker)
    finally:
        for worker in crew:
            worker.close()


def _next(worker: Worker, todo: Iterator[CaseId], end: float) -> bool:
    case = next(todo, None) if time.monotonic() < end else None
    if case is not None:
        worker.begin(case)
    return case is not None


def _ready(busy: list[Worker], limit: float) -> list[tuple[Worker, bool]]:
    """The workers that are done, or take too long, and whether so."""
    with selectors.DefaultSelector() as selector:
        for worker in busy:
            selector.register(worker.output, selectors.EVENT_READ, worker)
        first = min(limit - worker.seconds for worker in busy)
        done = [key.data for key, _ in selector.select(max(0.0, first))]
    return [(worker, False) for worker in done] + [
        (worker, True) for worker in busy if worker not in done and worker.seconds > limit
    ]
