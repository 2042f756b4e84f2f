"""Columns of Parquet files, which say themselves what they hold."""

from __future__ import annotations

import io
from typing import Any

import numpy as np

from .columns.cells import Cells
from .columns.column import Column
from .columns.understand import Context, in_text
from .errors import TableError

__all__ = ["load", "named_by_pandas", "typed"]

_SAID = "is one of the columns said to be categories"


def load(content: bytes) -> Any:
    """The table of pyarrow in a Parquet file.

    Raises
    ------
    TableError
        If it is none, or a damaged one.
    """
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(io.BytesIO(content))
        table.validate(full=True)
    except MemoryError:
        raise
    except Exception as error:  # of a damaged file pyarrow raises anything
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise TableError(f"it cannot be read as Parquet: {reason}") from error
    return table


def named_by_pandas(table: Any) -> set[str]:
    """Columns that pandas held as categories, of which Parquet keeps the values alone."""
    try:
        told = (table.schema.pandas_metadata or {}).get("columns", [])
        return {str(one["name"]) for one in told if one["pandas_type"] == "categorical"}
    except (AttributeError, KeyError, TypeError, ValueError):  # written by something else
        return set()


def typed(name: str, column: Any, context: Context, *, coded: bool = False) -> Column:
    """Understand a column by its type; `coded` if its values are known to be names."""
    import pyarrow as pa
    import pyarrow.types as types

    kind = column.type
    if isinstance(kind, pa.ExtensionType):
        column = pa.chunked_array([chunk.storage for chunk in column.chunks], kind.storage_type)
        kind = column.type
    if types.is_dictionary(kind):
        coded = True
        column, kind = column.cast(kind.value_type), kind.value_type
    if column.null_count == len(column):
        return Column(name, "empty", "has no value in any row", len(column))
    if types.is_string(kind) or types.is_large_string(kind) or _is_view(kind):
        return _text(name, column.cast(pa.string()), coded, context)
    if coded or types.is_boolean(kind) or name in context.options.categories:
        return _names(name, column, "is a dictionary" if coded else f"is {kind}")
    if types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind):
        return _numbers(name, column)
    if types.is_timestamp(kind) or types.is_date(kind):
        return _times(name, column)
    return Column(
        name,
        "other",
        f"holds {kind}",
        column.null_count,
        remarks=[(f"column {name!r} holds {kind} and is no input",)],
        problem=(f"column {name!r} holds {kind}, which nothing can be learned from",),
    )


def _is_view(kind: Any) -> bool:
    """Whether it is the newer type of strings, which older pyarrow lacks."""
    return str(kind) == "string_view"


def _text(name: str, column: Any, coded: bool, context: Context) -> Column:
    if coded:
        options = context.options
        named = {**vars(options), "categories": (*options.categories, name)}
        found = in_text(name, Cells(column), context._replace(options=type(options)(**named)))
        found.why = found.why.replace(_SAID, "is a dictionary")
        return found
    found = in_text(name, Cells(column), context)
    if found.kind == "numbers":
        found.remarks.append(
            (
                f"column {name!r} is text that holds numbers, and is taken for these "
                f"(--category {name} if they are names)",
            )
        )
    return found


def _numbers(name: str, column: Any) -> Column:
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type
    if pa.types.is_float16(kind):
        values = np.asarray(column.to_pandas(), dtype=np.float64)
    else:
        if pa.types.is_decimal(kind):  # the direct way does not round to the nearest
            column = pc.cast(column, pa.string())
        numbers = pc.cast(column, pa.float64(), safe=False)
        values = np.asarray(numbers.to_numpy(), dtype=np.float64)
    n_missing = int(np.isnan(values).sum())
    found = Column(name, "numbers", f"is {kind}", n_missing, numbers=values)
    if pa.types.is_integer(kind) and n_missing < len(values) and np.nanmax(abs(values)) >= 2.0**53:
        found.names = _strings(column)  # as float64 two of them might be one
    return found


def _names(name: str, column: Any, why: str) -> Column:
    import pyarrow as pa

    if pa.types.is_floating(column.type) or pa.types.is_decimal(column.type):
        found = _numbers(name, column)
        labels = found.labels(np.arange(len(column)))
        names = labels.astype(object)
        names[labels == ""] = None
    else:
        names = _strings(column)
    if pa.types.is_boolean(column.type):
        names = np.asarray([None if one is None else one.capitalize() for one in names], object)
    n = len({one for one in names if one is not None})
    return Column(name, "categories", f"{why}: {n:,} different", column.null_count, names=names)


def _strings(column: Any) -> Any:
    import pyarrow as pa

    try:
        return np.asarray(column.cast(pa.string()).to_pylist(), dtype=object)
    except pa.ArrowException:  # binary that is no text, intervals
        return np.asarray(
            [None if one is None else str(one) for one in column.to_pylist()], dtype=object
        )


def _times(name: str, column: Any) -> Column:
    import pyarrow as pa

    kind = column.type
    if pa.types.is_date(kind):
        column = column.cast(pa.timestamp("ms"))
    zone = getattr(kind, "tz", None)
    times = column.cast(pa.timestamp("us", zone), safe=False).cast(pa.int64())
    missing = np.asarray(times.is_null().to_numpy())
    return Column(
        name,
        "dates",
        f"is {kind}",
        column.null_count,
        times=np.asarray(times.fill_null(0).to_numpy(), dtype=np.int64),
        missing=missing,
    )
