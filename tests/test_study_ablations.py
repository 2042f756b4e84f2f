"""Ablations: what is deleted by which features, and the tables."""

import numpy as np
import pytest

import paris_core

pytest.importorskip("sklearn", minversion="1.7", reason="the extra `study` needs it")

from benchmarks.study import ablation_runs as runs
from benchmarks.study import ablation_tables
from benchmarks.study.repair_trial import Problem


@pytest.fixture
def trial():
    """The task in small: 200 training rows, 60 held-out ones, targets down to -150."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(360, 3))
    every = runs.Rows(X, 50.0 * X[:, 0] - 20.0 * X[:, 1] ** 2)
    train, trusted = every.at(np.arange(200)), every.at(np.arange(200, 260))
    test = every.at(np.arange(260, 360))
    problem = Problem(
        train=train,
        clean=train,
        bad=np.zeros(200, dtype=bool),
        trusted=trusted,
        test=test,
        side="lower",
        regions={"tail": test.y <= -50.0},
        batch=np.arange(200) // 10,
    )
    return runs.Trial(problem, 0)


def counted(trial, monkeypatch):
    """The numbers of rows that networks are trained on from here on."""
    numbers, network = [], type(trial).network

    def count(self, rows, weight=None):
        numbers.append(len(rows))
        return network(self, rows, weight)

    monkeypatch.setattr(type(trial), "network", count)
    return numbers


def test_one_network_decides_all_deletions_and_gives_the_head(trial):
    rows = list(runs.run(trial, "refit/mean", runs.Setting((100, 60, 30), lam=1.0)))
    network, validation, test = trial.everything, trial.parts[0], trial.problem.test
    Phi, z = network.table(trial.train)
    result = paris_core.prune(
        Phi,
        z,
        *network.table(validation),
        140,
        lam=1.0,
        criterion="refit",
        objective="mean",
    )
    assert [row["kept"] for row in rows] == [100, 60, 30]
    for row, n_removed in zip(rows, (0, 80, 140), strict=True):
        weights = result.truncate(n_removed).weights
        error = network.with_head(weights)(test.X) - test.y
        np.testing.assert_allclose(row["head"], np.sqrt(np.mean(error**2)), rtol=1e-5)
        trained = trial.network(trial.train.at(result.truncate(n_removed).kept))
        error = (trained.predict(test.X) - test.y)[test.y <= -50.0]
        np.testing.assert_allclose(row["network_tail"], np.sqrt(np.mean(error**2)), rtol=1e-5)
        assert row["drift"] < 1e-9


def test_features_are_learned_again_from_the_rows_kept(trial, monkeypatch):
    trial.everything  # noqa: B018
    numbers = counted(trial, monkeypatch)
    setting = runs.Setting((50, 25), every=20)
    rows = list(runs.run(trial, "representer/worst", setting))
    assert numbers == [160, 120, 100, 80, 50]  # the third and the last for errors only
    assert [row["kept"] for row in rows] == [50, 25]
    assert rows[0]["lam"] != rows[1]["lam"]


def test_fewer_rare_rows_are_some_of_the_more():
    rows = runs.Rows(np.arange(40.0)[:, np.newaxis], np.repeat([-80.0, 0.0], 20))
    some, few = (runs.thinned(rows, share, np.random.default_rng(0)) for share in (0.5, 0.1))
    assert [int((part.y < 0.0).sum()) for part in (some, few)] == [10, 2]
    assert [int((part.y == 0.0).sum()) for part in (some, few)] == [20, 20]
    assert set(few.X[:, 0]) < set(some.X[:, 0])


def test_changes_are_those_of_pairs():
    rows = []
    for seed, base in (("0", 10.0), ("1", 20.0)):
        one = {"setting": "never", "method": "everything", "seed": seed, "kept": "100"}
        rows.append(one | {"network": str(base)})
        for kept, factor in (("50", 1.1), ("20", 1.21)):
            rows.append(one | {"method": "refit/mean", "kept": kept})
            monitor = factor if seed == "0" else 1.0 / factor
            rows[-1] |= {"head": str(base * factor), "head_monitor": str(monitor)}
    ablation = ablation_tables.Ablation(rows)
    found = ablation.at("never", "refit/mean", "50")
    assert ablation.change(found, "head", "") == "+10 % (+10, +10)"
    assert ablation.last("never", "refit/mean")["1"]["kept"] == "20"
    chosen = ablation.chosen("never", "refit/mean", "head")
    assert [row["kept"] for row in chosen.values()] == ["50", "20"]
    assert ablation.change(chosen, "head", "").startswith("+15 % (+10, +21)")
