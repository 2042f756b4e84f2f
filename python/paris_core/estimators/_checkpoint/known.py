"""What the present run's estimator is made of: all that a checkpoint may refer to."""

from __future__ import annotations

import copyreg
import functools
import sys
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

from ..._support.storage import archive

__all__ = ["RANDOM", "Known", "is_data", "is_module", "is_plain", "type_name"]

#: Bit generators of NumPy, by name.
RANDOM = {
    name: getattr(np.random, name) for name in ("MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64")
}

# Of scikit-learn, besides its estimators: what networks hold, and column transformers until 1.8.
_HELPERS = {
    "sklearn.neural_network._stochastic_optimizers:AdamOptimizer",
    "sklearn.neural_network._stochastic_optimizers:SGDOptimizer",
    "sklearn.compose._column_transformer:_RemainderColsList",
}


class Known:
    """Types, functions and PyTorch modules in an estimator, by names that a file can hold.

    Nothing is imported and nothing is looked up by a name from a file but here, and among the
    estimators of those modules of scikit-learn that are loaded already.

    Parameters
    ----------
    prototype : object
        The estimator, not fitted.
    """

    def __init__(self, prototype: Any) -> None:
        self._types: dict[str, type | None] = {}
        self.objects: dict[str, Any] = {}  # by path
        self.modules: dict[str, Any] = {}  # those of PyTorch, by path
        self._paths: dict[int, str] = {}
        self._seen: set[int] = set()
        self._walk("", prototype)

    def path(self, value: Any) -> str | None:
        """Where this very object, which is no data, is in the prototype."""
        return self._paths.get(id(value))

    def type(self, name: str) -> type | None:
        """The class of that name, if its objects may be made."""
        known = self._types.get(name)
        return known if known is not None else _of_scikit_learn(name)

    def _walk(self, path: str, value: Any) -> None:
        if is_data(value) or id(value) in self._seen:
            return
        self._seen.add(id(value))
        kind = type(value)
        if kind in (list, tuple) or (kind is np.ndarray and value.dtype.kind == "O"):
            for place, part in enumerate(value.flat if kind is np.ndarray else value):
                self._walk(f"{path}[{place}]", part)
        elif kind is dict:
            for place, part in enumerate(value.values()):
                self._walk(f"{path}{{{place}}}", part)
        elif kind is functools.partial:
            self._walk(f"{path}()", [value.func, value.args, value.keywords])
        elif is_module(value):
            self.modules[path] = value
            self._add(path, value)
        elif is_plain(kind):
            name = type_name(kind)
            # Two classes of one name: neither can be told from the other.
            self._types[name] = kind if self._types.get(name, kind) is kind else None
            for attribute, part in vars(value).items():
                self._walk(f"{path}.{attribute}", part)
        else:
            self._add(path, value)

    def _add(self, path: str, value: Any) -> None:
        self.objects[path] = value
        self._paths[id(value)] = path


def is_data(value: Any) -> bool:
    """Whether it is data that a file can hold, and refers to nothing."""
    kind = type(value)
    if isinstance(value, np.random.RandomState):
        return value.get_state(legacy=False)["bit_generator"] in RANDOM
    if isinstance(value, np.random.Generator):
        return value.bit_generator.state["bit_generator"] in RANDOM
    if isinstance(value, np.dtype):
        return value.kind in "biufcUSMm"
    if isinstance(value, np.generic) or kind is np.ndarray:
        return archive.storable(np.asarray(value))
    return value is None or kind in (bool, int, float, str)


def type_name(kind: type) -> str:
    """The name of a class in a file."""
    return f"{kind.__module__}:{kind.__qualname__}"


def is_plain(kind: Any) -> bool:
    """Whether an object of this class is its attributes, and nothing else."""
    return (
        kind.__new__ is object.__new__
        and kind.__reduce_ex__ is object.__reduce_ex__
        and kind.__reduce__ is object.__reduce__
        and getattr(kind, "__getstate__", None) in _USUAL_GETSTATE
        and getattr(kind, "__setstate__", None) in (None, BaseEstimator.__setstate__)
        and kind.__dictoffset__ != 0
        and kind not in copyreg.dispatch_table
        and all(base.__flags__ & _HEAP_TYPE for base in kind.__mro__[:-1])  # made by `class`
        and not any(vars(base).get("__slots__") for base in kind.__mro__)
    )


_HEAP_TYPE = 1 << 9  # Py_TPFLAGS_HEAPTYPE
_USUAL_GETSTATE = (None, getattr(object, "__getstate__", None), BaseEstimator.__getstate__)


def is_module(value: Any) -> bool:
    """Whether it is a PyTorch module."""
    torch = sys.modules.get("torch")  # loaded by whoever made it
    return torch is not None and isinstance(value, torch.nn.Module)


def _of_scikit_learn(name: str) -> type | None:
    module, _, attribute = name.partition(":")
    if not module.startswith("sklearn."):
        return None
    kind = getattr(sys.modules.get(module), attribute, None)
    if not isinstance(kind, type) or type_name(kind) != name or not is_plain(kind):
        return None
    return kind if issubclass(kind, BaseEstimator) or name in _HELPERS else None
