"""Programs of benchmarks/study for tests."""

import importlib
import sys
from pathlib import Path

import pytest

pytest.importorskip("sklearn", minversion="1.7", reason="the extra `study` needs it")

FOLDER = Path(__file__).parents[1] / "benchmarks" / "study"


def program(name):
    """Import a program, which finds the `problems` beside it and not those of the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(FOLDER)
        patch.delitem(sys.modules, "problems", raising=False)
        return importlib.import_module(name)
