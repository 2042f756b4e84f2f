"""What was run, in words that run again: the command line, and the same in Python."""

from __future__ import annotations

import argparse
import shlex
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .fitting import Fitted

__all__ = ["as_command", "as_script"]

_NOT_SETTINGS = ("command", "run", "parser", "table", "quiet")


def as_command(args: argparse.Namespace) -> str:
    """The command line, with the options that were given or differ from the default."""
    words = ["paris", args.command, str(args.table)]
    for name, value in vars(args).items():
        if name in _NOT_SETTINGS or (value == args.parser.get_default(name) and name != "seed"):
            continue
        option = f"--{name.replace('_', '-')}"
        items = [str(item) for item in (value if isinstance(value, list) else [value])]
        if value is not True and any(item.startswith("-") for item in items):
            words += [f"{option}={item}" for item in items]
        else:
            words += [option, *(items if value is not True else [])]
    return shlex.join(words)


def as_script(args: argparse.Namespace, fitted: Fitted) -> str:
    """A script that fits the same model with scikit-learn's parts."""
    data = fitted.data
    kind = "Classifier" if data.classes else "Regressor"
    objects = [type(value).__name__ for value in fitted.parameters.values()]
    ours = sorted(name for name in objects if name.endswith("Split") or name == "Tail")
    lines = [
        "from sklearn.compose import make_column_transformer",
        "from sklearn.impute import SimpleImputer",
        *_if("GroupKFold" in objects, "from sklearn.model_selection import GroupKFold"),
        "from sklearn.pipeline import make_pipeline",
        "from sklearn.preprocessing import OneHotEncoder, StandardScaler",
        "",
        f"from paris_core import PARIS{kind}",
        "from paris_core.features import default_network",
        "from paris_core.tables import read_table",
        *_if(bool(ours), f"from paris_core.validation import {', '.join(ours)}"),
        "",
        *_list("numeric", data.numeric),
        *_list("categorical", data.categorical),
        *_table("table", args.table, args, fitted, args.group_column),
        "numbers = make_pipeline(",
        '    SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),',
        "    StandardScaler(),",
        ")",
        "categories = OneHotEncoder(",
        '    handle_unknown="infrequent_if_exist",',
        "    min_frequency=10,",
        "    max_categories=50,",
        "    sparse_output=False,",
        ")",
        "network = make_pipeline(",
        "    make_column_transformer((numbers, numeric), (categories, categorical)),",
        f"    default_network({'classes=True' if data.classes else ''})[-1],",
        ")",
        f"model = PARIS{kind}(",
        "    network,",
        *(f"    {name}={value!r}," for name, value in fitted.parameters.items()),
        ")",
    ]
    fit = f"table[numeric + categorical], table[{args.target!r}]"
    if fitted.held_out is not None:
        lines += _table("held_out", args.val, args, fitted, None)
        fit += f", X_val=held_out[numeric + categorical], y_val=held_out[{args.target!r}]"
    if data.groups is not None:
        fit += f", groups=table[{args.group_column!r}]"
    return "\n".join([*lines, f"model.fit({fit})", "removed = table.iloc[model.removed_]"])


def _table(
    name: str, path: Any, args: argparse.Namespace, fitted: Fitted, group: str | None
) -> list[str]:
    data = fitted.data
    named = [*args.category, *(data.categorical if name != "table" else [])]
    if data.classes:
        named.append(args.target)
    options = {
        "sep": args.sep,
        "decimal": args.decimal,
        "encoding": args.encoding,
        "na": args.na,
        "date_format": args.date_format,
        "categories": list(dict.fromkeys([*named, *([] if group is None else [group])])) or None,
    }
    given = "".join(f", {key}={value!r}" for key, value in options.items() if value is not None)
    needed = [args.target] if args.time_column is None else [args.target, args.time_column]
    more = ", ".join(map(repr, [*needed, *([] if group is None else [group])]))
    whole = all(one.problem is None for one in fitted.source.columns.values())
    names = "" if whole and name == "table" else f"names=[*numeric, *categorical, {more}]"
    lines = [
        f"{name} = read_table({str(path)!r}{given})",
        f"{name} = {name}.to_frame({names})",
        f"{name} = {name}.dropna(subset={needed!r})",
    ]
    if args.time_column is not None:
        lines.append(f'{name} = {name}.sort_values({args.time_column!r}, kind="stable")')
    return lines


def _list(name: str, values: list[str]) -> list[str]:
    """Lines that assign a list of strings."""
    if len(repr(values)) < 85:
        return [f"{name} = {values!r}"]
    return [f"{name} = [", *(f"    {value!r}," for value in values), "]"]


def _if(condition: bool, line: str) -> list[str]:
    return [line] if condition else []
