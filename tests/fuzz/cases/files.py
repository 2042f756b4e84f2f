"""Files with flipped bytes, a few at a time; `load` does this for as long as one likes."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

from .. import load
from ..calls import Case


@functools.cache
def good_files() -> dict[str, bytes]:
    """A good file for each reader."""
    with tempfile.TemporaryDirectory() as folder:
        return load.seeds(Path(folder))


def flipped(case: Case) -> None:
    """A changed file is read, or refused by name."""
    source = case.source
    files = good_files()
    name = source.pick(list(files))
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(5):
            seed = str(source.below(2**32))
            case.note(load.TARGETS[name][0].__name__, f"flip({name!r}, ..., {seed!r})")
            what, _ = load.flip(name, files[name], Path(folder), seed)
            if what is not None:
                case.fail("unexpected error", f"{name}: {what}")


GENERATORS = {"files": (2, flipped)}
