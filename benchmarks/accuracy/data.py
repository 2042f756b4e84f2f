"""Tables to try things on."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True)
class Table:
    """Features Phi (N, D) and targets y (N,)."""

    Phi: np.ndarray
    y: np.ndarray

    def __len__(self) -> int:
        return len(self.y)

    def rows(self, index: np.ndarray | slice) -> Table:
        return Table(self.Phi[index], self.y[index])

    def changed(self, Phi: np.ndarray | None = None, y: np.ndarray | None = None) -> Table:
        parts = {"Phi": Phi, "y": y}
        return replace(self, **{name: part for name, part in parts.items() if part is not None})


def conditioned(n_rows: int, dimension: int, condition: float, seed: int) -> Table:
    """Features with singular values from √N down to √N / condition; targets with noise."""
    rng = np.random.default_rng(seed)
    U, _ = np.linalg.qr(rng.standard_normal((n_rows, dimension)))
    V, _ = np.linalg.qr(rng.standard_normal((dimension, dimension)))
    spread = np.geomspace(1.0, 1.0 / condition, dimension) * np.sqrt(n_rows)
    Phi = np.ascontiguousarray((U * spread) @ V.T)
    return Table(Phi, with_noise(Phi, rng))


def gaussian(n_rows: int, dimension: int, seed: int) -> Table:
    """Independent features."""
    rng = np.random.default_rng(seed)
    Phi = rng.standard_normal((n_rows, dimension))
    return Table(Phi, with_noise(Phi, rng))


def exactly_summed(n_rows: int, dimension: int, seed: int) -> Table:
    """Multiples of 2⁻¹² below 8, so that sums of up to 2²² of their products do not round."""
    table = gaussian(n_rows, dimension, seed)

    def on_grid(values: np.ndarray) -> np.ndarray:
        return np.rint(np.clip(values, -7.0, 7.0) * 2.0**12) / 2.0**12

    return Table(on_grid(table.Phi), on_grid(table.y))


def with_noise(Phi: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return Phi @ rng.standard_normal(Phi.shape[1]) + rng.standard_normal(len(Phi))
