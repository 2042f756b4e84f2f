"""Validation rows that are training rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..arguments import UsageError
from .choosing import Data

if TYPE_CHECKING:
    from ...tables import Table

__all__ = ["check_apart"]

_SHARE = 0.1  # of the validation rows
_CHANCE = 2.0  # times as often as rows of TRAIN are equal to each other


def check_apart(
    source: Table, data: Data, trusted: Table, held_out: Data, say: Callable[[str], None]
) -> None:
    """Refuse validation rows that are rows of TRAIN, inputs and target; `say` so if they are few.

    Rows of a few categories are equal by chance: as often as those of TRAIN are among themselves.
    """
    keys, others = _keys(data), _keys(held_out)
    copied = np.isin(others, keys)
    if not copied.any():
        return
    found, counts = np.unique(keys, return_counts=True)
    by_chance = float(np.mean(counts[np.searchsorted(found, keys)] > 1))
    share = float(copied.mean())
    first = int(np.argmax(copied))
    there = int(data.rows[int(np.argmax(keys == others[first]))])
    row = int(held_out.rows[first])
    line = (
        f"{trusted.what}: {int(copied.sum()):,} of {len(others):,} rows are in {source.what} as "
        f"well, inputs and target; the first of them is {trusted.where(row)}, "
        f"there {source.where(there)}. What was trained on cannot judge: take them out of one of "
        "the files"
    )
    if share >= _SHARE and share > _CHANCE * by_chance:
        raise UsageError(line)
    say(line)


def _keys(data: Data) -> NDArray[Any]:
    """A number for each row, the same for equal rows."""
    import pandas as pd

    frame = data.X.reset_index(drop=True)
    return np.asarray(pd.util.hash_pandas_object(frame.assign(**{"": data.y}), index=False))
