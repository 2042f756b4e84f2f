"""``paris explain``: the training rows behind one prediction."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ... import _start
from ..._support.messages import number
from .. import model
from ..arguments import UsageError, integer
from ..columns import prepare_like
from ..files import read_source, reading

if TYPE_CHECKING:
    from ...influence.explanation import Explanation
    from ...tables import Table
    from ..arguments import Commands
    from ..fitting import Fitted

_EXAMPLES = """\
examples:
  paris explain train.csv --target dst --row 17
      Which rows pull the prediction for row 17 of train.csv up, which down?

  paris explain train.csv --target dst --rows new.csv --row 0 --top 10 --seed 3
      The same for the first row of new.csv, ten rows each way, with another seed.

Rows count from 0, without the header. The model is the one that paris prune makes with the same
options. Contributions and the rest sum to the prediction; they are not effects: what deleting a row
does is in the column beside.
exit codes: 0 done, 2 wrong usage or data, 130 interrupted.
"""


def add_parser(commands: Commands) -> None:
    """Add the subcommand."""
    parser = commands.add_parser(
        "explain",
        help="name the training rows that carry one prediction",
        description="Fit the model that paris prune fits, and list the training rows that pull one "
        "of its predictions up and down, with their values.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    model.add_options(parser)
    what = parser.add_argument_group("what is explained")
    what.add_argument(
        "--row", metavar="N", type=integer(0), required=True, help="the row, counted from 0"
    )
    what.add_argument(
        "--rows", metavar="FILE", type=Path, help="the table that it is a row of (TRAIN)"
    )
    what.add_argument("--top", metavar="N", type=integer(1), default=5, help="rows each way (5)")
    parser.set_defaults(run=run, parser=parser)


def run(args: argparse.Namespace) -> int:
    """Run it; return the exit code."""
    # Imported here: the parser and its errors should not wait for scikit-learn.
    _start.load("paris_core.report", "pandas")
    from ...report import explain_row
    from ..fitting import Remarks, fit

    if args.rows is not None:  # a wrong --row should not wait for the model
        _check_row(args, len(read_source("--rows", args.rows, reading(args))))
    say = Remarks(args.command, args.quiet)
    fitted = fit(args, say)
    table = fitted.source
    if args.rows is not None:
        table = fitted.like(args, "--rows", args.rows)
    _check_row(args, len(table))
    probe = prepare_like(
        table,
        fitted.data,
        target=None,
        time=None,
        say=say,
        rows=np.asarray([args.row], dtype=np.int64),
    )
    found = explain_row(fitted.model, fitted.data.X, fitted.data.y, probe.X, k=args.top)
    print(_text(args, fitted, table, *found))
    return 0


def _check_row(args: argparse.Namespace, n_rows: int) -> None:
    if args.row >= n_rows:
        where = args.rows or args.table
        raise UsageError(f"--row must be in 0 to {n_rows - 1}, rows of {where}, got {args.row}")


def _text(
    args: argparse.Namespace,
    fitted: Fitted,
    table: Table,
    explanation: Explanation,
    class_name: str | None,
) -> str:
    """The prediction, the rows behind it, and what is left over."""
    import pandas as pd

    data = fitted.data
    place = data.rows[explanation.row]  # in the table
    columns = [args.target, *data.numeric, *data.categorical]
    values = fitted.source.to_frame(place, columns)
    shown = pd.DataFrame(
        {
            "contribution": [number(value) for value in explanation.contribution],
            "on deletion": [number(value) for value in explanation.change_on_deletion],
        },
        index=values.index,
    )
    where = f"row {args.row} of {args.rows or args.table}"
    what = f"prediction for {where}: {number(explanation.prediction)}"
    if class_name is not None:
        what = f"score of class {class_name!r} for {where}: {number(explanation.prediction)}"
    if args.target in table.names:
        known = table.to_frame(np.asarray([args.row]), [args.target]).iloc[0, 0]
        if known is not None and known == known:  # not missing
            what += f" ({args.target} there is {known})"
    named = explanation.prediction - explanation.rest
    others = f"{explanation.n_rest:,} others"
    if class_name is None:
        others += " and the mean"
    return "\n".join(
        [
            what,
            "",
            shown.join(values).rename_axis(f"row of {args.table}").to_string(),
            "",
            f"these {len(place)} rows: {number(named)}; {others}: {number(explanation.rest)}",
        ]
    )
