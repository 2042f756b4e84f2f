"""The reference itself, against independent formulas; and that its replay can fail."""

import numpy as np
import pytest
from hypothesis import given
from sklearn.linear_model import Ridge

import reference
from problems import make_problem, penalties, problems


@given(problems(), penalties())
def test_ridge_weights_solve_the_augmented_least_squares(problem, lam):
    Phi, y = problem.Phi, problem.y
    n_features = Phi.shape[1]
    expected, *_ = np.linalg.lstsq(
        np.vstack([Phi, np.sqrt(lam) * np.eye(n_features)]),
        np.concatenate([y, np.zeros(n_features)]),
        rcond=None,
    )
    w = reference.ridge_weights(Phi, y, lam)
    np.testing.assert_allclose(w, expected, rtol=1e-8, atol=1e-11 * (1 + np.abs(y).max()))


def test_ridge_weights_equal_scikit_learn():
    problem = make_problem(60, 1, 7)
    w = reference.ridge_weights(problem.Phi, problem.y, 2.5)
    model = Ridge(alpha=2.5, fit_intercept=False, solver="svd").fit(problem.Phi, problem.y)
    np.testing.assert_allclose(w, model.coef_, rtol=1e-10, atol=1e-12)


def test_gcv_is_the_ratio_made_from_the_hat_matrix():
    problem = make_problem(30, 1, 6)
    Phi, y, lam = problem.Phi, problem.y, 0.7
    H = Phi @ np.linalg.inv(Phi.T @ Phi + lam * np.eye(6)) @ Phi.T
    residual = y - H @ y
    expected = np.mean(residual**2) / (1 - np.trace(H) / 30) ** 2
    assert reference.gcv(Phi, y, lam) == pytest.approx(expected, rel=1e-10)


def test_evidence_is_a_gaussian_density_maximised_over_its_scale():
    problem = make_problem(12, 1, 4)
    Phi, y, lam = problem.Phi, problem.y, 0.7

    def log_density(s2):
        covariance = s2 * (Phi @ Phi.T / lam + np.eye(12))
        quadratic = y @ np.linalg.inv(covariance) @ y
        return -0.5 * (np.log(np.linalg.det(2 * np.pi * covariance)) + quadratic)

    densities = [log_density(s2) for s2 in np.geomspace(1e-3, 1e3, 20001)]
    assert reference.evidence(Phi, y, lam) == pytest.approx(max(densities), abs=1e-5)
    assert reference.evidence(Phi, y, lam) >= max(densities)


@pytest.mark.parametrize("change", ["update", "downdate"])
def test_textbook_rank_one_loops_equal_a_fresh_factorisation(change):
    rng = np.random.default_rng(1)
    rows = rng.standard_normal((20, 6))
    x = rows[3]
    sign = 1 if change == "update" else -1
    A = rows.T @ rows + 0.1 * np.eye(6)
    L = np.linalg.cholesky(A)
    new = getattr(reference, f"cholesky_{change}")(L, x)
    np.testing.assert_allclose(new, np.linalg.cholesky(A + sign * np.outer(x, x)), rtol=1e-11)


@pytest.mark.parametrize("pivot", [0, 2, 5])
def test_downdate_pivot_is_where_the_leading_minors_turn(pivot):
    rng = np.random.default_rng(2)
    L = np.linalg.cholesky(np.cov(rng.standard_normal((6, 40))))
    p = np.zeros(6)
    p[pivot] = 1.5
    x = L @ p
    minors = [np.linalg.det((L @ L.T - np.outer(x, x))[: i + 1, : i + 1]) for i in range(6)]
    assert reference.downdate_pivot(L, x) == pivot == next(i for i in range(6) if minors[i] <= 0)
    with pytest.raises(np.linalg.LinAlgError, match=f"pivot {pivot} "):
        reference.cholesky_downdate(L, x)


@pytest.mark.parametrize("lam", [0.01, 1.0, 100.0])
def test_backward_refits_equal_refits_from_scratch(lam):
    problem = make_problem(80, 1, 12)
    removed = np.random.default_rng(0).permutation(80)[:79]
    np.testing.assert_allclose(
        reference.refitted_weights_backwards(problem.Phi, problem.y, lam, removed),
        reference.refitted_weights(problem.Phi, problem.y, lam, removed),
        rtol=1e-8,
        atol=1e-10,
    )


@given(problems(kinds=("relu", "gaussian", "offset")), penalties())
def test_both_restatements_pass_the_replay(problem, lam):
    k = problem.n_rows // 2
    for prune in (reference.representer_prune, reference.representer_prune_rank_one):
        # Sherman-Morrison without safeguards loses digits at the smallest lam.
        result = prune(*problem.arrays, k, lam)
        reference.assert_greedy(result, problem, lam, rtol=1e-6, tie=1e-6)


# The replay must notice every kind of wrong answer, or it proves nothing about the package.


@pytest.fixture
def run():
    problem = make_problem(60, 9, 5, seed=3)
    return problem, reference.representer_prune(*problem.arrays, 20, 0.5)


def nudged(array, i):
    array = array.copy()
    array[i] *= 1 + 1e-6
    return array


def exchanged(array, i, j):
    array = array.copy()
    array[[i, j]] = array[[j, i]]
    return array


@pytest.mark.parametrize(
    ("tamper", "complaint"),
    [
        (lambda run: run._replace(removed=exchanged(run.removed, 4, 11)), "row|val_index|loss"),
        (lambda run: run._replace(removed=run.removed[np.r_[0, 0, 2:20]]), "removed before"),
        (lambda run: run._replace(removed=run.removed + 60), "out of range"),
        (lambda run: run._replace(val_index=(run.val_index + 1) % 9), "not the worst"),
        (lambda run: run._replace(delta_loss=nudged(run.delta_loss, 7)), "delta_loss"),
        (lambda run: run._replace(delta_loss=-run.delta_loss), "delta_loss"),
        (lambda run: run._replace(loss=nudged(run.loss, 0)), "loss"),
        (lambda run: run._replace(loss=nudged(run.loss, 20)), "loss"),
        (lambda run: run._replace(loss=run.loss[1:]), "wrong length"),
        (lambda run: run._replace(weights=nudged(run.weights, 2)), "weights"),
    ],
    ids=[
        "order",
        "repeated row",
        "out of range",
        "val_index",
        "delta_loss",
        "sign of delta_loss",
        "first loss",
        "last loss",
        "short loss",
        "weights",
    ],
)
def test_replay_notices_a_wrong_result(run, tamper, complaint):
    problem, result = run
    reference.assert_greedy(result, problem, 0.5)
    with pytest.raises(AssertionError, match=complaint):
        reference.assert_greedy(tamper(result), problem, 0.5)


@pytest.mark.parametrize("what", ["alpha", "argmin", "protect"])
def test_replay_notices_a_wrong_algorithm(run, what):
    problem, result = run
    Phi, y, Phi_val, y_val = problem.arrays
    if what == "alpha":  # pruned as if lam were another one: alpha is scaled wrongly
        wrong, arguments = reference.representer_prune(*problem.arrays, 20, 0.6), {}
    elif what == "argmin":  # the smallest r + S instead of the smallest |r + S|
        r = y_val - Phi_val @ reference.ridge_weights(Phi, y, 0.5)
        v = result.val_index[0]
        S = reference.influence_matrix(Phi, y, Phi_val[v : v + 1], 0.5)[0]
        worse = int(np.argmin(r[v] + S))
        wrong, arguments = result._replace(removed=np.r_[worse, result.removed[1:]]), {}
    else:
        protect = np.zeros(60, dtype=bool)
        protect[result.removed[5]] = True
        wrong, arguments = result, {"protect": protect}
    with pytest.raises(AssertionError, match=r"row|loss"):
        reference.assert_greedy(wrong, problem, 0.5, **arguments)


def test_replay_accepts_either_of_two_tied_rows(run):
    _, result = run
    first = result.removed[0]
    twin = make_problem(60, 9, 5, seed=3)
    spare = next(k for k in range(60) if k not in result.removed)
    twin.Phi[spare], twin.y[spare] = twin.Phi[first], twin.y[first]
    tied = reference.representer_prune(*twin.arrays, 20, 0.5)
    reference.assert_greedy(tied, twin, 0.5)
    swap = {first: spare, spare: first}
    other = tied._replace(removed=np.array([swap.get(j, j) for j in tied.removed]))
    assert not np.array_equal(other.removed, tied.removed)
    reference.assert_greedy(other, twin, 0.5)
