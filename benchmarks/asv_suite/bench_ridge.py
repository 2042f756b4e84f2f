"""The ridge factor: set-up, removals, solves."""

from __future__ import annotations

import numpy as np

from paris_core.linalg import RidgeFactor

from .problems import LAM, make_problem

N_ROWS = 5_000
N_REMOVED = 200  # one sample; few enough that no repair falls due


class Factorize:
    params = ([2_000, 50_000], [16, 64, 256], ["C", "F"])
    param_names = ("N", "D", "order")

    def setup(self, n_rows, dimension, order):
        problem = make_problem(n_rows, dimension, 1)
        self.Phi, self.y = np.asarray(problem.Phi, order=order), problem.y

    def time_ridge_factor(self, n_rows, dimension, order):
        RidgeFactor(self.Phi, self.y, LAM)


class Remove:
    params = ([4, 16, 64, 256, 512],)
    param_names = ("D",)
    number = 1  # a removed row is gone: every sample starts from a new factor

    def setup(self, dimension):
        problem = make_problem(N_ROWS, dimension, 1)
        self.ridge = RidgeFactor(problem.Phi, problem.y, LAM)

    def time_remove_200_rows(self, dimension):
        for row in range(N_REMOVED):
            self.ridge.remove(row)


class Solve:
    params = ([4, 16, 64, 256, 512],)
    param_names = ("D",)

    def setup(self, dimension):
        problem = make_problem(N_ROWS, dimension, 1)
        self.ridge = RidgeFactor(problem.Phi, problem.y, LAM)
        self.b = problem.Phi[0].copy()

    def time_solve(self, dimension):
        self.ridge.solve(self.b)
