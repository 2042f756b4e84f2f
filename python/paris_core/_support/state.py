"""The state of objects: set as a whole, read-only, never shared by copies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, NoReturn, SupportsIndex

import numpy as np

__all__ = ["ReadOnlyArrays", "Uncopied", "all_or_nothing"]


@contextmanager
def all_or_nothing(estimator: Any) -> Iterator[None]:
    """Put the attributes of `estimator` back if the block raises: no halves of two fits.

    What they refer to must not have been changed in place.
    """
    before = dict(vars(estimator))
    try:
        yield
    except BaseException:
        estimator.__dict__ = before
        raise


class ReadOnlyArrays:
    """A dataclass whose arrays are read-only once it is made."""

    def __post_init__(self) -> None:
        for value in vars(self).values():
            if isinstance(value, np.ndarray):
                value.setflags(write=False)


class Uncopied:
    """Refuses to be copied or pickled: a copy would share the state of the original."""

    _instead: ClassVar[str]

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError(f"a {type(self).__name__} cannot be copied or pickled: {self._instead}")
