"""Which rows are held out, and which of them monitor, from the options of a command line."""

from __future__ import annotations

import argparse
from typing import Any

from .arguments import UsageError

__all__ = ["SPLITS", "monitor", "split"]

SPLITS = ("tail-stratified", "blocked", "random")


def split(args: argparse.Namespace) -> Any:
    """The `validation_split` of the estimator; None for its default."""
    by_group = args.group_column is not None
    if args.delete == "groups":
        if not by_group:
            raise UsageError(
                "--delete groups needs --group-column: the groups that leave as a whole"
            )
        by_group = args.val is None
    if by_group:
        return _by_group(args)
    name = args.validation_split
    if name is None:
        name = "tail-stratified" if args.time_column is None else "blocked"
    if args.val is not None and args.validation_fraction is not None:
        raise UsageError("--validation-fraction is for a run without --val")
    if name != "blocked" and (args.blocks is not None or args.gap is not None):
        raise UsageError("--blocks and --gap are for --validation-split blocked")
    return _by_name(name, args)


def monitor(args: argparse.Namespace) -> dict[str, Any]:
    """The parameter `monitor` of the estimator, if it is not the default."""
    if args.folds is not None:
        if args.monitor_fraction is not None:
            raise UsageError("--monitor-fraction is for a run without --folds")
        return {"monitor": args.folds}
    if args.monitor_fraction is None:
        return {}
    return {"monitor": args.monitor_fraction or None}


def _by_name(name: str, args: argparse.Namespace) -> Any:
    from ..validation import BlockedSplit, RandomSplit

    share = args.validation_fraction
    if name == "tail-stratified":
        return share
    options = {"test_size": share}
    if name == "blocked":
        options |= {"n_blocks": args.blocks, "gap": args.gap}
    options = {option: value for option, value in options.items() if value is not None}
    if not options:
        return name
    return (BlockedSplit if name == "blocked" else RandomSplit)(**options)


def _by_group(args: argparse.Namespace) -> Any:
    for option in ("val", "time_column", "validation_split", "blocks", "gap"):
        if getattr(args, option) is not None:
            name = f"--{option.replace('_', '-')}"
            raise UsageError(f"{name} does not go with --group-column, which splits by groups")
    if args.validation_fraction is None and args.folds is None and not args.monitor_fraction:
        from sklearn.model_selection import GroupKFold

        return GroupKFold(5)
    from ..validation import GroupedSplit

    share = args.validation_fraction
    return GroupedSplit() if share is None else GroupedSplit(share)
