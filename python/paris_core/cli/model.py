"""The model that the command line fits, from the options of its subcommands."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .arguments import (
    UsageError,
    add_columns,
    add_running,
    add_tail,
    fraction,
    integer,
    keep,
    penalty,
    share,
)
from .splitting import SPLITS, monitor, split

if TYPE_CHECKING:
    from .columns import Data

__all__ = ["add_options", "estimator", "network", "parameters", "tail"]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say what is fitted, to which rows and columns."""
    columns = add_columns(
        parser,
        val="trusted rows that steer and monitor; without it some rows of TRAIN do",
        group="rows of a group stay together: a fifth of the groups steers, a fifth monitors, "
        "unless --validation-fraction, --monitor-fraction or --folds say otherwise (with "
        "--delete groups and --val: none does); it is no input",
    )
    columns.add_argument(
        "--classify",
        action="store_true",
        help="the target's values are classes, even if they are numbers; text is always classes",
    )
    columns.add_argument(
        "--time-column",
        metavar="COLUMN",
        help="sort by it, split into blocks of time; it is no input",
    )
    columns.add_argument(
        "--validation-split",
        choices=SPLITS,
        help="how rows are held out (tail-stratified; blocked with --time-column)",
    )
    columns.add_argument(
        "--validation-fraction",
        metavar="F",
        type=fraction,
        help="share of TRAIN that is not trained on (0.3)",
    )
    columns.add_argument(
        "--monitor-fraction",
        metavar="F",
        type=share,
        help="share of the held-out rows that monitors only; the others steer (0.33, or with few "
        "rows and --keep auto five folds)",
    )
    columns.add_argument(
        "--folds",
        metavar="N",
        type=integer(2),
        help="instead, validation rows monitor in turn, in so many parts, with --keep auto",
    )
    columns.add_argument("--blocks", metavar="N", type=integer(2), help="blocks of time (50)")
    columns.add_argument(
        "--gap", metavar="N", type=integer(0), help="rows left out between blocks (0)"
    )

    pruning = parser.add_argument_group("pruning")
    pruning.add_argument(
        "--keep",
        metavar="K",
        type=keep,
        default="auto",
        help="training rows to keep: a fraction below 1, a count, or auto: what is best on the "
        "monitor rows (auto)",
    )
    pruning.add_argument(
        "--rounds", metavar="N", type=integer(1), help="rounds of deletion (5; auto: at most 10)"
    )
    pruning.add_argument(
        "--delete",
        choices=("rows", "groups"),
        default="rows",
        help="what leaves: single rows, or whole groups of --group-column, where errors come by "
        "station, instrument or month; with --keep auto (rows)",
    )
    pruning.add_argument(
        "--retrain",
        choices=("estimator", "head", "continue"),
        default="estimator",
        help="what is fitted again after each round: the network, the ridge head on its last "
        "hidden layer, or the network from where it is (estimator)",
    )
    pruning.add_argument(
        "--no-refit",
        action="store_true",
        help="keep the model of the best round, instead of a last fit to every row not removed",
    )
    pruning.add_argument(
        "--criterion", choices=("refit", "representer"), default="refit", help="(refit)"
    )
    pruning.add_argument(
        "--objective",
        choices=("mean", "worst"),
        default="mean",
        help="which validation rows count: all, or the worst ones (mean)",
    )
    pruning.add_argument(
        "--n-worst", metavar="N", type=integer(1), help="how many, for --objective worst (1)"
    )
    pruning.add_argument(
        "--lam",
        metavar="LAM",
        type=penalty,
        default="auto",
        help="ridge penalty: a positive number, auto, gcv or evidence (auto)",
    )
    pruning.add_argument(
        "--weight",
        choices=("none", "inverse-density", "tail"),
        default="none",
        help="weights of the validation and monitor rows (none)",
    )
    add_tail(parser, "errors and --weight tail")
    add_running(parser).add_argument(
        "--checkpoint",
        metavar="FILE",
        type=Path,
        help="state of the run; if it exists, a killed run goes on from it",
    )


def parameters(args: argparse.Namespace) -> dict[str, Any]:
    """The parameters of the estimator that differ from its defaults, without `estimator`."""
    if args.objective == "mean" and args.n_worst is not None:
        raise UsageError("--n-worst is for --objective worst")
    chosen = {
        "keep": args.keep,
        "rounds": args.rounds,
        "delete": args.delete,
        "retrain": args.retrain,
        "criterion": args.criterion,
        "objective": args.objective if args.n_worst is None else (args.objective, args.n_worst),
        "lam": args.lam,
        "val_weight": None if args.weight == "none" else args.weight,
        "validation_split": split(args),
        "refit": False if args.no_refit else None,
        "tail": tail(args),
    }
    usual = {"keep": "auto", "delete": "rows", "retrain": "estimator", "lam": "auto"}
    usual |= {"criterion": "refit", "objective": "mean"}
    given = {
        name: value
        for name, value in chosen.items()
        if value is not None and value != usual.get(name)
    }
    return {**given, **monitor(args), "random_state": args.seed}


def estimator(data: Data, chosen: dict[str, Any]) -> Any:
    """The estimator, not fitted."""
    from ..estimators import PARISClassifier, PARISRegressor

    if data.classes and "tail" in chosen:
        raise UsageError(
            "--tail-side, --tail-threshold and --tail-quantile are for numeric targets; here they "
            "are classes"
        )
    kind = PARISClassifier if data.classes else PARISRegressor
    return kind(network(data), **chosen)


def network(data: Data) -> Any:
    """Preparation of the columns, and the network."""
    from sklearn.compose import make_column_transformer
    from sklearn.pipeline import make_pipeline

    from ..features import default_network
    from ..features.preparation import categories, numbers

    columns = make_column_transformer((numbers(), data.numeric), (categories(), data.categorical))
    return make_pipeline(columns, default_network(classes=data.classes)[-1])


def tail(args: argparse.Namespace) -> Any:
    """What the options say of the tail; None if nothing."""
    from ..validation import Tail

    given = {"side": args.tail_side}
    for name, values in (("threshold", args.tail_threshold), ("quantile", args.tail_quantile)):
        if values is not None:
            given[name] = values[0] if len(values) == 1 else tuple(values)
    given = {name: value for name, value in given.items() if value is not None}
    try:
        return Tail(**given) if given else None
    except ValueError as error:
        raise UsageError(f"--tail-{error}") from error
