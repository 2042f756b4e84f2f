"""The identities of ridge regression and its dual on which the method rests."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import paris_core
import reference
from paris_core.linalg import RidgeFactor
from problems import make_problem, penalties, problems


def close(actual, expected, rtol=1e-9, scale=None):
    """Equality relative to the largest entry: single entries may be differences near zero."""
    scale = max(np.abs(expected).max() if scale is None else scale, 1e-12)
    np.testing.assert_allclose(actual, expected, rtol=0, atol=rtol * scale)


def after_deletions(data, problem, lam):
    """A RidgeFactor that has lost some rows, and the mask of those it kept."""
    factor = RidgeFactor(problem.Phi, problem.y, lam)
    kept = np.ones(problem.n_rows, dtype=bool)
    lost = data.draw(st.sets(st.integers(0, problem.n_rows - 1), max_size=problem.n_rows - 1))
    for row in sorted(lost):
        factor.remove(row)
        kept[row] = False
    return factor, kept


# Orders of magnitude apart within one table have tests of their own (giant rows, test_linalg).
ordinary = problems(kinds=("relu", "gaussian", "integers", "duplicates", "deficient", "offset"))


@given(st.data(), ordinary, penalties())
def test_factor_is_that_of_the_kept_rows(data, problem, lam):
    factor, kept = after_deletions(data, problem, lam)
    Phi = problem.Phi[kept]
    A = Phi.T @ Phi + lam * np.eye(Phi.shape[1])
    L = factor.lower
    np.testing.assert_array_equal(L, np.tril(L))
    close(L @ L.T, A, scale=max(np.abs(A).max(), np.abs(problem.Phi.T @ problem.Phi).max()))


@given(st.data(), ordinary, penalties())
def test_weights_are_the_ridge_on_the_kept_rows(data, problem, lam):
    factor, kept = after_deletions(data, problem, lam)
    w = reference.ridge_weights(problem.Phi[kept], problem.y[kept], lam)
    close(factor.weights, w, scale=np.abs(w).max() + 1e-3 * np.abs(problem.y).max())


@given(ordinary, penalties())
def test_weights_minimise_the_penalised_squares(problem, lam):
    Phi, y = problem.Phi, problem.y
    w = RidgeFactor(Phi, y, lam).weights
    gradient = Phi.T @ (Phi @ w - y) + lam * w
    close(gradient, np.zeros_like(w), scale=np.abs(Phi).max() * np.abs(y).max() * len(y))


@given(ordinary, penalties())
def test_alpha_three_ways(problem, lam):
    Phi, y = problem.Phi, problem.y
    alpha = paris_core.representer_weights(Phi, y, lam=lam)
    w = RidgeFactor(Phi, y, lam).weights
    scale = np.abs(y).max() / lam
    close(alpha, (y - Phi @ w) / lam, scale=scale)
    close(alpha, (y - Phi @ reference.ridge_weights(Phi, y, lam)) / lam, scale=scale)
    close(alpha, reference.representer_weights(Phi, y, lam), scale=scale)


@given(ordinary, penalties())
def test_representer_theorem(problem, lam):
    alpha = paris_core.representer_weights(problem.Phi, problem.y, lam=lam)
    w = RidgeFactor(problem.Phi, problem.y, lam).weights
    scale = np.abs(problem.Phi).max() * np.abs(alpha).max() * len(alpha)
    close(problem.Phi.T @ alpha, w, scale=scale)


@given(ordinary, penalties())
def test_contributions_sum_to_the_prediction(problem, lam):
    S = paris_core.influence_matrix(problem.Phi, problem.y, problem.Phi_val, lam=lam)
    prediction = problem.Phi_val @ RidgeFactor(problem.Phi, problem.y, lam).weights
    close(S.sum(axis=1), prediction, scale=np.abs(S).sum(axis=1).max())


@given(st.data(), ordinary, penalties())
def test_leverages_lie_between_zero_and_one(data, problem, lam):
    factor, kept = after_deletions(data, problem, lam)
    h = np.array([phi @ factor.solve(phi) for phi in problem.Phi[kept]])
    assert np.all(h >= 0)
    assert np.all(h < 1)
    close(h, reference.leverages(problem.Phi[kept], lam), scale=1)
    # Their sum is the effective number of parameters.
    assert h.sum() <= min(np.count_nonzero(kept), problem.Phi.shape[1]) + 1e-9


@given(st.data(), ordinary, penalties())
def test_one_deletion_by_the_rank_one_formulas(data, problem, lam):
    factor, kept = after_deletions(data, problem, lam)
    j = data.draw(st.sampled_from(np.flatnonzero(kept).tolist()), label="j")
    Phi, y = problem.Phi, problem.y
    w = factor.weights
    u = factor.solve(Phi[j])
    h = Phi[j] @ u
    e = y - Phi @ w
    leverages = np.array([phi @ factor.solve(phi) for phi in Phi])

    factor.remove(j)
    kept[j] = False
    close(
        factor.weights, w - u * e[j] / (1 - h), rtol=1e-8, scale=np.abs(w).max() + np.abs(u).max()
    )
    updated = leverages + (Phi @ u) ** 2 / (1 - h)
    close([phi @ factor.solve(phi) for phi in Phi[kept]], updated[kept], rtol=1e-8, scale=1)
    # The deleted row is now predicted without itself.
    close(y[j] - Phi[j] @ factor.weights, e[j] / (1 - h), rtol=1e-8, scale=np.abs(y).max() + 1)


@given(ordinary, penalties())
def test_deletion_residual_is_what_dropping_a_term_does(problem, lam):
    Phi, y, Phi_val, y_val = problem.arrays
    delta = paris_core.deletion_residuals(*problem.arrays, lam=lam, v=0)
    alpha = reference.representer_weights(Phi, y, lam)
    T_0 = Phi @ Phi_val[0]
    before = (y_val[0] - T_0 @ alpha) ** 2
    for k in range(len(y)):
        without = np.delete(T_0 * alpha, k).sum()
        after = (y_val[0] - without) ** 2
        # Both squares are rounded, and so are their terms.
        scale = (np.abs(T_0 * alpha).sum() + abs(y_val[0])) ** 2
        close(delta[k], after - before, rtol=1e-10, scale=scale)


def test_the_slip_of_a_summary_is_not_followed():
    # "alpha = Phi w" contradicts Phi' alpha = w.
    problem = make_problem(30, 4, 5)
    alpha = paris_core.representer_weights(problem.Phi, problem.y, lam=2.0)
    w = reference.ridge_weights(problem.Phi, problem.y, 2.0)
    np.testing.assert_allclose(problem.Phi.T @ alpha, w, rtol=1e-9, atol=1e-12)
    assert not np.allclose(alpha, problem.Phi @ w)


@pytest.mark.parametrize("lam", [1e-5, 1e-3, 1.0, 1e6])
def test_shrinkage(lam):
    # In the basis of singular vectors every component shrinks by s^2 / (s^2 + lam).
    problem = make_problem(40, 1, 6, kind="gaussian")
    U, s, Vt = np.linalg.svd(problem.Phi, full_matrices=False)
    expected = Vt.T @ (s / (s**2 + lam) * (U.T @ problem.y))
    np.testing.assert_allclose(
        RidgeFactor(problem.Phi, problem.y, lam).weights, expected, rtol=1e-9
    )
