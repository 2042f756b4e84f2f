"""Errors as results hold them."""

from __future__ import annotations

import numpy as np

from .grid import Row


def short(value: float) -> float:
    return float(f"{value:.6g}")


def root_mean(squares: np.ndarray) -> float:
    return short(np.sqrt(squares.mean()))


def total(squares: np.ndarray, name: str = "") -> Row:
    """What can be pooled."""
    return {f"n{name}": len(squares), f"sse{name}": short(squares.sum())}
