"""Few rows: the order of deletion for D-optimality, what is learned from a choice, the tables."""

import numpy as np
import pytest

pytest.importorskip("sklearn", minversion="1.7", reason="the extra `study` needs it")

from benchmarks.study import choosing, compression_tables, learning
from benchmarks.study import compression_methods as methods
from benchmarks.study.rows import Rows


@pytest.fixture(scope="module")
def trial():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 3))
    rows = Rows(X, X[:, 0] + 0.5 * X[:, 1] ** 2)
    return methods.Trial(rows, rows, seed=0)


def test_each_deletion_costs_the_determinant_least():
    Phi = np.random.default_rng(1).normal(size=(12, 3))
    left = list(range(12))
    for row in methods.least_leverage_first(Phi, 0.1, 8):
        without = [np.delete(Phi[left], place, axis=0) for place in range(len(left))]
        logdet = [np.linalg.slogdet(F.T @ F + 0.1 * np.eye(3))[1] for F in without]
        assert left.index(row) == np.argmax(logdet)
        left.remove(row)


def test_a_path_of_deletions_serves_all_shares(trial):
    removed = np.random.default_rng(2).permutation(200)[:198]
    choices = list(trial.along(removed, lam=3.0))
    assert [len(choice.rows) for choice in choices] == trial.counts == [100, 50, 20, 10, 2]
    assert choices[0].lam == 3.0
    np.testing.assert_array_equal(
        choices[-1].rows.y, np.delete(trial.train.y, removed)
    )  # the last two, in order


def test_weights_are_repeated_rows_to_a_head(trial):
    twice = choosing.Choice(trial.train.and_(trial.train.at(np.arange(50))), lam=1.0)
    weight = np.where(np.arange(200) < 50, 2.0, 1.0)
    predictions = [
        learning.head(trial, choice)(trial.train.X)
        for choice in (twice, choosing.Choice(trial.train, weight=weight, lam=1.0))
    ]
    np.testing.assert_allclose(*predictions, rtol=1e-9)


def test_a_method_learns_what_is_chosen(trial):
    outcome = learning.learned(choosing.random_rows, keep=0.3)(trial)
    X, rows = trial.train.X, choosing.random_rows(trial, keep=0.3).rows
    assert (outcome.kept, len(rows)) == (0.3, 60)
    np.testing.assert_array_equal(outcome.predict(X), trial.network(rows).predict(X))


def test_weights_are_those_of_the_rows_weighted(trial):
    choice = choosing.weighted(trial, 0.5, of=choosing.held_out_only, lam=3.0)
    assert (choice.kept, choice.lam, len(choice.weight)) == (0.0, 3.0, len(trial.held_out))
    assert choice.weight[np.argmax(choice.rows.y)] > 2.0 * np.median(choice.weight)


def test_huber_weights_are_low_where_targets_are_wrong(trial):
    y = trial.train.y.copy()
    y[:10] += 30.0
    spoilt = methods.Trial(Rows(trial.train.X, y), trial.held_out, seed=0)
    weight = choosing.robust(spoilt).weight
    assert weight[:10].max() < 0.2
    assert np.median(weight[10:]) == 1.0


def test_a_network_on_everything_is_the_teacher(trial):
    predicted = learning.network(trial, choosing.Choice(trial.train))(trial.train.X)
    np.testing.assert_array_equal(predicted, trial.everything.predict(trial.train.X))


@pytest.fixture
def rows():
    """Two seeds: everything has (1, 2) and (2, 4); 'random' ratios differ with the share."""
    pairs = [(1.0, 1.01), (1.005, 1.0), (1.02, 1.0), (1.0, 1.0), (2.0, 2.0)]
    ratios = dict(zip(compression_tables.SHARES, pairs, strict=True))
    out = []
    for seed, unit in (("0", 1.0), ("1", 2.0)):
        lines = [("everything", 1.0, (1.0, 1.0))]
        lines += [("random", keep, pair) for keep, pair in ratios.items()]
        for method, keep, (whole, tail) in lines:
            out.append({"task": "a", "seed": seed, "method": method, "keep": str(keep)})
            out[-1] |= {"rmse": str(unit * whole), "rmse_tail": str(2 * unit * tail)}
    return out


def test_fewest_rows_hold_at_all_larger_shares_too(rows):
    found = compression_tables.ratios(rows)
    np.testing.assert_allclose(found["random", 0.1], [[1.02, 1.0]] * 2)
    assert compression_tables.fewest(found, "random") == "25%"
    line = compression_tables.table(found).splitlines()[-1]
    assert line.startswith("| random | **1.000 / 1.010** | **1.005 / 1.000** | 1.020 / 1.000 |")
