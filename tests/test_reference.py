"""The reference itself, against independent formulas; and that its replay can fail."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import Ridge

import reference
import replay
from problems import PAIRS, make_problem, options, penalties, problems, several


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
        replay.refitted_weights_backwards(problem.Phi, problem.y, lam, removed),
        replay.refitted_weights(problem.Phi, problem.y, lam, removed),
        rtol=1e-8,
        atol=1e-10,
    )


# ---------------------------------------------------------------------------- deletion residuals

worst_and_mean = pytest.mark.parametrize(
    "objective",
    [
        {"objective": "worst"},
        {"objective": ("worst", 3)},
        {"objective": "mean"},
    ],
    ids=["worst", "3 worst", "mean"],
)


def weights_for(n_val):
    return np.random.default_rng(9).uniform(0, 2, n_val) * (np.arange(n_val) % 4 > 0)


@several
@worst_and_mean
@pytest.mark.parametrize("weighted", [False, True], ids=["ones", "weighted"])
@pytest.mark.parametrize("lam", [1e-3, 1.0, 100.0])
@pytest.mark.parametrize("kind", ["relu", "gaussian", "deficient", "offset"])
def test_refit_in_closed_form_is_what_refitting_does(n_outputs, objective, weighted, lam, kind):
    problem = make_problem(50, 12, 6, seed=4, kind=kind, n_outputs=n_outputs)
    objective = {**objective, "val_weight": weights_for(12) if weighted else None}
    closed = reference.deletion_residuals(*problem.arrays, lam, criterion="refit", **objective)
    brute = reference.brute_force_residuals(*problem.arrays, lam, **objective)
    np.testing.assert_allclose(closed, brute, rtol=1e-8, atol=1e-9 * np.abs(brute).max())
    assert closed.argmin() == brute.argmin()
    assert np.ptp(brute) > 0


@several
@worst_and_mean
def test_brute_force_is_a_difference_of_objectives(n_outputs, objective):
    problem = make_problem(15, 8, 4, n_outputs=n_outputs)
    Phi, y, Phi_val, y_val = problem.arrays
    omega = weights_for(8)

    def squares(kept):
        r = y_val - Phi_val @ reference.ridge_weights(Phi[kept], y[kept], 0.7)
        return omega * np.sum(r.reshape(8, -1) ** 2, axis=1)

    before = squares(np.arange(15))
    n_counted = (
        8 if objective["objective"] == "mean" else reference.n_worst_of(objective["objective"])
    )
    W = np.argsort(before)[-n_counted:]
    expected = [squares(np.arange(15) != k)[W].sum() - before[W].sum() for k in range(15)]
    expected /= omega.sum() if n_counted == 8 else omega[omega > 0].mean() * n_counted
    brute = reference.brute_force_residuals(*problem.arrays, 0.7, val_weight=omega, **objective)
    np.testing.assert_allclose(brute, expected, rtol=1e-9, atol=1e-12 * before.sum())


@several
@worst_and_mean
def test_representer_residual_drops_one_term_of_the_dual_solution(n_outputs, objective):
    problem = make_problem(20, 8, 5, n_outputs=n_outputs)
    Phi, y, Phi_val, y_val = problem.arrays
    alpha = reference.representer_weights(Phi, y, 0.7).reshape(20, -1)
    T, targets = Phi_val @ Phi.T, y_val.reshape(8, -1)
    omega = weights_for(8)
    before = omega * np.sum((targets - T @ alpha) ** 2, axis=1)
    n_counted = (
        8 if objective["objective"] == "mean" else reference.n_worst_of(objective["objective"])
    )
    W = np.argsort(before)[-n_counted:]
    expected = []
    for k in range(20):
        without = np.where(np.arange(20)[:, None] == k, 0, alpha)
        after = omega * np.sum((targets - T @ without) ** 2, axis=1)
        expected.append((after - before)[W].sum())
    expected /= omega.sum() if n_counted == 8 else omega[omega > 0].mean() * n_counted
    closed = reference.deletion_residuals(*problem.arrays, 0.7, val_weight=omega, **objective)
    np.testing.assert_allclose(closed, expected, rtol=1e-9, atol=1e-11 * np.abs(expected).max())


def test_outputs_are_fitted_one_by_one():
    problem = make_problem(40, 5, 6, n_outputs=3)
    together = reference.ridge_weights(problem.Phi, problem.y, 0.3)
    apart = [reference.ridge_weights(problem.Phi, column, 0.3) for column in problem.y.T]
    np.testing.assert_allclose(together, np.column_stack(apart), rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize(("criterion", "objective"), PAIRS)
def test_prune_starts_with_the_smallest_residual(criterion, objective):
    problem = make_problem(40, 9, 5, seed=6, n_outputs=3)
    delta = reference.deletion_residuals(
        *problem.arrays, 0.5, criterion=criterion, objective=objective
    )
    result = reference.prune(*problem.arrays, 1, 0.5, criterion=criterion, objective=objective)
    assert result.removed.tolist() == [delta.argmin()]
    assert result.delta_loss == pytest.approx([delta.min()])


@worst_and_mean
def test_refit_foretells_the_loss_while_the_same_rows_are_worst(objective):
    problem = make_problem(60, 9, 5, seed=3, n_outputs=2)
    result = reference.prune(*problem.arrays, 30, 0.5, criterion="refit", **objective)
    foretold = np.isclose(np.diff(result.loss), result.delta_loss, rtol=1e-8)
    if objective["objective"] == "mean":
        assert foretold.all()
    else:
        # The worst rows may change, to ones that are worse.
        assert np.all(np.diff(result.loss)[~foretold] > result.delta_loss[~foretold])
        assert foretold.sum() > 5


# ----------------------------------------------------------------------------------------- replay


@given(problems(kinds=("relu", "gaussian", "offset")), penalties())
def test_both_restatements_pass_the_replay(problem, lam):
    k = problem.n_rows // 2
    for prune in (reference.representer_prune, reference.representer_prune_rank_one):
        # Sherman-Morrison without safeguards loses digits at the smallest lam.
        result = prune(*problem.arrays, k, lam)
        replay.assert_greedy(result, problem, lam, rtol=1e-6, tie=1e-6)


@given(st.data(), problems(outputs=(None, 1, 3)), penalties())
def test_restatement_passes_the_replay(data, problem, lam):
    chosen = data.draw(options(problem), label="options")
    result = reference.prune(*problem.arrays, problem.n_rows - 1, lam, **chosen)
    replay.assert_greedy(result, problem, lam, **chosen)


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
    replay.assert_greedy(result, problem, 0.5)
    with pytest.raises(AssertionError, match=complaint):
        replay.assert_greedy(tamper(result), problem, 0.5)


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
        replay.assert_greedy(wrong, problem, 0.5, **arguments)


SCENARIOS = {
    f"{criterion} {objective} C={n_outputs} {extra}": (criterion, objective, n_outputs, extra)
    for criterion, objective in PAIRS
    for n_outputs in (None, 3)
    for extra in ({}, {"objective": ("worst", 3)})
    if not (objective == "mean" and extra)
}


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
def test_replay_notices_what_is_wrong_in_every_scenario(scenario):
    criterion, objective, n_outputs, extra = scenario
    problem = make_problem(60, 9, 5, seed=3, n_outputs=n_outputs)
    asked = {"criterion": criterion, "objective": objective, **extra}
    result = reference.prune(*problem.arrays, 20, 0.5, **asked)
    replay.assert_greedy(result, problem, 0.5, **asked)

    delta = reference.deletion_residuals(*problem.arrays, 0.5, **asked)
    runner_up = int(np.argsort(delta)[1])
    rest = np.delete(result.removed, np.flatnonzero(result.removed == runner_up))[1:]
    second_best = np.r_[runner_up, result.removed[0], rest][:20]
    wrong = [
        result._replace(removed=second_best),
        result._replace(delta_loss=nudged(result.delta_loss, 7)),
        result._replace(loss=nudged(result.loss, 11)),
        result._replace(val_index=result.val_index + 1),
        result._replace(weights=result.weights * (1 + 1e-6)),
    ]
    others = [
        {**asked, "criterion": "refit" if criterion == "representer" else "representer"},
        {"criterion": criterion, "objective": "mean" if objective == "worst" else "worst"},
    ]
    if objective == "worst":
        others.append({**asked, "objective": ("worst", 2)})
    wrong += [reference.prune(*problem.arrays, 20, 0.5, **other) for other in others]
    for tampered in wrong:
        with pytest.raises(AssertionError, match=r"row|loss|val_index|weights"):
            replay.assert_greedy(tampered, problem, 0.5, **asked)


def test_replay_notices_a_quota_that_is_undercut():
    problem = make_problem(40, 9, 5, seed=3)
    result = reference.prune(*problem.arrays, 20, 0.5)
    strata = (np.arange(40) == result.removed[7]).astype(int)
    with pytest.raises(AssertionError, match=f"row {result.removed[7]} after 7 deletions"):
        replay.assert_greedy(result, problem, 0.5, strata=strata, quotas=np.array([0, 1]))


def test_replay_accepts_either_of_two_tied_rows(run):
    _, result = run
    first = result.removed[0]
    twin = make_problem(60, 9, 5, seed=3)
    spare = next(k for k in range(60) if k not in result.removed)
    twin.Phi[spare], twin.y[spare] = twin.Phi[first], twin.y[first]
    tied = reference.representer_prune(*twin.arrays, 20, 0.5)
    replay.assert_greedy(tied, twin, 0.5)
    swap = {first: spare, spare: first}
    other = tied._replace(removed=np.array([swap.get(j, j) for j in tied.removed]))
    assert not np.array_equal(other.removed, tied.removed)
    replay.assert_greedy(other, twin, 0.5)
