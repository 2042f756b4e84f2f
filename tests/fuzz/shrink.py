"""Make a failing case plainer: fewer and smaller choices that fail in the same way."""

from __future__ import annotations

import mmap
import os
import signal

import numpy as np

from . import cases
from .calls import Case
from .runner import CaseId, Ran, Worker
from .source import Source

_ATTEMPTS = 600
_MOST = 100_000  # choices that one case makes
_SECONDS = 60


def main(case: CaseId) -> int:
    """Shrink a case and print the calls of what is left."""
    worker = Worker()
    try:
        first = worker.run(case)
        if not first.failures:
            print(f"{case} does not fail")
            return 0
        kinds = {kind for kind, _, _ in first.failures}
        choices = first.choices or _choices_of(case)
        choices = shrunk(choices, lambda tried: _fails(worker.run(case, tried), kinds))
        last = worker.run(case, choices)
    finally:
        worker.close()
    print(f"choices: {','.join(map(str, choices))}")
    for kind, call, what in last.failures:
        print(f"{kind}: {call}\n    {what}")
    return 1


def _choices_of(case: CaseId) -> list[int]:
    """The choices of a case that dies before it could tell them: a child leaves them behind."""
    shared = mmap.mmap(-1, 8 * _MOST)
    noted = np.frombuffer(shared, dtype=np.int64)
    child = os.fork()
    if child == 0:
        signal.alarm(_SECONDS)
        source = Source.random(case.seed, case.name, case.number)
        source.made = _Noted(noted)
        try:
            cases.generator(case.name)(Case(source))
        finally:
            os._exit(1)
    os.waitpid(child, 0)
    return noted[1 : 1 + int(noted[0])].tolist()


class _Noted(list):
    """A list of choices that is kept in shared memory, its length first."""

    def __init__(self, shared: np.ndarray) -> None:
        self._shared = shared

    def append(self, choice: int) -> None:
        length = int(self._shared[0])
        self._shared[length + 1] = choice
        self._shared[0] = length + 1


def _fails(ran: Ran, kinds: set[str]) -> bool:
    return any(kind in kinds for kind, _, _ in ran.failures)


def shrunk(choices: list[int], fails) -> list[int]:
    """The plainest choices found for which `fails` holds."""
    left = _ATTEMPTS
    size = max(1, len(choices) // 2)
    while size and left > 0:
        place, progress = 0, False
        while place < len(choices) and left > 0:
            for tried in _plainer(choices, place, size):
                left -= 1
                if tried != choices and fails(tried):
                    choices, progress = tried, True
                    break
            else:
                place += size
        if not progress or size > 1:
            size //= 2
    return choices


def _plainer(choices: list[int], place: int, size: int):
    """Lists with a part left out, with zeros in its place, or with smaller numbers."""
    end = place + size
    yield choices[:place] + choices[end:]
    if any(choices[place:end]):
        yield choices[:place] + [0] * len(choices[place:end]) + choices[end:]
    if size == 1 and choices[place] > 1:
        yield [*choices[:place], choices[place] // 2, *choices[end:]]
        yield [*choices[:place], choices[place] - 1, *choices[end:]]
