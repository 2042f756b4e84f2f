"""The automatic choice of the ridge parameter; "gcv" and "evidence" cost the same."""

from __future__ import annotations

import numpy as np

from paris_core.regularization import select_lambda

from .problems import make_problem


class SelectLambda:
    params = ([2_000, 50_000], [16, 64, 256], ["C", "F"])
    param_names = ("N", "D", "order")

    def setup(self, n_rows, dimension, order):
        problem = make_problem(n_rows, dimension, 1)
        self.Phi, self.y = np.asarray(problem.Phi, order=order), problem.y

    def time_select_lambda(self, n_rows, dimension, order):
        select_lambda(self.Phi, self.y)
