"""The study's grid of cells goes on where it was stopped; its tables pool what all methods have."""

import re

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("sklearn", minversion="1.7", reason="the extra `study` needs it")

from benchmarks.study import grid, storm_tables, tables

CELLS = [{"storm": storm, "seed": seed} for storm in (1, 2, 3) for seed in (0, 1)]


def evaluator(calls):
    def evaluate(cell, methods):
        calls.append((cell["storm"], cell["seed"], *methods))
        return [{"method": name, "kept": 1.0, "n": 2, "sse": 8.0} for name in methods]

    return evaluate


def test_goes_on_where_it_was_stopped(tmp_path):
    out, calls = tmp_path / "results" / "cells.csv", []
    grid.work_through(CELLS[:3], ["a", "b"], evaluator(calls), out)
    text = out.read_text()
    out.write_text(text[:-5])  # killed while it wrote the last line
    grid.work_through(CELLS, ["a", "b"], evaluator(calls), out)
    assert calls[3:] == [(2, 0, "b"), *((c["storm"], c["seed"], "a", "b") for c in CELLS[3:])]
    rows = grid.read(out)
    assert len({(row["storm"], row["seed"], row["method"]) for row in rows}) == len(rows) == 12
    grid.work_through(CELLS, ["a", "b"], evaluator(calls), out)
    assert len(calls) == 7


def test_goes_on_in_a_compressed_file(tmp_path):
    calls = []
    grid.work_through(CELLS[:1], ["a"], evaluator(calls), grid.file_of("cells", tmp_path))
    plain = grid.read(tmp_path / "cells.csv")
    out = tmp_path / "cells.csv.xz"
    for _ in range(2):
        grid.work_through(CELLS[:2], ["a"], evaluator(calls), out)
    assert calls == [(1, 0, "a"), (1, 0, "a"), (1, 1, "a")]
    assert grid.file_of("cells", tmp_path) == out
    assert grid.read(out)[:1] == plain
    assert pd.read_csv(out).seed.to_list() == [0, 1]
    assert sorted(tmp_path.iterdir()) == [tmp_path / "cells.csv", out]


def test_rows_of_another_version_are_not_mixed(tmp_path):
    out = tmp_path / "cells.csv"
    grid.work_through(CELLS[:1], ["a"], evaluator([]), out)
    text = out.read_text()
    with pytest.raises(SystemExit, match="has other columns"):
        grid.work_through(CELLS[:2], ["a"], grid.signed(evaluator([])), out)
    assert out.read_text() == text


def test_rows_say_when_and_where_they_were_computed():
    rows = grid.signed(evaluator([]))(CELLS[0], ["a"])
    assert list(rows[0])[-2:] == ["date", "machine"]
    assert re.fullmatch(r"\d+-core [\w-]+", rows[0]["machine"])


def test_begins_nothing_when_time_is_up(tmp_path):
    calls = []
    grid.work_through(CELLS, ["a"], evaluator(calls), tmp_path / "cells.csv", minutes=-1.0)
    assert calls == []


def test_only_the_cells_that_are_wanted():
    assert grid.only(["storm=1,3", "seed=0"], CELLS) == [CELLS[0], CELLS[4]]
    assert grid.only([], iter(CELLS)) == CELLS
    with pytest.raises(SystemExit, match="--only strom=1: a cell has storm, seed"):
        grid.only(["strom=1"], CELLS)


@pytest.fixture
def rows():
    """Two storms, two seeds, and a third seed that is not finished."""
    out = []
    for storm, seed in [("1", "0"), ("2", "0"), ("1", "1"), ("2", "1"), ("1", "2")]:
        for method, error in (("everything", 4.0), ("other", 2.0)):
            n = 3 if storm == "1" else 1
            out.append({"storm": storm, "seed": seed, "method": method, "kept": "0.5"})
            for region in storm_tables.SHOWN.values():
                out[-1] |= {f"n{region}": str(n), f"sse{region}": str(n * (error + int(seed)) ** 2)}
    return out


def test_pools_over_storms_and_finished_seeds(rows):
    pool = storm_tables.Pool(rows, "all")
    assert (pool.storms, pool.seeds) == (["1", "2"], ["0", "1"])
    np.testing.assert_allclose(pool.rmse("everything", ""), 4.5)
    np.testing.assert_allclose(pool.rmse("other", "", np.array([[0, 0], [1, 0]])), 2.5)
    assert storm_tables.Pool(rows, "reporting").storms == ["2"]
    assert (
        storm_tables.lines(pool).splitlines()[3].startswith("| other | 50% | 2.5 (-44 %: -44, -44)")
    )


def test_one_unit_has_no_interval(rows):
    assert tables.change(np.array([0.97])) == "-3 %"
    pool = storm_tables.Pool(rows, "reporting")
    assert storm_tables.lines(pool).splitlines()[3].startswith("| other | 50% | 2.5 (-44 %) |")
    assert [tables.number(n, "seed") for n in (1, 3)] == ["1 seed", "3 seeds"]


def test_a_method_that_few_cells_have_is_left_out():
    names = {"1": "ab", "2": "abc", "3": "ab", "4": "a"}
    rows = [{"seed": seed, "method": m} for seed, methods in names.items() for m in methods]
    methods, cells = tables.whole_cells(rows, ("seed",))
    assert methods == ["a", "b"]
    assert {cell: list(found) for cell, found in cells.items()} == {
        (seed,): ["a", "b"] for seed in "123"
    }
