"""The parts that rows of a table are dealt out to."""

from __future__ import annotations

from typing import NamedTuple

from ..._support.arrays import IntArray

__all__ = ["Parts"]


class Parts(NamedTuple):
    """Positions of the rows of each part, ascending; no row is in two of them."""

    training: IntArray
    validation: IntArray
    monitor: IntArray
