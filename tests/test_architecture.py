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


#: What begins with an underscore and is public all the same, or another library's.
NOT_PRIVATE = {
    *("_asdict", "_replace", "_fields"),  # of named tuples
    "_actions",  # of argparse, which has no other way to ask for them
    "_SubParsersAction",
    *("_check_feature_names", "_check_n_features"),  # of scikit-learn before 1.6
}


def private(name):
    return name.startswith("_") and not name.endswith("__") and name not in NOT_PRIVATE


def imported_privately(path):
    """Names with an underscore that a module imports from inside another room."""
    here = path.relative_to(PACKAGE).parts[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.ImportFrom):
            continue
        if node.level:
            inside = [*here[: len(here) - node.level + 1], *(node.module or "").split(".")]
        elif (node.module or "").startswith("paris_core."):
            inside = node.module.split(".")[1:]
        else:
            continue
        inside = [name for name in inside if name]
        if not inside:  # rooms themselves
            continue
        if inside[0] != room_of_module(path):
            yield from (name for name in inside[1:] if private(name))
            yield from (alias.name for alias in node.names if private(alias.name))


def defined(tree):
    """Names with an underscore that a module makes: functions, classes, attributes, fields."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def used(tree):
    """Names with an underscore that a module asks other objects for."""
    outside = {
        alias.asname or alias.name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom)) and not getattr(node, "level", 0)
        for alias in node.names
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and private(node.attr):
            of = node.value
            if not (isinstance(of, ast.Name) and of.id in outside):  # another library's
                yield node.attr


def test_no_room_reaches_into_anothers_private_names():
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in modules()}
    own = {}
    for path, tree in trees.items():
        own.setdefault(room_of_module(path), set()).update(defined(tree))
    found = [
        f"{path.relative_to(PACKAGE)}: {name}"
        for path, tree in trees.items()
        for name in (*imported_privately(path), *(set(used(tree)) - own[room_of_module(path)]))
    ]
    assert found == []


def test_no_folder_of_modules_is_crowded():
    for folder in {path.parent for path in modules()} - {PACKAGE}:
        entries = [path for path in folder.iterdir() if "__" not in path.name]
        assert len([path for path in entries if path.suffix in ("", ".py")]) <= MOST_ROOMS, folder
