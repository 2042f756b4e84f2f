"""What a run has found, in figures and by kind."""

from __future__ import annotations

import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator

from .calls import KINDS
from .runner import CaseId, Ran

_SHOWN = 3  # failures of one sort that are shown


class Report:
    """Adds up cases.

    Parameters
    ----------
    max_calls : int or None
        After so many calls `until_enough` ends.
    every : float
        Seconds between two lines of progress.
    told : collection of str
        Kinds of failures that are told and do not count.
    """

    def __init__(
        self, max_calls: int | None = None, every: float = 60.0, told: Collection[str] = ()
    ) -> None:
        self._told_only = told
        self.cases = 0
        self.calls: Counter[str] = Counter()
        self.failures: dict[tuple[str, str, str], list[tuple[Ran, str, str]]] = defaultdict(list)
        self.used: dict[str, tuple[float, CaseId]] = {}
        self.slowest: Ran | None = None
        self._max_calls = max_calls
        self._start = self._told = time.monotonic()
        self._every = every

    @property
    def failed(self) -> bool:
        """Whether anything was found that is not of a kind that is told only."""
        return any(kind not in self._told_only for kind, _, _ in self.failures)

    def until_enough(self, todo: Iterator[CaseId]) -> Iterator[CaseId]:
        """The cases, until there were enough calls."""
        for case in todo:
            if self._max_calls is not None and self.calls.total() >= self._max_calls:
                return
            yield case

    def add(self, ran: Ran) -> None:
        """Add what came of one case."""
        self.cases += 1
        self.calls.update(ran.calls)
        for kind, call, what in ran.failures:
            sort = kind, ran.case.name, _sort(call, what)
            if not self.failures[sort]:
                print(f"{kind}: {ran.case}", file=sys.stderr, flush=True)
            self.failures[sort].append((ran, call, what))
        for check, share in ran.used.items():
            if share > self.used.get(check, (0.0, ran.case))[0]:
                self.used[check] = share, ran.case
        if self.slowest is None or ran.seconds > self.slowest.seconds:
            self.slowest = ran
        if time.monotonic() - self._told > self._every:
            self._told = time.monotonic()
            print(self._line(), file=sys.stderr, flush=True)

    def _line(self) -> str:
        found = sum(map(len, self.failures.values()))
        seconds = time.monotonic() - self._start
        return f"{seconds:.0f} s: {self.cases} cases, {self.calls.total()} calls, {found} failures"

    def text(self) -> str:
        """All of it."""
        lines = []
        for (kind, name, _), found in sorted(self.failures.items(), key=lambda item: item[0]):
            lines.append(f"\n=== {kind} in {name}: {len(found)} time(s)")
            for ran, call, what in found[:_SHOWN]:
                lines.append(f"  {ran.case}    again: python -m tests.fuzz --replay {ran.case}")
                lines += [f"    {call[:400]}"] if call else []
                lines += [f"    {line}" for line in what.strip().splitlines()[-24:]]
        by_kind = Counter({kind: 0 for kind in KINDS})
        for (kind, _, _), found in self.failures.items():
            by_kind[kind] += len(found)
        lines.append("\ncalls of public functions")
        lines += [f"  {count:>8,}  {name}" for name, count in sorted(self.calls.items())]
        lines.append("largest share of its bound that a number has used")
        lines += [
            f"  {share:>10.2g}  {check} ({case})" for check, (share, case) in self.used.items()
        ]
        if self.slowest is not None:
            lines.append(f"slowest case: {self.slowest.case}, {self.slowest.seconds:.1f} s")
        lines.append("failures")
        lines += [f"  {count:>8,}  {kind}" for kind, count in by_kind.items()]
        lines.append(self._line())
        return "\n".join(lines)


def _sort(call: str, what: str) -> str:
    """What failures of one sort have in common: the function, and the words without numbers."""
    words = re.sub(r"[-+]?(\d+\.?\d*(e[-+]?\d+)?|inf|nan)", "#", what.strip().splitlines()[0])
    return f"{call.partition('(')[0]}: {words[:80]}"
