"""Choice of the compiled core: the best instruction-set level that the CPU supports.

The environment variable ``PARIS_CORE_SIMD`` (baseline, x86-64-v3, x86-64-v4) forces one.
"""

from __future__ import annotations

import importlib
import os
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING

__all__ = ["core"]

VARIABLE = "PARIS_CORE_SIMD"
MODULES = {"baseline": "_core", "x86-64-v3": "_core_v3", "x86-64-v4": "_core_v4"}  # ascending


def _load(name: str) -> ModuleType:
    return importlib.import_module(f"paris_core.{name}")


def _choose() -> ModuleType:
    try:
        baseline = _load("_core")
    except ImportError as error:
        raise ImportError(
            f"the compiled core of paris_core could not be loaded ({error}). Reinstall with "
            "`pip install --force-reinstall paris-core`; in a source tree run `pip install .` and "
            "start Python from another folder, so that the installed package is found"
        ) from error
    levels = list(MODULES)
    supported = levels[: levels.index(baseline.cpu_level()) + 1]
    built = [level for level in supported if find_spec(f"paris_core.{MODULES[level]}")]
    forced = os.environ.get(VARIABLE, "")
    if not forced:
        return _load(MODULES[built[-1]])
    if forced in built:
        return _load(MODULES[forced])
    if forced in supported:
        reason = f"this build has {', '.join(built)} alone"
    else:
        reason = f"this CPU supports {', '.join(supported)}"
    raise ImportError(f"{VARIABLE}={forced!r}, but {reason}: set it to one of these or unset it")


if TYPE_CHECKING:
    from . import _core as core
else:
    core = _choose()
