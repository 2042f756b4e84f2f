"""What is wrong with a table, in words for whoever has made it."""

from __future__ import annotations

__all__ = ["TableError"]


class TableError(ValueError):
    """A table that cannot be read, or not with certainty; the message says where, and what to do.

    Examples
    --------
    >>> issubclass(TableError, ValueError)
    True
    """
