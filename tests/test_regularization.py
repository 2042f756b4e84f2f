"""`select_lambda` against brute force on a fine grid."""

import numpy as np
import pytest

import paris_core
import reference
from paris_core.regularization import select_lambda
from problems import make_problem

FLOOR = 1e-5
# To be minimised.
SCORES = {
    "gcv": reference.gcv,
    "evidence": lambda Phi, y, lam: -reference.evidence(Phi, y, lam),
}
methods = pytest.mark.parametrize("method", SCORES)


def brute_force(method, Phi, y, n_points=400):
    """The smallest score on a logarithmic grid, and where."""
    top = 100 * np.linalg.norm(Phi, 2) ** 2
    grid = np.geomspace(FLOOR, top, n_points)
    scores = [SCORES[method](Phi, y, lam) for lam in grid]
    return np.min(scores), grid[np.argmin(scores)]


def noisy(n_rows, n_features, noise, seed, kind="gaussian"):
    problem = make_problem(n_rows, 1, n_features, seed=seed, kind=kind)
    rng = np.random.default_rng(seed)
    y = problem.Phi @ rng.standard_normal(n_features) + noise * rng.standard_normal(n_rows)
    return problem.Phi, y


@methods
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("noise", [0.1, 1.0, 10.0])
@pytest.mark.parametrize(
    ("n_rows", "n_features", "kind"),
    [
        (40, 5, "gaussian"),
        (40, 8, "relu"),
        (40, 8, "deficient"),
        (40, 8, "duplicates"),
        (20, 20, "gaussian"),
        (15, 30, "gaussian"),
        (15, 30, "deficient"),
        (30, 1, "gaussian"),
    ],
    ids=lambda value: str(value),
)
def test_best_of_a_fine_grid(method, n_rows, n_features, kind, noise, seed):
    Phi, y = noisy(n_rows, n_features, noise, seed, kind)
    lam = select_lambda(Phi, y, method=method)
    assert isinstance(lam, float)
    assert lam >= FLOOR
    best, where = brute_force(method, Phi, y)
    score = SCORES[method](Phi, y, lam)
    # Where the score only falls as lam grows, the end of the search is arbitrary.
    slack = 1e-3 if where > 10 * np.linalg.norm(Phi, 2) ** 2 else 1e-8
    assert score <= best + slack * max(abs(best), 1e-3), f"{lam} scores worse than {where}"


@methods
@pytest.mark.parametrize("copies", [1, 3])
def test_copies_of_one_output_are_that_output(method, copies):
    Phi, y = noisy(60, 6, 1.0, 0)
    table = np.column_stack([y] * copies)
    assert select_lambda(Phi, table, method=method) == pytest.approx(
        select_lambda(Phi, y, method=method), rel=1e-4
    )


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", ["gaussian", "deficient"])
def test_best_for_several_outputs(seed, kind):
    # One penalty for all: the squares are summed over outputs of unequal noise.
    Phi, y = noisy(40, 8, 0.1, seed, kind)
    rng = np.random.default_rng(seed)
    table = np.column_stack([y, y + 3 * rng.standard_normal(40), rng.standard_normal(40)])
    lam = select_lambda(Phi, table)
    best, where = brute_force("gcv", Phi, table)
    assert FLOOR < where < np.linalg.norm(Phi, 2) ** 2
    assert reference.gcv(Phi, table, lam) <= best * (1 + 1e-8), f"{lam} scores worse than {where}"
    result = paris_core.prune(Phi, table, Phi[:5], table[:5], 3)
    assert result.lam == lam


@methods
def test_default_and_auto(method):
    Phi, y = noisy(60, 6, 1.0, 0)
    assert select_lambda(Phi, y) == select_lambda(Phi, y, method="gcv")
    result = paris_core.prune(Phi, y, Phi[:5], y[:5], 3, lam=method)
    assert result.lam == select_lambda(Phi, y, method=method)


@methods
@pytest.mark.parametrize("n_features", [6, 30])
def test_floor(method, n_features):
    # Targets without noise ask for no penalty at all.
    Phi, y = noisy(60, n_features, 0.0, 1)
    assert select_lambda(Phi, y, method=method) == FLOOR


@methods
def test_several_local_optima(method):
    # Few strong and many weak directions make the scores bumpy; the best one counts.
    for seed in range(30):
        rng = np.random.default_rng(seed)
        U, _ = np.linalg.qr(rng.standard_normal((40, 12)))
        Phi = U * np.geomspace(0.1, 100, 12)
        y = U @ rng.standard_normal(12) + 0.3 * rng.standard_normal(40)
        best, _ = brute_force(method, Phi, y, n_points=150)
        score = SCORES[method](Phi, y, select_lambda(Phi, y, method=method))
        assert score <= best + 1e-7 * max(abs(best), 1e-3)


@methods
def test_units_of_the_features(method):
    Phi, y = noisy(60, 6, 5.0, 2)
    lam = select_lambda(Phi, y, method=method)
    assert lam > 10 * FLOOR
    assert select_lambda(100 * Phi, y, method=method) == pytest.approx(1e4 * lam, rel=1e-3)
    assert select_lambda(Phi, 100 * y, method=method) == pytest.approx(lam, rel=1e-3)


@methods
@pytest.mark.parametrize("degenerate", ["zero y", "zero Phi", "constant", "one row"])
def test_degenerate_tables_give_a_usable_penalty(method, degenerate):
    Phi, y = noisy(20, 4, 1.0, 0)
    if degenerate == "zero y":
        y[:] = 0
    elif degenerate == "zero Phi":
        Phi[:] = 0
    elif degenerate == "constant":
        Phi[:], y[:] = 1, 1
    else:
        Phi, y = Phi[:1], y[:1]
    lam = select_lambda(Phi, y, method=method)
    assert np.isfinite(lam)
    assert lam >= FLOOR
    result = paris_core.prune(Phi, y, Phi[:1], y[:1], 0, lam=method)
    assert np.isfinite(result.weights).all()


@methods
def test_inputs_are_not_modified(method):
    Phi, y = noisy(60, 6, 1.0, 0)
    copies = Phi.copy(), y.copy()
    expected = select_lambda(Phi, y, method=method)
    assert select_lambda(np.asfortranarray(Phi), y.tolist(), method=method) == expected
    np.testing.assert_array_equal(Phi, copies[0])
    np.testing.assert_array_equal(y, copies[1])
