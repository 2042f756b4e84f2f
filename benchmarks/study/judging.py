"""Errors over regions of Dst, and intervals of their changes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from grid import Row
from rows import Rows

BOUNDS = {"-50": -50.0, "-100": -100.0, "-200": -200.0}  # Dst <= nT
SHARES = {"1%": 0.01, "5%": 0.05, "10%": 0.10, "20%": 0.20}  # most extreme hours
RESAMPLES = 1_000


@dataclass(frozen=True)
class Judge:
    """Test hours, the block of each, and the forecasts of a network trained on everything."""

    test: Rows
    block: np.ndarray
    usual: np.ndarray

    def errors(self, predicted: np.ndarray) -> Row:
        y = self.test.y
        bounds = {"": np.inf} | {f" {name}": bound for name, bound in BOUNDS.items()}
        bounds |= {f" {name}": np.quantile(y, share) for name, share in SHARES.items()}
        squares, usual = (predicted - y) ** 2, (self.usual - y) ** 2
        row: Row = {}
        for name, bound in bounds.items():
            at = y <= bound
            low, high = change_interval(squares[at], usual[at], self.block[at])
            row |= {f"n{name}": int(at.sum()), f"sse{name}": float(f"{squares[at].sum():.6g}")}
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
