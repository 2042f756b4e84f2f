"""Methods that need a package which may not be there."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import TypeVar

Method = TypeVar("Method")


def available(methods: Mapping[str, Method], needs: Mapping[str, str]) -> dict[str, Method]:
    """The methods whose package, if they need one, is installed."""
    return {
        name: method
        for name, method in methods.items()
        if name not in needs or find_spec(needs[name]) is not None
    }
