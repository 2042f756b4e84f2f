"""What the compiled core takes up, in bytes, besides the tables that it is given."""

from __future__ import annotations

from .._extension import core

_BLOCK = 1024  # rows that are added up together, at least


def of_sums(n_rows: int, dimension: int, n_threads: int) -> int:
    """To add up Phi'Phi: the sum, and for each thread a part of it and a block of rows."""
    block = max(_BLOCK, 4 * dimension)
    parts = min(n_threads, -(-n_rows // block))
    return 8 * (dimension**2 + parts * dimension * (dimension + min(block, n_rows)))


def of_ridge(n_rows: int, dimension: int, n_outputs: int, n_threads: int) -> int:
    """For a `RidgeFactor`: while it is set up, and while it rebuilds itself."""
    factors = 8 * dimension * (5 * dimension + 4 * n_outputs)
    return n_rows + max(of_sums(n_rows, dimension, n_threads), factors)


def of_pruner(
    n_rows: int,
    n_val: int,
    dimension: int,
    n_outputs: int,
    *,
    engine: core.EngineKind,
    refit: bool,
    cache_bytes: int,
    n_threads: int,
) -> int:
    """For a `Pruner`, with as much of the cache as it can fill."""
    lazy = engine != core.EngineKind.exhaustive
    per_row = 32
    if engine != core.EngineKind.worst_one:
        per_row += 18 * refit + (dimension + 16 * n_outputs + 64) * lazy
    factors = 8 * dimension * ((9 if lazy else 6) * dimension + 8 * n_outputs)
    if refit:  # the latest directions
        factors += 16 * dimension * min(max(dimension, 256), 4096)
    cache = min(cache_bytes, 8 * n_rows * (n_val + dimension + 16)) if lazy else 0
    rows = n_rows * per_row + n_val * (8 * n_outputs + 32) + cache
    return rows + max(of_sums(n_rows, dimension, n_threads), factors)
