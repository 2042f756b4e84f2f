"""Inputs and targets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Rows:
    X: np.ndarray
    y: np.ndarray

    def at(self, rows: np.ndarray) -> Rows:
        return Rows(self.X[rows], self.y[rows])

    def without(self, rows: np.ndarray) -> Rows:
        return Rows(np.delete(self.X, rows, axis=0), np.delete(self.y, rows))

    def and_(self, other: Rows) -> Rows:
        return Rows(np.vstack([self.X, other.X]), np.concatenate([self.y, other.y]))

    def __len__(self) -> int:
        return len(self.y)
