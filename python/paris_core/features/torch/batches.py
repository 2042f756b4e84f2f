"""Arrays of any number of dimensions whose rows are read, and tables written, batch by batch."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._support import arrays
from ..._support.arrays import FloatArray
from ..._support.storage.files import replacing


def sliceable(name: str, value: Any) -> Any:
    """`value` with a shape of two dimensions at least, and rows that can be indexed.

    Whatever is indexed like an array, such as a memory map or a dataset of h5py, is not read.
    """
    if not (isinstance(getattr(value, "dtype", None), np.dtype) and hasattr(value, "__getitem__")):
        value = arrays.real_dtype(name, value)
    if len(value.shape) < 2 or 0 in value.shape:
        hint = "; reshape a single column with .reshape(-1, 1)" if len(value.shape) == 1 else ""
        raise ValueError(
            f"{name} must have at least two dimensions, rows first, and not be empty, got shape "
            f"{tuple(value.shape)}{hint}"
        )
    return value


def slices(n_rows: int, size: int) -> Iterator[slice]:
    """Consecutive slices of at most `size` rows."""
    for start in range(0, n_rows, size):
        yield slice(start, min(start + size, n_rows))


def read(name: str, array: Any, rows: slice) -> FloatArray:
    """Those rows, all finite."""
    return arrays.real_array(name, array[rows], rows.start)


def fill(
    out: Any, shape: tuple[int, int], write: Callable[[NDArray[Any]], None]
) -> NDArray[np.floating[Any]]:
    """Have `write` fill a table of that shape: a new one for None, an array, or a file.

    A file gets its name when it is complete: what is there holds no rows that were never written.
    """
    if out is None:
        table = np.empty(shape)
        write(table)
        return table
    if isinstance(out, np.ndarray):
        if out.dtype not in (np.float32, np.float64):
            raise TypeError(f"out must be of dtype float32 or float64, got {out.dtype}")
        if out.shape != shape or not out.flags.writeable:
            what = "" if out.flags.writeable else ", read-only"
            raise ValueError(f"out must be writable, of shape {shape}, got {out.shape}{what}")
        write(out)
        return out
    if not isinstance(out, (str, os.PathLike)):
        raise TypeError(f"out must be None, an array or a path, got {type(out).__name__}")
    path = Path(out)
    if path.suffix != ".npy":
        raise ValueError(f"out must be a path that ends in .npy, got {str(path)!r}")
    with replacing(path) as part:
        mapped = np.lib.format.open_memmap(part, mode="w+", dtype=np.float32, shape=shape)
        write(mapped)
        mapped.flush()
        del mapped
    return np.load(path, mmap_mode="r")  # type: ignore[no-any-return]
