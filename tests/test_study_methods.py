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
    optional,
    repair_methods,
    repair_tables,
)
from benchmarks.study.repair_trial import Problem, Trial
from benchmarks.study.rows import Rows

ROWS = """\
task,corruption,n_trusted,seed,method,precision,precision_first,recall,rmse,rmse_tail
dst,none,800,0,clean,,,,2,10
dst,none,800,0,everything,,,,2,10
dst,none,800,0,PARIS,,,,2,9
dst,clipped,800,0,clean,,,,2,10
dst,clipped,800,0,everything,,,,4,20
dst,clipped,800,0,PARIS,0.5,1.0,0.8,2,10
abalone,clipped,800,0,clean,,,,1,1
abalone,clipped,800,0,everything,,,,2,2
abalone,clipped,800,0,PARIS,,,0.0,1,2
abalone,none,800,0,everything,,,,2,2
"""


@pytest.fixture
def results(tmp_path):
    file = tmp_path / "repair.csv"
    file.write_text(ROWS)
    return file


def test_leaves_out_methods_whose_package_is_missing():
    needs = {"a": "no_such_package", "b": "numpy"}
    assert optional.available({"a": 1, "b": 2, "c": 3}, needs) == {"b": 2, "c": 3}


def test_tables_of_repair(results, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["repair_tables.py", "--results", str(results)])
    repair_tables.main()
    text = capsys.readouterr().out
    assert "| everything | 1.00 / 1.00 | 2.00 / 2.00 |" in text
    assert "| PARIS | 50 / 100 / 80 |" in text  # dst
    assert "| PARIS | - / - / 0 |" in text  # abalone: nothing deleted
    assert "| PARIS | +0 % | -50 % (-50, -50) |" in text  # all tasks


def test_precision_of_the_first_deleted():
    bad = np.arange(100) < 20  # of the first two deleted, one is bad
    removed = np.array([3, 50, 4, 5])
    shares = {"precision": 0.75, "precision_first": 0.5, "recall": 0.15}
    assert finding.found(bad, removed) == shares
    nothing = {"precision": "", "precision_first": "", "recall": 0.0}
    assert finding.found(bad, removed[:0]) == nothing
    assert set(finding.found(bad, None).values()) == {""}
    assert set(finding.found(np.zeros(100, dtype=bool), removed).values()) == {""}


def test_focal_loss_and_its_network():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    from benchmarks.study import focal

    error, zero = torch.tensor([1.0, -3.0]), torch.zeros(2)
    expected = np.mean([np.tanh(0.1) * 1.0, np.tanh(0.3) * 9.0])  # 2 sigmoid(x) - 1 = tanh(x / 2)
    assert float(focal.focal_loss(error, zero, 0.2, 1.0)) == pytest.approx(expected, rel=1e-6)
    assert float(focal.focal_loss(error, zero, 0.2, 0.0)) == pytest.approx(5.0)

    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 3))
    y = 20.0 + 10.0 * X[:, 0]
    first, again = (focal.FocalNetwork(300, 0).fit(Rows(X, y)).predict(X) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert np.sqrt(np.mean((first - y) ** 2)) < 1.5


def test_figures_of_results(results, tmp_path, monkeypatch):
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    from benchmarks.study import figures

    out = tmp_path / "images"
    monkeypatch.setattr(sys, "argv", ["figures.py", "--results", str(tmp_path), "--out", str(out)])
    figures.main()
    assert [image.name for image in out.iterdir()] == ["study-repair.png"]
    assert len(figures.repair(grid.read(results)).get_axes()) == 3  # a row of panels


def test_figure_of_shares_of_wrong_months():
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    from benchmarks.study import curve_figures as curves

    rows = [
        {"task": "dst 40000", "corruption": name, "seed": seed, "method": method}
        | {"rmse": str(error * 2), "rmse_tail": str(error)}
        for name in curves.WRONG_SIGNS
        for seed in "01"
        for method, error in (("clean", 1), ("Huber", 3), ("not shown", 9))
    ]
    axes = curves.wrong_shares(rows).get_axes()
    assert [ax.get_title() for ax in axes] == ["all test rows", "the tail"]
    for ax in axes:
        (drawn,) = ax.containers
        np.testing.assert_array_equal(drawn.lines[0].get_xydata(), [[20, 3], [40, 3], [60, 3]])
    assert curves.wrong_shares([row | {"task": "dst"} for row in rows]) is None


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
        updates=300,
        batch=batch,
    )
    return Trial(problem, 0)


@pytest.fixture
def trial():
    return with_wrong_batches(2, 7)


def error(outcome, problem):
    return np.sqrt(np.mean((outcome.predict(problem.test.X) - problem.test.y) ** 2))


SINGLE = [name for name in repair_methods.METHODS if "mean of five" not in name]


@pytest.mark.parametrize("method", SINGLE)
def test_every_method_against_wrong_targets_predicts(method, trial):
    trial.updates = 40
    outcome, seconds = repair_methods.run(method, trial)
    assert 0.0 < error(outcome, trial.problem) < 1.6  # 1.7 is the deviation of the targets
    assert seconds >= 0.0


def test_batches_with_a_wrong_sign_leave_first(trial):
    outcome = repair_methods.by_batches(trial)
    assert set(trial.problem.batch[outcome.removed[:80]]) == {2, 7}
    assert outcome.n_kept == 400 - len(outcome.removed)
    assert len(outcome.removed) % 40 == 0
    assert error(outcome, trial.problem) < 0.5


def test_trimming_of_batches_takes_those_that_the_network_forecasts_worst(trial):
    outcome = repair_methods.trimmed_batches(trial)
    assert set(trial.problem.batch[outcome.removed[:80]]) == {2, 7}
    assert outcome.n_kept == 400 - len(outcome.removed)
    assert error(outcome, trial.problem) < 0.5


def test_what_trusted_rows_steer_finds_a_majority_of_wrong_batches():
    trial = with_wrong_batches(0, 1, 2, 4, 6, 8)
    trimmed, found, after = (
        method(trial)
        for method in (
            repair_methods.trimmed_batches,
            repair_methods.by_batches,
            repair_methods.batches_trimmed,
        )
    )
    assert {0, 1, 2, 4, 6, 8} <= set(trial.problem.batch[found.removed])
    assert max(error(found, trial.problem), error(after, trial.problem)) < 0.5
    assert error(trimmed, trial.problem) > 1.0


def test_a_mean_of_five_is_that_of_five_seeds(trial):
    each = [other.everything.predict(trial.problem.test.X) for other in trial.others]
    assert len({tuple(predicted[:3]) for predicted in each}) == 5
    outcome = repair_methods.mean_of_five(trial, repair_methods.everything)
    np.testing.assert_allclose(outcome.predict(trial.problem.test.X), np.mean(each, axis=0))


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


@pytest.mark.filterwarnings("ignore:.*converge")
def test_a_steady_network_makes_as_many_steps_on_fewer_rows():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(800, 3))
    network = networks.steady(120, 0)
    steps = [network.fit(X[:n], X[:n, 0])[-1].n_iter_ * n / 200 for n in (800, 400, 200)]
    assert steps == [120, 120, 120]
    same = networks.estimator(120, 800, 0).fit(X, X[:, 0])
    np.testing.assert_array_equal(network.fit(X, X[:, 0]).predict(X), same.predict(X))
