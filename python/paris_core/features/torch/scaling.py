"""Inputs of a module, scaled batch by batch."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from ..._support.arrays import FloatArray
from ..._support.messages import number, warn
from ...errors import ScaleWarning
from . import batches

_LOOKED_AT = 2_000  # rows
_LARGE = 10.0  # root mean square of a column: far from what layers are initialised for


class Scaled:
    """Rows of an array less `mean`, over `scale`, when they are read."""

    def __init__(self, rows: Any, mean: FloatArray, scale: FloatArray) -> None:
        self._rows, self._mean, self._scale = rows, mean, scale
        self.shape, self.dtype = rows.shape, np.dtype(np.float64)

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, rows: Any) -> NDArray[Any]:
        return np.asarray((self._rows[rows] - self._mean) / self._scale)


def moments(rows: Any, weight: FloatArray | None, size: int) -> tuple[FloatArray, FloatArray]:
    """Mean and standard deviation of every entry of a row; 1 for one that is constant.

    Batches of `size` rows are put together as by Chan, Golub and LeVeque (1983).
    """
    total, mean, squares = 0.0, np.zeros(rows.shape[1:]), np.zeros(rows.shape[1:])
    for batch in batches.slices(len(rows), size):
        block = batches.read("X", rows, batch)
        weights = np.ones(len(block)) if weight is None else weight[batch]
        if not weights.any():
            continue
        added = float(weights.sum())
        middle = np.average(block, axis=0, weights=weights)
        off = middle - mean
        squares += np.tensordot(weights, (block - middle) ** 2, axes=1)
        squares += off**2 * (total * added / (total + added))
        total += added
        mean = mean + off * (added / total)
    deviation = np.sqrt(squares / total)
    # Of equal entries the deviation may be a rounding error.
    return mean, np.where(deviation > 1e-14 * np.abs(mean), deviation, 1.0)


def warn_if_raw(module: nn.Module, rows: Any) -> None:
    """Warn of columns far from what a module without layers for it can be trained on."""
    scales_itself = (nn.BatchNorm1d, nn.InstanceNorm1d, nn.LayerNorm, nn.Embedding)
    if len(rows.shape) != 2 or any(isinstance(part, scales_itself) for part in module.modules()):
        return
    some = batches.read("X", rows, slice(0, _LOOKED_AT))
    size = np.sqrt((some**2).mean(axis=0))
    if size.max() > _LARGE:
        place = int(np.argmax(size))
        warn(
            f"X seems not to be scaled: column {place} is of size {number(float(size[place]), 3)} "
            "(root mean square), and networks learn little from such inputs. Give the module as "
            "TorchExtractor(module, standardize=True), or scale X before",
            ScaleWarning,
        )
