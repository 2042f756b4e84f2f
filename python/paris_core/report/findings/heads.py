"""What a pruned model is compared with: heads on the same features, fitted to other rows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..._support.arrays import BoolArray, FloatArray
from ...linalg.ridge_factor import RidgeFactor

__all__ = ["ALL", "DRAWS", "KEPT", "RANDOM", "Head", "heads"]

DRAWS = 20
ALL, KEPT = "all training rows", "rows kept"
RANDOM = f"as many rows at random, {DRAWS} draws"


class Head(NamedTuple):
    """A ridge head, or several of as many rows at random.

    Attributes
    ----------
    label : str
        Which rows it was fitted to.
    n_rows : int
        How many they are.
    weights : list of ndarray of float64
        One array, or one for each draw.
    """

    label: str
    n_rows: int
    weights: list[FloatArray]


def heads(
    training: tuple[FloatArray, FloatArray],
    kept: BoolArray,
    validation: tuple[FloatArray, FloatArray],
    lam: float,
    rng: np.random.Generator,
) -> list[Head]:
    """Heads that differ only in their rows, all with the same λ.

    `training` and `validation` are features (n, D) and targets (n,) or (n, C), `kept` (n,) marks
    the training rows that were not removed. A gain over all training rows alone proves little: the
    validation rows have told deletion what they know, so models that were simply given them are
    among these. About 25 fits: 25 N D² time.
    """
    Phi, z = training
    rows, n_kept = np.flatnonzero(kept), int(kept.sum())

    def head(label: str, *parts: tuple[FloatArray, FloatArray]) -> Head:
        features, targets = (np.concatenate(one) for one in zip(*parts, strict=True))
        return Head(label, len(features), [RidgeFactor(features, targets, lam).weights])

    left = Phi[rows], z[rows]
    drawn = (rng.choice(len(Phi), n_kept, replace=False) for _ in range(DRAWS))
    at_random = [RidgeFactor(Phi[one], z[one], lam).weights for one in drawn]
    return [
        head(ALL, training),
        head(KEPT, left),
        Head(RANDOM, n_kept, at_random),
        head("validation rows only", validation),
        head("training + validation rows", training, validation),
        head("rows kept + validation rows", left, validation),
    ]
