"""Methods of the study, what can be wrong with its rows, and how the tables and figures tell it."""

import sys

import numpy as np
import pytest

pytest.importorskip("sklearn", minversion="1.7", reason="the extra `study` needs it")

from benchmarks.study import (
    corruptions,
    finding,
    grid,
    networks,
    public_methods,
    repair_methods,
    repair_tables,
    storm_methods,
)
from benchmarks.study.repair_trial import Problem, Trial
from benchmarks.study.rows import Rows

from paris_core.features import default_network

ROWS = """\
task,corruption,n_trusted,seed,method,precision,precision_first,recall,rmse,rmse_tail
dst,clean,800,0,true labels,,,,2,10
dst,clean,800,0,everything,,,,2,10
dst,clean,800,0,PARIS,,,,2,9
dst,clipped,800,0,true labels,,,,2,10
dst,clipped,800,0,everything,,,,4,20
dst,clipped,800,0,PARIS,0.5,1.0,0.8,2,10
abalone,clipped,800,0,true labels,,,,1,1
abalone,clipped,800,0,everything,,,,2,2
abalone,clipped,800,0,PARIS,,,0.0,1,2
abalone,clean,800,0,everything,,,,2,2
"""


@pytest.fixture
def results(tmp_path):
    file = tmp_path / "repair.csv"
    file.write_text(ROWS)
    return file


def test_tables_of_repair(results, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["repair_tables.py", "--results", str(results)])
    repair_tables.main()
    text = capsys.readouterr().out
    assert "| everything | 1.00 / 1.00 | 2.00 / 2.00 |" in text
    assert "| PARIS | 50 / 100 / 80 |" in text  # dst
    assert "| PARIS | - / - / 0 |" in text  # abalone: nothing deleted
    assert "| PARIS | +0 % | -50 % (-50, -50) |" in text  # all tasks
    assert "| clipped (2) | everything: 2.00 | PARIS: 1.00 | -50 % | reached |" in text
    assert "| clean (1) | everything: 1.00 | PARIS: 1.00 | +0 % | not set |" in text


@pytest.mark.parametrize(
    ("other", "ours", "verdict"),
    [(1.16, 1.02, "reached"), (1.3, 1.1, "half"), (1.16, 1.1, "missed"), (1.14, 1.0, "not set")],
)
def test_the_target_is_set_where_others_fail(other, ours, verdict):
    errors = {"true labels": 1.0, "right rows only": 0.9, "Huber": other, "audit": ours}
    unit = {m: {"task": "dst", "rmse": str(error)} for m, error in errors.items()}
    table = repair_tables.target({"offset": [unit]}, list(errors))
    assert table.splitlines()[2].startswith(
        f"| offset (1) | Huber: {other:.2f} | audit: {ours:.2f}"
    )
    assert table.endswith(f" {verdict} |")


def test_precision_of_the_first_deleted():
    bad = np.arange(100) < 20  # of the first two deleted, one is bad
    removed = np.array([3, 50, 4, 5])
    shares = {"precision": 0.75, "precision_first": 0.5, "recall": 0.15}
    assert finding.found(bad, removed) == shares
    nothing = {"precision": "", "precision_first": "", "recall": 0.0}
    assert finding.found(bad, removed[:0]) == nothing
    assert set(finding.found(bad, None).values()) == {""}
    assert set(finding.found(np.zeros(100, dtype=bool), removed).values()) == {""}


def test_figures_of_results(results, tmp_path, monkeypatch):
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    from benchmarks.study import figures

    out = tmp_path / "images"
    monkeypatch.setattr(sys, "argv", ["figures.py", "--results", str(tmp_path), "--out", str(out)])
    figures.main()
    assert [image.name for image in out.iterdir()] == ["study-repair.png"]
    assert len(figures.repair(grid.read(results)).get_axes()) == 3  # a row of panels


def with_wrong_batches(*wrong):
    """A trial; of its ten batches, these have the wrong sign."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(900, 3))
    every = Rows(X, X.sum(axis=1) + 0.1 * rng.normal(size=900))
    train, batch = every.at(np.arange(400)), np.arange(400) // 40
    bad = np.isin(batch, wrong)
    problem = Problem(
        train=Rows(train.X, np.where(bad, -1.0, 1.0) * train.y),
        clean=train,
        bad=bad,
        trusted=every.at(np.arange(400, 500)),
        test=every.at(np.arange(500, 900)),
        side="upper",
        regions={},
        batch=batch,
    )
    return Trial(problem, 0)


@pytest.fixture
def trial():
    return with_wrong_batches(2, 7)


def error(outcome, problem):
    return np.sqrt(np.mean((outcome.predict(problem.test.X) - problem.test.y) ** 2))


@pytest.fixture
def hasty(monkeypatch):
    """The network that ships with few passes, where only what surrounds it is of interest."""

    def network():
        found = default_network()
        found[-1].set_params(early_stopping=False, max_iter=8, learning_rate_init=0.01)
        return found

    monkeypatch.setattr(networks, "default_network", network)


@pytest.mark.parametrize("method", repair_methods.METHODS)
def test_every_method_against_wrong_targets_predicts(method, trial, hasty):
    outcome = repair_methods.METHODS[method](trial)
    assert 0.0 < error(outcome, trial.problem) < 1.6  # 1.7 is the deviation of the targets


@pytest.mark.parametrize("method", public_methods.METHODS)
def test_every_method_where_nothing_is_wrong_predicts(method, trial, hasty):
    clean, none = trial.problem.clean, trial.held_out.at(np.arange(0))
    outcome = public_methods.METHODS[method](public_methods.Trial(clean, none, 0))
    assert error(outcome, trial.problem) < 1.6
    assert 0.0 < outcome.kept <= 1.0


@pytest.mark.parametrize("method", storm_methods.METHODS)
def test_every_method_for_storms_predicts(method, trial, hasty):
    clean, none = trial.problem.clean, trial.held_out.at(np.arange(0))
    hours = Rows(clean.X, 60.0 * clean.y)
    storms = storm_methods.Trial(hours, none, 0, trial.problem.batch)
    predicted = storm_methods.METHODS[method](storms).predict(trial.problem.test.X)
    assert np.sqrt(np.mean((predicted / 60.0 - trial.problem.test.y) ** 2)) < 1.6


def test_where_nothing_is_removed_paris_is_the_network_on_everything(trial):
    problem = trial.problem
    sound = Trial(problem.with_targets(problem.clean.y, np.zeros(400, dtype=bool)), 0)
    outcome = repair_methods.paris(sound, rounds=1)
    assert len(outcome.removed) == 0
    np.testing.assert_allclose(
        outcome.predict(problem.test.X), sound.untouched.predict(problem.test.X), rtol=1e-9
    )


def test_batches_with_a_wrong_sign_leave_first(trial):
    outcome = repair_methods.paris(trial, delete="groups", rounds=1)
    assert set(trial.problem.batch[outcome.removed[:80]]) == {2, 7}
    assert len(outcome.removed) % 40 == 0
    assert error(outcome, trial.problem) < 0.5


def test_trimming_of_batches_takes_those_that_the_network_forecasts_worst(trial):
    outcome = repair_methods.trimmed_batches(trial)
    assert set(trial.problem.batch[outcome.removed[:80]]) == {2, 7}
    assert error(outcome, trial.problem) < 0.5


def test_audit_finds_a_majority_of_wrong_batches_that_trimming_does_not():
    trial = with_wrong_batches(0, 1, 2, 4, 6, 8)
    trimmed, found = repair_methods.trimmed_batches(trial), repair_methods.audited(trial)
    assert set(trial.problem.batch[found.removed]) == {0, 1, 2, 4, 6, 8}
    assert error(found, trial.problem) < 0.5
    assert error(trimmed, trial.problem) > 1.0


def test_weights_of_a_network_are_repeated_rows(hasty):
    rng = np.random.default_rng(0)
    rows = Rows(rng.normal(size=(100, 3)), rng.normal(size=100))
    even = networks.Network(0).fit(rows, np.full(100, 7.0))
    np.testing.assert_allclose(even.predict(rows.X), networks.Network(0).fit(rows).predict(rows.X))


def test_a_tuned_network_goes_on_from_where_it_is(trial):
    network, rows = trial.everything, trial.held_out
    losses = [repair_methods.loss(network.tuned(rows, n).predict, rows) for n in (0, 3, 30)]
    assert losses[0] == repair_methods.loss(network.predict, rows)  # which has not changed
    assert losses[0] > losses[1] > losses[2]


@pytest.mark.parametrize("percent", [20, 40, 60])
def test_so_many_batches_or_rows_are_wrong(percent, trial):
    spoil, problem = corruptions.wrong_sign(percent), trial.problem
    wrong = spoil(problem, np.random.default_rng(0))
    assert len(np.unique(problem.batch[wrong.bad])) == percent // 10
    middle = np.median(problem.clean.y)
    np.testing.assert_allclose((wrong.train.y + problem.clean.y)[wrong.bad], 2 * middle)
    np.testing.assert_array_equal(wrong.train.y[~wrong.bad], problem.clean.y[~wrong.bad])
    high = corruptions.offset(percent)(problem, np.random.default_rng(0))
    np.testing.assert_array_equal(high.bad, np.arange(400) >= 400 - 4 * percent)
    shift = (high.train.y - problem.clean.y) / problem.clean.y.std()
    np.testing.assert_allclose(shift, 1.5 * high.bad, atol=1e-12)
