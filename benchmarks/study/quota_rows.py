"""Random rows, more of those whose targets are forecast badly (MetriQ, for a regression)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from rows import Rows

from paris_core import quotas, selection


def quota_rows(
    y: np.ndarray,
    held_out: Rows,
    predict: Callable[[np.ndarray], np.ndarray],
    keep: float,
    seed: int,
) -> np.ndarray:
    """Positions in `y`; `predict` is a network trained on everything, the lower tail matters."""
    edges = np.quantile(y, [0.02, 0.05, 0.1, 0.2, 0.5])
    bins, watched = np.digitize(y, edges), np.digitize(held_out.y, edges)
    squares = (predict(held_out.X) - held_out.y) ** 2
    error = [float(squares[watched == b].mean()) for b in range(len(edges) + 1)]
    error = np.asarray(error) / max(error)
    keeps = quotas.metriq(error, np.bincount(bins, minlength=len(error)), keep)
    return selection.random_with_quotas(bins, keeps, random_state=seed)
