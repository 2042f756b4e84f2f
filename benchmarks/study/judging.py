"""Errors as results hold them, over regions of Dst, and intervals of their changes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .grid import Row
from .rows import Rows

RESAMPLES = 1_000


def short(value: float) -> float:
    return float(f"{value:.6g}")


def root_mean(squares: np.ndarray) -> float:
    return short(np.sqrt(squares.mean()))


def total(squares: np.ndarray, name: str = "") -> Row:
    """What can be pooled."""
    return {f"n{name}": len(squares), f"sse{name}": short(squares.sum())}


@dataclass(frozen=True)
class Judge:
    """Test hours, their blocks, and the forecasts with which others are compared."""

    test: Rows
    block: np.ndarray
    usual: np.ndarray
    bounds: dict[str, float]  # of the regions, nT

    def errors(self, predicted: np.ndarray) -> Row:
        y = self.test.y
        squares, usual = (predicted - y) ** 2, (self.usual - y) ** 2
        row: Row = {}
        for region, bound in {"": np.inf, **self.bounds}.items():
            name, at = region and f" {region}", y <= bound
            low, high = change_interval(squares[at], usual[at], self.block[at])
            row |= total(squares[at], name)
            row |= {f"low{name}": round(low, 4), f"high{name}": round(high, 4)}
        return row


def change_interval(
    squares: np.ndarray, usual: np.ndarray, block: np.ndarray
) -> tuple[float, float]:
    """95 % bootstrap interval of the relative change of the RMSE, from resampled blocks."""
    names, member = np.unique(block, return_inverse=True)
    sums = np.array([np.bincount(member, table) for table in (squares, usual)])
    drawn = np.random.default_rng(0).integers(len(names), size=(RESAMPLES, len(names)))
    ours, base = sums[:, drawn].sum(axis=2)
    low, high = np.quantile(np.sqrt(ours / base) - 1.0, [0.025, 0.975])
    return float(low), float(high)
