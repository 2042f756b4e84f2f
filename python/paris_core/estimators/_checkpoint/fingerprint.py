"""What makes a run what it is: parameters, data and versions, in words and digests."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import joblib
import numpy as np
import sklearn

from ..._support.conversion import columns, is_frame

__all__ = ["fingerprint"]


def fingerprint(parameters: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, str]:
    """Describe parameters, data and version, the same in every process."""
    described = {"scikit-learn": sklearn.__version__}
    described |= {name: _described(value) for name, value in sorted(parameters.items())}
    described |= {name: _hashed(value) for name, value in data.items()}
    return described


def _hashed(value: Any) -> str:
    """Hash of values and types, whatever the layout in memory."""
    if isinstance(value, tuple):
        return str(joblib.hash([_hashed(part) for part in value]))
    if is_frame(value):
        values = [np.ascontiguousarray(one.to_numpy()) for _, one in columns(value)]
        return str(joblib.hash([list(value.columns), values]))
    return str(joblib.hash(value))


def _described(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"array {joblib.hash(value)}"
    if isinstance(value, np.random.RandomState):
        return f"RandomState {joblib.hash(value.get_state())}"
    if isinstance(value, np.random.Generator):
        return f"Generator {joblib.hash(value.bit_generator.state)}"
    if callable(value) and hasattr(value, "__qualname__"):
        return f"{value.__module__}.{value.__qualname__}"
    if hasattr(value, "split") and repr(value) == object.__repr__(value):  # a user's splitter
        inside = {name: _described(part) for name, part in vars(value).items()}
        return f"{type(value).__module__}.{type(value).__qualname__} {inside}"
    return re.sub(r" at 0x[0-9a-f]+", "", repr(value))
