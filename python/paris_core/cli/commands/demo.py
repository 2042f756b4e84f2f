"""``paris demo``: the worked example."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ... import _start
from ..arguments import UsageError, fraction, integer, number, penalty
from ..files import check_output

if TYPE_CHECKING:
    from ..arguments import Commands

_DEFAULT_HOURS = 40_000


def add_parser(commands: Commands) -> None:
    """Add the subcommand."""
    parser = commands.add_parser(
        "demo",
        help="prune the training rows of a Dst storm forecast and compare test errors",
        description="Forecast the geomagnetic index Dst with a small network, prune the training "
        "rows of its last layer, and print test errors beside those of fair baselines.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument(
        "--omni",
        metavar="FILE",
        type=Path,
        help="real data: an OMNI hourly CSV, an omni2_YYYY.dat file or a directory of them; "
        "without it, synthetic storms",
    )
    parser.add_argument(
        "--hours",
        metavar="N",
        type=integer(2000),
        default=_DEFAULT_HOURS,
        help="length of the synthetic series; of real data use at most so many hours, "
        "the blocks with the lowest Dst",
    )
    parser.add_argument(
        "--horizon", metavar="H", type=integer(1), default=3, help="hours to forecast ahead"
    )
    parser.add_argument(
        "--keep",
        metavar="F",
        type=fraction,
        default=0.5,
        help="fraction of the training rows to keep",
    )
    parser.add_argument("--seed", metavar="S", type=integer(0), default=0, help="random seed")
    parser.add_argument(
        "--lam",
        metavar="LAM",
        type=penalty,
        default="auto",
        help="ridge penalty: a positive number, auto, gcv or evidence",
    )
    parser.add_argument(
        "--threshold",
        metavar="NT",
        type=number,
        default=-100.0,
        help="the tail is Dst <= this many nT",
    )
    parser.add_argument("--plot", metavar="OUT", type=Path, help="draw the outcome to this file")
    parser.add_argument(
        "--quiet", action="store_true", help="print the table alone, without progress"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run it; return the exit code."""
    # Imported here: the parser and its errors should not wait for scikit-learn.
    _start.load("paris_core.demo", "sklearn.neural_network", "tqdm")
    from ...datasets import load_omni, make_storms
    from ...demo import draw_report, format_report, run_demo

    def log(message: str) -> None:
        if not args.quiet:
            print(message, file=sys.stderr, flush=True)

    if args.plot is not None:
        _check_plot(args.plot)
    if args.omni is None:
        series = make_storms(args.hours, args.seed)
    else:
        log(f"reading {args.omni} ...")
        try:
            series = load_omni(args.omni)
        except (OSError, ValueError) as error:
            raise UsageError(str(error)) from error
    try:
        report = run_demo(
            series,
            horizon=args.horizon,
            keep=args.keep,
            lam=args.lam,
            threshold=args.threshold,
            max_hours=args.hours,
            random_state=args.seed,
            progress=not args.quiet,
            log=log,
        )
    except ValueError as error:  # DemoError is one
        raise UsageError(str(error)) from error
    print(format_report(report), flush=True)
    if args.plot is not None:
        try:
            draw_report(report, args.plot)
        except OSError as error:
            raise UsageError(f"--plot: {error}") from error
        log(f"drew {args.plot}")
    return 0


def _check_plot(path: Path) -> None:
    """Find out before the long run whether the figure can be saved after it."""
    _start.load("matplotlib.backends.backend_agg")
    from ...plotting import new_figure

    try:
        formats = new_figure().canvas.get_supported_filetypes()
    except ImportError as error:
        raise UsageError(f"--plot: {error}") from error
    if path.suffix[1:].lower() not in formats:
        raise UsageError(f"--plot {path}: the suffix should be one of {', '.join(formats)}")
    check_output("--plot", path, ("",))
