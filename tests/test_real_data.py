"""Real tables: abalone, cpuSm and Dst (skipped unless PARIS_CORE_DATA is set)."""

import numpy as np
import pytest

import paris_core
from reference import representer_prune
from replay import assert_greedy, refitted_weights_backwards

tables = pytest.mark.parametrize("table", ["abalone", "cpu_small", "dst"])


@pytest.fixture
def problem(request, table):
    return request.getfixturevalue(table)


@tables
@pytest.mark.parametrize("lam", [1e-3, 1.0, 100.0], ids="lam={:g}".format)
def test_every_deletion_is_the_best_one(problem, table, lam):
    k = problem.n_rows // 2
    result = paris_core.prune(*problem.arrays, k, lam=lam)
    assert result.stop_reason == "completed"
    assert_greedy(result, problem, lam, rtol=1e-6, refit=refitted_weights_backwards)


@tables
def test_the_plain_restatement_agrees(problem, table):
    result = paris_core.prune(*problem.arrays, 15, lam=1.0)
    expected = representer_prune(*problem.arrays, 15, 1.0)
    np.testing.assert_array_equal(result.removed, expected.removed)
    np.testing.assert_array_equal(result.val_index, expected.val_index)
    np.testing.assert_allclose(result.delta_loss, expected.delta_loss, rtol=1e-6)
    np.testing.assert_allclose(result.loss, expected.loss, rtol=1e-6)
    np.testing.assert_allclose(
        result.weights, expected.weights, rtol=0, atol=1e-6 * np.abs(expected.weights).max()
    )


@tables
def test_penalty_chosen_automatically(problem, table):
    result = paris_core.prune(*problem.arrays, 0.1)
    assert np.isfinite(result.lam)
    assert result.lam >= 1e-5
    assert len(result.removed) == problem.n_rows // 10
    assert_greedy(result, problem, result.lam, rtol=1e-6, refit=refitted_weights_backwards)


@tables
def test_extremes_can_be_protected_and_weighted(problem, table):
    # The tail is low for Dst and cpuSm, high for abalone: protect both ends.
    low, high = np.quantile(problem.y, [0.02, 0.98])
    protect = (problem.y <= low) | (problem.y >= high)
    val_weight = 1 + np.abs(problem.y_val - np.median(problem.y_val))
    k = problem.n_rows // 3
    result = paris_core.prune(
        *problem.arrays, k, lam=1.0, protect=protect, val_weight=val_weight, n_threads=2
    )
    assert result.mask[protect].all()
    assert_greedy(
        result,
        problem,
        1.0,
        protect=protect,
        val_weight=val_weight,
        rtol=1e-6,
        refit=refitted_weights_backwards,
    )


@tables
def test_nearly_everything_deleted(problem, table):
    k = problem.n_rows - 5
    result = paris_core.prune(*problem.arrays, k, lam=1.0)
    assert len(result.kept) == 5
    assert_greedy(result, problem, 1.0, rtol=1e-6, refit=refitted_weights_backwards)
