"""Units do not matter: powers of two, which double precision multiplies by without rounding."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paris_core.linalg import RidgeFactor
from problems import Problem, engines, make_problem, options, penalties, problems
from replay import pruned_up_to

exponents = st.integers(-110, 110)  # 1e-33 to 1e33


def same_run(result, other, *, loss=1.0, weights=1.0):
    """Equal to the last bit, but for these factors."""
    np.testing.assert_array_equal(other.removed, result.removed)
    np.testing.assert_array_equal(other.val_index, result.val_index)
    np.testing.assert_array_equal(other.loss, loss * result.loss)
    np.testing.assert_array_equal(other.delta_loss, loss * result.delta_loss)
    np.testing.assert_array_equal(other.weights, weights * result.weights)
    assert other.n_refactorizations == result.n_refactorizations


@engines
@given(st.data(), problems(outputs=(None, 3)), penalties(), exponents)
def test_unit_of_the_targets(engine, data, problem, lam, exponent):
    chosen = data.draw(options(problem), label="options")
    k = data.draw(st.integers(0, problem.n_rows - 1), label="k")
    scale = 2.0**exponent
    result = pruned_up_to(problem, k, lam=lam, engine=engine, **chosen)
    scaled = problem.with_targets(lambda y: scale * y)
    other = pruned_up_to(scaled, k, lam=lam, engine=engine, **chosen)
    same_run(result, other, loss=scale**2, weights=scale)


@engines
@given(st.data(), problems(outputs=(None, 3)), penalties(), exponents)
def test_unit_of_the_features(engine, data, problem, lam, exponent):
    chosen = data.draw(options(problem), label="options")
    k = data.draw(st.integers(0, problem.n_rows - 1), label="k")
    scale = 2.0**exponent
    Phi, y, Phi_val, y_val = problem.arrays
    result = pruned_up_to(problem, k, lam=lam, engine=engine, **chosen)
    scaled = Problem(scale * Phi, y, scale * Phi_val, y_val)
    other = pruned_up_to(scaled, k, lam=scale**2 * lam, engine=engine, **chosen)
    same_run(result, other, weights=1.0 / scale)


@engines
@given(st.data(), problems(outputs=(None, 3)), penalties(), exponents)
def test_unit_of_the_validation_weights(engine, data, problem, lam, exponent):
    chosen = data.draw(options(problem), label="options")
    k = data.draw(st.integers(0, problem.n_rows - 1), label="k")
    weight = chosen.pop("val_weight")
    weight = np.ones(len(problem.y_val)) if weight is None else weight
    scale = 4.0 ** (exponent // 2)  # so that the square root of a weight scales without rounding
    run = [
        pruned_up_to(problem, k, lam=lam, engine=engine, val_weight=w, **chosen)
        for w in (weight, scale * weight)
    ]
    same_run(*run)


@pytest.mark.parametrize("dimension", [8, 300])
def test_unit_of_a_ridge_that_is_rebuilt(dimension):
    problem = make_problem(400, 1, dimension)
    problem.Phi[:20] *= 1e5
    scale = 2.0**100
    factors = [
        RidgeFactor(problem.Phi, problem.y, 0.1),
        RidgeFactor(problem.Phi * scale, problem.y, 0.1 * scale**2),
    ]
    for row in range(200):
        for factor in factors:
            factor.remove(row)
    plain, scaled = factors
    assert plain.n_refactorizations == scaled.n_refactorizations > 0
    np.testing.assert_array_equal(scaled.weights, plain.weights / scale)
    np.testing.assert_array_equal(scaled.lower, plain.lower * scale)


def test_rows_of_zeros_leave_no_trace():
    problem = make_problem(50, 1, 4, kind="gaussian")
    problem.Phi[:10] = 0.0
    problem.y[:10] = 1e30
    factor = RidgeFactor(problem.Phi, problem.y, 0.5)
    before = factor.weights, factor.lower
    for row in range(10):
        factor.remove(row)
    # Their targets dwarf all others: the first of them to leave has it rebuilt.
    np.testing.assert_allclose(factor.weights, before[0], rtol=1e-13)
    np.testing.assert_allclose(factor.lower, before[1], rtol=1e-13)
