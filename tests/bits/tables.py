"""Tables made by exact arithmetic: the same bits with every machine and version of NumPy.

Numbers come from SHAKE-128, and from them by single additions, multiplications and comparisons:
no library of mathematics, no products of matrices, no sums whose order is left open.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, replace

import numpy as np


def uniform(seed, *shape):
    """Numbers in [-1, 1) with all the bits of a double: sums of few of them are inexact already."""
    n = math.prod(shape)
    words = np.frombuffer(hashlib.shake_128(seed.encode()).digest(8 * n), dtype="<u8")
    whole = (words >> np.uint64(11)).astype(np.int64) - 2**52
    return (whole * 2.0**-52).reshape(shape)


def whole(seed, low, high, *shape):
    """Whole numbers from `low` to `high`, both included."""
    n = math.prod(shape)
    words = np.frombuffer(hashlib.shake_128(seed.encode()).digest(4 * n), dtype="<u4")
    return (words % (high - low + 1)).astype(np.int64).reshape(shape) + low


@dataclass(frozen=True)
class Tables:
    """Training rows Phi (N, D), y (N,) or (N, C), and validation rows likewise."""

    Phi: np.ndarray
    y: np.ndarray
    Phi_val: np.ndarray
    y_val: np.ndarray

    @property
    def arrays(self):
        return self.Phi, self.y, self.Phi_val, self.y_val

    def rows(self, places):
        """With these training rows only."""
        return replace(self, Phi=self.Phi[places], y=self.y[places])


def make(seed, n_rows, n_val, n_features, n_outputs=None):
    """Half of the features like those of a ReLU, a constant, and targets with a heavy tail."""
    total = n_rows + n_val
    Phi = uniform(f"{seed} Phi", total, n_features)
    if n_features > 1:
        Phi[:, 1::2] = np.maximum(Phi[:, 1::2] + Phi[:, : Phi.shape[1] // 2 * 2 : 2], 0.0)
        Phi[:, -1] = 1.0
    noise = uniform(f"{seed} y", total, 1 if n_outputs is None else n_outputs)
    y = np.empty_like(noise)
    for c in range(noise.shape[1]):
        signal = 2.0 * Phi[:, c % n_features] - Phi[:, (c + n_features // 2) % n_features]
        y[:, c] = signal + 0.5 * noise[:, c]
    y = np.where(noise > 0.875, 4.0 * y, y)
    if n_outputs is None:
        y = y[:, 0]
    return Tables(*(a.copy() for a in (Phi[:n_rows], y[:n_rows], Phi[n_rows:], y[n_rows:])))


def integers(seed, n_rows, n_val, n_features, n_outputs=None):
    """Small whole numbers, so that exact ties abound."""
    targets = () if n_outputs is None else (n_outputs,)
    parts = [
        whole(f"{seed} {part}", -2, 2, n, *shape).astype(np.float64)
        for part, n in (("rows", n_rows), ("val", n_val))
        for shape in ((n_features,), targets)
    ]
    return Tables(*parts)


def placed(array, offset):
    """A copy that begins so many bytes, a multiple of 8, after a multiple of 64."""
    room = np.empty(array.size + 16)
    start = (offset - room.ctypes.data) % 64 // 8
    copy = room[start : start + array.size].reshape(array.shape)
    copy[...] = array
    assert copy.ctypes.data % 64 == offset
    return copy
