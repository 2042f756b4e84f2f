"""The examples in the docstrings of the installed package."""

import doctest
import importlib
import pkgutil

import pytest

import paris_core

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(paris_core.__path__, "paris_core.")
    if not module.name.startswith("paris_core._")  # private modules, the compiled ones among them
)


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    if name.startswith("paris_core.plotting"):
        pytest.importorskip("matplotlib")
    failures, _ = doctest.testmod(importlib.import_module(name))
    assert failures == 0


def test_there_are_examples():
    finder = doctest.DocTestFinder(exclude_empty=True)
    examples = [t for n in MODULES for t in finder.find(importlib.import_module(n)) if t.examples]
    assert len(examples) > 20
