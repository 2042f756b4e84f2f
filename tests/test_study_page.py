"""The tables of docs/study.md are those of benchmarks/study/results."""

import re
from pathlib import Path

import pytest

pytest.importorskip("sklearn", minversion="1.7", reason="the extra `study` needs it")

from benchmarks.study import page, repair_tables, storm_tables, tables

PAGE = Path(__file__).parents[1] / "docs" / "study.md"
needs_results = pytest.mark.skipif(
    not page.RESULTS.exists(), reason="a source distribution has no results"
)


@pytest.fixture(scope="module")
def text():
    return PAGE.read_text(encoding="utf-8")


@needs_results
def test_the_page_has_the_tables_of_the_results(text):
    assert page.filled(text) == text
    assert re.findall(r"<!-- table: (.+) -->\n\n\| ", text) == list(page.TABLES)


def test_other_figures_are_put_right(monkeypatch):
    monkeypatch.setattr(page, "TABLES", {"a, b": lambda: "| x |\n| --- |\n| 1 |"})
    right = "Before\n\n<!-- table: a, b -->\n\n| x |\n| --- |\n| 1 |\n\nAfter\n"
    wrong = right.replace("| 1 |", "| 2 |\n| 3 |")
    empty = right.replace("| x |\n| --- |\n| 1 |\n", "")
    assert page.filled(right) == page.filled(wrong) == page.filled(empty) == right
    with pytest.raises(KeyError, match="no such"):
        page.filled("<!-- table: no such -->\n\n")


def test_lines_of_a_table():
    table = tables.markdown(["method", "x"], [["a", "1"], ["b, c", "2"], ["d", "3"]])
    assert tables.only(table, ["d", "b, c"]).splitlines()[2:] == ["| d | 3 |", "| b, c | 2 |"]
    with pytest.raises(KeyError):
        tables.only(table, ["e"])
    assert page.names("a, b; c\nd;\ne") == ["a, b", "c\nd", "e"]


def test_units_that_have_all_methods():
    def row(seed, method, error, corruption="clipped"):
        cell = {"task": "dst", "n_trusted": "800", "corruption": corruption, "seed": seed}
        return cell | {"method": method, "rmse": error, "rmse_tail": error}

    rows = [
        *(row(seed, "clean", "1") for seed in "123"),
        *(row(seed, "PARIS", error) for seed, error in zip("12", "28", strict=True)),
        row("1", "PARIS", "1", "none"),
    ]
    units = repair_tables.complete(rows, ["clean", "PARIS"], ["none", "clipped"])
    assert [len(found) for found in units.values()] == [0, 2]
    text = repair_tables.multiples({"clipped": units["clipped"]}, ["PARIS"])
    assert text.splitlines()[0] == "| method | clipped (2) |"
    assert text.splitlines()[2] == "| PARIS | 4.00 / 4.00 |"
    other = {m: row("1", m, e) | {"task": "abalone"} for m, e in (("clean", "1"), ("PARIS", "1"))}
    text = repair_tables.multiples({"clipped": [*units["clipped"], other]}, ["PARIS"])
    assert text.splitlines()[2] == "| PARIS | 2.00 / 2.00 |"  # each task counts once
    del other["PARIS"]
    text = repair_tables.multiples({"clipped": [*units["clipped"], other]}, ["PARIS"])
    assert text.splitlines()[2] == "| PARIS | - |"


def test_a_column_for_each_task():
    def row(horizon, storm, method, error):
        found = {"inputs": "wind", "horizon": horizon, "storm": storm, "seed": "0"}
        found |= {"method": method, "kept": "1"}
        for region in storm_tables.SHOWN.values():
            found |= {f"n{region}": "1", f"sse{region}": str(error**2)}
        return found

    rows = [
        row(horizon, storm, method, error)
        for horizon in "13"
        for storm in "12"
        for method, error in (("everything", 4.0), ("PARIS", 3.0))
    ]
    rows = [row("1", "3", "everything", 4.0), *rows]  # a storm without PARIS
    assert storm_tables.pools(rows, methods=["everything"])["wind", "1"].storms == ["1", "2", "3"]
    pools = storm_tables.pools(rows, methods=["everything", "PARIS"])
    assert list(pools) == [("wind", "1"), ("wind", "3")]
    text = storm_tables.brief({"one": pools["wind", "1"]})
    assert text.splitlines()[2:] == [
        "| everything | 4.0; 4.0 |",
        "| PARIS | -25 % (-25, -25); -25 % (-25, -25) |",
    ]
