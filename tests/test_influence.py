"""`deletion_residuals`, `influence_matrix`, `representer_weights`."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import paris_core
import reference
from problems import make_problem, penalties, problems


def by_formula(problem, lam):
    """S (V, N) and r (V,) from weights that were refitted by the reference."""
    w = reference.ridge_weights(problem.Phi, problem.y, lam)
    S = (problem.Phi_val @ problem.Phi.T) * ((problem.y - problem.Phi @ w) / lam)
    return S, problem.y_val - problem.Phi_val @ w


ordinary = problems(kinds=("relu", "gaussian", "integers", "duplicates", "deficient", "offset"))


@given(st.data(), ordinary, penalties())
def test_deletion_residuals_by_formula(data, problem, lam):
    S, r = by_formula(problem, lam)
    v = data.draw(st.none() | st.integers(0, len(problem.y_val) - 1), label="v")
    delta = paris_core.deletion_residuals(*problem.arrays, lam=lam, v=v)
    assert delta.shape == (problem.n_rows,)
    assert delta.dtype == np.float64
    if v is None:
        # The worst row; a tie up to rounding may be broken either way.
        tied = np.flatnonzero(r**2 >= (1 - 1e-9) * np.max(r**2))
        candidates = tied.tolist()
    else:
        candidates = [v]
    rows = [
        np.allclose(
            delta,
            2 * r[v] * S[v] + S[v] ** 2,
            rtol=1e-8,
            atol=1e-9 * (np.abs(r[v]) + np.abs(S[v]).max()) * np.abs(S[v]).max() + 1e-18,
        )
        for v in candidates
    ]
    assert any(rows)


@given(ordinary, penalties())
def test_influence_matrix_by_formula(problem, lam):
    expected, _ = by_formula(problem, lam)
    S = paris_core.influence_matrix(problem.Phi, problem.y, problem.Phi_val, lam=lam)
    assert S.shape == (len(problem.y_val), problem.n_rows)
    assert S.dtype == np.float64
    np.testing.assert_allclose(S, expected, rtol=0, atol=1e-9 * np.abs(expected).max() + 1e-18)


@pytest.mark.parametrize("n_val", [5, 6, 7, 9, 33])
@pytest.mark.parametrize("n_features", [4, 17, 33])
def test_worst_row_is_the_first_of_equals(n_val, n_features):
    base = make_problem(60, n_val, n_features)
    Phi_val, y_val = np.tile(base.Phi_val, (3, 1)), np.tile(base.y_val, 3)
    default = paris_core.deletion_residuals(base.Phi, base.y, Phi_val, y_val, lam=0.5)
    r = base.y_val - base.Phi_val @ reference.ridge_weights(base.Phi, base.y, 0.5)
    v = int(np.argmax(r**2))
    chosen = paris_core.deletion_residuals(base.Phi, base.y, Phi_val, y_val, lam=0.5, v=v)
    np.testing.assert_array_equal(default, chosen)


def test_first_deletion_of_prune_has_the_smallest_residual():
    problem = make_problem(200, 30, 7)
    delta = paris_core.deletion_residuals(*problem.arrays, lam=0.5)
    result = paris_core.prune(*problem.arrays, 1, lam=0.5)
    assert result.delta_loss[0] == pytest.approx(delta[result.removed[0]], rel=1e-11)
    assert result.delta_loss[0] == pytest.approx(delta.min(), rel=1e-11)


def test_residuals_are_those_of_the_influence_matrix():
    problem = make_problem(50, 8, 5)
    S = paris_core.influence_matrix(problem.Phi, problem.y, problem.Phi_val, lam=0.5)
    r = problem.y_val - S.sum(axis=1)
    for v in range(8):
        delta = paris_core.deletion_residuals(*problem.arrays, lam=0.5, v=v)
        np.testing.assert_allclose(delta, 2 * r[v] * S[v] + S[v] ** 2, rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize("v", [np.int64(3), np.uint8(3)], ids=repr)
def test_v_as_numpy_integer(v):
    problem = make_problem(50, 8, 5)
    np.testing.assert_array_equal(
        paris_core.deletion_residuals(*problem.arrays, lam=0.5, v=v),
        paris_core.deletion_residuals(*problem.arrays, lam=0.5, v=3),
    )


@pytest.mark.parametrize("v", [8, 10**30, -9])
def test_v_out_of_range(v):
    problem = make_problem(50, 8, 5)
    with pytest.raises((IndexError, ValueError), match=r"\bv\b"):
        paris_core.deletion_residuals(*problem.arrays, lam=0.5, v=v)


@pytest.mark.parametrize("v", [1.0, "1", True, [1]], ids=repr)
def test_v_of_wrong_type(v):
    problem = make_problem(50, 8, 5)
    with pytest.raises(TypeError, match=r"\bv\b"):
        paris_core.deletion_residuals(*problem.arrays, lam=0.5, v=v)


def test_influence_matrix_that_would_not_fit_is_refused():
    # 400,000 x 500,000 doubles are 1.6 TB.
    Phi, Phi_val = np.ones((500_000, 1)), np.ones((400_000, 1))
    with pytest.raises(MemoryError) as caught:
        paris_core.influence_matrix(Phi, np.ones(500_000), Phi_val, lam=1.0)
    message = str(caught.value).replace(",", "").replace("_", "").replace(" ", "")
    assert "500000" in message
    assert "400000" in message


def test_layouts_give_the_same():
    problem = make_problem(50, 8, 5)
    copy = problem.copy()
    others = [np.asfortranarray(np.repeat(a, 2, axis=0))[::2] for a in problem.arrays]
    Phi, y, Phi_val, y_val = others
    np.testing.assert_array_equal(
        paris_core.representer_weights(Phi, y, lam=0.5),
        paris_core.representer_weights(problem.Phi, problem.y, lam=0.5),
    )
    np.testing.assert_array_equal(
        paris_core.influence_matrix(Phi, y, Phi_val, lam=0.5),
        paris_core.influence_matrix(problem.Phi, problem.y, problem.Phi_val, lam=0.5),
    )
    np.testing.assert_array_equal(
        paris_core.deletion_residuals(Phi, y, Phi_val, y_val, lam=0.5),
        paris_core.deletion_residuals(*problem.arrays, lam=0.5),
    )
    problem.assert_equal(copy)


@pytest.mark.parametrize(("lam", "times_larger"), [(1.0, 1e5), (100.0, 300.0)])
def test_representer_residual_is_not_the_change_after_refitting(lam, times_larger):
    """What README.md says about the two."""
    problem = make_problem(5000, 500, 64)
    Phi, y, Phi_val, y_val = problem.arrays
    representer = paris_core.deletion_residuals(*problem.arrays, lam=lam)
    A = Phi.T @ Phi + lam * np.eye(64)
    w = np.linalg.solve(A, Phi.T @ y)
    U = np.linalg.solve(A, Phi.T)  # (D, N), columns A^-1 phi_k
    v = int(np.argmax((y_val - Phi_val @ w) ** 2))
    S = (Phi_val[v] @ U) * (y - Phi @ w) / (1 - np.einsum("kd,dk->k", Phi, U))
    refitted = 2 * (y_val[v] - Phi_val[v] @ w) * S + S**2
    ranks = [np.argsort(np.argsort(x)) for x in (representer, refitted)]
    assert abs(np.corrcoef(*ranks)[0, 1]) < 0.3
    assert np.median(np.abs(representer)) > times_larger * np.median(np.abs(refitted))
