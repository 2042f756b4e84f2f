"""The command line: ``python -m tests.fuzz --minutes 10``."""

from __future__ import annotations

import argparse
import itertools
import random
import sys

from . import cases, shrink
from .calls import KINDS
from .report import Report
from .runner import CaseId, all_cases, run_all
from .worker import run_case


def main(argv: list[str] | None = None) -> int:
    """Run the fuzzer; 1 if it has found something."""
    args = _parser().parse_args(argv)
    if args.replay is not None:
        return _replay(args.replay)
    if args.shrink is not None:
        return shrink.main(args.shrink)
    seed = random.SystemRandom().randrange(2**32) if args.seed is None else args.seed
    print(f"seed {seed}, {args.workers} worker(s); again: --seed {seed}", flush=True)
    todo = itertools.islice(all_cases(seed, args.only), args.cases)
    report = Report(max_calls=args.calls, every=args.every, told=args.tell)
    for ran in run_all(
        report.until_enough(todo), workers=args.workers, seconds=60 * args.minutes, limit=args.limit
    ):
        report.add(ran)
    print(report.text())
    return 1 if report.failed else 0


def _replay(case: CaseId) -> int:
    """Run one case in this process, every call printed before it is made."""
    ran = run_case(
        str(case.seed), case.name, str(case.number), tell=lambda text: print(text, flush=True)
    )
    for failure in ran.failures:
        print(f"{failure.kind}: {failure.call}\n    {failure.what}")
    print(f"{len(ran.failures)} failure(s) in {sum(ran.calls.values())} call(s)")
    return 1 if ran.failures else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="how long (default: 10)")
    parser.add_argument("--seed", type=int, help="a number that repeats a run (default: a new one)")
    parser.add_argument("--workers", type=int, default=1, help="processes (default: 1)")
    parser.add_argument("--calls", type=int, help="end after so many calls of public functions")
    parser.add_argument("--cases", type=int, help="end after so many cases")
    parser.add_argument(
        "--only", action="append", metavar="NAME", choices=list(cases.GENERATORS), help="generators"
    )
    parser.add_argument("--limit", type=float, default=240.0, help="seconds before a case hangs")
    parser.add_argument("--every", type=float, default=60.0, help="seconds between two lines")
    parser.add_argument(
        "--tell", action="append", default=[], metavar="KIND", choices=KINDS, help="not to count"
    )
    parser.add_argument(
        "--replay", type=CaseId.parse, metavar="SEED:CASE", help="one case again, in this process"
    )
    parser.add_argument(
        "--shrink", type=CaseId.parse, metavar="SEED:CASE", help="make a failing case plainer"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
