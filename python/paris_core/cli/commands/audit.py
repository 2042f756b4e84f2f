"""``paris audit``: which groups of rows have wrong targets, and what is wrong with them."""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._support.messages import number
from ..._support.signals import ctrl_c
from ...tables.writing import write_frame, write_rows
from .. import model
from ..arguments import UsageError, add_columns, add_out, add_running, integer, progress_of
from ..files import Output, check_distinct, check_output, tell, write_all

if TYPE_CHECKING:
    from ...auditing import AuditResult
    from ...tables import Table
    from ..arguments import Commands
    from ..columns import Data

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
    add_columns(
        parser,
        target="what is predicted: numbers",
        val="rows whose targets are right: a few hundred do",
        group="station, instrument, month: rows of a group are right or wrong together; it is no "
        "input (every row by itself)",
    )
    running = add_running(parser, jobs=False)
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
    outputs = add_out(parser, "the rows of the groups that are wrong")
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
    with ctrl_c.heeded():
        source, data, result = _audited(args)
    tell(result.summary())
    tell(_table(result, data.groups is not None))
    return write_all(args, _outputs(args, source, data, result))


def _audited(args: argparse.Namespace) -> tuple[Table, Data, AuditResult]:
    """Read the tables and audit them."""
    from ..fitting import Remarks, read_tables

    say = Remarks(args.command, args.quiet)
    source, data, _, held_out = read_tables(args, say, "auditing", numbers=True)
    from ...auditing import audit

    trusted: dict[str, Any] = {}
    if held_out is not None:
        trusted = {"X_val": held_out.X, "y_val": held_out.y}
    else:
        say("without --val most groups are taken to be right, which is far weaker")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of networks that stop at their last pass
        try:
            with progress_of(args):
                result = audit(
                    data.X,
                    data.y,
                    **trusted,
                    groups=data.groups,
                    estimator=model.network(data),
                    folds=args.folds,
                    divisions=args.divisions,
                    random_state=args.seed,
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
    args: argparse.Namespace, source: Table, data: Data, result: AuditResult
) -> Iterator[Output]:
    """What is to be written."""
    removed = data.rows[result.removed]
    if args.out is not None:
        left = np.setdiff1d(data.rows, removed)
        line = f"{args.out}: {len(left):,} of {len(source):,} rows"
        yield "--out", args.out, lambda path: write_rows(path, source, left), line
    if args.removed is not None:
        line = f"{args.removed}: the {len(removed):,} rows of the groups that are wrong"
        yield "--removed", args.removed, lambda path: write_rows(path, source, removed), line
    if args.groups is not None:
        line = f"{args.groups}: a table of {len(result.labels):,} groups"
        table = result.to_frame().reset_index()
        yield "--groups", args.groups, lambda path: write_frame(path, table), line


def _check_outputs(args: argparse.Namespace) -> None:
    """Find out before the long run what cannot be written after it."""
    for name in ("out", "removed", "groups"):
        check_output(f"--{name}", getattr(args, name))
    check_distinct(args, ("val", "out", "removed", "groups"))
