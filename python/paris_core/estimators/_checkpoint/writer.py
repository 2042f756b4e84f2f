"""Objects as JSON and arrays, a format in which nothing can be executed."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._support.storage import archive
from .known import Known, is_data, is_module, is_plain, type_name
from .reader import Reader
from .terms import Arrays, UnstorableError, field_names

__all__ = ["Writer"]


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
        self.arrays: Arrays = {}
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
        from ...features.torch import modules

        for path, template in self._known.modules.items():
            if modules.alike(template, value):
                number = self._number(value)
                device, tensors, modes = modules.contents(value)
                return ["module", number, path, device, self._all(tensors), modes]
        raise UnstorableError(f"a module {type(value).__qualname__} of another structure")

    def _record(self, value: Any) -> Any:
        stored = []
        for name in field_names(type(value)):
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
