"""From the cells of a column to what it holds."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..._support.messages import short
from ..options import Options
from . import dates, missing, numbers
from .cells import Cells, Mask, matches
from .column import Column, Problem, joined, plain

__all__ = ["Context", "finished", "in_text", "mark_of_file"]

_FEW = 10  # distinct values that make categories of "5 mg", "10 mg"
_SOME, _LONG = 200, 6  # values that show it; a year alone is a number
_SHARE = 0.5  # of the cells that say what a column holds


class Context(NamedTuple):
    """What the whole table, or the table that it must be like, says of each column.

    Attributes
    ----------
    options : Options
        What the user says.
    mark : str or None
        The decimal mark that all columns have that need one.
    like : mapping of str to Column
        The columns of the other table; empty without.
    """

    options: Options
    mark: str | None
    like: Mapping[str, Column]


def mark_of_file(columns: Sequence[Any]) -> str | None:
    """The decimal mark that columns of text can only have, if it is the same in all of them."""
    if not any(map(numbers.may_have_commas, columns)):
        return None  # and nothing depends on it
    found = [numbers.evidence(Cells(column)) for column in columns]
    dot = any(one.dot is not None and one.comma is None for one in found)
    comma = any(one.comma is not None and one.dot is None for one in found)
    return None if dot == comma else "." if dot else ","


def in_text(name: str, cells: Cells, context: Context) -> Column:
    """Understand a column of text."""
    options, like = context.options, context.like.get(name)
    absent = _absent(cells, options)
    if name in options.categories:
        return _categories(name, cells, absent, "is one of the columns said to be categories")
    doubtful = ~absent & cells.is_any_of(missing.doubtful_words())
    present = ~absent & ~doubtful
    total = int(cells.counts[present].sum())
    if not total:
        if doubtful.any():
            return _categories(name, cells, absent, "holds words")
        return Column(name, "empty", "has no value in any row", len(cells))
    if _in_format(cells, present, options.date_format):
        are_dates = present & dates.are_dates(cells.values, options.date_format)
        return _dates(name, cells, absent | doubtful, are_dates, options, like)
    found = numbers.evidence(cells)
    decimal, why, problem = _decimal(cells, found, context, like)
    are_numbers = present & numbers.are_numbers(cells.values, decimal)
    if problem is not None and int(cells.counts[are_numbers].sum()) <= _SHARE * total:
        # Perhaps of the other mark, or no numbers at all.
        other = present & numbers.are_numbers(cells.values, "," if decimal == "." else ".")
        are_numbers = other if cells.counts[other].sum() > _SHARE * total else are_numbers
    if int(cells.counts[are_numbers].sum()) > _SHARE * total:
        column = _numbers(name, cells, absent | doubtful, are_numbers, decimal, why, found)
        if problem is not None:
            column.problem, column.odd = (f"column {name!r}: ", *problem), None
        return column
    opposite = "," if decimal == "." else "."
    foreign = present & numbers.are_numbers(cells.values, opposite)
    if options.decimal is not None and int(cells.counts[foreign].sum()) > _SHARE * total:
        column = _numbers(name, cells, absent | doubtful, foreign, opposite, "", found)
        row = cells.first(foreign & matches(cells.values, rf"\{opposite}"))
        column.problem, column.odd = (
            (
                f"column {name!r}: {cells.value(int(cells.codes[row]))!r} in ",
                row,
                f" is no number with the decimal mark {decimal!r} that --decimal says",
            ),
            None,
        )
        return column
    are_dates = present & dates.are_dates(cells.values, options.date_format)
    if int(cells.counts[are_dates].sum()) > _SHARE * total:
        return _dates(name, cells, absent | doubtful, are_dates, options, like)
    column = _categories(name, cells, absent, "holds words")
    odd = present & are_numbers
    measured = numbers.units(cells, present)
    if int(cells.counts[measured].sum()) > _SHARE * total and measured.sum() > _FEW:
        row = cells.first(measured)
        column.problem = (
            f"column {name!r} holds numbers that are not plain, such as "
            f"{cells.value(int(cells.codes[row]))!r} in ",
            row,
            f"; write numbers alone, or say --category {shlex.quote(name)} if they are names",
        )
    elif odd.any():
        row = cells.first(present & ~are_numbers)
        column.remarks.append(
            (
                f"column {name!r} is taken for categories: "
                f"{int(cells.counts[odd].sum()):,} of {total:,} cells are numbers, but not "
                f"{cells.value(int(cells.codes[row]))!r} in ",
                row,
            )
        )
    return column


def _in_format(cells: Cells, present: Mask, date_format: str | None) -> bool:
    """Whether cells are dates of the format that was said, though they may be numbers as well."""
    if date_format is None:
        return False
    import pyarrow as pa
    import pyarrow.compute as pc

    some = cells.values.take(pa.array(np.flatnonzero(present)[:_SOME]))
    long = pc.all(pc.greater_equal(pc.utf8_length(some), _LONG)).as_py()
    return bool(long and dates.are_dates(some, date_format).mean() > _SHARE)


def finished(column: Column, options: Options) -> Column:
    """Look at numbers of whatever source: whether they count the rows, or one is no number."""
    values = column.numbers
    if column.kind != "numbers" or values is None:
        return column
    counted = _counts_rows(column.name, values)
    if counted is not None:
        column.kind, column.why = "row numbers", counted
        column.remarks.append((f"column {column.name!r} {counted} and is no input",))
        return column
    if options.na is None and column.problem is None:
        found = missing.mark(values)
        if found is not None:
            value = plain(found.value)
            column.problem = (
                f"column {column.name!r}: {missing.said(found)} stands in {found.n_rows:,} rows, "
                "the first of them ",
                found.row,
                f"; say --na={value} if it is a missing value, --na with nothing behind it if it "
                "is a number like others",
            )
    return column


def _absent(cells: Cells, options: Options) -> Mask:
    """Values that are missing, whatever the others are."""
    absent = cells.is_any_of(missing.sure_words())
    if not options.na:
        return absent
    words = set(options.na)
    given = [_number(word) for word in words]
    for place, text in enumerate(cells.values.to_pylist()):
        absent[place] |= text in words
    known = [one for one in given if one is not None]
    if known:
        for mark in (".", ","):
            mask = numbers.are_numbers(cells.values, mark)
            absent |= np.isin(numbers.parsed(cells.values, mask, mark), known)
    return absent


def _number(word: str) -> float | None:
    try:
        return float(word)
    except ValueError:
        return None


def _decimal(
    cells: Cells, found: numbers.Evidence, context: Context, like: Column | None
) -> tuple[str, str, Problem | None]:
    """The decimal mark, why it is that, and what stands against it."""
    if context.options.decimal is not None:
        return context.options.decimal, "as --decimal says", None
    if found.dot is not None and found.comma is None:
        return ".", f"as in {cells.value(found.dot)!r}", None
    if found.comma is not None and found.dot is None:
        return ",", f"as in {cells.value(found.comma)!r}", None
    if found.dot is not None and found.comma is not None:
        return ".", "", _either(cells, found.dot, found.comma)
    before = None if like is None else like.decimal
    if before is not None:
        return before, "as in the training table", None
    if context.mark is not None:
        return context.mark, "as in other columns", None
    if found.either_comma is not None:
        return ",", "", _either(cells, found.either_comma, found.either_dot)
    return ".", "", None


def _either(cells: Cells, one: int, other: int | None) -> Problem:
    row = int(np.argmax(cells.codes == one))
    parts: list[str | int] = [f"{cells.value(one)!r} in ", row]
    if other is not None:
        parts += [f", {cells.value(other)!r} in ", int(np.argmax(cells.codes == other))]
    return (
        *parts,
        ": it cannot be told what is the decimal mark; say --decimal . or --decimal=,",
    )


def _numbers(
    name: str,
    cells: Cells,
    absent: Mask,
    are_numbers: Mask,
    decimal: str,
    why: str,
    grouped: numbers.Evidence,
) -> Column:
    """A column of numbers, with a problem if a cell is none."""
    odd = ~absent & ~are_numbers
    values = numbers.parsed(cells.values, are_numbers, decimal)
    said = "holds numbers"
    if decimal == "," or (grouped.comma, grouped.either_comma) != (None, None):
        said += f", with a decimal {'comma' if decimal == ',' else 'point'}"
        said += f" ({why})" if why else ""
    words = [repr(word) for word in cells.where(absent) if word]
    if words:
        said += f"; {', '.join(words[:3])} for missing values"
    column = Column(
        name,
        "numbers",
        said,
        n_missing=int(cells.counts[absent].sum()),
        numbers=values[cells.codes],
        decimal=decimal if grouped != (None, None, None, None) else None,
    )
    if numbers.are_codes(cells.values):
        column.names = _names(cells, absent)
    if odd.any():
        row = cells.first(odd)
        word = cells.value(int(cells.codes[row]))
        rest = cells.rows(odd)
        more = f" ({len(rest):,} such cells: {joined(cells.where(odd))})" if len(rest) > 1 else ""
        column.problem = (
            f"column {name!r} holds numbers, but {short(word)} in ",
            row,
            more,
        )
        column.odd = word
    elif decimal != "." and why == "as in other columns" and grouped.either_dot is not None:
        place = grouped.either_dot
        column.remarks.append(
            (
                f"column {name!r}: {cells.value(place)!r} is read as {plain(values[place])}, as "
                "other columns have decimal commas (--decimal . overrules)",
            )
        )
    return column


def _dates(
    name: str,
    cells: Cells,
    absent: Mask,
    are_dates: Mask,
    options: Options,
    like: Column | None,
) -> Column:
    """A column of dates, with what keeps rows from being sorted by it."""
    order = dates.day_first(cells, ~absent, None if like is None else like.day_first)
    column = Column(
        name,
        "dates",
        "holds dates",
        n_missing=int(cells.counts[absent].sum()),
        names=_names(cells, absent),
        missing=absent[cells.codes],
        day_first=order.day_first,
    )
    if options.date_format is None and order.day_first is None:
        column.no_dates = _no_order(name, cells, order)
        return column
    first = order.day_first is not False
    if options.date_format is not None:
        column.why += f" written {options.date_format}"
    elif order.day is not None or order.month is not None:
        place = order.day if first else order.month
        assert place is not None
        column.why += f", the {'day' if first else 'month'} first as {cells.value(place)!r} shows"
    times = dates.read(cells.values, first, options.date_format)
    wrong = ~absent & (times == np.iinfo(np.int64).min)
    if wrong.any():
        row = cells.first(wrong)
        form = options.date_format or "such as 2003-10-29 06:00"
        column.no_dates = (
            f"column {name!r} must hold dates {form}, got "
            f"{cells.value(int(cells.codes[row]))!r} in ",
            row,
            "; mend it, or say --na or --date-format",
        )
    column.times = times[cells.codes]
    return column


def _no_order(name: str, cells: Cells, order: dates.Order) -> Problem:
    def row(place: int | None) -> int:
        return int(np.argmax(cells.codes == place))

    if order.day is not None and order.month is not None:
        return (
            f"column {name!r}: {cells.value(order.day)!r} in ",
            row(order.day),
            f" has the day first, {cells.value(order.month)!r} in ",
            row(order.month),
            " the month; write them alike, or say --date-format",
        )
    assert order.doubtful is not None
    return (
        f"column {name!r}: {cells.value(order.doubtful)!r} in ",
        row(order.doubtful),
        " may have the day or the month first, and no row says which; say --date-format %d/%m/%Y "
        "or --date-format %m/%d/%Y, as it is",
    )


def _categories(name: str, cells: Cells, absent: Mask, why: str) -> Column:
    """A column of names; true and false, in any case, are True and False, 1.0 is 1."""
    names = _names(cells, absent)
    whole = matches(cells.values, r"^[+-]?\d+(\.0+)?$")
    if (whole | absent).all():
        names = np.asarray([None if one is None else one.split(".")[0] for one in names], object)
    logical = cells.is_any_of({"true", "false"})
    if logical.any() and (logical | absent).all():
        names = np.asarray([None if one is None else one.capitalize() for one in names], object)
        why = why.replace("words", "true and false")
    n = int(np.count_nonzero(~absent & (cells.counts > 0)))
    doubtful = np.flatnonzero(~absent & cells.is_any_of(missing.doubtful_words()))
    return Column(
        name,
        "categories",
        f"{why}: {n:,} different",
        n_missing=int(cells.counts[absent].sum()),
        names=names,
        doubtful={cells.value(int(one)): int(cells.counts[one]) for one in doubtful},
    )


def _names(cells: Cells, absent: Mask) -> Any:
    values = np.asarray(cells.values.to_pylist(), dtype=object)
    values[absent] = None
    return values[cells.codes]


def _counts_rows(name: str, values: Any) -> str | None:
    """How a column counts the rows, if it does."""
    if len(values) < 3 or not np.isfinite(values).all():
        return None
    steps = np.diff(values)
    if (steps == 1.0).all() and values[0] in (0.0, 1.0):
        return f"counts the rows, from {plain(values[0])}"
    unnamed = name.startswith("Unnamed: ") or name in ("", "__index_level_0__")
    if unnamed and (values == np.rint(values)).all() and (steps > 0.0).all():
        return "has no name and numbers the rows"
    return None
