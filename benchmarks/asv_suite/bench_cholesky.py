"""Rank-one changes of a Cholesky factor, against D, memory order and overwriting."""

from __future__ import annotations

import numpy as np

from paris_core import linalg

from .problems import make_factor

DIMENSIONS = [1, 16, 64, 256, 1024]


class RankOne:
    """The Python functions, argument checks included."""

    params = (DIMENSIONS, ["C", "F"], [False, True])
    param_names = ("D", "order", "overwrite")

    def setup(self, dimension, order, overwrite):
        self.L, self.x = make_factor(dimension, order)

    def time_downdate(self, dimension, order, overwrite):
        linalg.cholesky_downdate(self.L, self.x, overwrite=overwrite)

    def time_update(self, dimension, order, overwrite):
        linalg.cholesky_update(self.L, self.x, overwrite=overwrite)


class FromScratch:
    """What a downdate saves: NumPy's factorization of the whole matrix."""

    params = (DIMENSIONS,)
    param_names = ("D",)

    def setup(self, dimension):
        L, _ = make_factor(dimension, "C")
        self.A = L @ L.T

    def time_numpy_cholesky(self, dimension):
        np.linalg.cholesky(self.A)
