"""The tables of docs/study.md are those of benchmarks/study/results."""

import re
from pathlib import Path

import pytest

pytest.importorskip("sklearn", minversion="1.7", reason="the extra `study` needs it")

from benchmarks.study import page, repair_tables

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
    assert re.findall(r"<!-- table: (.+) -->\n\n[|*]", text) == list(page.TABLES)
    studies = re.findall(r"<!-- run: (.+) -->\n\n\*", text)
    assert studies == list(dict.fromkeys(table.study for table in page.TABLES.values()))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Results of one study, and none of another."""
    rows = "x,seed,method,date,machine\n1,4,a,2026-11-30,2-core v4\n2,5,a,2026-12-01,2-core v4\n"
    (tmp_path / "some.csv").write_text(rows)
    made = page.Table("some", lambda rows: f"| x |\n| --- |\n| {rows[0]['x']} |")
    none = page.Table("none", lambda rows: pytest.fail("has no results"))
    empty = page.Table("some", lambda rows: "")
    monkeypatch.setattr(page, "TABLES", {"a, b": made, "none": none, "empty": empty})
    return tmp_path


def test_other_figures_are_put_right(folder):
    right = "Before\n\n<!-- table: a, b -->\n\n| x |\n| --- |\n| 1 |\n\nAfter\n"
    wrong = right.replace("| 1 |", "| 2 |\n| 3 |")
    empty = right.replace("| x |\n| --- |\n| 1 |\n", "")
    for text in (right, wrong, empty):
        assert page.filled(text, folder) == right
    with pytest.raises(KeyError, match="no such"):
        page.filled("<!-- table: no such -->\n\n", folder)


def test_what_has_been_run_is_said(folder):
    for text in ("table: none", "table: empty", "run: none"):
        told = page.filled(f"<!-- {text} -->\n\n| old |\n\nAfter\n", folder)
        assert told == f"<!-- {text} -->\n\n*{page.NOT_YET}*\n\nAfter\n"
    told = page.filled("<!-- run: some -->\n\n*what was said before*\n\nAfter\n", folder)
    assert told == (
        "<!-- run: some -->\n\n*Run on 2026-11-30, 2026-12-01, 2-core v4: "
        "so far 2 cells of the seeds 4, 5.*\n\nAfter\n"
    )


def test_units_that_have_all_methods():
    def row(seed, method, error, corruption="clipped"):
        cell = {"task": "dst", "n_trusted": "800", "corruption": corruption, "seed": seed}
        return cell | {"method": method, "rmse": error, "rmse_tail": error}

    rows = [
        *(row(seed, "true labels", "1") for seed in "123"),
        *(row(seed, "PARIS", error) for seed, error in zip("12", "28", strict=True)),
        row("1", "PARIS", "1", "clean"),
    ]
    units = repair_tables.complete(rows, ["true labels", "PARIS"])
    assert {name: len(found) for name, found in units.items()} == {"clipped": 2}
    text = repair_tables.multiples(units, ["PARIS"])
    assert text.splitlines()[0] == "| method | clipped (2) |"
    assert text.splitlines()[2] == "| PARIS | 4.00 / 4.00 |"
    other = {m: row("1", m, "1") | {"task": "abalone"} for m in ("true labels", "PARIS")}
    text = repair_tables.multiples({"clipped": [*units["clipped"], other]}, ["PARIS"])
    assert text.splitlines()[2] == "| PARIS | 2.00 / 2.00 |"  # each task counts once
