"""Choosing the number of deletions by cross-validation on the validation rows."""

import numpy as np
import pytest

import paris_core
from accepting import beyond_chance, gain
from paris_core.pruning.choosing import CrossValidation, choose_k, choose_k_groups
from problems import PAIRS, make_problem
from reference import ridge_weights
from replay import monitor_losses


def problem_of(n_outputs=None):
    return make_problem(120, 30, 6, seed=3, n_outputs=n_outputs)


@pytest.mark.parametrize(("criterion", "objective"), PAIRS)
@pytest.mark.parametrize("n_outputs", [None, 2])
def test_loss_is_that_of_rows_that_did_not_steer(criterion, objective, n_outputs):
    problem = problem_of(n_outputs)
    weight = np.random.default_rng(0).uniform(0.5, 2, 30)
    folds = np.arange(30) % 3 + 7
    pair = {"lam": 0.7, "criterion": criterion, "objective": objective}
    found = choose_k(*problem.arrays, 50, folds=folds, val_weight=weight, **pair)
    expected = 0
    for place, fold in enumerate((7, 8, 9)):
        out = folds == fold
        validation = problem.Phi_val[~out], problem.y_val[~out]
        result = paris_core.prune(
            problem.Phi, problem.y, *validation, 50, val_weight=weight[~out], **pair
        )
        monitor = problem.Phi_val[out], problem.y_val[out], weight[out]
        loss_of_fold = monitor_losses(problem.Phi, problem.y, 0.7, result.removed, *monitor)
        expected = expected + weight[out].sum() / weight.sum() * loss_of_fold
        np.testing.assert_allclose(found.fold_loss[place], loss_of_fold, rtol=1e-9)
        assert found.fold_weight[place] == pytest.approx(weight[out].sum(), rel=1e-12)
    np.testing.assert_allclose(found.loss, expected, rtol=1e-9)
    assert found.best_k == np.argmin(found.loss)
    assert found.fold_loss.shape == (3, 51)
    assert found.fold_weight.shape == (3,)


def test_gain_over_the_folds():
    """Each fold is one observation, by its weight."""
    rng = np.random.default_rng(0)
    fold_loss, weight = rng.uniform(1, 2, size=(5, 8)), rng.uniform(1, 3, size=5)
    found = CrossValidation(2, np.average(fold_loss, axis=0, weights=weight), fold_loss, weight)
    for k in range(8):
        mean, error, n_units = gain(fold_loss[:, 0] - fold_loss[:, k], weight)
        assert found.gain(k) == pytest.approx((mean, error, n_units), rel=1e-12, abs=1e-15)
        assert found.gain(k).mean == pytest.approx(found.loss[0] - found.loss[k], abs=1e-12)
        assert found.gain(k).beyond_chance() == beyond_chance(mean, error, 5)
    assert not found.gain(0).beyond_chance()
    for k in (-1, 8):
        with pytest.raises(ValueError, match=r"k must be in \[0, 7\]"):
            found.gain(k)
    with pytest.raises(TypeError, match="k must be an integer"):
        found.gain(1.0)


def test_folds_at_random_are_even_and_repeatable(monkeypatch):
    """Every row is out once, folds differ by one row at most, so do those of weight > 0."""
    problem = problem_of()
    weight = np.repeat([0.0, 1.0, 3.0], [19, 5, 6])
    seen = []

    def spy(*arrays, monitor, **options):
        seen.append(monitor[2])
        return paris_core.Pruner(*arrays, monitor=monitor, **options)

    monkeypatch.setattr(paris_core.pruning.folds, "Pruner", spy)
    first = choose_k(*problem.arrays, 0.2, folds=4, random_state=1, val_weight=weight)
    assert sorted(np.concatenate(seen)) == sorted(weight)
    assert sorted(map(len, seen)) == [7, 7, 8, 8]
    assert sorted(np.count_nonzero(fold) for fold in seen) == [2, 3, 3, 3]
    second = choose_k(*problem.arrays, 0.2, folds=4, random_state=1, val_weight=weight)
    np.testing.assert_array_equal(first.loss, second.loss)
    third = choose_k(*problem.arrays, 0.2, folds=4, random_state=2, val_weight=weight)
    assert not np.array_equal(first.loss, third.loss)


def test_options_reach_the_runs():
    problem = problem_of()
    protect = np.arange(120) >= 10
    loss = choose_k(*problem.arrays, 60, random_state=0, protect=protect).loss
    assert loss.shape == (11,)  # exhausted


def test_penalty_is_chosen_once_from_the_training_rows():
    problem = problem_of()
    lam = paris_core.regularization.select_lambda(problem.Phi, problem.y)
    auto = choose_k(*problem.arrays, 20, random_state=0).loss
    np.testing.assert_array_equal(auto, choose_k(*problem.arrays, 20, random_state=0, lam=lam).loss)


def test_tells_wrong_targets_from_mere_noise():
    """It promises a gain where targets are wrong, and removes those; else next to none."""
    rng = np.random.default_rng(5)
    Phi = rng.normal(size=(700, 8))
    y = Phi.sum(axis=1) + 0.5 * rng.normal(size=700)
    val = Phi[600:], y[600:]
    pair = {"lam": 1.0, "criterion": "refit", "objective": "mean"}
    clean = choose_k(Phi[:600], y[:600], *val, 0.5, random_state=0, **pair)
    y[:60] += 10
    wrong = choose_k(Phi[:600], y[:600], *val, 0.5, random_state=0, **pair)
    assert clean.loss.min() > 0.97 * clean.loss[0]
    assert wrong.loss.min() < 0.9 * wrong.loss[0]
    assert wrong.gain(wrong.best_k).beyond_chance()
    result = paris_core.prune(Phi[:600], y[:600], *val, wrong.best_k, **pair)
    assert (result.removed < 60).all()


@pytest.mark.parametrize("patience", [1, 7, 200])
def test_patience_ends_the_runs_early(patience):
    """The loss is the same as far as it goes: to the end, or beyond the minimum by `patience`."""
    problem = problem_of()
    whole = choose_k(*problem.arrays, 100, random_state=0)
    early = choose_k(*problem.arrays, 100, random_state=0, patience=patience)
    length = len(early.loss)
    np.testing.assert_array_equal(early.loss, whole.loss[:length])
    assert early.best_k == np.argmin(whole.loss[:length])
    late = length - 1 - early.best_k
    assert patience <= late < 2 * patience or (length == 101 and late < patience)


def test_patience_as_a_share_makes_at_most_twice_as_many_deletions():
    problem = make_problem(700, 30, 6, seed=3)
    pair = {"criterion": "refit", "objective": "mean", "random_state": 0}
    whole = choose_k(*problem.arrays, 600, **pair)
    early = choose_k(*problem.arrays, 600, patience=0.5, **pair)
    done = len(early.loss) - 1
    np.testing.assert_array_equal(early.loss, whole.loss[: done + 1])
    assert done < 600
    fewest = early.fewest_k()
    assert max(100, 0.5 * done) <= done - fewest <= max(100 + 100 // 8, (0.5 + 1 / 16) * done)


def test_fewest_within_a_tolerance_of_the_least():
    loss = np.array([9.0, 4.2, 4.1, 5.0, 4.0, 4.3])
    found = CrossValidation(4, loss, loss[np.newaxis], np.ones(1))
    assert [found.fewest_k(tolerance) for tolerance in (0, 0.03, 0.05, 2)] == [4, 2, 1, 0]
    with pytest.raises(ValueError, match="tolerance must be"):
        found.fewest_k(-1)


def test_folds_share_the_cache(monkeypatch):
    seen = []

    def spy(*arrays, cache_bytes, **options):
        seen.append(cache_bytes)
        return paris_core.Pruner(*arrays, cache_bytes=cache_bytes, **options)

    monkeypatch.setattr(paris_core.pruning.folds, "Pruner", spy)
    choose_k(*problem_of().arrays, 5, folds=3, cache_bytes=3001)
    assert seen == [1000] * 3


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"patience": 0}, ValueError, "patience must be"),
        ({"cache_bytes": "1"}, TypeError, "cache_bytes must be"),
        ({"monitor": ()}, TypeError, "monitor must not be given"),
        ({"stop": "stalled"}, TypeError, "stop must not be given"),
        ({"callback": print}, TypeError, "callback must not be given"),
        ({"folds": 1}, ValueError, r"folds must be .*2"),
        ({"folds": 31}, ValueError, r"folds must be .*30"),
        ({"folds": 2.0}, TypeError, "folds must be an integer"),
        ({"folds": [0, 1]}, ValueError, r"folds must have shape \(30,\)"),
        ({"folds": np.zeros(30, int)}, ValueError, "at least two folds"),
        ({"folds": ["a", "b"] * 15}, TypeError, "got strings"),
        (
            {"folds": np.arange(30) // 15, "val_weight": np.arange(30) < 15},
            ValueError,
            "fold 1 has none",
        ),
        ({"random_state": "x"}, TypeError, "random_state must be"),
        ({"lam": -1.0}, ValueError, "lam must be"),
        ({"k": 1.5}, ValueError, "k must be"),
        ({"objectiv": "mean"}, TypeError, "objectiv"),
    ],
)
def test_bad_arguments(options, error, message):
    problem = problem_of()
    with pytest.raises(error, match=message):
        choose_k(*problem.arrays, **{"k": 10, **options})


@pytest.mark.parametrize("n_outputs", [None, 2])
def test_groups_that_did_not_steer(n_outputs):
    problem = problem_of(n_outputs)
    weight = np.random.default_rng(0).uniform(0.5, 2, 30)
    folds = np.arange(30) % 3
    groups = np.arange(len(problem.y)) % 6
    found = choose_k_groups(*problem.arrays, groups, 4, folds=folds, val_weight=weight, lam=0.7)
    expected = np.zeros(5)
    for fold in range(3):
        out = folds == fold
        run = paris_core.prune_groups(
            problem.Phi, problem.y, problem.Phi_val[~out], problem.y_val[~out], groups, 4,
            lam=0.7, val_weight=weight[~out],
        )  # fmt: skip
        for step, gone in enumerate([run.removed_groups[:n] for n in range(5)]):
            kept = ~np.isin(groups, gone)
            w = ridge_weights(problem.Phi[kept], problem.y[kept], 0.7)
            residual = (problem.y_val - problem.Phi_val @ w)[out]
            square = np.sum(residual.reshape(len(residual), -1) ** 2, axis=1)
            expected[step] += weight[out] @ square / weight.sum()
    np.testing.assert_allclose(found.loss, expected, rtol=1e-9)
    assert found.best_k == np.argmin(expected)
    assert len(choose_k_groups(*problem.arrays, groups, random_state=0).loss) == 6  # all but one


def test_arguments_of_the_groups_are_named():
    problem = problem_of(None)
    groups = np.arange(len(problem.y)) % 6
    for changes, message in (
        ({"folds": 1}, r"\bfolds\b"),
        ({"folds": np.zeros(30, dtype=int)}, "folds must name at least two"),
        ({"k": 6}, r"\bk\b"),
        ({"groups": groups[:-1]}, "groups must have shape"),
        ({"val_weight": -np.ones(30)}, r"\bval_weight\b"),
        ({"random_state": "1"}, r"\brandom_state\b"),
    ):
        with pytest.raises((TypeError, ValueError), match=message):
            choose_k_groups(*problem.arrays, **{"groups": groups, **changes})
