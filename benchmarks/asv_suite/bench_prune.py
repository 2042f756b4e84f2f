"""Pruning, against N, D, V, the engine, the input's layout and the threads."""

from __future__ import annotations

import numpy as np

import paris_core

from .problems import LAM, make_problem


class _Deletions:
    """100 deletions by a pruner that is ready: the first one computes T_v, the others find it."""

    number = 1  # a deleted row is gone: every sample starts from a new pruner
    n_deleted = 100

    def build(self, n_rows, dimension, n_val, engine="exhaustive", **options):
        problem = make_problem(n_rows, dimension, n_val)
        self.pruner = paris_core.Pruner(*problem, lam=LAM, engine=engine, **options)

    def delete(self):
        assert self.pruner.run(self.n_deleted) == self.n_deleted


class Rows(_Deletions):
    params = ([1_000, 10_000, 100_000], ["exhaustive", "lazy"], [1, 2])
    param_names = ("N", "engine", "n_threads")

    def setup(self, n_rows, engine, n_threads):
        self.build(n_rows, 64, 1_000, engine, n_threads=n_threads)

    def time_100_deletions(self, n_rows, engine, n_threads):
        self.delete()


class Features(_Deletions):
    params = ([1, 4, 16, 64, 256],)
    param_names = ("D",)

    def setup(self, dimension):
        self.build(10_000, dimension, 1_000, n_threads=1)

    def time_100_deletions(self, dimension):
        self.delete()


class ValidationRows(_Deletions):
    params = ([1, 100, 10_000, 100_000],)
    param_names = ("V",)

    def setup(self, n_val):
        self.build(10_000, 64, n_val, n_threads=1)

    def time_100_deletions(self, n_val):
        self.delete()


class Criteria(_Deletions):
    params = (["representer", "refit"], ["worst", "mean"], ["exhaustive", "lazy"])
    param_names = ("criterion", "objective", "engine")

    def setup(self, criterion, objective, engine):
        options = {"criterion": criterion, "objective": objective, "n_threads": 1}
        self.build(20_000, 64, 1_000, engine, **options)

    def time_100_deletions(self, criterion, objective, engine):
        self.delete()


class WholeCall:
    """`prune` from the user's arrays, half of a small table; `lam` is chosen too."""

    params = (["C", "F", "strided"], ["float64", "float32"])
    param_names = ("layout", "dtype")

    def setup(self, layout, dtype):
        problem = make_problem(2_000, 32, 500)
        Phi = problem.Phi.astype(dtype)
        if layout == "F":
            Phi = np.asfortranarray(Phi)
        elif layout == "strided":
            Phi = np.repeat(Phi, 2, axis=0)[::2]
        self.problem = problem._replace(Phi=Phi)

    def time_prune_half(self, layout, dtype):
        paris_core.prune(*self.problem, 0.5, n_threads=1)
