"""The text of a column."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._support.arrays import IntArray

__all__ = ["Cells", "matches"]

Mask = NDArray[np.bool_]


class Cells:
    """The text of a column, each value once.

    Attributes
    ----------
    values : pyarrow.StringArray
        What occurs, without spaces around it.
    codes : (n,) ndarray of int32
        Which of the values stands in each row.
    counts : (len(values),) ndarray of int64
        How often each occurs.
    """

    def __init__(self, column: Any) -> None:
        """Take a column of strings of pyarrow; null is an empty cell."""
        import pyarrow as pa
        import pyarrow.compute as pc

        if isinstance(column, pa.ChunkedArray):  # dictionaries of parts take long to unify
            column = pa.concat_arrays([pa.array([], column.type), *column.chunks])
        encoded = pc.dictionary_encode(pc.utf8_trim_whitespace(pc.fill_null(column, "")))
        self.codes, self.values = encoded.indices.to_numpy(), encoded.dictionary
        self.counts = np.bincount(self.codes, minlength=len(self.values))

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.codes)

    def first(self, mask: Mask) -> int:
        """The first row with one of these values."""
        return int(np.argmax(mask[self.codes]))

    def rows(self, mask: Mask) -> IntArray:
        """The rows with one of these values."""
        return np.flatnonzero(mask[self.codes]).astype(np.int64)

    def most(self, mask: Mask) -> int:
        """Which of these values occurs most often."""
        return int(np.argmax(np.where(mask, self.counts, -1)))

    def value(self, place: int) -> str:
        """One of the values."""
        return str(self.values[place].as_py())

    def where(self, mask: Mask) -> list[str]:
        """These values."""
        return [self.value(int(place)) for place in np.flatnonzero(mask)]

    def is_any_of(self, words: frozenset[str] | set[str]) -> Mask:
        """Which values are among these words, whatever the case of their letters."""
        import pyarrow as pa
        import pyarrow.compute as pc

        lower = pc.utf8_lower(self.values)
        found = pc.is_in(lower, value_set=pa.array(sorted(words), pa.string()))
        return np.asarray(found.to_numpy(zero_copy_only=False))


def matches(values: Any, pattern: str) -> Mask:
    """Which of these strings of pyarrow match a pattern."""
    import pyarrow.compute as pc

    found = pc.match_substring_regex(values, pattern)
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=np.bool_)
