"""The state of an outer loop in a file, from which a killed run goes on.

The file is an archive of `_support.storage`, sealed by a checksum; nothing in it is executed. Two
ways were weighed to have the fitted estimators again. A library that stores scikit-learn's objects,
skops, asks for an extra of everybody, holds neither PyTorch modules nor functions without a name,
and finds out about the latter when the file is read, too late. Fitting them again from the rows and
seeds takes the time of the trainings, and on another CPU or a GPU gives other numbers. So `Writer`
stores what they have learned, as data, for the classes that the present run's estimator consists of
and for scikit-learn's own; that needs nothing but the package itself. What cannot be stored so,
such as scikit-learn's trees, or objects of a user's class that only a fit makes, is fitted again
from the rows on record, and must then give the same features to the last bit.

A file is read in this order: seal, format, checksum of the whole, version, fingerprint of data and
parameters, objects, and whether they fit together. Whatever is wrong is a ValueError that names the
file and says what to do.
"""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ... import __version__
from ..._support.storage import archive
from ..._support.storage.files import check_writable, remove_parts
from ...errors import CheckpointWarning
from .._loop.state import RECORDS
from .known import Known
from .reader import Reader
from .writer import Writer

#: Seconds between two checkpoints within a round, at least.
INTERVAL = 5.0

_KIND = "checkpoint"
_SHARE = 20  # writing takes at most one part in so many of the time


class Checkpoint:
    """A file that is replaced as a whole, so that it is never half written.

    Parameters
    ----------
    path : str or path-like
        The file; its directory must exist, and be writable.
    fingerprint : dict of str to str
        What makes the run what it is; a file with another one is refused.
    prototype : object, optional
        The present run's estimator: a file may hold objects of its classes.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        fingerprint: Mapping[str, str],
        prototype: Any = None,
    ) -> None:
        if not isinstance(path, (str, os.PathLike)):
            raise TypeError(f"checkpoint must be a path, got {type(path).__name__}")
        self._path = Path(path)
        if self._path.is_dir() or not self._path.parent.is_dir():
            raise ValueError(
                f"checkpoint must be a file in a directory that exists, got {self._path}"
            )
        try:
            check_writable(self._path)
        except OSError as error:
            raise ValueError(
                f"checkpoint {self._path} cannot be written: {error.strerror}; name another file"
            ) from error
        self._fingerprint = dict(fingerprint)
        self._known = Known(prototype)
        self._interval = INTERVAL
        self._next = time.monotonic() + self._interval
        self._warned = False

    @property
    def seconds_left(self) -> float:
        """Until the next checkpoint within a round is due; > 0."""
        return max(self._next - time.monotonic(), 1e-3)

    def load(self, check: Callable[[Any], None] = lambda state: None) -> Any:
        """The state that was saved last; None if there is no file.

        `check` raises ValueError if the state is not one to go on from.
        """
        remove_parts(self._path)  # of a run that was killed while it wrote
        try:
            document, arrays = archive.load(self._path, _KIND)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self.refusal(f"cannot be read: {error.strerror}") from error
        except ValueError as error:
            raise self.refusal(f"cannot be used: {error}") from error
        try:
            stored, node = document["fingerprint"], document["state"]
            was, now = stored["paris_core"], __version__
            name = "paris_core"
            if was == now:
                name, was, now = _first_difference(stored, self._fingerprint)
        except (KeyError, TypeError, AttributeError) as error:
            raise self.refusal(f"is not what its seal says: {error!r}") from error
        if was != now:
            raise self.refusal(f"belongs to another run: {name} was {was}, now it is {now}")
        try:
            state = Reader(self._known, RECORDS, arrays).read(node)
            check(state)
        except Exception as error:  # whatever comes of what the file holds
            raise self.refusal(f"is not what its seal says: {error}") from error
        return state

    def save(self, state: Any, probe: Any = None, heed: Callable[[], None] = lambda: None) -> None:
        """Write the state, all of it or nothing; where that fails, warn once and go on.

        `probe` are rows of inputs, by which stored extractors are tried; `heed` raises what they
        may have hidden meanwhile.
        """
        start = time.monotonic()
        writer = Writer(self._known, RECORDS, probe)
        node = writer.write(state)
        heed()
        document = {
            "fingerprint": {"paris_core": __version__, **self._fingerprint},
            "state": node,
        }
        try:
            archive.save(self._path, _KIND, document, writer.arrays)
        except OSError as error:
            self._warn(error)
        end = time.monotonic()
        self._next = end + max(self._interval, _SHARE * (end - start))

    def refusal(self, reason: str) -> ValueError:
        """An error that names the file."""
        return ValueError(
            f"checkpoint {self._path} {reason}. Delete it or name another, to begin again"
        )

    def _warn(self, error: OSError) -> None:
        if not self._warned:
            self._warned = True
            warnings.warn(
                f"checkpoint {self._path} cannot be written ({error.strerror}): the run goes on, "
                "and tries again later; what is there is an older state, or none",
                CheckpointWarning,
                stacklevel=2,
            )


def _first_difference(stored: Mapping[str, str], mine: Mapping[str, str]) -> tuple[str, Any, Any]:
    """The first entry of `mine` that is another in `stored`; an entry that is not, if none is."""
    for name, value in mine.items():
        if stored.get(name) != value:
            return name, stored.get(name), value
    return "", "", ""
