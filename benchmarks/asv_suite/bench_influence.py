"""Rows of T = Phi_val Phi': from the cache, computed again, and all at once."""

from __future__ import annotations

import numpy as np

import paris_core

from .problems import LAM, make_balanced_problem, make_problem


class Cache:
    """50 deletions while the worst validation row moves about.

    `cache_rows` is how many rows of T fit: with 1 every move computes a row, with 64 only the first
    visit does. `track_moves` says how many moves there are.
    """

    params = ([5_000, 50_000], [1, 64])
    param_names = ("N", "cache_rows")
    number = 1
    n_deleted = 50

    def setup(self, n_rows, cache_rows):
        problem = make_balanced_problem(n_rows, 64, 500, lam=10.0)
        self.pruner = paris_core.Pruner(
            *problem, lam=10.0, n_threads=1, cache_bytes=8 * n_rows * cache_rows
        )

    def time_50_deletions(self, n_rows, cache_rows):
        self.pruner.run(self.n_deleted)

    def track_moves(self, n_rows, cache_rows):
        self.pruner.run(self.n_deleted)
        return int(np.count_nonzero(np.diff(self.pruner.result().val_index)))

    track_moves.unit = "moves of the worst row"


class AllAtOnce:
    params = ([2_000, 20_000], [10, 500], ["C", "F"])
    param_names = ("N", "V", "order")

    def setup(self, n_rows, n_val, order):
        problem = make_problem(n_rows, 64, n_val)
        self.problem = problem._replace(
            Phi=np.asarray(problem.Phi, order=order),
            Phi_val=np.asarray(problem.Phi_val, order=order),
        )

    def time_influence_matrix(self, n_rows, n_val, order):
        paris_core.influence_matrix(*self.problem[:3], lam=LAM)

    def time_deletion_residuals(self, n_rows, n_val, order):
        paris_core.deletion_residuals(*self.problem, lam=LAM)
