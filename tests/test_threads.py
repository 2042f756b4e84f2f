"""Objects that threads share, and threads that outlive the interpreter."""

import copy
import pickle
import subprocess
import sys
import threading

import numpy as np
import pytest

import paris_core
from paris_core.linalg import RidgeFactor
from problems import make_problem
from reference import ridge_weights
from together import at_once


@pytest.fixture
def problem():
    return make_problem(20_000, 200, 32)


@pytest.mark.parametrize("engine", ["lazy", "exhaustive"])
def test_a_pruner_runs_in_one_thread_at_a_time(problem, engine):
    pruner = paris_core.Pruner(*problem.arrays, lam=1.0, engine=engine)
    outcomes = at_once(*[lambda: pruner.run(300)] * 3)
    served = [n for n in outcomes if isinstance(n, int)]
    refused = [str(error) for error in outcomes if isinstance(error, RuntimeError)]
    assert len(served) + len(refused) == 3
    assert served == [300] * len(served)
    assert all("running already" in message for message in refused)
    result = pruner.result()
    assert len(result.removed) == pruner.n_removed == 300 * len(served)
    assert len(np.unique(result.removed)) == len(result.removed)


def test_nothing_is_read_half_way(problem):
    """Until a run is over, others are told so; how far it is can be asked all the time."""
    pruner = paris_core.Pruner(*problem.arrays, lam=1.0, engine="exhaustive")
    seen, refusals, over = [], set(), threading.Event()

    def watch():
        while not over.is_set():
            seen.append(pruner.n_removed)
            try:
                result = pruner.result()
            except RuntimeError as error:
                refusals.add(str(error))
            else:
                assert len(result.loss) == len(result.removed) + 1

    def run():
        try:
            return pruner.run(2000, seconds=5.0)
        finally:
            over.set()

    _, done = at_once(watch, run)
    assert done > 0
    assert refusals == {"the Pruner is running in another thread"}
    assert seen == sorted(seen)
    assert pruner.n_removed == len(pruner.result().removed) == done


def test_a_callback_may_ask_for_the_result_but_not_go_on(problem):
    lengths = []

    def callback(deletion):
        lengths.append(len(pruner.result().removed))
        with pytest.raises(RuntimeError, match="running already"):
            pruner.run(1)

    pruner = paris_core.Pruner(*problem.arrays, lam=1.0, callback=callback)
    assert pruner.run(3) == 3
    assert lengths == [1, 2, 3]


def test_threads_take_turns_at_a_ridge(problem):
    ridge = RidgeFactor(problem.Phi, problem.y, 1.0, n_threads=1)

    def remove(first):
        for row in range(first, 2000, 4):
            ridge.remove(row)
            assert ridge.weights.shape == ridge.solve(np.ones(32)).shape == (32,)
            assert ridge.lower.shape == (32, 32)

    assert at_once(*[lambda i=i: remove(i) for i in range(4)]) == [None] * 4
    assert ridge.n_kept == 18_000
    expected = ridge_weights(problem.Phi[2000:], problem.y[2000:], 1.0)
    np.testing.assert_allclose(ridge.weights, expected, rtol=1e-9, atol=1e-12)


def test_one_row_is_removed_once(problem):
    ridge = RidgeFactor(problem.Phi, problem.y, 1.0)
    outcomes = at_once(*[lambda: ridge.remove(7)] * 4)
    assert sum(outcome is None for outcome in outcomes) == 1
    assert sum("already" in str(outcome) for outcome in outcomes) == 3
    assert ridge.n_kept == 19_999


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, pickle.dumps])
def test_no_copy_shares_the_state(copied):
    problem = make_problem(20, 5, 2)
    for original in (
        paris_core.Pruner(*problem.arrays, lam=1.0),
        RidgeFactor(problem.Phi, problem.y, 1.0),
    ):
        with pytest.raises(TypeError, match=r"cannot be copied or pickled: .*new|another"):
            copied(original)


@pytest.mark.parametrize("callback", ["None", "lambda deletion: False"])
@pytest.mark.parametrize("seconds", [0.05, 0.2])
def test_the_interpreter_may_leave_during_a_run(callback, seconds):
    script = f"""
import threading, time
import numpy as np
import paris_core

rng = np.random.default_rng(0)
Phi, y = rng.standard_normal((20_000, 32)), rng.standard_normal(20_000)
begun = threading.Event()

def run():
    pruner = paris_core.Pruner(
        Phi, y, Phi[:200], y[:200], lam=1.0, engine="exhaustive", callback={callback}
    )
    begun.set()
    pruner.run(19_000)

threading.Thread(target=run, daemon=True).start()
begun.wait()
time.sleep({seconds})
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
