"""How well deletion finds the rows that are bad."""

from __future__ import annotations

import math

import numpy as np

from .grid import Row


def found(bad: np.ndarray, removed: np.ndarray | None) -> Row:
    """How many removed rows are bad, how many of the first removed, how many bad ones are removed.

    The first: a tenth as many as there are bad rows.
    """
    row: Row = {"precision": "", "precision_first": "", "recall": ""}
    if removed is None or not bad.any():
        return row
    hits = bad[removed]
    row["recall"] = round(float(hits.sum() / bad.sum()), 4)
    if len(hits):
        row["precision"] = round(float(hits.mean()), 4)
        row["precision_first"] = round(float(hits[: math.ceil(bad.sum() / 10)].mean()), 4)
    return row
