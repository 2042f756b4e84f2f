"""``paris compare``: which remedy for training rows that may be wrong."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ... import _start
from ..._support.signals import ctrl_c
from .. import model
from ..arguments import UsageError, integer
from ..columns import Data, group_names, prepare, prepare_like
from ..files import (
    Source,
    check_distinct,
    check_output,
    failure,
    read_source,
    tell,
    write_rows,
)

if TYPE_CHECKING:
    from ...comparison import Comparison
    from ..arguments import Commands
    from ..fitting import Remarks

_EXAMPLES = """\
examples:
  paris compare train.csv --target dst --val trusted.csv
      Remove rows, weight them, or leave everything as it is? The first line says.

  paris compare train.csv --target dst --val trusted.csv --group-column month --out kept.csv
      Errors may come by month; write the table without what the advised remedy removes.

The network of paris prune is trained with each remedy, and judged on rows of --val that it has not
seen: these are dealt out to folds. What is better than training on all of TRAIN is told from chance
by paired differences, for all the remedies together. Every row of --val should have a right target.
files: tables are .csv, .csv.gz or .parquet. Files that exist are overwritten, never half-way.
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
    columns = parser.add_argument_group("rows and columns")
    columns.add_argument("table", metavar="TRAIN", type=Path, help=".csv, .csv.gz or .parquet")
    columns.add_argument("--target", metavar="COLUMN", required=True, help="what is predicted")
    columns.add_argument(
        "--val", metavar="FILE", type=Path, required=True, help="trusted rows, to judge by"
    )
    columns.add_argument(
        "--drop", metavar="COLUMN", nargs="+", default=[], help="columns that are no inputs"
    )
    columns.add_argument(
        "--group-column",
        metavar="COLUMN",
        help="rows of a group of TRAIN err together: station, instrument, month; it is no input",
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
    model.add_tail_options(parser, "errors")
    running = parser.add_argument_group("running")
    running.add_argument("--seed", metavar="S", type=integer(0), default=0, help="random seed (0)")
    running.add_argument("--jobs", metavar="N", type=integer(1), help="threads (all cores)")
    running.add_argument(
        "--quiet", action="store_true", help="no progress and no remarks on stderr"
    )
    outputs = parser.add_argument_group("what is written")
    outputs.add_argument(
        "--out",
        metavar="FILE",
        type=Path,
        help="TRAIN without the rows that the advised remedy removes, in the original order",
    )
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
        failures = []
        for what, path, write, line in _outputs(args, source, data, result):
            failed = failure(what, path, write)
            if failed is None:
                tell(line)
            else:
                failures.append(failed)
    if failures:
        with contextlib.suppress(OSError):
            print(f"paris {args.command}: error: {'; '.join(failures)}", file=sys.stderr)
    return 1 if failures else 0


def _compared(args: argparse.Namespace) -> tuple[Source, Data, Comparison]:
    """Read the tables and compare."""
    tail = model.tail(args)
    if args.table.is_file():  # wrong usage should not wait
        _start.load("pandas", "tqdm", "paris_core.comparison", "sklearn.compose", "sklearn.impute")
    from ..fitting import Remarks, remarked

    say = Remarks(args.command, args.quiet)
    source, data, held_out, val_groups = _tables(args, say)

    from sklearn.compose import TransformedTargetRegressor
    from sklearn.preprocessing import StandardScaler

    from ...comparison import compare

    network = model.network(data)
    with remarked(say):
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


def _tables(args: argparse.Namespace, say: Remarks) -> tuple[Source, Data, Data, Any]:
    """Training rows, validation rows, and the groups of the latter."""
    source = read_source("TRAIN", args.table, keep=args.out is not None)
    trusted = read_source("--val", args.val)
    units = args.val_group_column
    drop = [*args.drop, *([units] if units in source.table.columns else [])]
    data = prepare(
        str(args.table),
        source.table,
        target=args.target,
        time=None,
        group=args.group_column,
        drop=drop,
        classify=False,
        say=say,
    )
    if data.classes:
        raise UsageError(
            f"{args.table}: target {args.target!r} must be numeric: classes are not compared"
        )
    held_out = prepare_like(
        str(args.val), trusted.table, data, target=args.target, time=None, say=say
    )
    if units is None:
        return source, data, held_out, None
    return source, data, held_out, group_names(str(args.val), trusted.table, held_out.rows, units)


def _outputs(
    args: argparse.Namespace, source: Source, data: Data, result: Comparison
) -> Iterator[tuple[str, Path, Callable[[Path], None], str]]:
    """What is to be written: argument, file, what writes it, and what is said of it then."""
    if args.errors is not None:
        frame = result.to_frame().reset_index()
        table = Source(frame, None, "", "")
        everything = np.arange(len(frame))
        line = f"{args.errors}: the errors of {len(frame)} remedies"
        yield "--errors", args.errors, lambda path: write_rows(path, table, everything), line
    if args.plot is not None:
        yield "--plot", args.plot, lambda path: _draw(path, result), f"{args.plot}: the drawing"
    if args.out is not None:
        removed = data.rows[result.fit().removed]
        left = np.setdiff1d(np.arange(len(source.table)), removed)
        line = (
            f"{args.out}: {len(left):,} of {len(source.table):,} rows, without those that "
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
        _start.load("matplotlib.backends.backend_agg")
        from ...plotting import new_figure

        try:
            new_figure()
        except ImportError as error:
            raise UsageError(f"--plot: {error}") from error


def _draw(path: Path, result: Comparison) -> None:
    from ..._support.storage.files import replacing
    from ...plotting import new_figure

    figure = new_figure(8.0, 1.5 + 0.4 * len(result.table))
    result.plot(ax=figure.subplots())
    with replacing(path) as part:
        figure.savefig(part, format=path.suffix[1:].lower())
