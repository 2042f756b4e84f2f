"""The state of an outer loop in a file, from which a killed run goes on."""

from __future__ import annotations

import glob
import os
import pickle
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import joblib
import numpy as np

from .. import __version__
from .._files import replacing

#: Seconds between two checkpoints within a round, at least.
INTERVAL = 5.0

_FORMAT = "paris_core outer loop 1"
_SHARE = 20  # writing takes at most one part in so many of the time


class Checkpoint:
    """A file that is replaced as a whole, so that it is never half written.

    Parameters
    ----------
    path : str or path-like
        The file; its directory must exist.
    fingerprint : dict of str to str
        What makes the run what it is; a file with another one is refused.
    """

    def __init__(self, path: str | os.PathLike[str], fingerprint: Mapping[str, str]) -> None:
        if not isinstance(path, (str, os.PathLike)):
            raise TypeError(f"checkpoint must be a path, got {type(path).__name__}")
        self._path = Path(path)
        if not self._path.parent.is_dir():
            raise ValueError(
                f"checkpoint must be a file in a directory that exists, got {self._path}"
            )
        self._fingerprint = dict(fingerprint)
        self._interval = INTERVAL
        self._next = time.monotonic() + self._interval

    @property
    def seconds_left(self) -> float:
        """Until the next checkpoint within a round is due; > 0."""
        return max(self._next - time.monotonic(), 1e-3)

    def load(self) -> Any:
        """The state that was saved last; None if there is no file."""
        for left_over in self._path.parent.glob(f".{glob.escape(self._path.name)}.*.part"):
            left_over.unlink(missing_ok=True)  # of a run that was killed while it wrote
        try:
            with open(self._path, "rb") as file:
                stored = pickle.load(file)
            if stored["format"] != _FORMAT:
                raise ValueError(stored["format"])
        except FileNotFoundError:
            return None
        except Exception as error:  # whatever the file holds
            raise ValueError(
                f"checkpoint {self._path} is not a file that this version has written ({error!r}): "
                "delete it or name another"
            ) from error
        for name, value in self._fingerprint.items():
            if stored["fingerprint"].get(name) != value:
                was = stored["fingerprint"].get(name)
                raise ValueError(
                    f"checkpoint {self._path} belongs to another run: {name} was {was}, now it is "
                    f"{value}. Delete it or name another"
                )
        return stored["state"]

    def save(self, state: Any) -> None:
        """Write the state, all of it or nothing."""
        start = time.monotonic()
        stored = {"format": _FORMAT, "fingerprint": self._fingerprint, "state": state}
        with replacing(self._path) as part, open(part, "wb") as file:
            pickle.dump(stored, file, protocol=pickle.HIGHEST_PROTOCOL)
            file.flush()
            os.fsync(file.fileno())
        end = time.monotonic()
        self._next = end + max(self._interval, _SHARE * (end - start))


def fingerprint(parameters: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, str]:
    """Describe parameters, data and version, the same in every process."""
    described = {"paris_core": __version__}
    described |= {name: _described(value) for name, value in sorted(parameters.items())}
    described |= {name: _hashed(value) for name, value in data.items()}
    return described


def _hashed(value: Any) -> str:
    """Hash of values and types, whatever the layout in memory."""
    if isinstance(value, tuple):
        return str(joblib.hash([_hashed(part) for part in value]))
    if hasattr(value, "iloc"):
        series = [value.iloc[:, place] for place in range(value.shape[1])]
        columns = [np.ascontiguousarray(one.to_numpy()) for one in series]
        return str(joblib.hash([list(value.columns), columns]))
    return str(joblib.hash(value))


def _described(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"array {joblib.hash(value)}"
    if isinstance(value, np.random.RandomState):
        return f"RandomState {joblib.hash(value.get_state())}"
    if callable(value) and hasattr(value, "__qualname__"):
        return f"{value.__module__}.{value.__qualname__}"
    return re.sub(r" at 0x[0-9a-f]+", "", repr(value))
