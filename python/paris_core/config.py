"""Facts about the installed build."""

from __future__ import annotations

import platform
from typing import Any, Literal, overload

import numpy as np

from ._extension import core
from ._support import checks


@overload
def show_config(mode: Literal["print"] = "print") -> None: ...
@overload
def show_config(mode: Literal["dict"]) -> dict[str, Any]: ...
def show_config(mode: str = "print") -> dict[str, Any] | None:
    """Show how this installation was built and what it uses.

    Parameters
    ----------
    mode : {"print", "dict"}, default "print"
        Print the facts, or return them.

    Returns
    -------
    dict or None
        With ``mode="dict"``: version, compiler, flags, simd (the instruction-set level in use),
        cpu (the highest level that the CPU supports), eigen, numpy, python, threads (the default
        of ``n_threads``).

    Raises
    ------
    ValueError
        If `mode` is neither of the two.

    Examples
    --------
    >>> import paris_core
    >>> paris_core.show_config("dict")["eigen"]
    '3.4.1'
    """
    from . import __version__

    facts = {"version": __version__, **core.build_info(), "cpu": core.cpu_level()}
    facts |= {"numpy": np.__version__, "python": platform.python_version()}
    facts |= {"threads": checks.n_threads(None)}
    if checks.choice("mode", mode, ("print", "dict")) == "dict":
        return facts
    for name, value in facts.items():
        print(f"{name:<11}{value}")
    return None
