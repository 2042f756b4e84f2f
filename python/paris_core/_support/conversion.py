"""Whatever a caller passes for an array, as an array of NumPy; and arrays as a data frame."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .messages import shown

if TYPE_CHECKING:
    import pandas as pd


def as_array(name: str, value: Any) -> NDArray[Any]:
    """`value` as an array of at least one dimension, of whatever dtype it comes with.

    Of the nullable numbers of pandas a missing one becomes NaN.
    """
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError(f"{name} must not be a masked array; drop the rows that are masked")
    if hasattr(value, "toarray"):
        raise TypeError(
            f"{name} must be a dense array, got {type(value).__name__}; convert it with .toarray()"
        )
    try:
        array = np.asarray(_without_extension(value))
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


def _without_extension(value: Any) -> Any:
    """Nullable numbers of pandas as ordinary ones; everything else as it is."""
    pandas = sys.modules.get("pandas")  # loaded by whoever made such an object
    if pandas is None:
        return value
    if isinstance(value, pandas.DataFrame):
        kinds = list(value.dtypes)
    elif isinstance(value, (pandas.Series, pandas.Index, pandas.api.extensions.ExtensionArray)):
        kinds = [value.dtype]
    else:
        return value
    if not any(hasattr(kind, "numpy_dtype") for kind in kinds):
        return value
    if not all(pandas.api.types.is_numeric_dtype(kind) for kind in kinds):
        return value
    if isinstance(value, pandas.DataFrame) or value.isna().any():
        return value.to_numpy(dtype=np.float64, na_value=np.nan)
    return value.to_numpy(dtype=kinds[0].numpy_dtype)
