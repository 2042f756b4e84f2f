"""Objects again, of JSON and arrays that `Writer` has made."""

from __future__ import annotations

import copy
import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from .known import RANDOM, Known
from .terms import Arrays, ToBeFitted, field_names

__all__ = ["Reader"]


class Reader:
    """Makes the values again; raises whatever comes of a file that was forged.

    Parameters
    ----------
    known, records
        As for `Writer`.
    arrays : dict of str to ndarray
        The arrays.
    prototype : object, optional
        The estimator, if no record with it is read before the extractors.
    """

    def __init__(
        self, known: Known, records: tuple[type, ...], arrays: Arrays, prototype: Any = None
    ) -> None:
        self._known, self._arrays, self._prototype = known, arrays, prototype
        self._records = {kind.__name__: kind for kind in records}
        self._made: dict[int, Any] = {}

    def read(self, node: Any) -> Any:
        """The value of a node."""
        if node is None or isinstance(node, (bool, int, float, str)):
            return node
        kind, *parts = node
        return _READERS[kind](self, *parts)

    def _keep(self, number: Any, value: Any) -> Any:
        self._made[number] = value
        return value

    def _all(self, nodes: Any) -> list[Any]:
        return [self.read(node) for node in nodes]

    def _pairs(self, nodes: Any) -> dict[Any, Any]:
        return {self.read(name): self.read(value) for name, value in nodes}

    def _list(self, number: Any, nodes: Any) -> list[Any]:
        value: list[Any] = self._keep(number, [])
        value.extend(self._all(nodes))
        return value

    def _dict(self, number: Any, nodes: Any) -> dict[Any, Any]:
        value: dict[Any, Any] = self._keep(number, {})
        value.update(self._pairs(nodes))
        return value

    def _objects(self, number: Any, shape: Any, nodes: Any) -> NDArray[Any]:
        if math.prod(shape) != len(nodes):
            raise ValueError(f"{len(nodes)} entries for an array of shape {shape}")
        value: NDArray[Any] = self._keep(number, np.empty(len(nodes), dtype=object))
        for place, node in enumerate(nodes):
            value[place] = self.read(node)
        return self._keep(number, value.reshape(shape))  # type: ignore[no-any-return]

    def _random(self, number: Any, kind: Any, node: Any) -> Any:
        state = self.read(node)
        bits = RANDOM[state["bit_generator"]]()
        value: Any
        if kind == "RandomState":
            value = np.random.RandomState(bits)
            value.set_state(state)
        else:
            bits.state = state
            value = np.random.Generator(bits)
        return self._keep(number, value)

    def _object(self, number: Any, name: str, nodes: Any) -> Any:
        kind = self._known.type(name)
        if kind is None:
            raise ValueError(f"it holds an object of {name}, which the estimator has not")
        value = self._keep(number, object.__new__(kind))
        vars(value).update(self._pairs(nodes))
        return value

    def _module(self, number: Any, path: str, device: str, nodes: Any, modes: Any) -> Any:
        from ...features.torch import modules

        module = copy.deepcopy(self._known.modules[path])
        return self._keep(number, modules.filled(module, device, self._all(nodes), modes))

    def _record(self, name: str, nodes: Any) -> Any:
        kind = self._records[name]
        values = {}
        for field, node in zip(field_names(kind), nodes, strict=True):
            values[field] = self.read(node)
            if field == "prototype":
                self._prototype = values[field]
        return kind(**values)

    def _fitted(self, number: Any, nodes: Any) -> Any:
        value = self._keep(number, clone(self._prototype, safe=False))
        vars(value).update(self._pairs(nodes))
        return value

    def _to_be_fitted(self, number: Any, name: str) -> ToBeFitted:
        return self._keep(number, ToBeFitted(self._arrays[name]))  # type: ignore[no-any-return]


_READERS: dict[str, Callable[..., Any]] = {
    "again": lambda reader, number: reader._made[number],
    "list": Reader._list,
    "dict": Reader._dict,
    "tuple": lambda reader, nodes: tuple(reader._all(nodes)),
    "set": lambda reader, nodes: set(reader._all(nodes)),
    "slice": lambda reader, nodes: slice(*reader._all(nodes)),
    "partial": lambda reader, function, arguments, names: functools.partial(
        reader.read(function), *reader._all(arguments), **reader._pairs(names)
    ),
    "array": lambda reader, number, name: reader._keep(number, reader._arrays[name]),
    "objects": Reader._objects,
    "scalar": lambda reader, name: reader._arrays[name][()],
    "dtype": lambda reader, text: np.dtype(text),
    "random": Reader._random,
    "object": Reader._object,
    "module": Reader._module,
    "record": Reader._record,
    "known": lambda reader, path: reader._known.objects[path],
    "fitted": Reader._fitted,
    "to be fitted": Reader._to_be_fitted,
}
