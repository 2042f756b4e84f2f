"""The examples in the docstrings of the installed package."""

import doctest
import importlib
import pkgutil

import pytest

import paris_core

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(paris_core.__path__, "paris_core.")
    if "._" not in module.name  # private modules, the compiled ones among them
)
NEEDS = {
    "paris_core.features.torch": "torch",
    "paris_core.plotting": "matplotlib",
    "paris_core.report": "matplotlib",
}


def needed(name):
    """The package that a module's examples need, if not every installation has it."""
    return next((NEEDS[prefix] for prefix in NEEDS if name.startswith(prefix)), None)


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    if needed(name):
        pytest.importorskip(needed(name), reason=f"{needed(name)} is not installed")
    failures, _ = doctest.testmod(importlib.import_module(name))
    assert failures == 0


def test_there_are_examples():
    finder = doctest.DocTestFinder(exclude_empty=True)
    modules = [importlib.import_module(name) for name in MODULES if not needed(name)]
    examples = [test for module in modules for test in finder.find(module) if test.examples]
    assert len(examples) > 20
