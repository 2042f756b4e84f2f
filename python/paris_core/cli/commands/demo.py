"""``paris demo``: the worked examples."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ... import _start
from ..arguments import UsageError, fraction, integer, number, penalty
from ..files import check_drawing, check_output

if TYPE_CHECKING:
    from ..arguments import Commands

_STORMS = {  # options that are for storms alone, and their defaults
    "omni": None,
    "hours": 40_000,
    "horizon": 3,
    "keep": 0.5,
    "lam": "auto",
    "threshold": -100.0,
}


def add_parser(commands: Commands) -> None:
    """Add the subcommand."""
    parser = commands.add_parser(
        "demo",
        help="find and repair wrong stations; or, with --storms, prune a storm forecast",
        description="Generate stations of which some measure wrongly, find them by a few trusted "
        "readings, and print test errors beside those of fair baselines. With --storms: forecast "
        "the geomagnetic index Dst with a small network, prune the training rows of its last "
        "layer, and do the same.",
    )
    parser.add_argument("--seed", metavar="S", type=integer(0), default=0, help="random seed (0)")
    parser.add_argument("--plot", metavar="OUT", type=Path, help="draw the outcome to this file")
    parser.add_argument(
        "--quiet", action="store_true", help="print the outcome alone, without progress"
    )
    storms = parser.add_argument_group("storms")
    storms.add_argument("--storms", action="store_true", help="a forecast of storms instead")
    storms.add_argument(
        "--omni",
        metavar="FILE",
        type=Path,
        help="real data: an OMNI hourly CSV, an omni2_YYYY.dat file or a directory of them; "
        "without it, synthetic storms",
    )
    storms.add_argument(
        "--hours",
        metavar="N",
        type=integer(2000),
        help="length of the synthetic series; of real data use at most so many hours, "
        "the blocks with the lowest Dst (40000)",
    )
    storms.add_argument(
        "--horizon", metavar="H", type=integer(1), help="hours to forecast ahead (3)"
    )
    storms.add_argument(
        "--keep", metavar="F", type=fraction, help="fraction of the training rows to keep (0.5)"
    )
    storms.add_argument(
        "--lam",
        metavar="LAM",
        type=penalty,
        help="ridge penalty: a positive number, auto, gcv or evidence (auto)",
    )
    storms.add_argument(
        "--threshold",
        metavar="NT",
        type=number,
        help="the tail is Dst <= this many nT (-100)",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run it; return the exit code."""
    given = {name: value for name in _STORMS if (value := getattr(args, name)) is not None}
    if given and not args.storms:
        raise UsageError(f"--{next(iter(given))} is for paris demo --storms")
    # Imported here: the parser and its errors should not wait for scikit-learn.
    _start.load("paris_core.demo", "sklearn.neural_network", "tqdm")

    def log(message: str) -> None:
        if not args.quiet:
            print(message, file=sys.stderr, flush=True)

    if args.plot is not None:
        _check_plot(args.plot)
    report = _storms(args, _STORMS | given, log) if args.storms else _stations(args, log)
    print(report.summary(), flush=True)
    if args.plot is not None:
        try:
            report.draw(args.plot)
        except OSError as error:
            raise UsageError(f"--plot: {error}") from error
        log(f"drew {args.plot}")
    return 0


def _stations(args: argparse.Namespace, log: Any) -> Any:
    _start.load("paris_core.auditing", "paris_core.comparison")
    from ...datasets import make_stations
    from ...demo import run_stations

    stations = make_stations(random_state=args.seed)
    return run_stations(stations, random_state=args.seed, progress=not args.quiet, log=log)


def _storms(args: argparse.Namespace, options: dict[str, Any], log: Any) -> Any:
    from ...datasets import load_omni, make_storms
    from ...demo import run_storms

    if options["omni"] is None:
        series = make_storms(options["hours"], args.seed)
    else:
        log(f"reading {options['omni']} ...")
        try:
            series = load_omni(options["omni"])
        except (OSError, ValueError) as error:
            raise UsageError(str(error)) from error
    try:
        return run_storms(
            series,
            horizon=options["horizon"],
            keep=options["keep"],
            lam=options["lam"],
            threshold=options["threshold"],
            max_hours=options["hours"],
            random_state=args.seed,
            progress=not args.quiet,
            log=log,
        )
    except ValueError as error:  # DemoError is one
        raise UsageError(str(error)) from error


def _check_plot(path: Path) -> None:
    """Find out before the long run whether the figure can be saved after it."""
    check_drawing("--plot")
    from ...plotting import new_figure

    formats = new_figure().canvas.get_supported_filetypes()
    if path.suffix[1:].lower() not in formats:
        raise UsageError(f"--plot {path}: the suffix should be one of {', '.join(formats)}")
    check_output("--plot", path, ("",))
