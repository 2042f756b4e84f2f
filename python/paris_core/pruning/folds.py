"""Validation rows in folds, each of which watches a run that the others steer."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._support import arrays, checks
from .._support.arrays import BoolArray, FloatArray, IntArray
from . import means

__all__ = ["Folds"]


class Folds:
    """Folds of the validation rows.

    Parameters
    ----------
    folds, random_state : object
        As for `paris_core.choose_k`.
    weight : (V,) ndarray
        Weights of the validation rows.

    Attributes
    ----------
    masks : list of (V,) ndarray of bool
        The rows of each fold.
    totals : (n_folds,) ndarray of float64
        What they weigh together.
    """

    masks: list[BoolArray]
    totals: FloatArray

    def __init__(self, folds: Any, weight: FloatArray, random_state: Any) -> None:
        fold_of = _fold_of(folds, weight, random_state)
        self.masks = [fold_of == fold for fold in np.unique(fold_of)]
        self.totals = np.array([means.total(weight[mask]) for mask in self.masks])


def _fold_of(folds: Any, weight: FloatArray, random_state: Any) -> IntArray:
    """The fold (V,) of every validation row."""
    counts = weight > 0
    if not checks.is_number(folds):
        fold_of = arrays.labels("folds", folds)
        if fold_of.dtype.kind != "i":
            raise TypeError("folds must be an integer or integers, got strings")
        if fold_of.shape != weight.shape:
            raise ValueError(
                f"folds must have shape {weight.shape}, one entry per row of Phi_val, "
                f"got shape {fold_of.shape}"
            )
        names = np.unique(fold_of)
        if len(names) < 2:
            raise ValueError("folds must name at least two folds, got one")
        for name in names:
            if not counts[fold_of == name].any():
                raise ValueError(f"folds must hold rows with a weight > 0, fold {name} has none")
        return fold_of
    n_folds = checks.integer("folds", folds, 2, int(counts.sum()))
    order = checks.generator("random_state", random_state).permutation(len(weight))
    order = order[np.argsort(~counts[order], kind="stable")]  # rows that count are dealt out first
    fold_of = np.empty(len(weight), dtype=np.int64)
    fold_of[order] = np.arange(len(weight)) % n_folds
    return fold_of
