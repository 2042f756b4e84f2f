"""What was understood of a table, as text."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .._support.messages import number, short
from .columns.column import Column
from .table import Table

__all__ = ["explained"]


def explained(table: Table, roles: Mapping[str, str]) -> str:
    """The file, then a line a column: name, what it is used for, what it holds and why.

    `roles` says what columns are used for; those that it does not name are no inputs.
    """
    s = "s" * (len(table.columns) != 1)
    head = [f"{table.what}: {table.n_rows:,} rows, {len(table.columns):,} column{s}"]
    head += [f"  {note}" for note in (*table.notes, *table.remarks) if note]
    lines = [("column", "used as", "missing", "what it holds")]
    for name, column in table.columns.items():
        lines.append((short_name(name), roles.get(name, "-"), _missing(column), _held(column)))
        problem = column.problem or column.no_dates
        if problem is not None:
            lines.append(("", "!", "", table.said(problem)))
    widths = [max(len(line[place]) for line in lines) for place in range(3)]
    body = [
        f"{a:<{widths[0]}}  {b:<{widths[1]}}  {c:>{widths[2]}}  {held}".rstrip()
        for a, b, c, held in lines
    ]
    return "\n".join([*dict.fromkeys(head), "", *body])


def short_name(name: str) -> str:
    """A name that fits into a table."""
    text = " ".join(name.split())
    return text if len(text) <= 30 else f"{text[:27]}..."


def _missing(column: Column) -> str:
    return f"{column.n_missing:,}" if column.n_missing else ""


def _held(column: Column) -> str:
    """Kind, reason, and what the values are like."""
    text = f"{column.kind}: {column.why}" if column.kind != "other" else column.why
    values = column.numbers
    if values is not None and np.isfinite(values).any():
        low, high = np.nanmin(values), np.nanmax(values)
        return f"{text}; from {number(float(low))} to {number(float(high))}"
    if column.names is not None and column.kind == "categories":
        names, counts = np.unique(
            [one for one in column.names if one is not None], return_counts=True
        )
        if len(names):
            common = names[np.argsort(-counts, kind="stable")[:3]]
            return f"{text}, such as {', '.join(short(str(one)) for one in common)}"
    return text
