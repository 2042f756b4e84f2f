"""Long calls of NumPy that Ctrl-C need not wait for."""

from __future__ import annotations

import atexit
import contextvars
import os
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import numpy as np

if TYPE_CHECKING:
    from ..arrays import FloatArray

_Given = ParamSpec("_Given")
_Result = TypeVar("_Result")

# Calls that cost less are made without a thread: they take some 10 ms, a thread 0.1 ms.
_LONG = 2e8
#: What an element costs that is read from memory, in multiplications of a matrix product.
PASS = 10
_PATIENCE = 0.05  # seconds between looks for signals where waiting does not end for them

_threads: list[threading.Thread] = []  # that are making a call, or were left to themselves


def call(
    cost: float, function: Callable[_Given, _Result], *args: _Given.args, **options: _Given.kwargs
) -> _Result:
    """Return ``function(*args, **options)``; Ctrl-C ends the wait for it, not the call.

    In the main thread a call that may be long is made by another thread. If a signal handler raises
    meanwhile, that thread is left to itself until its call has ended, and the result is lost; the
    end of Python, and a fork, wait for it. `function` must write to nothing but arrays of its own.

    Parameters
    ----------
    cost : float
        About how many multiplications a matrix product would do in that time.
    function : callable
        NumPy's, or one that calls NumPy.
    *args, **options
        Its arguments.

    Returns
    -------
    object
        What `function` returns; what it raises is raised.
    """
    if cost < _LONG or threading.current_thread() is not threading.main_thread():
        return function(*args, **options)
    results: list[_Result] = []
    errors: list[BaseException] = []
    ended = threading.Event()
    context = contextvars.copy_context()
    settings = np.geterr()  # of the thread, before NumPy 2

    def work() -> None:
        try:
            with np.errstate(**settings):
                results.append(context.run(function, *args, **options))
        except BaseException as error:
            errors.append(error)
        finally:
            ended.set()

    thread = threading.Thread(target=work, name="paris_core", daemon=True)
    _threads[:] = [thread, *(one for one in _threads if one.is_alive())]
    try:
        thread.start()
    except RuntimeError:  # no more threads, or none at all
        return function(*args, **options)
    while not ended.wait(_PATIENCE):
        pass
    if errors:
        raise errors.pop()
    return results.pop()


def product(A: FloatArray, B: FloatArray) -> FloatArray:
    """Return ``A @ B`` of a table A and a table or vector B."""
    columns = 1 if B.ndim == 1 else B.shape[-1]
    return np.asarray(call(A.size * max(columns, PASS), np.matmul, A, B))


def _wait() -> None:
    """Wait for the calls that were left to themselves.

    OpenBLAS ends its own threads at a fork and at the end of the process, and never comes back if
    they are in the middle of something.
    """
    for thread in list(_threads):
        while thread.is_alive():
            thread.join(_PATIENCE)


@atexit.register
def _wait_at_exit() -> None:
    try:
        _wait()
    except BaseException:  # Ctrl-C again
        sys.stdout.flush()
        os._exit(130)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_wait)
