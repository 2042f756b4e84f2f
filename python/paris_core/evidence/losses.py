"""What the rows that judge say of two models."""

from __future__ import annotations

from typing import NamedTuple

from .._support.arrays import FloatArray, IntArray

__all__ = ["Losses"]


class Losses(NamedTuple):
    """Squared errors of the rows that judge, of standardised or one-hot targets.

    Attributes
    ----------
    before : (m,) ndarray of float64
        With all training rows.
    after : (m,) ndarray of float64
        Without the rows that were removed, each by a model that the row has not steered where
        validation rows monitor in turn; the same as `before` where nothing was removed.
    weight : (m,) ndarray of float64
        Weights of the rows.
    units : (m,) ndarray of int64 or None
        Units of rows that err together: blocks of time, groups. None: every row is one.
    """

    before: FloatArray
    after: FloatArray
    weight: FloatArray
    units: IntArray | None
