"""Objects as JSON and arrays, and back: a format in which nothing can be executed.

A value is itself if it is None, a bool, a number or a string; otherwise a list whose first entry
says what it is. Objects are the names of their classes and their attributes; they are made without
calling anything of theirs, and only of classes that `Known` has. Functions and the like are not
stored: the present run's estimator has them, at the same place.
"""

from __future__ import annotations

import copy
import functools
import math
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from .._support import archive
from ._known import RANDOM, Known, is_data, is_module, is_plain, type_name

__all__ = ["Reader", "ToBeFitted", "Writer"]

_Arrays = dict[str, NDArray[Any]]


class UnstorableError(TypeError):
    """Something has no place in such a file."""


class ToBeFitted:
    """Stands for an extractor that is not stored, and is fitted anew.

    Parameters
    ----------
    shown : (n, D) ndarray
        The features that it gave for some rows, and must give again.
    """

    def __init__(self, shown: NDArray[Any]) -> None:
        self.shown = shown


def _field_names(kind: type) -> tuple[str, ...]:
    """Of a dataclass or a named tuple."""
    names = tuple(one.name for one in fields(kind)) if is_dataclass(kind) else kind._fields  # type: ignore[attr-defined]
    return tuple(name for name in names if name not in ("training_rows", "recorder"))


class Writer:
    """Puts values into terms of JSON, and arrays beside them.

    Parameters
    ----------
    known : Known
        What may be referred to.
    records : tuple of type
        Dataclasses and named tuples that are stored by their fields. In one of them a field
        "prototype" is an estimator, and fields "extractor" hold fitted ones.
    probe : array_like or DataFrame, optional
        Rows for which a stored extractor must give the features that the original gives, to the
        last bit; if it does not, it is to be fitted anew.
    """

    def __init__(self, known: Known, records: tuple[type, ...], probe: Any = None) -> None:
        self.arrays: _Arrays = {}
        self._known, self._records, self._probe = known, records, probe
        self._numbers: dict[int, int] = {}
        self._alive: list[Any] = []  # so that no other object gets the same id
        self._prototype: Any = None

    def write(self, value: Any) -> Any:
        """`value` in terms of JSON; UnstorableError if that cannot be."""
        kind = type(value)
        if value is None or kind in (bool, int, float, str):
            return value
        if id(value) in self._numbers:
            return ["again", self._numbers[id(value)]]
        if kind in _WRITERS and self._known.path(value) is None:
            return _WRITERS[kind](self, value)
        if isinstance(value, np.generic) and is_data(value):
            return ["scalar", self._array(np.asarray(value))]
        if isinstance(value, np.dtype) and is_data(value):
            return ["dtype", value.str]
        if kind in self._records:
            return self._record(value)
        if is_module(value):
            return self._module(value)
        if is_plain(kind) and self._known.type(type_name(kind)) is kind:
            number = self._number(value)
            return ["object", number, type_name(kind), self._pairs(vars(value))]
        path = self._known.path(value)
        if path is None:
            raise UnstorableError(f"{kind.__module__}.{kind.__qualname__}")
        return ["known", path]

    def _number(self, value: Any) -> int:
        self._numbers[id(value)] = len(self._alive)
        self._alive.append(value)
        return self._numbers[id(value)]

    def _array(self, array: NDArray[Any]) -> str:
        if not archive.storable(array):
            raise UnstorableError(f"an array of {array.dtype}")
        name = str(len(self.arrays))
        self.arrays[name] = array
        return name

    def _ndarray(self, value: NDArray[Any]) -> Any:
        if value.dtype.kind == "O":
            return ["objects", self._number(value), list(value.shape), self._all(value.flat)]
        name = self._array(value)
        return ["array", self._number(value), name]

    def _all(self, values: Any) -> list[Any]:
        return [self.write(value) for value in values]

    def _pairs(self, values: Mapping[Any, Any]) -> list[Any]:
        return [[self.write(name), self.write(value)] for name, value in values.items()]

    def _random(self, value: Any) -> Any:
        if isinstance(value, np.random.RandomState):
            state: Any = value.get_state(legacy=False)
        else:
            state = value.bit_generator.state
        if not is_data(value):
            raise UnstorableError(f"a generator of {state['bit_generator']}")
        return ["random", self._number(value), type(value).__name__, self.write(state)]

    def _module(self, value: Any) -> Any:
        from ..features.torch import modules

        for path, template in self._known.modules.items():
            if modules.alike(template, value):
                number = self._number(value)
                device, tensors, modes = modules.contents(value)
                return ["module", number, path, device, self._all(tensors), modes]
        raise UnstorableError(f"a module {type(value).__qualname__} of another structure")

    def _record(self, value: Any) -> Any:
        stored = []
        for name in _field_names(type(value)):
            part = getattr(value, name)
            if name == "prototype":
                self._prototype = part
            stored.append(self._fitted(part) if name == "extractor" else self.write(part))
        return ["record", type(value).__name__, stored]

    def _fitted(self, value: Any) -> Any:
        """A fitted extractor: its attributes besides its parameters, if that will do."""
        if id(value) in self._numbers:
            return ["again", self._numbers[id(value)]]
        arrays, numbers = dict(self.arrays), self._numbers
        shown = np.asarray(value.transform(self._probe))
        numbers[id(value)] = number = self._number(value)
        parameters = value.get_params(deep=False) if hasattr(value, "get_params") else ()
        learned = {name: part for name, part in vars(value).items() if name not in parameters}
        try:
            self._numbers = {id(value): number}  # whole without the others
            node = ["fitted", number, self._pairs(learned)]
            reader = Reader(self._known, self._records, self.arrays, self._prototype)
            again = np.asarray(reader.read(node).transform(self._probe))
            if again.dtype == shown.dtype and np.array_equal(again, shown):
                return node
            self.arrays = arrays
        except Exception:  # whatever others' classes make of it
            self.arrays = arrays
        finally:
            self._numbers = numbers
        return ["to be fitted", number, self._array(shown)]


_WRITERS: dict[type, Callable[[Writer, Any], Any]] = {
    list: lambda writer, value: ["list", writer._number(value), writer._all(value)],
    dict: lambda writer, value: ["dict", writer._number(value), writer._pairs(value)],
    tuple: lambda writer, value: ["tuple", writer._all(value)],
    set: lambda writer, value: ["set", writer._all(value)],
    slice: lambda writer, value: ["slice", writer._all((value.start, value.stop, value.step))],
    functools.partial: lambda writer, value: [
        "partial",
        writer.write(value.func),
        writer._all(value.args),
        writer._pairs(value.keywords),
    ],
    np.ndarray: Writer._ndarray,
    np.random.RandomState: Writer._random,
    np.random.Generator: Writer._random,
}


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
        self, known: Known, records: tuple[type, ...], arrays: _Arrays, prototype: Any = None
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
        from ..features.torch import modules

        module = copy.deepcopy(self._known.modules[path])
        return self._keep(number, modules.filled(module, device, self._all(nodes), modes))

    def _record(self, name: str, nodes: Any) -> Any:
        kind = self._records[name]
        values = {}
        for field, node in zip(_field_names(kind), nodes, strict=True):
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
