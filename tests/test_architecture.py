"""docs/architecture.md is true: rooms are told of there, and nothing points up."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "architecture.md"
HEADERS = ROOT / "cpp" / "include" / "paris"
PACKAGE = ROOT / "python" / "paris_core"
MOST_ROOMS = 9

pytestmark = pytest.mark.skipif(not PAGE.exists(), reason="needs a checkout")


def rooms(heading):
    """The rooms in the first table below a heading, from the lowest up."""
    section = PAGE.read_text(encoding="utf-8").partition(f"## {heading}\n")[2].partition("\n## ")[0]
    lines = re.findall(r"^\| (`.+?) \|", section, re.MULTILINE)
    return [name.removesuffix("/") for line in lines for name in re.findall(r"`(.+?)`", line)]


def room_of_header(path):
    parent = path.parent.as_posix().removesuffix("/cholesky")
    return path.name if parent == "." else parent


def test_every_header_is_in_a_room():
    found = {room_of_header(path.relative_to(HEADERS)) for path in HEADERS.rglob("*.hpp")}
    assert found == set(rooms("The compiled core"))


def test_no_include_points_up():
    order = rooms("The compiled core")
    up = []
    for path in HEADERS.rglob("*.hpp"):
        here = path.relative_to(HEADERS)
        for name in re.findall(r'#include "paris/(.+?)"', path.read_text(encoding="utf-8")):
            if order.index(room_of_header(Path(name))) > order.index(room_of_header(here)):
                up.append(f"{here} -> {name}")
    assert up == []


def test_no_cycle_of_includes():
    includes = {
        path.relative_to(HEADERS).as_posix(): set(
            re.findall(r'#include "paris/(.+?)"', path.read_text(encoding="utf-8"))
        )
        for path in HEADERS.rglob("*.hpp")
    }
    while includes:
        leaves = {name for name, needs in includes.items() if not needs & includes.keys()}
        assert leaves, f"a cycle among {sorted(includes)}"
        includes = {name: needs for name, needs in includes.items() if name not in leaves}


def test_no_folder_of_headers_is_crowded():
    for folder in {path.parent for path in HEADERS.rglob("*.hpp")}:
        assert len(list(folder.iterdir())) <= MOST_ROOMS, folder


def imports(path):
    """Rooms that a module imports when it is loaded, but for types."""
    here = path.relative_to(PACKAGE).parts[:-1]
    pending = list(ast.parse(path.read_text(encoding="utf-8")).body)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.ImportFrom) and node.level:
            base = [*here[: len(here) - node.level + 1], *(node.module or "").split(".")]
            names = [alias.name for alias in node.names]
            yield from [base[0]] if base[0] else names
        elif isinstance(node, (ast.If, ast.Try, ast.With)) and "TYPE_CHECKING" not in ast.dump(
            node
        ):
            pending += ast.iter_child_nodes(node)


def room_of_module(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def modules():
    return [path for path in PACKAGE.rglob("*.py") if room_of_module(path)[:2] != "__"]


def test_every_module_is_in_a_room():
    assert {room_of_module(path) for path in modules()} == set(rooms("The package"))


def test_no_import_points_up():
    order = rooms("The package")
    up = [
        f"{path.relative_to(PACKAGE)} -> {name}"
        for path in modules()
        for name in imports(path)
        if name in order and order.index(name) > order.index(room_of_module(path))
    ]
    assert up == []
