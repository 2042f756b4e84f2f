"""Cases that crash, hang or fail on purpose: what the runner must notice."""

from __future__ import annotations

import os
import signal
import time

from ..calls import Case


def crash(case: Case) -> None:
    """The process dies."""
    case.must(os.kill, os.getpid(), signal.SIGSEGV)


def hang(case: Case) -> None:
    """The call never comes back."""
    case.must(time.sleep, 1e6)


def leave(case: Case) -> None:
    """The process ends as if all were well."""
    case.must(os._exit, 0)


def wrong(case: Case) -> None:
    """A check fails."""
    case.must(len, "abc")
    case.fail("wrong number", f"choices {case.source.pick([1, 2])}")


def broken(case: Case) -> None:
    """The generator itself is at fault."""
    raise ZeroDivisionError("on purpose")


def fine(case: Case) -> None:
    """Nothing is wrong."""
    case.must(len, "abc")


GENERATORS = {
    "faulty_crash": crash,
    "faulty_hang": hang,
    "faulty_leave": leave,
    "faulty_wrong": wrong,
    "faulty_broken": broken,
    "faulty_fine": fine,
}
