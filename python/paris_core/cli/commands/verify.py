"""``paris verify``: make a run of ``paris prune`` again, and say what differs."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arguments import UsageError, integer
from ..files import digest
from ..record import RunRecord, load, record, settings

if TYPE_CHECKING:
    from ..arguments import Commands

_EXAMPLES = """\
examples:
  paris prune train.csv --target dst --out kept.csv --result run.npz
  paris verify run.npz train.csv
      Is train.csv the file of that run, and are the same rows removed?

RUN records options, versions, digests of the files, the rows removed and the errors of all rounds.
With the versions of the record everything must be equal to the last digit; otherwise errors to a
millionth. Another kind of CPU may take another of two rows that are as good as equal.
exit codes: 0 the same, 1 not the same, 2 wrong usage or data, 130 interrupted.
"""

_ROUNDING = 1e-6


def add_parser(commands: Commands) -> None:
    """Add the subcommand."""
    parser = commands.add_parser(
        "verify",
        help="make a recorded run again, and say what differs",
        description="Make the run of paris prune again that --result has recorded, and say what "
        "differs: files, versions, rows, errors.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("record", metavar="RUN", type=Path, help="what --result has written")
    parser.add_argument("table", metavar="TRAIN", type=Path, help="the table of the run")
    parser.add_argument("--val", metavar="FILE", type=Path, help="its trusted rows, if it had such")
    parser.add_argument("--jobs", metavar="N", type=integer(1), help="threads (all cores)")
    parser.add_argument("--quiet", action="store_true", help="no progress and no remarks on stderr")
    parser.set_defaults(run=run, parser=parser)


def run(args: argparse.Namespace) -> int:
    """Run it; return the exit code."""
    then = load(args.record)
    options = settings(then, args.table, args.val)
    if ("--val" in then.inputs) != (args.val is not None):
        had = "must be given: the run had" if args.val is None else "was given: the run had no"
        raise UsageError(f"--val {had} trusted rows of its own")
    differences = _other_files(then, args)
    notes: list[str] = []
    if not differences:
        options.command, options.jobs, options.quiet = args.command, args.jobs, args.quiet
        # Imported here: the parser and its errors should not wait for scikit-learn.
        from ..fitting import Remarks, fit

        now = record(options, fit(options, Remarks(args.command, args.quiet)))
        notes = [
            f"{name} is {now.versions.get(name)}, it was {was}"
            for name, was in then.versions.items()
            if now.versions.get(name) != was
        ]
        differences = _other_results(then, now, exact=not notes)
    for line in (*differences, *notes):
        print(line)
    rows, rounds = len(then.removed), len(then.history) - 1
    if not differences:
        print(f"{args.record}: the same {rows:,} rows are removed, in {rounds} rounds")
        return 0
    print(f"{args.record}: not the same")
    return 1


def _other_files(then: RunRecord, args: argparse.Namespace) -> list[str]:
    """Which files are not those of the run."""
    files = {"TRAIN": args.table, "--val": args.val}
    return [
        f"{what} {files[what]} is not the file of the run, whose SHA-256 is {was}"
        for what, was in then.inputs.items()
        if digest(what, files[what]) != was
    ]


def _other_results(then: RunRecord, now: RunRecord, *, exact: bool) -> list[str]:
    """What came of the run that is not as it was."""
    found = []
    n = min(len(then.removed), len(now.removed))
    places = np.flatnonzero(then.removed[:n] != now.removed[:n])
    if len(places):
        place = int(places[0])
        found.append(
            f"deletion {place + 1} is that of row {now.removed[place]}, it was row "
            f"{then.removed[place]}"
        )
    if len(then.removed) != len(now.removed):
        found.append(f"{len(now.removed):,} rows are removed, it was {len(then.removed):,}")
    if len(then.history) != len(now.history):
        found.append(f"there are {len(now.history) - 1} rounds, it was {len(then.history) - 1}")
    for was, is_now in zip(then.history, now.history, strict=False):
        for name, value in is_now.items():
            if not _equal(was.get(name), value, exact):
                found.append(
                    f"round {is_now['round']}: {name} is {value!r}, it was {was.get(name)!r}"
                )
                return found
    return found


def _equal(one: Any, other: Any, exact: bool) -> bool:
    if exact or not (isinstance(one, float) and isinstance(other, float)):
        return bool(one == other)
    return math.isclose(one, other, rel_tol=_ROUNDING)
