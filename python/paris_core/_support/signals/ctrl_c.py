"""Ctrl-C that ends in KeyboardInterrupt, whatever the code of others makes of it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

# Functions that catch KeyboardInterrupt and go on with what they have: module and name.
_SWALLOWING = {
    ("sklearn.neural_network._multilayer_perceptron", "_fit_stochastic"),
    ("skorch.net", "partial_fit"),
}


class _Stop(BaseException):
    """Ctrl-C for code that catches KeyboardInterrupt to go on."""


@contextmanager
def heeded() -> Iterator[Callable[[], None]]:
    """Raise what the handler of SIGINT raised, as a rule KeyboardInterrupt, if the block hid it.

    The block is, or calls, code of others. What it makes of an interrupt, a warning and a result
    that is half done, or another exception, does not count: at its end the interrupt is raised.
    So is one that Python could only report, as in a weak reference's callback. The function that
    is yielded does the same in the middle of the block, before its results are used.

    Handlers that others have installed are called, and what they do not raise is not raised here.
    Outside the main thread there is nothing to heed: no signal arrives there.
    """
    previous = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(previous):
        yield lambda: None
        return
    caught: list[BaseException] = []

    def handle(number: int, frame: FrameType | None) -> None:
        try:
            previous(number, frame)
        except BaseException as error:
            swallowed = isinstance(error, KeyboardInterrupt) and _is_swallowed(frame)
            again = bool(caught)  # the first one has been caught, or is still on its way
            caught[:] = [error]
            if swallowed or again:
                raise _Stop from None
            raise

    def check() -> None:
        if caught:
            raise caught[0]

    try:
        signal.signal(signal.SIGINT, handle)
        yield check
        check()
    except BaseException as error:
        if not caught or error is caught[0]:
            raise
        raise caught[0] from (None if isinstance(error, _Stop) else error)
    finally:
        if signal.getsignal(signal.SIGINT) is handle:  # the block has put no other in its place
            signal.signal(signal.SIGINT, previous)
        caught.clear()  # its traceback refers to all the data


def _is_swallowed(frame: FrameType | None) -> bool:
    """Whether a KeyboardInterrupt here would be caught by a function that then goes on."""
    while frame is not None:
        if (frame.f_globals.get("__name__"), frame.f_code.co_name) in _SWALLOWING:
            return True
        frame = frame.f_back
    return False
