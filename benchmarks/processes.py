"""Processes of their own, and how much memory they take."""

from __future__ import annotations

import contextlib
import ctypes
import multiprocessing
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

SAMPLING = 0.01  # seconds between two looks at a process's memory


class PrivateMemory:
    """Watches this process's anonymous memory; pages of a mapped file do not count."""

    def __enter__(self) -> PrivateMemory:
        self.maximum = self.before = status("RssAnon")
        self.looks, self.gap = 0, 0.0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def _watch(self) -> None:
        last = time.perf_counter()
        while not self._done.wait(SAMPLING):
            self.maximum = max(self.maximum, status("RssAnon"))
            self.looks += 1
            last, previous = time.perf_counter(), last
            self.gap = max(self.gap, last - previous)

    def __exit__(self, *exception: object) -> None:
        self._done.set()
        self._thread.join()


def in_process(function: Callable[..., Any], *arguments: Any) -> Any:
    """The function's value from a process of its own, or a word on how that died."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        try:
            return pool.submit(function, *arguments).result()
        except BrokenProcessPool:
            return "process killed"
        except (MemoryError, OSError) as error:
            return type(error).__name__


def no_proc() -> str | None:
    return None if Path("/proc/self/status").exists() else "needs Linux's /proc"


def status(name: str) -> int:
    """A line of /proc/self/status, bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) * 1024
    raise KeyError(name)


def trim_heap() -> None:
    with contextlib.suppress(AttributeError, OSError):  # not glibc
        ctypes.CDLL(None).malloc_trim(0)
