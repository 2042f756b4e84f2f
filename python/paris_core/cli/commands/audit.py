"""``paris audit``: which groups of rows have wrong targets, and what is wrong with them."""

from __future__ import annotations

import argparse
import contextlib
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ... import _start
from ..._support.messages import number
from ..._support.signals import ctrl_c
from .. import model
from ..arguments import UsageError, integer
from ..files import check_output, failure, read_source, write_rows

if TYPE_CHECKING:
    from ...auditing import AuditResult
    from ..arguments import Commands
    from ..columns import Data
    from ..files import Source

_EXAMPLES = """\
examples:
  paris audit train.csv --target dst --group-column station --val trusted.csv
      Which stations are wrong, judged by rows that are right, and what is wrong with them?

  paris audit train.csv --target dst --group-column month --out kept.csv --groups months.csv
      Without such rows most months are taken to be right; write what is left, and a table of
      all months.

Without --group-column single rows are audited, where errors do not come in groups.
A missing number is replaced by the median, and an input beside it says so; a missing category is
a category. Rows without a target are left out.
exit codes: 0 done, 1 an output could not be written, 2 wrong usage or data, 130 interrupted.
"""

_SHOWN = 10  # groups that stay, at the end of the table


def add_parser(commands: Commands) -> None:
    """Add the subcommand."""
    parser = commands.add_parser(
        "audit",
        help="name the groups of rows whose targets are wrong, and what is wrong with them",
        description="Train a network on the groups that seem right, judge all groups by models "
        "that have not seen them, again and again, and name those that are wrong.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    columns = parser.add_argument_group("rows and columns")
    columns.add_argument("table", metavar="TRAIN", type=Path, help=".csv, .csv.gz or .parquet")
    columns.add_argument(
        "--target", metavar="COLUMN", required=True, help="what is predicted: numbers"
    )
    columns.add_argument(
        "--group-column",
        metavar="COLUMN",
        help="station, instrument, month: rows of a group are right or wrong together; it is no "
        "input (every row by itself)",
    )
    columns.add_argument(
        "--val", metavar="FILE", type=Path, help="rows whose targets are right: a few hundred do"
    )
    columns.add_argument(
        "--drop", metavar="COLUMN", nargs="+", default=[], help="columns that are no inputs"
    )
    running = parser.add_argument_group("running")
    running.add_argument(
        "--folds", metavar="N", type=integer(2), default=4, help="models of a division (4)"
    )
    running.add_argument(
        "--divisions",
        metavar="N",
        type=integer(1),
        default=3,
        help="divisions into folds that the verdict rests on (3)",
    )
    running.add_argument("--seed", metavar="S", type=integer(0), default=0, help="random seed (0)")
    running.add_argument(
        "--quiet", action="store_true", help="no progress and no remarks on stderr"
    )
    outputs = parser.add_argument_group("what is written")
    outputs.add_argument(
        "--out",
        metavar="FILE",
        type=Path,
        help="TRAIN without the rows of the groups that are wrong, in the original order",
    )
    outputs.add_argument(
        "--removed", metavar="FILE", type=Path, help="these rows, the worst group first"
    )
    outputs.add_argument(
        "--groups", metavar="FILE", type=Path, help="a table of all groups, .csv or .parquet"
    )
    parser.set_defaults(run=run, parser=parser)


def run(args: argparse.Namespace) -> int:
    """Run it; return the exit code."""
    _check_outputs(args)
    from ..fitting import Remarks

    say = Remarks(args.command, args.quiet)
    with ctrl_c.heeded():
        source, data, result = _audited(args, say)
    print(result.summary())
    print(_table(result, data.groups is not None), flush=True)
    failures = []
    for what, path, write, line in _outputs(args, source, data, result):
        failed = failure(what, path, write)
        if failed is None:
            print(line, flush=True)
        else:
            failures.append(failed)
    if not failures:
        return 0
    with contextlib.suppress(OSError):
        print(f"paris {args.command}: error: {'; '.join(failures)}", file=sys.stderr)
    return 1


def _audited(
    args: argparse.Namespace, say: Callable[[str], None]
) -> tuple[Source, Data, AuditResult]:
    """Read the tables and audit them."""
    if args.table.is_file():  # wrong usage should not wait
        _start.load("pandas", "tqdm", "paris_core.auditing", "sklearn.compose", "sklearn.impute")
    from ...auditing import audit
    from ..columns import prepare, prepare_like

    keep = args.out is not None or args.removed is not None
    source = read_source("TRAIN", args.table, keep=keep)
    data = prepare(
        str(args.table),
        source.table,
        target=args.target,
        time=None,
        group=args.group_column,
        drop=args.drop,
        classify=False,
        say=say,
    )
    if data.classes:
        raise UsageError(f"--target {args.target!r} must hold numbers; its values are text")
    trusted: dict[str, Any] = {}
    if args.val is not None:
        table = read_source("--val", args.val).table
        others = prepare_like(str(args.val), table, data, target=args.target, time=None, say=say)
        trusted = {"X_val": others.X, "y_val": others.y}
    else:
        say("without --val most groups are taken to be right, which is far weaker")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of networks that stop at their last pass
        try:
            result = audit(
                data.X,
                data.y,
                **trusted,
                groups=data.groups,
                estimator=model.network(data),
                folds=args.folds,
                divisions=args.divisions,
                random_state=args.seed,
                verbose=0 if args.quiet else 1,
            )
        except (TypeError, ValueError) as error:
            raise UsageError(str(error)) from error
    return source, data, result


def _table(result: AuditResult, grouped: bool) -> str:
    """What left, then the most suspicious of the others."""
    frame = result.to_frame()
    head = len(result.removed_groups)
    frame = frame.iloc[: min(head + _SHOWN, len(frame))] if grouped else frame.iloc[:_SHOWN]
    lines = [("group" if grouped else "row", "rows", "left", "stable", "score", "mean error", "")]
    for label, row in frame.iterrows():
        lines.append(
            (
                str(label),
                f"{row.n_rows:,}",
                "" if np.isnan(row.order) else f"{row.order:.0f}",
                f"{row.stability:.0%}",
                f"{row.score:.2f}",
                number(row.mean_error, 3),
                str(row.detail),
            )
        )
    width = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(
        f"{line[0]:<{width[0]}}  "
        + "  ".join(f"{text:>{size}}" for text, size in zip(line[1:6], width[1:6], strict=True))
        + (f"  {line[6]}" if line[6] else "")
        for line in lines
    )


def _outputs(
    args: argparse.Namespace, source: Source, data: Data, result: AuditResult
) -> Iterator[tuple[str, Path, Callable[[Path], None], str]]:
    """What is to be written: argument, file, what writes it, and what is said of it then."""
    removed = data.rows[result.removed]
    if args.out is not None:
        left = np.setdiff1d(data.rows, removed)
        line = f"{args.out}: {len(left):,} of {len(source.table):,} rows"
        yield "--out", args.out, lambda path: write_rows(path, source, left), line
    if args.removed is not None:
        line = f"{args.removed}: the {len(removed):,} rows of the groups that are wrong"
        yield "--removed", args.removed, lambda path: write_rows(path, source, removed), line
    if args.groups is not None:
        line = f"{args.groups}: a table of {len(result.labels):,} groups"
        yield "--groups", args.groups, lambda path: _write_groups(path, result), line


def _write_groups(path: Path, result: AuditResult) -> None:
    from ..files import write_table

    write_table(path, result.to_frame().reset_index())


def _check_outputs(args: argparse.Namespace) -> None:
    """Find out before the long run what cannot be written after it."""
    taken = {args.table: "TRAIN"} | ({args.val: "--val"} if args.val is not None else {})
    for name in ("out", "removed", "groups"):
        path = getattr(args, name)
        check_output(f"--{name}", path)
        if path is None:
            continue
        for other, what in taken.items():
            if path.resolve() == other.resolve():
                raise UsageError(f"--{name} {path} is also {what}")
        taken[path] = f"--{name}"
