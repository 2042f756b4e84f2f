"""`deletion_effects`: the exact change of the loss by each deletion, all rows at once."""

import numpy as np
import pytest
from hypothesis import given

import paris_core
import reference
from problems import make_problem, pairs, penalties, problems

ARRAYS = make_problem(60, 25, 5, seed=3).arrays


@pairs
@given(problem=problems(max_rows=25, outputs=(None, 3)), lam=penalties())
def test_against_the_closed_form(criterion, objective, problem, lam):
    chosen = {"criterion": criterion, "objective": objective}
    effects = paris_core.deletion_effects(*problem.arrays, lam=lam, **chosen)
    expected = reference.deletion_residuals(*problem.arrays, lam, **chosen)
    size = np.abs(expected).max(initial=1e-300)
    np.testing.assert_allclose(effects, expected, rtol=1e-5, atol=1e-6 * size)


@pytest.mark.parametrize("n_outputs", [None, 3])
@pytest.mark.parametrize("objective", ["mean", ("worst", 4)], ids=str)
@pytest.mark.parametrize("weighted", [False, True])
def test_against_fits_without_each_row(n_outputs, objective, weighted):
    problem = make_problem(50, 20, 6, seed=5, n_outputs=n_outputs)
    weight = np.random.default_rng(1).random(20) if weighted else None
    effects = paris_core.deletion_effects(
        *problem.arrays, lam=0.3, objective=objective, val_weight=weight
    )
    expected = reference.brute_force_residuals(
        *problem.arrays, 0.3, objective=objective, val_weight=weight
    )
    np.testing.assert_allclose(effects, expected, rtol=1e-8, atol=1e-12 * np.abs(expected).max())


@pairs
def test_the_least_is_what_prune_deletes_first(criterion, objective):
    chosen = {"criterion": criterion, "objective": objective}
    effects = paris_core.deletion_effects(*ARRAYS, lam=0.5, **chosen)
    result = paris_core.prune(*ARRAYS, 1, lam=0.5, **chosen)
    assert result.removed[0] == effects.argmin()
    assert result.delta_loss[0] == effects.min()


@pytest.mark.parametrize("n_outputs", [None, 2])
@pytest.mark.parametrize("criterion", ["refit", "representer"])
def test_training_rows_by_themselves(n_outputs, criterion):
    Phi, y, *_ = make_problem(40, 5, 6, seed=7, n_outputs=n_outputs).arrays
    own = paris_core.deletion_effects(Phi, y, lam=0.2, criterion=criterion)
    for k in range(len(y)):
        others = np.arange(len(y)) != k
        w = reference.ridge_weights(Phi, y, 0.2)
        e = y[k] - Phi[k] @ w
        if criterion == "refit":
            after = y[k] - Phi[k] @ reference.ridge_weights(Phi[others], y[others], 0.2)
        else:
            after = e + Phi[k] @ Phi[k] * e / 0.2
        expected = np.sum(after**2) - np.sum(e**2)
        np.testing.assert_allclose(own[k], expected, rtol=1e-9)


def test_a_row_that_alone_has_a_feature():
    """Its leverage is 1 but for 1e-12: e/(1 - h) of rounded e and h would be noise."""
    Phi, y, *_ = make_problem(40, 5, 4, seed=7).arrays
    Phi[:, 2] = 0.0
    Phi[7, 2] = 1e6
    own = paris_core.deletion_effects(Phi, y, lam=1.0)
    others = np.arange(40) != 7
    after = y[7] - Phi[7] @ reference.ridge_weights(Phi[others], y[others], 1.0)
    np.testing.assert_allclose(own[7], after**2, rtol=1e-6)


def test_of_one_validation_row():
    for criterion in ("refit", "representer"):
        chosen = {"lam": 0.5, "criterion": criterion, "objective": "worst"}
        Phi, y, Phi_val, y_val = ARRAYS
        one = paris_core.deletion_effects(*ARRAYS, v=4, **chosen)
        alone = paris_core.deletion_effects(Phi, y, Phi_val[4:5], y_val[4:5], **chosen)
        np.testing.assert_allclose(one, alone, rtol=1e-12)


def test_deletion_residuals_are_those_of_the_representer():
    chosen = {"lam": 0.5, "criterion": "representer", "objective": "worst"}
    np.testing.assert_array_equal(
        paris_core.deletion_residuals(*ARRAYS, lam=0.5, v=3),
        paris_core.deletion_effects(*ARRAYS, v=3, **chosen),
    )


@pytest.mark.parametrize("with_validation", [True, False])
def test_threads_change_no_bit(with_validation):
    arrays = make_problem(3000, 20, 7, seed=2).arrays[: 4 if with_validation else 2]
    one, two = (paris_core.deletion_effects(*arrays, lam=0.5, n_threads=n) for n in (1, 2))
    np.testing.assert_array_equal(one, two)


def test_inputs_are_not_modified():
    before = [array.copy() for array in ARRAYS]
    paris_core.deletion_effects(*ARRAYS, lam=0.5, val_weight=np.ones(25))
    for array, copy in zip(ARRAYS, before, strict=True):
        np.testing.assert_array_equal(array, copy)


@pytest.mark.parametrize(
    ("changes", "error", "says"),
    [
        ({"y_val": None}, ValueError, "y_val must be given with Phi_val"),
        ({"Phi_val": None}, ValueError, "Phi_val must be given with y_val"),
        ({"Phi_val": None, "y_val": None, "v": 1}, ValueError, "v needs validation rows"),
        (
            {"Phi_val": None, "y_val": None, "objective": "worst"},
            ValueError,
            "objective needs validation rows",
        ),
        (
            {"Phi_val": None, "y_val": None, "val_weight": np.ones(25)},
            ValueError,
            "val_weight needs validation rows",
        ),
        ({"v": 1}, ValueError, "v needs objective='worst'"),
        ({"v": 25, "objective": "worst"}, IndexError, r"v must be in \[0, 24\], got 25"),
        ({"v": 1.0, "objective": "worst"}, TypeError, "v must be"),
        ({"criterion": "loo"}, ValueError, "criterion must be one of"),
        ({"objective": ("worst", 26)}, ValueError, "objective's m"),
        ({"lam": 0.0}, ValueError, "lam must be"),
        ({"lam": "auto"}, TypeError, "lam must be"),
        ({"Phi": np.ones((3, 5))}, ValueError, "y must"),
        ({"y": np.ones((60, 2))}, ValueError, "y_val must"),
        ({"val_weight": -np.ones(25)}, ValueError, "val_weight"),
        ({"n_threads": 0}, ValueError, "n_threads must be"),
    ],
    ids=str,
)
def test_what_is_refused(changes, error, says):
    arguments = dict(zip(("Phi", "y", "Phi_val", "y_val"), ARRAYS, strict=True), lam=0.5)
    with pytest.raises(error, match=says):
        paris_core.deletion_effects(**(arguments | changes))


def test_a_matrix_that_is_not_positive_definite():
    column = np.random.default_rng(0).normal(size=(30, 1)) * 1e9
    Phi = np.hstack([column, column / 3, column / 7])
    with pytest.raises(paris_core.NotPositiveDefiniteError, match="lam"):
        paris_core.deletion_effects(Phi, np.ones(30), lam=1e-6)
