"""The model that the command line fits, from the options of its subcommands."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .arguments import (
    UsageError,
    fraction,
    fraction_or_count,
    integer,
    keep,
    number,
    penalty,
    share,
)

if TYPE_CHECKING:
    from .columns import Data

__all__ = ["add_options", "estimator", "network", "parameters"]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say what is fitted, to which rows and columns."""
    columns = parser.add_argument_group("rows and columns")
    columns.add_argument("table", metavar="TRAIN", type=Path, help=".csv, .csv.gz or .parquet")
    columns.add_argument("--target", metavar="COLUMN", required=True, help="what is predicted")
    columns.add_argument(
        "--classify",
        action="store_true",
        help="the target's values are classes, even if they are numbers; text is always classes",
    )
    columns.add_argument(
        "--drop", metavar="COLUMN", nargs="+", default=[], help="columns that are no inputs"
    )
    columns.add_argument(
        "--val",
        metavar="FILE",
        type=Path,
        help="trusted rows that steer and monitor; without it some rows of TRAIN do",
    )
    columns.add_argument(
        "--time-column",
        metavar="COLUMN",
        help="sort by it, split into blocks of time; it is no input",
    )
    columns.add_argument(
        "--group-column",
        metavar="COLUMN",
        help="rows of a group stay together: a fifth of the groups steers, a fifth monitors "
        "(with --delete groups and --val: none does); it is no input",
    )
    columns.add_argument(
        "--validation-split",
        choices=("tail-stratified", "blocked", "random"),
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
        help="share of the held-out rows that monitors only; the others steer (0.33)",
    )
    columns.add_argument(
        "--folds",
        metavar="N",
        type=integer(2),
        help="instead, held-out rows steer and monitor in turn, in so many parts, with --keep auto",
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
        "--rounds", metavar="N", type=integer(1), help="rounds (5; auto: at most 10)"
    )
    pruning.add_argument(
        "--remove-per-round",
        metavar="R",
        type=fraction_or_count,
        help="fraction or count (auto: what helps)",
    )
    pruning.add_argument(
        "--sweeps",
        metavar="N",
        type=integer(1),
        help="how often, at most, to begin with all rows again, with --keep auto (1)",
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
        choices=("network", "head"),
        default="network",
        help="what is fitted again after each round: all, or the ridge head on the last hidden "
        "layer (network)",
    )
    pruning.add_argument(
        "--criterion", choices=("refit", "representer"), default="refit", help="(refit)"
    )
    pruning.add_argument(
        "--objective",
        choices=("mean", "worst"),
        default="mean",
        help="all steering rows, or the worst ones (mean)",
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
        help="weights of the steering and monitor rows (none)",
    )
    tail = parser.add_argument_group("the tail, for errors and --weight tail (5 %% on each side)")
    tail.add_argument("--tail-side", choices=("both", "lower", "upper"), help="(both)")
    bound = tail.add_mutually_exclusive_group()
    bound.add_argument(
        "--tail-threshold",
        metavar="Y",
        type=number,
        nargs="+",
        help="bound in the unit of the target; two for both sides",
    )
    bound.add_argument(
        "--tail-quantile",
        metavar="Q",
        type=fraction,
        nargs="+",
        help="bound as a quantile of the held-out targets; one or two for both sides",
    )
    running = parser.add_argument_group("running")
    running.add_argument("--seed", metavar="S", type=integer(0), default=0, help="random seed (0)")
    running.add_argument("--jobs", metavar="N", type=integer(1), help="threads (all cores)")
    running.add_argument(
        "--checkpoint",
        metavar="FILE",
        type=Path,
        help="state of the run; if it exists, a killed run goes on from it",
    )
    running.add_argument(
        "--quiet", action="store_true", help="no progress and no remarks on stderr"
    )


def parameters(args: argparse.Namespace) -> dict[str, Any]:
    """The parameters of the estimator that differ from its defaults, without `estimator`."""
    if args.objective == "mean" and args.n_worst is not None:
        raise UsageError("--n-worst is for --objective worst")
    split = args.validation_split
    if args.delete == "groups" and args.group_column is None:
        raise UsageError("--delete groups needs --group-column: the groups that leave as a whole")
    split_by_group = args.group_column is not None
    if args.delete == "groups" and args.val is not None:
        split_by_group = False
    if split_by_group:
        for option in ("val", "time_column", "validation_split", "validation_fraction"):
            if getattr(args, option) is not None:
                name = f"--{option.replace('_', '-')}"
                raise UsageError(f"{name} does not go with --group-column, which splits by groups")
        from sklearn.model_selection import GroupKFold

        split = GroupKFold(5)
    elif split is None and args.time_column is not None:
        split = "blocked"
    if args.folds is not None:
        if args.monitor_fraction is not None:
            raise UsageError("--monitor-fraction is for a run without --folds")
        if split_by_group:
            raise UsageError(
                "--folds does not go with --group-column, but for --delete groups with --val"
            )
    if args.val is not None and args.validation_fraction is not None:
        raise UsageError("--validation-fraction is for a run without --val")
    if split != "blocked" and (args.blocks is not None or args.gap is not None):
        raise UsageError("--blocks and --gap are for --validation-split blocked")
    chosen = {
        "keep": args.keep,
        "rounds": args.rounds,
        "remove_per_round": args.remove_per_round,
        "sweeps": args.sweeps,
        "delete": args.delete,
        "retrain": args.retrain,
        "criterion": args.criterion,
        "objective": args.objective,
        "n_worst": args.n_worst,
        "lam": args.lam,
        "val_weight": None if args.weight == "none" else args.weight,
        "validation_fraction": args.validation_fraction,
        "monitor_fraction": args.monitor_fraction,
        "folds": args.folds,
        "validation_split": split,
        "n_blocks": args.blocks,
        "gap": args.gap,
        "tail_side": args.tail_side,
        "tail_threshold": _bound(args.tail_threshold),
        "tail_quantile": _bound(args.tail_quantile),
    }
    usual = {"keep": "auto", "delete": "rows", "retrain": "network", "lam": "auto"}
    usual |= {"criterion": "refit", "objective": "mean"}
    given = {
        name: value
        for name, value in chosen.items()
        if value is not None and value != usual.get(name)
    }
    return {**given, "random_state": args.seed}


def estimator(data: Data, chosen: dict[str, Any]) -> Any:
    """The estimator, not fitted."""
    from ..estimators import PARISClassifier, PARISRegressor

    if data.classes:
        for name in chosen:
            if name.startswith("tail_"):
                option = name.replace("_", "-")
                raise UsageError(f"--{option} is for numeric targets; here they are classes")
    kind = PARISClassifier if data.classes else PARISRegressor
    return kind(network(data), **chosen)


def network(data: Data) -> Any:
    """Preparation of the columns, and the network."""
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    # A missing number is the median, and a column beside says so; a missing category is a value.
    numbers = make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
        StandardScaler(),
    )
    categories = OneHotEncoder(
        handle_unknown="infrequent_if_exist",
        min_frequency=10,
        max_categories=50,
        sparse_output=False,
    )
    kind = MLPClassifier if data.classes else MLPRegressor
    return make_pipeline(
        make_column_transformer((numbers, data.numeric), (categories, data.categorical)),
        kind(hidden_layer_sizes=(64, 32)),
    )


def _bound(values: list[float] | None) -> float | tuple[float, ...] | None:
    if values is None:
        return None
    return values[0] if len(values) == 1 else tuple(values)
