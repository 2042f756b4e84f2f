"""A process that runs cases, one a line, and answers in JSON.

A line is ``seed name number``, or ``seed name number choice,choice,...`` to make these choices in
place of those of the seed.
"""

from __future__ import annotations

import faulthandler
import json
import os
import sys
import traceback
from collections.abc import Callable
from typing import Any

from . import cases
from .calls import Case
from .source import Source


def run_case(
    seed: str, name: str, number: str, choices: list[int] | None = None, tell: Any = None
) -> Case:
    """Run one case in this process; an exception of a generator is a failure, too."""
    source = Source.random(seed, name, number) if choices is None else Source.listed(choices)
    case = Case(source, tell)
    try:
        cases.generator(name)(case)
    except Exception as error:
        case.fail("error of the fuzzer", f"{error!r}\n{traceback.format_exc()}")
    return case


def answer(case: Case) -> dict[str, Any]:
    """What the runner wants to know."""
    return {
        "calls": dict(case.calls),
        "failures": [[f.kind, f.call, f.what] for f in case.failures],
        "used": case.slack_used,
        "choices": case.source.made if case.failures else [],
    }


def main(reply: Callable[[str], None]) -> None:
    """Run the cases that standard input asks for."""
    for line in sys.stdin:
        seed, name, number, *choices = line.split()
        listed = [int(choice) for choice in choices[0].split(",") if choice] if choices else None
        reply(json.dumps(answer(run_case(seed, name, number, listed))))


if __name__ == "__main__":
    faulthandler.enable()
    # What the calls print must not get between the answers.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    answers.write("ready\n")
    main(lambda text: print(text, file=answers, flush=True))
