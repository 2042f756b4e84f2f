"""A table as a file: what was understood of it, and its rows as they stand there."""

from .errors import TableError
from .reading import read_table
from .table import Table

__all__ = ["Table", "TableError", "read_table"]
