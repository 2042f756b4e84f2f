"""Peak memory of the process, above all that of the arrays handed over.

Phi takes 102 MB, a row of T 1.6 MB. `k = 0` with a C-ordered Phi shows what arrives with the arrays
themselves, a Fortran-ordered one what a copy adds, a larger cache what the rows of T add.
"""

from __future__ import annotations

import paris_core

from .problems import make_balanced_problem

N_ROWS, DIMENSION, LAM = 200_000, 64, 10.0


class Prune:
    params = ([0, 50], ["C", "F"], [0, 256 * 2**20])
    param_names = ("k", "order", "cache_bytes")

    def setup(self, k, order, cache_bytes):
        self.problem = make_balanced_problem(N_ROWS, DIMENSION, 500, LAM, order)

    def peakmem_prune(self, k, order, cache_bytes):
        paris_core.prune(*self.problem, k, lam=LAM, cache_bytes=cache_bytes)
