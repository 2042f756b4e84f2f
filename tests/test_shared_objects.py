"""Threads: objects of their own in each, and one object in several.

`tests/sanitizers.py` runs these tests under ThreadSanitizer as well.
"""

import numpy as np
import pytest

import paris_core
from problems import PAIRS, make_problem
from replay import assert_same
from together import at_once


@pytest.mark.parametrize("n_features", [7, 260])
def test_runs_side_by_side_equal_runs_one_by_one(n_features):
    problem = make_problem(n_features + 300, 40, n_features)
    settings = [
        {"criterion": criterion, "objective": objective, "engine": engine, "lam": 0.5}
        for criterion, objective in PAIRS
        for engine in ("lazy", "exhaustive")
    ]

    def run(setting, n_threads):
        return paris_core.prune(*problem.arrays, 60, n_threads=n_threads, **setting)

    together = at_once(*[lambda s=setting: run(s, 2) for setting in settings])
    for setting, result in zip(settings, together, strict=True):
        assert_same(result, run(setting, 1))


@pytest.mark.parametrize("n_features", [7, 260])
def test_a_factor_loses_each_row_once(n_features):
    problem = make_problem(n_features + 200, 1, n_features)
    rows = np.arange(40)
    factor = paris_core.linalg.RidgeFactor(problem.Phi, problem.y, 0.5)
    b = np.ones(n_features)

    def remove(part):
        for row in part:
            factor.remove(row)

    def look():
        for _ in range(30):
            lower = factor.lower
            assert np.isfinite(lower).all()
            assert np.isfinite(factor.solve(b)).all()
            assert np.isfinite(factor.weights).all()
            assert factor.n_kept <= problem.n_rows

    outcomes = at_once(*[lambda i=i: remove(rows[i::3]) for i in range(3)], look, look)
    assert outcomes == [None] * 5
    assert factor.n_kept == problem.n_rows - len(rows)
    fresh = paris_core.linalg.RidgeFactor(problem.Phi[40:], problem.y[40:], 0.5)
    np.testing.assert_allclose(factor.lower, fresh.lower, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(factor.weights, fresh.weights, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("engine", ["lazy", "exhaustive"])
def test_a_pruner_in_two_threads_refuses_or_waits_its_turn(engine):
    problem = make_problem(3000, 30, 16)
    setting = {"lam": 0.5, "engine": engine}
    pruner = paris_core.Pruner(*problem.arrays, **setting)

    def run():
        return sum(attempt(lambda: pruner.run(7)) for _ in range(40))

    def attempt(call):
        try:
            return call()
        except RuntimeError as error:
            assert "another thread" in str(error)  # noqa: PT017
            return 0

    def look():
        for _ in range(40):
            result = attempt(pruner.result)
            if result:
                assert len(result.removed) == len(np.unique(result.removed))

    *counts, looked = at_once(run, run, run, look)
    assert looked is None
    assert pruner.n_removed == sum(counts) >= 7
    assert_same(pruner.result(), paris_core.prune(*problem.arrays, sum(counts), **setting))
