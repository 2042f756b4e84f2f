"""The documentation site: every page has its place, every public name its reference."""

import importlib
import re
from pathlib import Path
from types import ModuleType

import pytest

import paris_core

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "docs").rglob("*.md"))
NAVIGATION = re.findall(r": (\S+\.md)$", (ROOT / ".mkdocs.yml").read_text("utf-8"), re.MULTILINE)
SHOWN = [  # what mkdocstrings shows: an object, or all that a module lists in __all__
    name
    for page in (ROOT / "docs" / "reference").glob("*.md")
    for name in re.findall(r"^::: (\S+)$", page.read_text("utf-8"), re.MULTILINE)
]
LOADED_BY_HAND = {"paris_core.features.torch": "torch"}  # in no __all__, for it needs an extra


def public(module):
    """The dotted names of everything public, modules included."""
    for name in module.__all__:
        value = getattr(module, name)
        yield f"{module.__name__}.{name}"
        if isinstance(value, ModuleType):
            yield from public(value)


def home(name):
    """Where an object was defined: the same for all its public names."""
    module, _, last = name.rpartition(".")
    value = getattr(importlib.import_module(module), last)
    return (getattr(value, "__module__", module), getattr(value, "__qualname__", last))


def is_module(name):
    try:
        return bool(importlib.import_module(name))
    except ModuleNotFoundError:
        return False


@pytest.fixture(scope="module")
def documented():
    shown = [name for name in SHOWN if name not in LOADED_BY_HAND]
    modules = {name for name in shown if is_module(name)}
    inside = {f"{name}.{member}" for name in modules for member in listed(name)}
    return modules, {home(name) for name in inside | (set(shown) - modules)}


def listed(name):
    return importlib.import_module(name).__all__


def test_every_page_is_in_the_navigation():
    assert sorted(NAVIGATION) == sorted(str(p.relative_to(ROOT / "docs")) for p in PAGES)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_stay_within_the_site(page):
    for link in re.findall(r"\]\(([^)#]+)\)", page.read_text("utf-8")):
        assert "://" in link or ROOT / "docs" in (page.parent / link).resolve().parents, link


def test_nothing_is_shown_twice():
    assert len(SHOWN) == len(set(SHOWN))


@pytest.mark.parametrize("name", sorted(set(public(paris_core)) - {"paris_core.__version__"}))
def test_public_names_are_in_the_reference(name, documented):
    modules, objects = documented
    if is_module(name):
        assert name in modules
    else:
        assert home(name) in objects


@pytest.mark.parametrize("name", LOADED_BY_HAND)
def test_modules_that_need_an_extra_are_in_the_reference(name):
    assert name in SHOWN
    pytest.importorskip(LOADED_BY_HAND[name], reason=f"{LOADED_BY_HAND[name]} is not installed")
    assert importlib.import_module(name).__all__
