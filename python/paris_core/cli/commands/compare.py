"""``paris compare``: which remedy for training rows that may be wrong."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..._support.signals import ctrl_c
from ...tables.writing import write_frame, write_rows
from .. import model
from ..arguments import add_columns, add_out, add_running, add_tail, integer, progress_of
from ..columns import Data, group_names
from ..files import (
    Output,
    check_distinct,
    check_drawing,
    check_output,
    tell,
    write_all,
)

if TYPE_CHECKING:
    from ...comparison import Comparison
    from ...tables import Table
    from ..arguments import Commands

_EXAMPLES = """\
examples:
  paris compare train.csv --target dst --val trusted.csv
      Remove rows, weight them, or leave everything as it is? The first line says.

  paris compare train.csv --target dst --val trusted.csv --group-column month --out kept.csv
      Errors may come by month; write the table without what the advised remedy removes.

The network of paris prune is trained with each remedy, and judged on rows of --val that it has not
seen: these are dealt out to folds. What is better than training on all of TRAIN is told from chance
by paired differences, for all the remedies together. Every row of --val should have a right target.
files: tables are text (.csv, .tsv, .txt, also with .gz) or .parquet; --explain-table tells what was
understood of one. Files that exist are overwritten, never half-way.
exit codes: 0 done, 1 an output could not be written, 2 wrong usage or data, 130 interrupted.
"""


def add_parser(commands: Commands) -> None:
    """Add the subcommand."""
    parser = commands.add_parser(
        "compare",
        help="say which remedy to use for training rows that may be wrong",
        description="Train a network with each of several remedies for rows that may be wrong, "
        "judge them on trusted rows, and say which one to use.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    columns = add_columns(
        parser,
        val="trusted rows, to judge by",
        val_required=True,
        group="rows of a group of TRAIN err together: station, instrument, month; it is no input",
    )
    columns.add_argument(
        "--val-group-column",
        metavar="COLUMN",
        help="rows of a group of --val err together, and stay together in the folds: day, station; "
        "it is no input",
    )
    comparing = parser.add_argument_group("comparing")
    comparing.add_argument(
        "--remedies", metavar="NAME", nargs="+", help="only these, beside 'everything' (all)"
    )
    comparing.add_argument(
        "--folds", metavar="N", type=integer(2), default=3, help="parts of the rows of --val (3)"
    )
    comparing.add_argument(
        "--repeats", metavar="N", type=integer(1), default=1, help="with other folds and seeds (1)"
    )
    add_tail(parser, "errors")
    add_running(parser)
    outputs = add_out(parser, "the rows that the advised remedy removes")
    outputs.add_argument(
        "--errors", metavar="FILE", type=Path, help="the table of remedies and errors"
    )
    outputs.add_argument("--plot", metavar="FILE", type=Path, help="a drawing: .png, .svg or .pdf")
    parser.set_defaults(run=run, parser=parser)


def run(args: argparse.Namespace) -> int:
    """Run it; return the exit code."""
    _check_outputs(args)
    with ctrl_c.heeded():
        source, data, result = _compared(args)
        tell(result.summary())
        return write_all(args, _outputs(args, source, data, result))


def _compared(args: argparse.Namespace) -> tuple[Table, Data, Comparison]:
    """Read the tables and compare."""
    tail = model.tail(args)
    from ..fitting import Remarks, read_tables, remarked

    say = Remarks(args.command, args.quiet)
    units = args.val_group_column
    source, data, trusted, held_out = read_tables(
        args, say, "comparison", numbers=True, no_input=units
    )
    assert trusted is not None  # --val is required
    assert held_out is not None
    val_groups = None
    if units is not None:
        val_groups = group_names(trusted, held_out.rows, units)

    from sklearn.compose import TransformedTargetRegressor
    from sklearn.preprocessing import StandardScaler

    from ...comparison import compare

    network = model.network(data)
    with remarked(say), progress_of(args):
        result = compare(
            data.X,
            data.y,
            held_out.X,
            held_out.y,
            groups=data.groups,
            val_groups=val_groups,
            estimator=TransformedTargetRegressor(network, transformer=StandardScaler()),
            network=network,
            remedies=args.remedies,
            folds=args.folds,
            repeats=args.repeats,
            tail=tail,
            random_state=args.seed,
            n_jobs=args.jobs or -1,
            verbose=0 if args.quiet else 1,
        )
    return source, data, result


def _outputs(
    args: argparse.Namespace, source: Table, data: Data, result: Comparison
) -> Iterator[Output]:
    """What is to be written."""
    if args.errors is not None:
        frame = result.to_frame().reset_index()
        line = f"{args.errors}: the errors of {len(frame)} remedies"
        yield "--errors", args.errors, lambda path: write_frame(path, frame), line
    if args.plot is not None:
        yield "--plot", args.plot, lambda path: _draw(path, result), f"{args.plot}: the drawing"
    if args.out is not None:
        removed = data.rows[result.fit().removed]
        left = np.setdiff1d(np.arange(len(source)), removed)
        line = (
            f"{args.out}: {len(left):,} of {len(source):,} rows, without those that "
            f"{result.best!r} removes"
        )
        yield "--out", args.out, lambda path: write_rows(path, source, left), line


def _check_outputs(args: argparse.Namespace) -> None:
    """Find out before the long run what cannot be written after it."""
    check_output("--out", args.out)
    check_output("--errors", args.errors)
    check_output("--plot", args.plot, (".png", ".svg", ".pdf"))
    check_distinct(args, ("val", "out", "errors", "plot"))
    if args.plot is not None:
        check_drawing("--plot")


def _draw(path: Path, result: Comparison) -> None:
    from ..._support.storage.files import replacing
    from ...plotting import new_figure

    figure = new_figure(8.0, 1.5 + 0.4 * len(result.table))
    result.plot(ax=figure.subplots())
    with replacing(path) as part:
        figure.savefig(part, format=path.suffix[1:].lower())
