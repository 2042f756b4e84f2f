"""`Pruner.replay`: a run that was cut short goes on as if nothing had happened."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import paris_core
from problems import PAIRS, make_problem, options, problems
from replay import assert_same, pruned_up_to


def resumed(problem, cut, total, **settings):
    """The result of `total` deletions by a run that ended after `cut`, and another."""
    first = paris_core.Pruner(*problem.arrays, **settings)
    first.run(cut)
    second = paris_core.Pruner(*problem.arrays, **settings)
    assert second.replay(first.result()) == cut
    second.run(total - cut)
    return second.result()


@given(st.data())
def test_small_problems(data):
    problem = data.draw(problems())
    settings = data.draw(options(problem))
    whole = pruned_up_to(problem, problem.n_rows - 1, **settings)
    cut = data.draw(st.integers(0, len(whole.removed)))
    assert_same(resumed(problem, cut, problem.n_rows - 1, **settings), whole)


@pytest.mark.parametrize("engine", ["exhaustive", "lazy"])
@pytest.mark.parametrize("pair", PAIRS, ids=str)
@pytest.mark.parametrize("cut", [1, 255, 257, 700])
def test_long_runs(engine, pair, cut):
    """Past refreshed leverages, rebuilt factors and the working sets of the lazy engine."""
    problem = make_problem(1500, 60, 8, seed=3)
    criterion, objective = pair[:2]
    settings = {
        "lam": 0.01,
        "criterion": criterion,
        "objective": objective,
        "engine": engine,
        "monitor": (problem.Phi[:50], problem.y[:50]),
    }
    whole = paris_core.prune(*problem.arrays, 1300, **settings)
    assert_same(resumed(problem, cut, 1300, **settings), whole)


def test_quotas_and_patience():
    problem = make_problem(200, 20, 5, seed=1)
    settings = {
        "lam": 1.0,
        "groups": np.arange(200) % 4,
        "quotas": [30, 40, 10, 0],
        "monitor": (problem.Phi[:30], problem.y[:30]),
        "stop": "monitor",
        "patience": 40,
    }
    whole = pruned_up_to(problem, 150, **settings)
    assert_same(resumed(problem, len(whole.removed) // 2, 150, **settings), whole)


def test_by_way_of_a_file(tmp_path):
    problem = make_problem(120, 20, 5)
    whole = paris_core.prune(*problem.arrays, 90, lam=0.1)
    paris_core.prune(*problem.arrays, 40, lam=0.1).save(tmp_path / "part.npz")
    pruner = paris_core.Pruner(*problem.arrays, lam=0.1)
    pruner.replay(paris_core.PruneResult.load(tmp_path / "part.npz"))
    pruner.run(50)
    assert_same(pruner.result(), whole)


def test_what_is_no_result_of_these_data():
    problem, other = make_problem(60, 10, 5, seed=0), make_problem(60, 10, 5, seed=1)
    result = paris_core.prune(*problem.arrays, 20, lam=1.0)

    def fresh(problem=problem, **settings):
        return paris_core.Pruner(*problem.arrays, **{"lam": 1.0, **settings})

    with pytest.raises(TypeError, match="result must be a PruneResult, got list"):
        fresh().replay([1, 2])
    with pytest.raises(ValueError, match=r"60 rows and lam=1\.0, this Pruner 60 and 2\.0"):
        fresh(lam=2.0).replay(result)
    with pytest.raises(ValueError, match=r"it has 60 rows .*, this Pruner 50"):
        fresh(make_problem(50, 10, 5)).replay(result)
    with pytest.raises(ValueError, match="it differs from this Pruner after 0 deletions"):
        fresh(other).replay(result)
    protected = np.zeros(60, dtype=bool)
    protected[result.removed[7]] = True
    with pytest.raises(ValueError, match="it differs from this Pruner after 7 deletions"):
        fresh(protect=protected).replay(result)
    used = fresh()
    used.run(3)
    with pytest.raises(RuntimeError, match="3 rows have been removed already"):
        used.replay(result)


def test_run_ends_in_time():
    problem = make_problem(40_000, 50, 64, seed=7)
    pruner = paris_core.Pruner(*problem.arrays, lam=1.0, engine="exhaustive", n_threads=1)
    done = pruner.run(39_000, seconds=0.05)
    assert 0 < done < 39_000
    assert pruner.run(1) == 1
    with pytest.raises(ValueError, match="seconds must be a finite number > 0"):
        pruner.run(1, seconds=0)
