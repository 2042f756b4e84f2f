"""Arrays and tables of other libraries: pandas, Polars, Arrow, PyTorch, SciPy's sparse ones.

None of these libraries is loaded here: who has made such an object has loaded its library.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .messages import shown

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "as_array",
    "as_frame",
    "columns",
    "is_frame",
    "is_missing",
    "missing_place",
    "names_of_columns",
    "understood",
]


def as_array(name: str, value: Any) -> NDArray[Any]:
    """`value` as an array of at least one dimension, of whatever dtype it comes with.

    Of nullable numbers a missing one becomes NaN; columns of numbers and of truth values together
    become numbers.
    """
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError(f"{name} must not be a masked array; drop the rows that are masked")
    if hasattr(value, "toarray"):
        raise TypeError(
            f"{name} must be a dense array, got {type(value).__name__}; convert it with .toarray()"
        )
    try:
        array = np.asarray(_plain(value))
    except (TypeError, ValueError, OverflowError, RuntimeError) as failure:
        # Ragged lists, and whatever an object says that cannot become an array.
        raise ValueError(f"{name} must be an array, got {shown(value)}: {failure}") from failure
    if array.ndim == 0:
        error = ValueError if array.dtype.kind in "biufc" else TypeError
        raise error(f"{name} must be an array, got {shown(value)}")
    return array


def as_frame(
    columns: Mapping[str, Any], index: Sequence[Any] | NDArray[Any], name: str
) -> pd.DataFrame:
    """Columns as a data frame of pandas, whose index is called `name`."""
    try:
        import pandas as pd
    except ImportError as error:
        raise ImportError("to_frame needs pandas: pip install pandas") from error
    return pd.DataFrame(dict(columns), index=pd.Index(index, name=name))


def understood(name: str, X: Any) -> Any:
    """`X` as it is, but for what scikit-learn does not know.

    Arrow's tables become pandas' data frames, so that their columns keep their names, and PyTorch's
    tensors become arrays.
    """
    if _is_of("pyarrow", X, "Table", "RecordBatch"):
        try:
            return X.to_pandas()
        except ImportError as error:
            raise TypeError(
                f"{name} is a {type(X).__name__} of Arrow, which is read with pandas: "
                "pip install pandas"
            ) from error
    if _is_of("polars", X, "LazyFrame"):
        raise TypeError(f"{name} must hold its rows, got a LazyFrame: give {name}.collect()")
    return _plain(X) if _is_of("torch", X, "Tensor") else X


def is_frame(X: Any) -> bool:
    """Whether `X` is a data frame of pandas or Polars."""
    return _is_of("polars", X, "DataFrame") or (hasattr(X, "iloc") and hasattr(X, "columns"))


def names_of_columns(X: Any) -> NDArray[Any] | None:
    """Column names of a data frame or an Arrow table, if all are text; None without such."""
    found = getattr(X, "column_names" if _is_of("pyarrow", X, "Table") else "columns", None)
    if found is None or not all(isinstance(name, str) for name in found):
        return None
    return np.asarray(found, dtype=object)


def columns(X: Any) -> Iterator[tuple[Any, Any]]:
    """Name and values (n,) of every column of a data frame."""
    for place, name in enumerate(X.columns):
        yield name, X.iloc[:, place] if hasattr(X, "iloc") else X[:, place]


def missing_place(value: Any) -> int | None:
    """The first place where a value is missing: None, NaN, NaT or pandas.NA; None without such.

    Looked for in `value` as it is: in an array of text NaN would have become the word.
    """
    if hasattr(value, "isna"):  # of pandas, categories and nullable ones among them
        missing = np.asarray(value.isna())
        return int(np.argmax(missing)) if missing.ndim == 1 and missing.any() else None
    array = value if isinstance(value, np.ndarray) else None
    if array is None and isinstance(value, (list, tuple)):
        if all(isinstance(one, (str, int)) for one in value):
            return None
        array = np.empty(len(value), dtype=object)
        array[:] = value
    elif array is None:
        array = np.asarray(_plain(value))
    if array.ndim != 1:  # of no use as labels, as is said elsewhere
        return None
    if array.dtype.kind in "fcmM":
        missing = np.isnan(array) if array.dtype.kind in "fc" else np.isnat(array)
        return int(np.argmax(missing)) if missing.any() else None
    if array.dtype.kind != "O":
        return None
    places = (place for place, one in enumerate(array.flat) if is_missing(one))
    return next(places, None)


def is_missing(value: Any) -> bool:
    """Whether it is None, NaN, NaT or pandas.NA."""
    if value is None or (isinstance(value, (float, np.floating)) and math.isnan(value)):
        return True
    return type(value).__name__ in ("NAType", "NaTType")


def _is_of(library: str, value: Any, *names: str) -> bool:
    """Whether `value` is of one of these classes of a library that may not be loaded."""
    module = sys.modules.get(library)
    kinds = tuple(kind for name in names if (kind := getattr(module, name, None)) is not None)
    return bool(kinds) and isinstance(value, kinds)


def _plain(value: Any) -> Any:
    """Tensors as arrays, and columns of numbers and truth values as numbers; others as they are."""
    if _is_of("torch", value, "Tensor"):
        value = value.detach().cpu()
        return (value.float() if str(value.dtype) == "torch.bfloat16" else value).numpy()
    if _is_of("polars", value, "DataFrame"):
        return _of_polars(value)
    if _is_of("pyarrow", value, "Table", "RecordBatch"):
        parts = [np.asarray(column) for column in value.columns]
        return np.column_stack(_as_numbers(parts)) if parts else np.empty((value.num_rows, 0))
    if not (_is_of("pandas", value, "DataFrame", "Series", "Index") or _is_extension(value)):
        return value
    return _of_pandas(value)


def _is_extension(value: Any) -> bool:
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(value, pandas.api.extensions.ExtensionArray)


def _of_polars(value: Any) -> Any:
    """A table of numbers and truth values as float64, with NaN where one is missing."""
    if all(kind.is_numeric() or str(kind) == "Boolean" for kind in value.dtypes):
        parts = [np.asarray(column) for column in value.get_columns()]
        return np.column_stack(_as_numbers(parts)) if parts else np.empty(value.shape)
    return value.to_numpy()


def _as_numbers(parts: list[Any]) -> list[Any]:
    """Columns of which some are objects as float64, if their objects are numbers or missing."""
    if all(part.dtype.kind != "O" for part in parts):
        return parts
    try:
        return [part.astype(np.float64) for part in parts]
    except (TypeError, ValueError):  # text, dates
        return parts


def _of_pandas(value: Any) -> Any:
    import pandas as pd

    is_number, is_bool = pd.api.types.is_numeric_dtype, pd.api.types.is_bool_dtype
    if isinstance(value, pd.DataFrame):
        kinds = list(value.dtypes)
        nullable = any(hasattr(kind, "numpy_dtype") for kind in kinds)
        mixed = any(is_bool(kind) for kind in kinds) and not all(is_bool(kind) for kind in kinds)
        if (nullable or mixed) and all(is_number(kind) or is_bool(kind) for kind in kinds):
            return value.to_numpy(dtype=np.float64, na_value=np.nan)
        return value
    kind = value.dtype
    if not hasattr(kind, "numpy_dtype") or not (is_number(kind) or is_bool(kind)):
        return value
    if value.isna().any():
        return value.to_numpy(dtype=np.float64, na_value=np.nan)
    plain = kind.numpy_dtype
    return value.to_numpy(dtype=np.float64 if plain.kind == "O" else plain)
