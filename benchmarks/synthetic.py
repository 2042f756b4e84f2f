"""Generated data: random ReLU features of eight inputs, noise with a heavy tail."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import IO, NamedTuple

import numpy as np

BLOCK = 1 << 14  # rows generated at a time: temporaries stay small beside Phi


class Problem(NamedTuple):
    """The four arrays of `paris_core.prune`, in its order."""

    Phi: np.ndarray  # (N, D)
    y: np.ndarray  # (N,)
    Phi_val: np.ndarray  # (V, D)
    y_val: np.ndarray  # (V,)

    @property
    def size(self) -> dict[str, int]:
        return {"N": len(self.Phi), "D": self.Phi.shape[1], "V": len(self.Phi_val)}


def blocks(
    n_rows: int, dimension: int, stream: int
) -> Iterator[tuple[slice, Callable[[np.ndarray], None], np.ndarray]]:
    """(rows, what fills their features into an array, targets), block by block.

    The first rows do not depend on how many follow.
    """
    layer = np.random.default_rng(0)
    W, b = layer.normal(size=(8, dimension)), layer.normal(size=dimension)
    rng = np.random.default_rng([1, stream])
    for start in range(0, n_rows, BLOCK):
        # Always whole blocks of random numbers.
        X, noise = rng.normal(size=(BLOCK, 8)), rng.standard_t(3, size=BLOCK)
        rows = slice(start, min(start + BLOCK, n_rows))
        used = rows.stop - rows.start
        y = np.sin(X[:, 0]) * X[:, 1] + X[:, 2] ** 2 + 0.3 * noise

        def fill(out: np.ndarray, X: np.ndarray = X[:used]) -> None:
            np.matmul(X, W, out=out)
            out += b
            np.maximum(out, 0.0, out=out)

        yield rows, fill, y[:used]


def make_rows(n_rows: int, dimension: int, stream: int) -> tuple[np.ndarray, np.ndarray]:
    Phi, y = np.empty((n_rows, dimension)), np.empty(n_rows)
    for rows, fill, targets in blocks(n_rows, dimension, stream):
        fill(Phi[rows])
        y[rows] = targets
    return Phi, y


def make_problem(n_rows: int, dimension: int, n_val: int) -> Problem:
    return Problem(*make_rows(n_rows, dimension, 0), *make_rows(n_val, dimension, 1))


def write_rows(file: IO[bytes], n_rows: int, dimension: int) -> np.ndarray:
    """Features to the file, flushed out of the page cache; targets returned."""
    y, buffer = np.empty(n_rows), np.empty((BLOCK, dimension))
    for rows, fill, targets in blocks(n_rows, dimension, 0):
        part = buffer[: len(targets)]
        fill(part)
        file.write(part.data)
        y[rows] = targets
    file.flush()
    os.fsync(file.fileno())
    os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    return y
