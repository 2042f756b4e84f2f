"""Rows and numbers at the edge of what can be computed."""

from fractions import Fraction

import numpy as np
import pytest

import paris_core
from paris_core.linalg import RidgeFactor
from problems import PAIRS, make_problem
from reference import ridge_weights
from replay import assert_same_numbers

pairs = pytest.mark.parametrize(("criterion", "objective"), PAIRS, ids="-".join)

# --------------------------------------------------------------- sums over rows that are all gone


@pytest.mark.parametrize(
    ("n_rows", "n_features"), [(1025, 48), (1030, 64), (2050, 64), (4096, 300)]
)
def test_whole_blocks_of_rows_leave(n_rows, n_features):
    """The sums of a rebuild go through blocks of at least 1,024 rows."""
    problem = make_problem(n_rows, 50, n_features, kind="gaussian")
    protect = np.zeros(n_rows, dtype=bool)
    protect[-1] = True  # so that the first block empties
    result = paris_core.prune(*problem.arrays, n_rows - 1, lam=1.0, protect=protect)
    assert result.kept.tolist() == [n_rows - 1]
    assert result.n_refactorizations > 0
    weights = ridge_weights(problem.Phi[-1:], problem.y[-1:], 1.0)
    np.testing.assert_allclose(result.weights, weights, rtol=1e-9, atol=1e-12)


def test_the_only_row_leaves():
    ridge = RidgeFactor(np.full((1, 64), 1e4), np.ones(1), 1.0)
    ridge.remove(0)
    assert ridge.n_kept == 0
    np.testing.assert_array_equal(ridge.weights, np.zeros(64))
    np.testing.assert_array_equal(ridge.lower, np.eye(64))


def test_explaining_by_one_row():
    Phi = np.full((3, 64), 1e4)
    explanation = paris_core.explain(Phi, np.ones(3), Phi[0], lam=1.0, kept=[1])
    assert explanation.row.tolist() == [1]
    np.testing.assert_allclose(explanation.change_on_deletion, -explanation.prediction)


# --------------------------------------------------------------- targets that dwarf all others


@pairs
@pytest.mark.parametrize("n_outputs", [None, 2], ids="C={}".format)
@pytest.mark.parametrize("huge", [1e7, 1e12, 1e15, 9.97e36, 1e37], ids="{:g}".format)
def test_nothing_is_left_of_a_huge_target(criterion, objective, n_outputs, huge):
    """Once the row is gone, everything is as if it had never been there."""
    problem = make_problem(300, 60, 8, seed=3, kind="gaussian", n_outputs=n_outputs)
    chosen = {"lam": 1.0, "criterion": criterion, "objective": objective}
    rest = np.delete(np.arange(300), 17)
    others = paris_core.prune(
        problem.Phi[rest], problem.y[rest], problem.Phi_val, problem.y_val, 100, **chosen
    )
    spoilt = problem.copy()
    spoilt.y[17] = huge
    protect = np.arange(300) != 17
    for engine in ("exhaustive", "lazy"):
        pruner = paris_core.Pruner(*spoilt.arrays, engine=engine, **chosen, protect=protect)
        assert pruner.run(1) == 1
        alone = pruner.result()
        assert alone.removed.tolist() == [17]
        np.testing.assert_allclose(
            alone.weights, ridge_weights(problem.Phi[rest], problem.y[rest], 1.0), rtol=1e-9
        )
        np.testing.assert_allclose(alone.loss[1], others.loss[0], rtol=1e-9)
        if (criterion, objective) != ("refit", "mean"):
            continue  # the huge row need not be the first to leave
        result = paris_core.prune(*spoilt.arrays, 101, engine=engine, **chosen)
        assert result.removed[0] == 17
        np.testing.assert_array_equal(result.removed[1:], rest[others.removed])
        np.testing.assert_allclose(result.weights, others.weights, rtol=1e-9)
        np.testing.assert_allclose(result.loss[1:], others.loss, rtol=1e-9)


def test_huge_targets_one_after_the_other():
    problem = make_problem(400, 60, 8, seed=3, kind="gaussian")
    huge = np.geomspace(1e3, 1e37, 35)
    problem.y[:35] = huge
    ridge = RidgeFactor(problem.Phi, problem.y, 1.0)
    for row in range(34, -1, -1):
        ridge.remove(row)
        kept = np.r_[:row, 35:400]
        expected = ridge_weights(problem.Phi[kept], problem.y[kept], 1.0)
        np.testing.assert_allclose(ridge.weights, expected, rtol=0, atol=1e-9 * abs(expected).max())
    assert ridge.n_refactorizations < 35


@pytest.mark.parametrize("dimension", [1, 3, 16, 300])
@pytest.mark.parametrize("other", [0.0, 1e-9], ids="{:g}".format)
def test_a_huge_target_leaves_while_another_stays_that_no_weight_can_serve(dimension, other):
    """The residuals stay as huge as they were: they must not hide that w has shrunk."""
    problem = make_problem(4 * dimension + 4, 1, dimension, seed=5, kind="gaussian")
    problem.y[:2] = 4e17, 4e15
    problem.Phi[1] *= other
    ridge = RidgeFactor(problem.Phi, problem.y, 1.0)
    ridge.remove(0)
    expected = RidgeFactor(problem.Phi[1:], problem.y[1:], 1.0).weights
    np.testing.assert_allclose(ridge.weights, expected, rtol=0, atol=1e-9 * abs(expected).max())


def test_two_huge_targets_that_cancel_leave_one_after_the_other():
    """The weights are huge in between alone; a third one, which no weight can serve, stays."""
    problem = make_problem(40, 1, 5, seed=6, kind="gaussian")
    problem.y[:3] = 1e15, -1e15, 1e16
    problem.Phi[1], problem.Phi[2] = problem.Phi[0], 0.0
    ridge = RidgeFactor(problem.Phi, problem.y, 1.0)
    assert abs(ridge.weights).max() < 10.0
    ridge.remove(0)
    assert abs(ridge.weights).max() > 1e10
    ridge.remove(1)
    expected = RidgeFactor(problem.Phi[2:], problem.y[2:], 1.0).weights
    np.testing.assert_allclose(ridge.weights, expected, rtol=0, atol=1e-9 * abs(expected).max())


# --------------------------------------------------------------- leverages near one


def exact_losses(Phi, y, Phi_val, y_val, lam, row):
    """Mean losses of the ridge on all rows, and without one, in exact arithmetic."""

    def loss(rows):
        table = [[Fraction(x) for x in (*Phi[k], y[k])] for k in rows]
        d = Phi.shape[1]
        A = [
            [sum(t[i] * t[j] for t in table) + (Fraction(lam) if i == j else 0) for j in range(d)]
            + [sum(t[i] * t[d] for t in table)]
            for i in range(d)
        ]
        for i in range(d):
            A[i] = [x / A[i][i] for x in A[i]]
            for j in range(d):
                if j != i:
                    A[j] = [x - A[j][i] * z for x, z in zip(A[j], A[i], strict=True)]
        w = [line[d] for line in A]
        residuals = (
            Fraction(t) - sum(Fraction(x) * z for x, z in zip(phi, w, strict=True))
            for phi, t in zip(Phi_val, y_val, strict=True)
        )
        return sum(r**2 for r in residuals) / len(y_val)

    everything = range(len(y))
    return loss(everything), loss([k for k in everything if k != row])


@pytest.mark.parametrize("engine", ["exhaustive", "lazy"])
@pytest.mark.parametrize("objective", ["mean", "worst"])
@pytest.mark.parametrize("size", [1e3, 1e5, 1e7, 1e9], ids="{:g}".format)
def test_what_refit_says_of_a_row_with_a_leverage_near_one(size, objective, engine):
    """The row alone has a feature; 1 - h is λ over its square."""
    rng = np.random.default_rng(2)
    Phi, Phi_val = rng.integers(-8, 9, (14, 4)) / 4.0, rng.integers(-8, 9, (5, 4)) / 4.0
    Phi[:, 3] = 0.0
    Phi[6, 3] = size
    y, y_val = rng.integers(-8, 9, 14) / 2.0, rng.integers(-8, 9, 5) / 2.0
    result = paris_core.prune(
        Phi, y, Phi_val, y_val, 1,
        lam=0.125, criterion="refit", objective=objective if objective == "mean" else ("worst", 5),
        protect=np.arange(14) != 6, engine=engine,
    )  # fmt: skip
    before, after = exact_losses(Phi, y, Phi_val, y_val, 0.125, 6)
    np.testing.assert_allclose(result.loss, [float(before), float(after)], rtol=1e-9)
    np.testing.assert_allclose(result.delta_loss, float(after - before), rtol=1e-6)


@pytest.mark.parametrize("engine", ["exhaustive", "lazy"])
@pytest.mark.parametrize("size", [2.0**11, 2.0**14], ids="{:g}".format)
def test_few_validation_rows_nearly_orthogonal_to_a_row_with_a_leverage_near_one(size, engine):
    """φᵀMφ would cancel: it is 2**-48 of ‖M‖ ‖φ‖², in directions that no feature shows."""
    rng = np.random.default_rng(3)
    Phi, Phi_val = rng.integers(-8, 9, (14, 4)) / 4.0, rng.integers(-8, 9, (3, 4)) / 4.0
    y, y_val = rng.integers(-8, 9, 14) / 2.0, rng.integers(-8, 9, 3) / 2.0
    Phi[:, 3], Phi_val[:, 3] = 0.0, 2.0**-24
    Phi[6, 3], y[6] = size, 2.0**24 * size
    turn = np.array([[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]]) / 2.0
    Phi, Phi_val = Phi @ turn, Phi_val @ turn  # exact
    result = paris_core.prune(
        Phi, y, Phi_val, y_val, 1,
        lam=0.125, criterion="refit", objective="mean", protect=np.arange(14) != 6, engine=engine,
    )  # fmt: skip
    before, after = exact_losses(Phi, y, Phi_val, y_val, 0.125, 6)
    np.testing.assert_allclose(result.delta_loss, float(after - before), rtol=1e-6)


@pytest.mark.parametrize("objective", ["mean", "worst"])
@pytest.mark.parametrize("lam", [1e-12, 1e-8, 1e-5], ids="{:g}".format)
def test_every_leverage_is_near_one(lam, objective):
    """With fewer rows than features and a small λ the fit goes through all targets."""
    problem = make_problem(12, 20, 18, seed=4, kind="gaussian")
    chosen = {"lam": lam, "criterion": "refit", "objective": objective}
    runs = [
        paris_core.prune(*problem.arrays, 11, engine=engine, **chosen)
        for engine in ("exhaustive", "lazy")
    ]
    assert_same_numbers(*runs)
    change = np.diff(runs[0].loss)
    if objective == "mean" and lam >= 1e-8:  # beside Phi'Phi, rounding is not small to less
        np.testing.assert_allclose(
            runs[0].delta_loss, change, rtol=1e-5, atol=1e-5 * abs(change[0])
        )


# --------------------------------------------------------------- engines where ΔL cancels


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("n_rows", "n_features"), [(60, 5), (200, 4), (1000, 6)])
def test_engines_agree_where_rows_change_nothing(n_rows, n_features, seed):
    """Whole numbers and one validation row: many features are orthogonal to it."""
    rng = np.random.default_rng(seed)
    Phi, Phi_val = (rng.integers(-3, 4, (n, n_features)) + 0.0 for n in (n_rows, 1))
    y, y_val = (rng.integers(-5, 6, n) + 0.0 for n in (n_rows, 1))
    for criterion, objective in PAIRS:
        runs = [
            paris_core.prune(
                Phi, y, Phi_val, y_val, n_rows - 1,
                lam=1.0, criterion=criterion, objective=objective, engine=engine,
            )
            for engine in ("exhaustive", "lazy")
        ]  # fmt: skip
        assert_same_numbers(*runs)


def test_the_mean_loss_where_the_weights_have_moved_much_further_than_the_residuals():
    """What is followed as a quadratic form would cancel: terms of 1e37 for a loss of 0.3."""
    Phi = [[-0.506533969, -0.464052951], [365.180448, 953.091167], [1.13592415, 0.111551564]]
    y, Phi_val, y_val = [1220.33, 644.18, 1e16], [[365.180448, 953.091167]], [644.18]
    result = paris_core.prune(
        Phi, y, Phi_val, y_val, 1, lam=0.3, criterion="refit", objective="mean"
    )
    assert result.removed.tolist() == [2]
    right = float(np.sum((np.asarray(Phi_val) @ result.weights - y_val) ** 2))
    np.testing.assert_allclose(result.loss[1], right, rtol=1e-6)


def test_the_mean_of_fewer_validation_rows_than_features():
    """A row that is orthogonal to all of them changes nothing, however large e / lambda is."""
    rng = np.random.default_rng(0)
    Phi = rng.integers(-3, 4, size=(60, 5)).astype(float)
    Phi_val = np.array([[-1.0, 1.0, 1.0, -2.0, 2.0], [-4.0, 1.0, 2.0, 3.0, 1.0]])
    Phi[:8] = [2.0, 0.0, 2.0, 1.0, 1.0]
    y = rng.integers(-9, 10, size=60).astype(float)
    for engine in ("exhaustive", "lazy"):
        protect = np.arange(60) >= 8
        result = paris_core.prune(
            Phi, y, Phi_val, [6.0, 6.0], 8, lam=3e-6, objective="mean",
            val_weight=[1e3, 2e3], protect=protect, engine=engine,
        )  # fmt: skip
        np.testing.assert_allclose(result.delta_loss, 0.0, rtol=0, atol=1e-7 * result.loss[0])
