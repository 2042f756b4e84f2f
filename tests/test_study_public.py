"""Public sets: how they are dealt out, and the table of ranks."""

import numpy as np
import pytest

pytest.importorskip("sklearn", minversion="1.7", reason="the extra `study` needs it")

from benchmarks.study import problems, public, public_tables


def test_every_row_has_one_part():
    rng = np.random.default_rng(0)
    rows = problems.Rows(np.arange(100.0)[:, np.newaxis], -rng.lognormal(size=100))
    problem = public.dealt_out(rows, 60, 20, 3)
    parts = [problem.train, problem.trusted, problem.test]
    assert [len(part) for part in parts] == [60, 20, 20]
    assert sorted(np.concatenate([part.X[:, 0] for part in parts])) == list(range(100))
    assert problem.side == "lower"
    assert problem.regions["tail"][np.argmin(problem.test.y)]


def test_a_large_set_is_cut_evenly_by_chance():
    rows = problems.Rows(np.arange(100.0)[:, np.newaxis], np.arange(100.0))
    some = problems.at_most(rows, 30, 0)
    assert len(some) == 30
    assert np.all(np.diff(some.y) > 0)
    assert problems.at_most(rows, 100, 0) is rows


def test_tasks_without_enough_test_rows_are_left_out(monkeypatch):
    rows = problems.Rows(np.zeros((4_000, 1)), np.zeros(4_000))
    monkeypatch.setattr(problems, "table", lambda name: rows)
    assert [problems.enough("abalone", n) for n in (200, 1_500, 1_501, 3_000)] == [
        True,
        True,
        False,
        False,
    ]
    assert problems.enough("dst", 3_000)


def test_missing_numbers_are_filled_and_marked():
    inputs = np.array([[1.0, 9_999.0], [2.0, 5.0], [3.0, 7.0]])
    np.testing.assert_array_equal(
        problems.filled(inputs), [[1.0, 6.0, 1.0], [2.0, 5.0, 0.0], [3.0, 7.0, 0.0]]
    )


@pytest.mark.parametrize(
    ("side", "points"),
    [("upper", [(50.0, 0.0), (90.0, 1.0)]), ("lower", [(10.0, 1.0), (50.0, 0.0)])],
)
def test_relevance_rises_from_the_median_to_the_tail(side, points):
    np.testing.assert_allclose(public.rising(np.arange(101.0), side), points)


@pytest.fixture
def rows():
    """Four sets of one seed, a second seed of the first, and one cell that is not finished."""
    out = []
    for name, seed, errors in [
        ("a", "0", (1.0, 2.0, 0.5)),
        ("b", "0", (1.0, 1.001, 0.5)),
        ("c", "0", (1.0, 0.5, 0.25)),
        ("d", "0", (1.0, 0.5, 1.0)),
        ("a", "1", (2.0, 16.0, 1.0)),
        ("b", "1", (1.0, 9.0)),
    ]:
        for method, error in zip(("everything", "one", "two"), errors, strict=False):
            row = {"set": name, "seed": seed, "method": method, "kept": "0.5", "seconds": "1"}
            out.append(row | dict.fromkeys(("rmse", "rmse_tail", "sera"), str(error)))
    return out


def test_a_set_counts_as_much_as_another(rows):
    pool = public_tables.Pool(rows, "abcd")
    np.testing.assert_allclose(pool.ratios("rmse")[:, 1], [4.0, 1.001, 0.5, 0.5])
    np.testing.assert_allclose(pool.ranks("rmse")[1], (3.0 + 3.0 + 2.0 + 1.0) / 4.0)
    np.testing.assert_allclose(pool.ranks("rmse")[2], (1.0 + 1.0 + 1.0 + 2.5) / 4.0)
    assert public_tables.scores(pool.ratios("rmse")[:, 1]) == "2/1/1"


def test_the_table_is_of_the_sets_asked_for(rows):
    pool = public_tables.Pool(rows, ["b", "d", "e"])
    assert pool.sets == ["b", "d"]
    assert "\n| two | 50% | 1.8 | 1.8 | 1/1/0 | -29 % (-50, +0) |" in public_tables.lines(pool)
