"""`Pruner`: the same as `prune`, in pieces, and interruptible."""

import contextlib
import signal
import threading
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import paris_core
from problems import make_problem, penalties, problems
from replay import assert_greedy, assert_same, pruned_up_to, refitted_weights_backwards


@pytest.fixture(scope="module")
def long_problem():
    """So large that deleting all of it takes far longer than any test may."""
    return make_problem(40_000, 50, 64, seed=7)


@given(problems(), penalties(), st.lists(st.integers(0, 15), max_size=6))
def test_pieces_equal_the_whole(problem, lam, pieces):
    pruner = paris_core.Pruner(*problem.arrays, lam=lam)
    done = 0
    for n in pieces:
        n = min(n, problem.n_rows - 1 - done)
        assert pruner.run(n) == n
        done += n
        assert pruner.n_removed == done
    assert_same(pruner.result(), paris_core.prune(*problem.arrays, done, lam=lam))


@pytest.mark.parametrize("piece", [1, 97, 256, 300])
def test_long_run_in_pieces(piece):
    problem = make_problem(900, 30, 6, seed=3)
    pruner = paris_core.Pruner(*problem.arrays, lam=1e-3)
    while pruner.n_removed < 800:
        pruner.run(min(piece, 800 - pruner.n_removed))
    assert_same(pruner.result(), paris_core.prune(*problem.arrays, 800, lam=1e-3))


def test_options_are_those_of_prune():
    problem = make_problem(90, 12, 5)
    options = {
        "lam": "evidence",
        "val_weight": np.linspace(0, 2, 12),
        "protect": np.arange(90) % 4 == 0,
        "cache_bytes": 1000,
        "n_threads": 2,
        "engine": "exhaustive",
        "criterion": "refit",
        "objective": ("worst", 3),
        "strata": np.arange(90) % 3,
        "quotas": [10, 20, 25],
        "monitor": (problem.Phi[:7], problem.y[:7], np.arange(7)),
        "stop": "monitor",
        "patience": 35,
    }
    pruner = paris_core.Pruner(*problem.arrays, **options)
    pruner.run(20)
    pruner.run(20)
    assert_same(pruner.result(), pruned_up_to(problem, 40, **options))


def test_before_the_first_run():
    problem = make_problem(30, 5, 4)
    pruner = paris_core.Pruner(*problem.arrays, lam=0.5)
    assert pruner.n_removed == 0
    assert pruner.run(0) == 0
    assert_same(pruner.result(), paris_core.prune(*problem.arrays, 0, lam=0.5))


def test_results_are_snapshots():
    problem = make_problem(60, 5, 4)
    pruner = paris_core.Pruner(*problem.arrays, lam=0.5)
    pruner.run(10)
    early = pruner.result()
    copies = {name: getattr(early, name).copy() for name in ("removed", "loss", "weights", "mask")}
    pruner.run(40)
    for name, copy in copies.items():
        np.testing.assert_array_equal(getattr(early, name), copy)
    assert len(pruner.result().removed) == 50


def test_run_stops_when_nothing_may_be_deleted():
    problem = make_problem(60, 5, 4)
    protect = np.arange(60) >= 25
    pruner = paris_core.Pruner(*problem.arrays, lam=0.5, protect=protect)
    assert pruner.run(20) == 20
    assert pruner.run(20) == 5
    assert pruner.run(20) == 0
    assert pruner.n_removed == 25
    result = pruner.result()
    assert result.stop_reason == "exhausted"
    assert_greedy(result, problem, 0.5, protect=protect)


@pytest.mark.parametrize("n", [-1, -(2**70)])
def test_negative_n(n):
    pruner = paris_core.Pruner(*make_problem(20, 5, 4).arrays, lam=0.5)
    with pytest.raises(ValueError, match=r"\bn\b"):
        pruner.run(n)
    assert pruner.n_removed == 0


@pytest.mark.parametrize("n", [1.5, 2.0, "3", None, True, [1], np.array([1, 2])], ids=repr)
def test_n_of_wrong_type(n):
    pruner = paris_core.Pruner(*make_problem(20, 5, 4).arrays, lam=0.5)
    with pytest.raises(TypeError, match=r"\bn\b"):
        pruner.run(n)
    assert pruner.n_removed == 0


def test_n_beyond_all_rows():
    problem = make_problem(20, 5, 4)
    for n in (20, 10**6, 2**63 - 1, 10**30):
        pruner = paris_core.Pruner(*problem.arrays, lam=0.5, protect=np.arange(20) == 3)
        assert pruner.run(n) == 19
        assert pruner.result().kept.tolist() == [3]
        assert pruner.result().stop_reason == "exhausted"


def test_numpy_integer_as_n():
    pruner = paris_core.Pruner(*make_problem(20, 5, 4).arrays, lam=0.5)
    assert pruner.run(np.int32(3)) == 3


def test_callback_stops_this_run_only():
    problem = make_problem(60, 5, 4)
    steps = []

    def callback(step):
        steps.append(step)
        return step.n_removed == 7

    pruner = paris_core.Pruner(*problem.arrays, lam=0.5, callback=callback)
    assert pruner.run(20) == 7
    assert pruner.result().stop_reason == "callback"
    assert pruner.run(20) == 20
    assert pruner.result().stop_reason != "callback"
    assert [step.n_removed for step in steps] == list(range(1, 28))
    assert_same(pruner.result(), paris_core.prune(*problem.arrays, 27, lam=0.5))


def test_exception_of_the_callback_leaves_the_pruner_consistent():
    problem = make_problem(60, 5, 4)

    def callback(step):
        if step.n_removed == 7:
            raise RuntimeError("from the callback")

    pruner = paris_core.Pruner(*problem.arrays, lam=0.5, callback=callback)
    with pytest.raises(RuntimeError, match="from the callback"):
        pruner.run(20)
    assert pruner.n_removed == 7
    assert_same(pruner.result(), paris_core.prune(*problem.arrays, 7, lam=0.5))
    assert pruner.run(13) == 13
    assert_same(pruner.result(), paris_core.prune(*problem.arrays, 20, lam=0.5))


def test_caller_may_change_its_arrays_while_pruning_goes_on():
    # Only Phi may be shared with the caller (it is too large to copy); targets must be its own,
    # or residuals and normal equations would no longer belong together. What is changed here are
    # arrays that had to be converted.
    problem = make_problem(60, 5, 4)
    whole = paris_core.prune(*problem.arrays, 30, lam=0.5)
    inputs = [np.asfortranarray(a.astype(np.longdouble)) for a in problem.arrays]
    pruner = paris_core.Pruner(*inputs, lam=0.5)
    pruner.run(10)
    for array in inputs:
        array[...] = 0
    del inputs
    pruner.run(20)
    assert_same(pruner.result(), whole)


def test_arrays_live_as_long_as_the_pruner():
    problem = make_problem(3000, 50, 20)
    whole = paris_core.prune(*problem.arrays, 60, lam=0.5)
    pruner = paris_core.Pruner(*problem.copy().arrays, lam=0.5)
    for _ in range(20):
        np.full((3000, 20), np.nan)  # would take the place of freed memory
    pruner.run(60)
    assert_same(pruner.result(), whole)


@contextlib.contextmanager
def interrupt_after(seconds):
    """Send SIGINT to the main thread in a while, unless the block has ended before."""
    sent = []

    def send():
        sent.append(time.perf_counter())
        signal.raise_signal(signal.SIGINT)

    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    timer = threading.Timer(seconds, send)
    timer.start()
    try:
        yield sent
    finally:
        timer.cancel()
        timer.join()
        signal.signal(signal.SIGINT, previous)


@pytest.mark.skipif(
    threading.current_thread() is not threading.main_thread(), reason="signals need the main thread"
)
@pytest.mark.parametrize("n_threads", [1, 2])
@pytest.mark.parametrize("engine", ["exhaustive", "lazy"])
def test_interrupt(long_problem, engine, n_threads):
    options = {"lam": 1.0, "engine": engine, "n_threads": n_threads}
    pruner = paris_core.Pruner(*long_problem.arrays, **options)
    with interrupt_after(0.3) as sent, pytest.raises(KeyboardInterrupt):
        pruner.run(39_999)
    # Promised are 0.2 s; a loaded machine gets more.
    assert time.perf_counter() - sent[0] < 5

    done = pruner.n_removed
    assert 0 < done < 39_999
    result = pruner.result()
    assert len(result.removed) == done
    assert len(result.loss) == done + 1
    assert np.count_nonzero(result.mask) == 40_000 - done
    # The run continues exactly where it stopped.
    assert pruner.run(5) == 5
    whole = paris_core.prune(*long_problem.arrays, done + 5, **options)
    assert_same(pruner.result(), whole)
    if engine == "exhaustive":  # few enough deletions to replay
        assert_greedy(whole, long_problem, 1.0, refit=refitted_weights_backwards, rtol=1e-7)


def test_interrupt_of_prune(long_problem):
    with interrupt_after(0.2) as sent, pytest.raises(KeyboardInterrupt):
        paris_core.prune(*long_problem.arrays, 39_999, lam=1.0)
    assert time.perf_counter() - sent[0] < 5


def test_another_signal_handler_may_raise(long_problem):
    class Stop(Exception):
        pass

    def handler(number, frame):
        raise Stop

    pruner = paris_core.Pruner(*long_problem.arrays, lam=1.0)
    with interrupt_after(0.2):
        signal.signal(signal.SIGINT, handler)
        with pytest.raises(Stop):
            pruner.run(39_999)
    assert pruner.n_removed == len(pruner.result().removed) < 39_999


def test_other_threads_go_on(long_problem):
    pruner = paris_core.Pruner(*long_problem.arrays, lam=1.0, n_threads=1, engine="exhaustive")
    ticks, stop = [], threading.Event()

    def tick():
        while not stop.is_set():
            ticks.append(time.perf_counter())
            time.sleep(1e-3)

    thread = threading.Thread(target=tick)
    thread.start()
    try:
        start = time.perf_counter()
        pruner.run(200)
        end = time.perf_counter()
    finally:
        stop.set()
        thread.join()
    # Were the GIL held, no tick could fall within the run, but for the few signal checks.
    middle = [t for t in ticks if start + 0.1 * (end - start) < t < end - 0.1 * (end - start)]
    checks = (end - start) / 0.05
    assert len(middle) > 3 + 2 * checks


def test_two_pruners_at_once():
    problem = make_problem(3000, 50, 20, seed=4)
    expected = paris_core.prune(*problem.arrays, 300, lam=0.5)
    results = [None, None]

    def work(i):
        results[i] = paris_core.prune(*problem.arrays, 300, lam=0.5, n_threads=2)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for result in results:
        assert_same(result, expected)


def test_a_planned_number_is_what_run_removes():
    problem = make_problem(60, 10, 4)
    pruner = paris_core.Pruner(*problem.arrays, k=0.5, lam=1.0)
    assert pruner.run(7) == 7
    assert pruner.run() == 23
    assert pruner.run() == 0
    assert pruner.run(2) == 2
    assert pruner.run() == 0
    assert pruner.result().record.options["k"] == 30
    assert_same(pruner.result(), paris_core.prune(*problem.arrays, 32, lam=1.0))


def test_a_planned_number_is_checked_at_once():
    problem = make_problem(60, 10, 4)
    for k, error in ((60, ValueError), (-1, ValueError), ("1", TypeError), (1.5, TypeError)):
        with pytest.raises((ValueError, error), match=r"\bk\b"):
            paris_core.Pruner(*problem.arrays, k=k, lam=1.0)
    with pytest.raises(ValueError, match=r"\bk\b.*protect"):
        paris_core.Pruner(*problem.arrays, k=1, lam=1.0, protect=np.ones(60, dtype=bool))
    with pytest.raises(TypeError, match="n must be an integer, got None: this Pruner was made"):
        paris_core.Pruner(*problem.arrays, lam=1.0).run()
