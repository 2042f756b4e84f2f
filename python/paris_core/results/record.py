"""What a run was made of, so that it can be made again: options, versions, digests of inputs."""

from __future__ import annotations

import hashlib
import json
import numbers
import threading
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["CHANGED", "Record", "Recorder", "as_json", "digest", "parse"]

#: Stands for the digest of an array that was written to before its digest was taken.
CHANGED = "changed after the run began"

_SMALL = 1 << 12  # bytes: hashed at once
_BLOCK = 1 << 13  # words that a sum is taken of

_Scalar = str | int | float | bool | None


class Record(NamedTuple):
    """What a run was made of.

    Attributes
    ----------
    version : str
        Of paris_core.
    simd : str
        The instruction-set level in use: baseline, x86-64-v3 or x86-64-v4.
    numpy : str
        The version of NumPy.
    options : dict
        Those of `prune` or `prune_groups` that are no arrays; k is None where it was not planned,
        and stop "callable" if it was a function.
    inputs : dict of str to str
        SHA-256 of each array, as these work on it: of its dtype, shape and bytes.
    """

    version: str
    simd: str
    numpy: str
    options: dict[str, _Scalar]
    inputs: dict[str, str]


class Recorder:
    """Makes the record of a run when somebody asks for it.

    Digests of large arrays take about a fifth of the time that setting up a run takes, sums of
    blocks a fiftieth. So only the latter are taken at once: they show, when the digests are taken,
    whether the arrays are still what they were.

    Parameters
    ----------
    options : mapping
        As in `Record`.
    inputs : mapping of str to ndarray
        C-ordered; referred to until the record has been made.
    """

    def __init__(self, options: Mapping[str, Any], inputs: Mapping[str, NDArray[Any]]) -> None:
        from .. import __version__
        from .._extension import core

        simd = str(core.build_info()["simd"])
        plain = {name: _plain(value) for name, value in options.items()}
        self._made = Record(__version__, simd, np.__version__, plain, {})
        self._lock = threading.Lock()
        self._left: dict[str, tuple[NDArray[Any], bytes]] = {}
        for name, array in inputs.items():
            if array.nbytes <= _SMALL or array.itemsize != 8:
                self._made.inputs[name] = digest(array)
            else:
                self._made.inputs[name] = CHANGED
                self._left[name] = array, _sums(array)

    @classmethod
    def of(cls, record: Record) -> Recorder:
        """One whose record has been made."""
        recorder = object.__new__(cls)
        recorder._made, recorder._lock, recorder._left = record, threading.Lock(), {}
        return recorder

    def record(self) -> Record:
        """The record; the first call takes the digests."""
        with self._lock:
            while self._left:
                name, (array, sums) = self._left.popitem()
                if _sums(array) == sums:
                    self._made.inputs[name] = digest(array)
        return self._made

    def __reduce__(self) -> Any:
        return Recorder.of, (self.record(),)


def digest(array: NDArray[Any]) -> str:
    """SHA-256 of dtype, shape and bytes of a C-ordered array."""
    total = hashlib.sha256(f"{array.dtype.str} {array.shape} ".encode())
    total.update(np.ascontiguousarray(array).data)
    return total.hexdigest()


def _sums(array: NDArray[Any]) -> bytes:
    """Digest of sums of blocks of 64-bit words: as fast as memory is read."""
    words = np.ascontiguousarray(array).reshape(-1).view(np.uint64)
    whole = len(words) // _BLOCK * _BLOCK
    sums = words[:whole].reshape(-1, _BLOCK).sum(axis=1, dtype=np.uint64)
    return hashlib.sha256(sums.tobytes() + words[whole:].tobytes()).digest()


def _plain(value: Any) -> _Scalar:
    """In terms of JSON."""
    if value is None or isinstance(value, (str, bool)):
        return value
    if callable(value):
        return "callable"
    return int(value) if isinstance(value, numbers.Integral) else float(value)


def as_json(record: Record) -> dict[str, Any]:
    """In terms of JSON."""
    return record._asdict()


def parse(value: Any) -> Record:
    """A record from such terms; ValueError if it is none."""
    names = ("version", "simd", "numpy", "options", "inputs")
    if not isinstance(value, dict) or set(value) != set(names):
        raise ValueError("its record is none")
    record = Record(*(value[name] for name in names))
    if not all(isinstance(text, str) for text in record[:3]):
        raise ValueError("its record names no versions")
    for table, kinds in ((record.options, (str, int, float, type(None))), (record.inputs, (str,))):
        if not isinstance(table, dict) or not all(isinstance(one, kinds) for one in table.values()):
            raise ValueError(f"its record holds {json.dumps(table)[:60]}")
    return record
