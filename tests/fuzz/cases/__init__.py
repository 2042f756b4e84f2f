"""Generators of cases: each makes public calls and checks what comes back."""

from __future__ import annotations

from collections.abc import Callable

from ..calls import Case
from . import (
    choosing,
    drawing,
    explaining,
    faulty,
    files,
    groups,
    measures,
    models,
    pruning,
    remedies,
    ridge,
    splitting,
)

Generator = Callable[[Case], None]

_PARTS = (
    *(pruning, ridge, groups, explaining, measures, choosing, splitting, models, files, drawing),
    remedies,
)

#: How likely each generator is, and the generator.
GENERATORS: dict[str, tuple[int, Generator]] = {
    name: entry for part in _PARTS for name, entry in part.GENERATORS.items()
}
#: These fail on purpose, so that the runner can be tested; they are run only by name.
FAULTY: dict[str, Generator] = faulty.GENERATORS


def generator(name: str) -> Generator:
    """The generator of a name."""
    return FAULTY[name] if name in FAULTY else GENERATORS[name][1]
