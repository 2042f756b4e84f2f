"""An extension of griffe, which reads the docstrings for the reference pages."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import griffe


class OwnDefaults(griffe.Extension):
    """Several parameters may share a description; each has a default of its own."""

    def on_class(self, *, cls: griffe.Class, **kwargs: Any) -> None:
        """A class has been read."""
        self._correct(cls)

    def on_function(self, *, func: griffe.Function, **kwargs: Any) -> None:
        """A function has been read."""
        self._correct(func)

    def _correct(self, thing: griffe.Class | griffe.Function) -> None:
        for section in thing.docstring.parsed if thing.docstring else []:
            if section.kind is griffe.DocstringSectionKind.parameters:
                for parameter in section.value:
                    with suppress(KeyError):
                        default = thing.parameters[parameter.name].default
                        parameter.value = None if default is None else str(default)
