"""A comparison in words: the advice, the table, and how it came about."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .. import notebook
from .._support.messages import number
from .remedies import EVERYTHING, WITH_VALIDATION

if TYPE_CHECKING:
    from .result import Comparison

__all__ = ["html", "summary"]


def summary(found: Comparison) -> str:
    """Several lines; the first one is the advice."""
    return "\n".join([_advice(found), "", *_lines(found), "", *_remarks(found)])


def html(found: Comparison) -> str:
    """The same for notebooks."""
    head, *rows = _cells(found)
    return notebook.block(_advice(found), head, rows, _remarks(found))


def _advice(found: Comparison) -> str:
    n_others = len(found.table) - 1
    tried = "the one remedy" if n_others == 1 else f"the {n_others} remedies"
    line = next(line for line in found.table if line.remedy == found.best)
    if line.better:
        return (
            f"Use {found.best!r}: its error is {_percent(-line.change)} below that of training "
            f"on everything (95 % interval {_percent(-line.change_high)} to "
            f"{_percent(-line.change_low)}), beyond chance among {tried} tried."
        )
    if not n_others:
        return "Train on everything: no other remedy was tried."
    on = ", the validation rows included" if found.best == WITH_VALIDATION else ""
    line = next(line for line in found.table if line.remedy != EVERYTHING)
    return (
        f"Train on everything{on}: none of {tried} tried is better beyond chance (the least error "
        f"has {line.remedy!r}, {_signed(line.change)}, 95 % interval "
        f"{_signed(line.change_low)} to {_signed(line.change_high)})."
    )


def _cells(found: Comparison) -> list[list[str]]:
    """The table, its head first."""
    header = ["remedy", "error", "change", "95 % interval", "tail error", "change"]
    header += ["95 % interval", "removed", "fits", "seconds"]
    rows = [header]
    for line in found.table:
        rows.append(
            [
                line.remedy + (" *" if line.better else ""),
                number(line.error),
                _signed(line.change),
                _interval(line.change_low, line.change_high),
                number(line.tail_error),
                _signed(line.tail_change),
                _interval(line.tail_low, line.tail_high),
                f"{line.n_removed:,.0f}",
                f"{line.n_fits:,}",
                f"{line.seconds:.1f}",
            ]
        )
    return rows


def _lines(found: Comparison) -> list[str]:
    rows = _cells(found)
    width = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.ljust(size) if not place else cell.rjust(size)
            for place, (cell, size) in enumerate(zip(row, width, strict=True))
        ).rstrip()
        for row in rows
    ]


def _remarks(found: Comparison) -> list[str]:
    times = "once" if found.repeats == 1 else f"{found.repeats} times"
    n_tail = int(found.tail.sum())
    return [
        f"Root mean squared errors over {len(found.tail):,} validation rows ({n_tail:,} in "
        f"the tail), left out in {found.n_folds} folds, {times}.",
        "change: against 'everything', paired, interval for each remedy alone; *: better "
        "beyond chance (95 %), by squared or absolute errors and Holm's procedure for all.",
        *(f"Left out: {name!r}, {reason}." for name, reason in found.left_out.items()),
    ]


def _percent(value: float) -> str:
    return f"{100.0 * value:.1f} %" if math.isfinite(value) else "-"


def _signed(value: float) -> str:
    return f"{100.0 * value:+.1f} %" if math.isfinite(value) else "-"


def _interval(low: float, high: float) -> str:
    return f"{_signed(low)} to {_signed(high)}" if math.isfinite(low + high) else "-"
