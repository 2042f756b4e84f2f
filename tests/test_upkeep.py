"""When a `RidgeFactor` repairs itself, and that it is right whether or not it does."""

import numpy as np
import pytest

from paris_core import NotPositiveDefiniteError
from paris_core.linalg import RidgeFactor


def right_weights(Phi, y, lam):
    """Ridge by an orthogonal factorisation, which does not square the condition."""
    table = np.vstack([Phi, np.sqrt(lam) * np.eye(Phi.shape[1])])
    return np.linalg.lstsq(table, np.concatenate([y, np.zeros(Phi.shape[1])]), rcond=None)[0]


def test_nothing_is_repaired_while_nothing_is_wrong():
    """Five looks at the probe, whose image has to follow every row that leaves."""
    rng = np.random.default_rng(0)
    Phi, y = rng.standard_normal((4000, 4)), rng.standard_normal(4000)
    factor = RidgeFactor(Phi, y, 1.0)
    for row in range(1500):
        factor.remove(row)
    assert factor.n_refactorizations == 0
    np.testing.assert_allclose(factor.weights, right_weights(Phi[1500:], y[1500:], 1.0), rtol=1e-11)


def test_rebuilt_each_time_the_trace_has_fallen_to_a_quarter():
    rng = np.random.default_rng(1)
    Phi, y = rng.choice([-1.0, 1.0], (200, 3)), rng.standard_normal(200)
    factor = RidgeFactor(Phi, y, 1e-3)
    repairs, trace_at_first, expected = [], 3 * (200 + 1e-3), []
    for row in range(190):
        factor.remove(row)
        repairs.append(factor.n_refactorizations)
        trace = 3 * (200 - row - 1 + 1e-3)
        fallen = trace < 0.25 * trace_at_first
        trace_at_first = trace if fallen else trace_at_first
        expected.append(fallen + (expected[-1] if expected else 0))
    assert expected[-1] == 2
    assert repairs == expected


@pytest.mark.parametrize("dimension", [255, 256, 300])
def test_removals_that_wait_to_be_rotated_in(dimension):
    """Every state between two rotations of the inverse factor, and across them."""
    rng = np.random.default_rng(3)
    n = dimension + 150
    Phi, y = rng.standard_normal((n, dimension)), rng.standard_normal(n)
    factor = RidgeFactor(Phi, y, 1.0)
    b = rng.standard_normal(dimension)
    for row in range(70):
        factor.remove(row)
        rest = Phi[row + 1 :]
        np.testing.assert_allclose(
            factor.weights, right_weights(rest, y[row + 1 :], 1.0), rtol=1e-8, atol=1e-11
        )
        A = rest.T @ rest + np.eye(dimension)
        np.testing.assert_allclose(factor.solve(b), np.linalg.solve(A, b), rtol=1e-8, atol=1e-11)


def test_a_row_whose_removal_fails_stays():
    Phi = np.array([[1.0, 1.0]] * 4 + [[1.0, 1.5]])  # without the last one, 4 - 2 * 2 is a pivot
    factor = RidgeFactor(Phi, [1.0, 2.0, 3.0, 2.0, 4.0], 1e-100)
    before = factor.weights, factor.lower
    for _ in range(2):
        with pytest.raises(NotPositiveDefiniteError):
            factor.remove(4)
        assert factor.n_kept == 5
        for old, new in zip(before, (factor.weights, factor.lower), strict=True):
            np.testing.assert_array_equal(old, new)
    factor.remove(0)
    expected = right_weights(Phi[1:], np.array([2.0, 3.0, 2.0, 4.0]), 0.0)
    np.testing.assert_allclose(factor.weights, expected, rtol=1e-12)
