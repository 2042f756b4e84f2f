"""Every criterion with every objective: the best row leaves, by a number that is right."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import paris_core
from problems import (
    ORDINARY,
    engines,
    make_problem,
    options,
    pairs,
    penalties,
    problems,
    several,
)
from reference import (
    brute_force_residuals,
    columns,
    objective_value,
    prune,
    ridge_weights,
    row_losses,
)
from replay import assert_greedy, pruned_up_to, refitted_weights_backwards

OBJECTIVES = {
    "worst": {"objective": "worst"},
    "3 worst": {"objective": ("worst", 3)},
    "mean": {"objective": "mean"},
}
objectives = pytest.mark.parametrize("asked", OBJECTIVES.values(), ids=OBJECTIVES)
tables = pytest.mark.parametrize("table", ["abalone", "cpu_small", "dst"])


def omega_for(n_val):
    """Weights of which every fifth is zero."""
    return np.random.default_rng(3).uniform(0.1, 3, n_val) * (np.arange(n_val) % 5 > 0)


@pytest.fixture
def real(request, table):
    """A few hundred rows of a real table, and the same with three outputs."""
    problem = request.getfixturevalue(table).thinned(300, 150)
    return {1: problem, 3: problem.with_targets(lambda y: np.column_stack([y, y**2, np.abs(y)]))}


# ------------------------------------------------------------------------------- against reference


@engines
@settings(max_examples=100)
@given(data=st.data(), problem=problems(kinds=ORDINARY, outputs=(None, 1, 3)), lam=penalties())
def test_every_deletion_is_the_best_one(engine, data, problem, lam):
    chosen = data.draw(options(problem), label="options")
    k = data.draw(st.integers(0, problem.n_rows - 1), label="k")
    result = pruned_up_to(problem, k, lam=lam, engine=engine, **chosen)
    assert result.weights.shape == (problem.Phi.shape[1], *problem.y.shape[1:])
    assert_greedy(result, problem, lam, **chosen)


@engines
@pairs
@several
def test_same_rows_as_the_restatement(engine, criterion, objective, n_outputs):
    problem = make_problem(120, 30, 8, seed=2, n_outputs=n_outputs)
    for asked in ("worst", ("worst", 2), ("worst", 5)) if objective == "worst" else ("mean",):
        chosen = {
            "criterion": criterion,
            "objective": asked,
            "val_weight": omega_for(30),
            "protect": np.arange(120) % 4 == 0,
        }
        result = paris_core.prune(*problem.arrays, 40, lam=0.3, engine=engine, **chosen)
        expected = prune(*problem.arrays, 40, 0.3, **chosen)
        np.testing.assert_array_equal(result.removed, expected.removed)
        np.testing.assert_array_equal(result.val_index, expected.val_index)
        np.testing.assert_allclose(result.delta_loss, expected.delta_loss, rtol=1e-8)
        np.testing.assert_allclose(result.loss, expected.loss, rtol=1e-8)
        np.testing.assert_allclose(result.weights, expected.weights, rtol=1e-7, atol=1e-9)


@engines
@pairs
@pytest.mark.parametrize("n_outputs", [None, 3], ids="C={}".format)
@pytest.mark.parametrize("lam", [1e-3, 1.0, 100.0])
def test_down_to_the_last_row(engine, criterion, objective, n_outputs, lam):
    problem = make_problem(250, 25, 6, seed=5, n_outputs=n_outputs)
    chosen = {"criterion": criterion, "objective": objective}
    result = paris_core.prune(*problem.arrays, 249, lam=lam, engine=engine, **chosen)
    assert len(result.removed) == 249
    assert_greedy(result, problem, lam, every=7, **chosen)


@engines
@pairs
@tables
def test_on_real_tables(engine, criterion, objective, table, real):
    for problem in real.values():
        chosen = {"criterion": criterion, "objective": objective}
        result = paris_core.prune(*problem.arrays, 150, lam=1.0, engine=engine, **chosen)
        assert_greedy(
            result, problem, 1.0, rtol=1e-7, refit=refitted_weights_backwards, every=11, **chosen
        )


# --------------------------------------------------------------------- "refit" keeps its promise


def assert_exact(problem, lam, engine, asked):
    """`delta_loss` is the change of the objective when the ridge is really refitted."""
    result = paris_core.prune(
        *problem.arrays, 12, lam=lam, engine=engine, criterion="refit", **asked
    )
    kept = np.arange(problem.n_rows)
    for i, j in enumerate(result.removed[::4]):
        brute = brute_force_residuals(
            problem.Phi[kept], problem.y[kept], problem.Phi_val, problem.y_val, lam, **asked
        )
        assert kept[brute.argmin()] == j
        assert result.delta_loss[4 * i] == pytest.approx(brute.min(), rel=1e-8, abs=0)
        kept = np.setdiff1d(kept, result.removed[: 4 * i + 4])


@engines
@objectives
@pytest.mark.parametrize("n_outputs", [None, 3], ids="C={}".format)
@pytest.mark.parametrize("lam", [1e-2, 1.0, 100.0])
def test_refit_against_brute_force(engine, asked, n_outputs, lam):
    for seed in (1, 2):
        problem = make_problem(80, 20, 7, seed=seed, n_outputs=n_outputs)
        assert_exact(problem, lam, engine, asked)
        assert_exact(problem, lam, engine, {**asked, "val_weight": omega_for(20)})


@engines
@objectives
@tables
def test_refit_against_brute_force_on_real_tables(engine, asked, table, real):
    for problem in real.values():
        assert_exact(problem.thinned(120, 150), 1.0, engine, asked)


@engines
@several
@pytest.mark.parametrize("weighted", [False, True], ids=["ones", "weighted"])
def test_refit_of_the_mean_foretells_every_loss(engine, n_outputs, weighted):
    problem = make_problem(200, 40, 8, seed=7, n_outputs=n_outputs)
    result = paris_core.prune(
        *problem.arrays,
        150,
        lam=0.5,
        engine=engine,
        criterion="refit",
        objective="mean",
        val_weight=omega_for(40) if weighted else None,
    )
    np.testing.assert_allclose(
        np.diff(result.loss), result.delta_loss, rtol=1e-7, atol=1e-12 * result.loss[0]
    )


@pytest.mark.parametrize("objective", ["worst", "mean"])
def test_with_frozen_alpha_the_loss_is_not_foretold(objective):
    problem = make_problem(200, 40, 8, seed=7)
    result = paris_core.prune(*problem.arrays, 20, lam=0.5, objective=objective)
    assert np.median(np.abs(np.diff(result.loss) / result.delta_loss)) < 0.1


def test_by_hand():
    # A = 1 + 1 + 2 = 4, w = (1 + 3) / 4 = 1, e = (0, 2), h = 1/4, e / (1 - h) = (0, 8/3). With
    # phi_v = (2, 1), t_k = phi_v / 4: S = (0, 4/3) and (0, 2/3).
    Phi, y, Phi_val = [[1.0], [1.0]], [1.0, 3.0], [[2.0], [1.0]]
    # r = (-1, 0): the changes of r^2 for the second row are 2 r S + S^2 = -8/9 and 4/9.
    result = paris_core.prune(Phi, y, Phi_val, [1.0, 1.0], 1, lam=2.0, criterion="refit")
    assert result.removed.tolist() == [1]
    assert result.delta_loss == pytest.approx([-8 / 9])
    assert result.weights == pytest.approx([1 / 3])  # 1 / (1 + 2)
    assert result.loss == pytest.approx([1, 4 / 9])  # the second validation row is worst now
    mean = {"criterion": "refit", "objective": "mean"}
    result = paris_core.prune(Phi, y, Phi_val, [1.0, 1.0], 1, lam=2.0, **mean)
    assert result.removed.tolist() == [1]
    assert result.delta_loss == pytest.approx([(-8 / 9 + 4 / 9) / 2])
    assert result.loss == pytest.approx([1 / 2, (1 / 9 + 4 / 9) / 2])
    assert result.val_index.tolist() == [-1]
    # With weight 3 on the second row, -8/9 + 12/9 > 0: now the first one goes, for nothing.
    result = paris_core.prune(Phi, y, Phi_val, [1.0, 1.0], 1, lam=2.0, val_weight=[1, 3], **mean)
    assert result.removed.tolist() == [0]
    assert result.delta_loss == pytest.approx([0], abs=1e-15)
    assert result.loss == pytest.approx([1 / 4, 1 / 4])
    # The worst of weighted residuals is the first, by weights of mean 1.
    result = paris_core.prune(
        Phi, y, Phi_val, [1.0, 1.0], 1, lam=2.0, val_weight=[1, 0.2], criterion="refit"
    )
    assert result.delta_loss == pytest.approx([-8 / 9 / 0.6])
    assert result.loss == pytest.approx([1 / 0.6, 1 / 9 / 0.6])


# -------------------------------------------------------------------------------------- the loss


@engines
@pairs
@several
def test_loss_is_that_of_refitting(engine, criterion, objective, n_outputs):
    problem = make_problem(70, 20, 5, seed=8, n_outputs=n_outputs)
    omega = omega_for(20)
    for asked in ("worst", ("worst", 5)) if objective == "worst" else ("mean",):
        chosen = {"criterion": criterion, "objective": asked}
        result = paris_core.prune(
            *problem.arrays, 50, lam=0.4, engine=engine, val_weight=omega, **chosen
        )
        kept = np.ones(70, dtype=bool)
        for i in range(51):
            w = ridge_weights(problem.Phi[kept], problem.y[kept], 0.4)
            weighted = row_losses(problem.y_val - problem.Phi_val @ w, omega)
            expected = objective_value(weighted, omega, asked)
            assert result.loss[i] == pytest.approx(expected, rel=1e-9)
            if i < 50:
                v = -1 if objective == "mean" else weighted.argmax()
                assert result.val_index[i] == v
                kept[result.removed[i]] = False


@engines
@pairs
def test_one_column_is_a_vector_in_another_shape(engine, criterion, objective):
    problem = make_problem(300, 40, 7, seed=3)
    chosen = {"criterion": criterion, "objective": objective, "lam": 0.2, "engine": engine}
    vector = paris_core.prune(*problem.arrays, 200, **chosen)
    table = paris_core.prune(*problem.with_targets(columns).arrays, 200, **chosen)
    assert vector.weights.shape == (7,)
    assert table.weights.shape == (7, 1)
    np.testing.assert_array_equal(table.weights[:, 0], vector.weights)
    for name in ("removed", "delta_loss", "val_index", "loss"):
        np.testing.assert_array_equal(getattr(table, name), getattr(vector, name), err_msg=name)


@engines
@pairs
def test_outputs_of_zeros_change_nothing(engine, criterion, objective):
    problem = make_problem(150, 20, 6, seed=3)
    padded = problem.with_targets(lambda y: np.column_stack([np.zeros_like(y), y]))
    chosen = {"criterion": criterion, "objective": objective, "lam": 0.2, "engine": engine}
    plain = paris_core.prune(*problem.arrays, 100, **chosen)
    result = paris_core.prune(*padded.arrays, 100, **chosen)
    np.testing.assert_array_equal(result.removed, plain.removed)
    np.testing.assert_allclose(result.loss, plain.loss, rtol=1e-9)
    np.testing.assert_array_equal(result.weights[:, 0], 0)


@engines
@pairs
def test_order_of_the_outputs_does_not_matter(engine, criterion, objective):
    problem = make_problem(150, 20, 6, seed=3, n_outputs=4)
    chosen = {"criterion": criterion, "objective": objective, "lam": 0.2, "engine": engine}
    plain = paris_core.prune(*problem.arrays, 60, **chosen)
    turned = problem.with_targets(lambda y: np.asfortranarray(y[:, ::-1]))
    result = paris_core.prune(*turned.arrays, 60, **chosen)
    np.testing.assert_array_equal(result.removed, plain.removed)
    np.testing.assert_allclose(result.loss, plain.loss, rtol=1e-9)
    np.testing.assert_allclose(result.weights[:, ::-1], plain.weights, rtol=1e-8, atol=1e-11)


# ------------------------------------------------------------------------- objectives that coincide


@engines
@pytest.mark.parametrize("criterion", ["representer", "refit"])
def test_all_rows_being_worst_is_the_mean(engine, criterion):
    problem = make_problem(150, 12, 6, seed=4, n_outputs=2)
    omega = omega_for(12)
    assert (omega == 0).any()
    chosen = {"criterion": criterion, "lam": 0.2, "val_weight": omega, "engine": engine}
    mean = paris_core.prune(*problem.arrays, 60, objective="mean", **chosen)
    worst = paris_core.prune(*problem.arrays, 60, objective=("worst", 12), **chosen)
    np.testing.assert_array_equal(worst.removed, mean.removed)
    np.testing.assert_allclose(worst.loss, mean.loss, rtol=1e-10)
    np.testing.assert_allclose(worst.delta_loss, mean.delta_loss, rtol=1e-7)
    assert (worst.val_index >= 0).all()
    assert (mean.val_index == -1).all()


@engines
@pytest.mark.parametrize("criterion", ["representer", "refit"])
def test_rows_of_weight_zero_do_not_count(engine, criterion):
    problem = make_problem(150, 20, 6, seed=4)
    omega = omega_for(20)
    Phi, y, Phi_val, y_val = problem.arrays
    chosen = {"criterion": criterion, "objective": "mean", "lam": 0.2, "engine": engine}
    weighted = paris_core.prune(*problem.arrays, 60, val_weight=omega, **chosen)
    rows = omega > 0
    fewer = paris_core.prune(
        Phi, y, Phi_val[rows], y_val[rows], 60, val_weight=omega[rows], **chosen
    )
    np.testing.assert_array_equal(weighted.removed, fewer.removed)
    np.testing.assert_allclose(weighted.loss, fewer.loss, rtol=1e-10)


@engines
@pairs
def test_weight_two_is_a_row_twice(engine, criterion, objective):
    problem = make_problem(150, 20, 6, seed=4)
    Phi, y, Phi_val, y_val = problem.arrays
    chosen = {"criterion": criterion, "lam": 0.2, "engine": engine}
    # For "worst" both copies must be among the worst.
    twice = {"objective": ("worst", 2) if objective == "worst" else "mean"}
    chosen_once = chosen | {"objective": objective}
    copies = np.repeat(np.arange(20), 2)
    doubled = paris_core.prune(Phi, y, Phi_val[copies], y_val[copies], 60, **twice, **chosen)
    weighted = paris_core.prune(*problem.arrays, 60, val_weight=np.full(20, 2.0), **chosen_once)
    np.testing.assert_array_equal(doubled.removed, weighted.removed)
    np.testing.assert_allclose(doubled.loss, weighted.loss, rtol=1e-10)
    np.testing.assert_allclose(doubled.delta_loss, weighted.delta_loss, rtol=1e-7)


# ------------------------------------------------------------------------------------------- ties


@engines
@pairs
@pytest.mark.parametrize("n_outputs", [None, 3], ids="C={}".format)
def test_copies_leave_in_order(engine, criterion, objective, n_outputs):
    base = make_problem(40, 15, 5, seed=2, kind="gaussian", n_outputs=n_outputs)
    copies = np.arange(120) % 40
    result = paris_core.prune(
        base.Phi[copies],
        base.y[copies],
        base.Phi_val,
        base.y_val,
        100,
        lam=0.7,
        engine=engine,
        criterion=criterion,
        objective=objective,
    )
    for row in range(40):
        leaving = result.removed[result.removed % 40 == row]
        assert np.all(np.diff(leaving) > 0), f"copies of row {row} left in order {leaving}"


@engines
@pairs
def test_rows_that_do_not_matter_leave_in_order(engine, criterion, objective):
    problem = make_problem(40, 6, 5, kind="zero", n_outputs=2)
    result = paris_core.prune(
        *problem.arrays, 39, lam=1.0, criterion=criterion, objective=objective, engine=engine
    )
    np.testing.assert_array_equal(result.removed, np.arange(39))
    np.testing.assert_array_equal(result.loss, 0)
    np.testing.assert_array_equal(result.delta_loss, 0)
