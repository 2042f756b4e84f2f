"""The state of objects: set as a whole, and never shared by copies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, NoReturn, SupportsIndex

__all__ = ["Uncopied", "all_or_nothing"]


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


class Uncopied:
    """Refuses to be copied or pickled: a copy would share the state of the original."""

    _instead: ClassVar[str]

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError(f"a {type(self).__name__} cannot be copied or pickled: {self._instead}")
