"""Long calls of NumPy: Ctrl-C ends the wait for them."""

import signal
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import paris_core
from paris_core._support.signals import interruptible
from paris_core.regularization import select_lambda
from problems import make_problem

pytestmark = pytest.mark.usefixtures("heeding_ctrl_c")

LONG = 1e12


def in_thread(function):
    """What `function` returns in a thread of its own."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(function).result(60)


def test_a_long_call_is_made_by_another_thread_with_the_same_result():
    this = threading.current_thread()
    assert interruptible.call(1.0, threading.current_thread) is this
    assert interruptible.call(LONG, threading.current_thread) is not this
    outside = in_thread(lambda: interruptible.call(LONG, threading.current_thread))
    assert outside.name != "paris_core"


def test_its_exceptions_and_its_treatment_of_overflow_are_those_of_a_call():
    singular = np.zeros((3, 3))
    with pytest.raises(np.linalg.LinAlgError, match="Singular"):
        interruptible.call(LONG, np.linalg.solve, singular, np.ones(3))
    large = np.full(2, 1e200)
    with pytest.warns(RuntimeWarning, match="overflow"):
        interruptible.call(LONG, np.square, large)
    with np.errstate(over="ignore"):
        assert np.isinf(interruptible.call(LONG, np.square, large)).all()
    with np.errstate(over="raise"), pytest.raises(FloatingPointError):
        interruptible.call(LONG, np.square, large)


def test_without_threads_the_call_is_made_all_the_same(monkeypatch):
    def start(self):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    assert interruptible.call(LONG, np.sum, np.ones(4)) == 4.0


def test_ctrl_c_ends_the_wait_and_not_the_call():
    begun, may_end, ended = threading.Event(), threading.Event(), threading.Event()

    def long():
        begun.set()
        may_end.wait(60)
        ended.set()

    def send():
        begun.wait(60)
        signal.raise_signal(signal.SIGINT)

    sender = threading.Thread(target=send)
    sender.start()
    with pytest.raises(KeyboardInterrupt):
        interruptible.call(LONG, long)
    sender.join()
    assert not ended.is_set()
    may_end.set()
    assert ended.wait(60)


def test_a_handler_that_raises_nothing_lets_the_call_end():
    calls = []
    signal.signal(signal.SIGINT, lambda number, frame: calls.append(number))

    def long():
        signal.raise_signal(signal.SIGINT)
        time.sleep(0.2)
        return "result"

    assert interruptible.call(LONG, long) == "result"
    assert calls == [signal.SIGINT]


def test_large_systems_give_the_same_bits_in_the_main_thread_and_in_others():
    problem = make_problem(900, 60, 320, seed=3)
    groups = np.arange(900) % 3

    def results():
        lam = select_lambda(problem.Phi, problem.y)
        found = paris_core.prune_groups(*problem.arrays, groups, lam=lam)
        return [lam, *found.loss, *found.weights]

    assert results() == in_thread(results)


@pytest.mark.parametrize(("again", "code"), [(False, 7), (True, 130)])
def test_python_ends_after_the_call(again, code):
    # OpenBLAS would wait for ever for threads that are in the middle of a product.
    script = f"""
        import signal, sys, threading
        import numpy as np
        from paris_core._support.signals import interruptible
        def long():
            table = np.ones((600, 600))
            threading.Timer(0.1, signal.raise_signal, [signal.SIGINT]).start()
            for _ in range(10_000 if {again} else 200):
                table = table @ table / 600
        try:
            interruptible.call(1e12, long)
        except KeyboardInterrupt:
            if {again}:
                second = threading.Timer(0.5, signal.raise_signal, [signal.SIGINT])
                second.daemon = True  # or it would be waited for first
                second.start()
            sys.exit(7)
    """
    process = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, timeout=120
    )
    assert process.returncode == code, process.stderr
    assert process.stderr == ""
