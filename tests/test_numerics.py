"""What docs/numerics.md promises holds, and the page is what benchmarks/numerics.py makes."""

import re
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import paris_core
import reference

pytest.importorskip("mpmath", reason="mpmath (the extra `test`) is not installed")

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "numerics.md"

with pytest.MonkeyPatch.context() as patch:
    patch.syspath_prepend(ROOT / "benchmarks")
    import numerics
    from accuracy import exact, order, promises, rank_one
    from accuracy.findings import Findings, shown


@pytest.fixture(scope="module")
def found():
    return numerics.run(quick=True)


@pytest.fixture(scope="module")
def page():
    return PAGE.read_text(encoding="utf-8")


# ------------------------------------------------------------------------------------- the promises


@pytest.mark.parametrize("name", promises.PROMISES)
def test_promise_is_kept(name, found):
    assert promises.together(found.values())[name] <= promises.PROMISES[name].bound


@pytest.mark.parametrize("figure", [2e-11, np.inf, np.nan, None], ids=str)
def test_broken_promise_is_told(figure):
    figures = {name: 0.0 for name in promises.PROMISES}
    assert promises.broken(figures) == []
    del figures["factor"]
    told = promises.broken(figures if figure is None else {**figures, "factor": figure})
    assert [line.rpartition(", ")[2] for line in told] == ["promised 1e-11"]


def test_largest_figure_counts():
    findings = Findings(("a",)), Findings(("b",))
    findings[0].note("one", 1.0, 3.0)
    findings[1].note("one", 2.0)
    findings[1].note("other", np.nan, 1.0)
    together = promises.together(findings)
    assert together["one"] == 3.0
    assert np.isnan(together["other"])


# ----------------------------------------------------------------------------------------- the page


def tables_of(page):
    """By name, the lines of cells of each table, its head first."""
    tables = {}
    for name, text in re.findall(r"<!-- table: (.+) -->\n\n((?:\|.*\n)+)", page):
        lines = [line.strip("| ").split(" | ") for line in text.splitlines()]
        tables[name] = [lines[0], *lines[2:]]
    return tables


def test_page_has_every_table(page, found):
    tables = tables_of(page)
    assert list(tables) == ["promises", *numerics.EXPERIMENTS]
    for name, findings in found.items():
        head = [cell for cell in findings.head if not cell.startswith("λ = ")]
        assert [cell for cell in tables[name][0] if not cell.startswith("λ = ")] == head
        assert len(tables[name]) > len(findings.lines)  # not those of --quick


def test_page_promises_what_is_tested(page):
    _, *lines = tables_of(page)["promises"]
    for line, promise in zip(lines, promises.PROMISES.values(), strict=True):
        assert line[:2] == [promise.figure, shown(promise.bound)]
        assert float(line[2]) <= promise.bound


def test_page_says_how_it_was_made(page):
    [line] = re.findall(r"<!-- made -->\n\n(.+)\n\n", page)
    pattern = re.sub(r"\d\S*(?=[ ,.])", r"\\S+", re.escape(numerics.made_by()).replace("\\", ""))
    assert line.startswith("Made by `python benchmarks/numerics.py` on 20")
    assert len(line.split()) == len(pattern.split())


def test_figures_are_put_into_the_page():
    right = "A\n\n<!-- made -->\n\nby me\n\n<!-- table: a, b -->\n\n| x |\n| --- |\n| 1 |\n\nB\n"
    wrong = right.replace("by me", "by you\nand others").replace("| 1 |", "| 2 |\n| 3 |")
    empty = right.replace("by me\n", "").replace("| x |\n| --- |\n| 1 |\n", "")
    for page in (right, wrong, empty):
        assert numerics.filled(page, {"a, b": "| x |\n| --- |\n| 1 |"}, "by me") == right
    with pytest.raises(KeyError, match="no such"):
        numerics.filled("<!-- table: no such -->\n\n", {}, "")


@pytest.mark.parametrize(("figure", "status"), [(0.0, 0), (1.0, 1)])
@pytest.mark.parametrize("quick", [False, True])
def test_command(figure, status, quick, tmp_path, monkeypatch, capsys):
    def experiment(quick):
        findings = Findings(("n",))
        findings.add(5 if quick else 50)
        for name in promises.PROMISES:
            findings.note(name, figure if name == "factor" else 0.0)
        return findings

    page = tmp_path / "page.md"
    page.write_text("<!-- made -->\n\n\n<!-- table: n -->\n\n", encoding="utf-8")
    monkeypatch.setattr(numerics, "EXPERIMENTS", {"n": experiment})
    monkeypatch.setattr(sys, "argv", ["numerics.py", *["--quick"] * quick, "--page", str(page)])
    with pytest.raises(SystemExit) as ended:
        numerics.main()
    assert ended.value.code == status
    assert ("promised 1e-11" in capsys.readouterr().out) == bool(status)
    assert page.read_text(encoding="utf-8").endswith("-->\n\n" if quick else "| 50 |\n")


def test_without_mpmath(monkeypatch):
    monkeypatch.setitem(sys.modules, "mpmath", None)
    source = Path(exact.__file__).read_text(encoding="utf-8")
    with pytest.raises(ImportError, match=r"pip install 'paris-core\[bench\]'"):
        exec(compile(source, exact.__file__, "exec"), {"__name__": "again"})


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("as it is", "as it is"),
        (50_000, "50,000"),
        (0.0, "0"),
        (1.0, "1"),
        (0.047, "0.047"),
        (27.3, "27"),
        (123.4, "123"),
        (1e6, "1e6"),
        (3.14e-15, "3.1e-15"),
        (9.97e-16, "1e-15"),
        (2.5e40, "2.5e40"),
        (np.inf, "inf"),
        (np.nan, "nan"),
    ],
)
def test_cells(cell, text):
    assert shown(cell) == text


# ------------------------------------------------------------------------------ the reference

tables = arrays(np.float64, (3, 2), elements=st.floats(-1e37, 1e37))


def fractions(fixed):
    unit = Fraction(2) ** fixed.exponent
    return np.vectorize(lambda integer: integer * unit, otypes=[object])(fixed.integers)


@given(tables, tables)
def test_sums_and_products_do_not_round(a, b):
    x, y = exact.Fixed.of(a), exact.Fixed.of(b)
    a, b = (np.vectorize(Fraction, otypes=[object])(table) for table in (a, b))
    for got, expected in ((x, a), (x + y, a + b), (x - y, a - b), (x.T @ y, a.T @ b)):
        np.testing.assert_array_equal(fractions(got), expected)


def test_exact_ridge_is_that_of_fractions():
    rng = np.random.default_rng(0)
    Phi, y, lam = rng.standard_normal((9, 2)) * [1e8, 1e-8], rng.standard_normal(9), 1e-12
    y[4] = 1e37
    ridge = exact.Ridge(Phi, y, lam)
    ridge.remove(4)
    rows, targets = (
        np.vectorize(Fraction, otypes=[object])(np.delete(table, 4, axis=0)) for table in (Phi, y)
    )
    (a, b), (_, c) = rows.T @ rows + np.diag([Fraction(lam)] * 2)
    p, q = rows.T @ targets
    w = (c * p - b * q) / (a * c - b * b), (a * q - b * p) / (a * c - b * b)
    for got, expected in zip(ridge.weights(), w, strict=True):
        expected = exact.mp.mpf(expected.numerator) / expected.denominator
        assert abs(got / expected - 1) < 1e-30
    assert exact.relative_error(np.array(w, dtype=float), ridge.weights()) < 1e-16


def test_large_systems_have_as_many_digits(monkeypatch):
    rng = np.random.default_rng(0)
    ridge = exact.Ridge(rng.standard_normal((30, 6)) * 1e-9, rng.standard_normal((30, 2)), 1e-20)
    w = ridge.weights()
    monkeypatch.setattr(exact, "LARGE", 5)
    other = ridge.weights()
    assert max(abs(a / b - 1) for a, b in zip(w.ravel(), other.ravel(), strict=True)) < 1e-40
    ridge.A = exact.Fixed.of(np.vander(np.linspace(1, 2, 12)).T @ np.vander(np.linspace(1, 2, 12)))
    ridge.moment, ridge._shape = exact.Fixed.of(np.ones((12, 1))), (12, 1)
    with pytest.raises(ArithmeticError, match="ill-conditioned"):
        ridge.weights()


def test_errors_are_seen():
    rng = np.random.default_rng(0)
    Phi = rng.standard_normal((30, 4)) * [1.0, 1e8, 1e-8, 1.0]
    ridge = exact.Ridge(Phi, rng.standard_normal(30), 1e-20)
    L = np.linalg.cholesky(Phi.T @ Phi + 1e-20 * np.eye(4))
    assert exact.factor_error(L, ridge.A) < 1e-15
    L[2, 2] *= 1 + 1e-6  # of the smallest column
    assert exact.factor_error(L, ridge.A) == pytest.approx(2e-6, rel=0.5)
    w = ridge.weights()
    wrong = np.array(w, dtype=float) * [1, 1 + 1e-6, 1, 1]
    assert exact.largest_relative_error(wrong, w) == pytest.approx(1e-6)
    assert exact.relative_error(2 * np.array(w, dtype=float), w) == pytest.approx(1)


@pytest.mark.parametrize("downdate", [rank_one.recurrence, rank_one.linpack, rank_one.afresh])
def test_other_ways_to_downdate(downdate):
    rng = np.random.default_rng(1)
    rows = rng.standard_normal((20, 6))
    L = np.linalg.cholesky(rows.T @ rows)
    before = L.copy(), rows[3].copy()
    np.testing.assert_allclose(
        downdate(L, rows[3]), reference.cholesky_downdate(L, rows[3]), rtol=1e-11, atol=1e-13
    )
    np.testing.assert_array_equal(L, before[0])
    np.testing.assert_array_equal(rows[3], before[1])
    with pytest.raises(np.linalg.LinAlgError):
        downdate(L, 5 * L[:, 0])


@pytest.mark.parametrize(("criterion", "objective"), order.PAIRS)
def test_replay_in_50_digits_sees_what_is_wrong(criterion, objective):
    _, table = next(order.tables(1))
    train, val = table.rows(slice(0, order.N_ROWS)), table.rows(slice(order.N_ROWS, None))
    problem = train.Phi, train.y, val.Phi, val.y
    options = {"lam": 0.5, "criterion": criterion, "objective": objective}
    result = paris_core.prune(*problem, 8, **options)
    assert all(place.is_best for place in order.replay(result, problem, **options))

    expected = reference.deletion_residuals(*problem, 0.5, criterion=criterion, objective=objective)
    second = int(np.argsort(expected)[1])
    swapped = np.where(result.removed == second, result.removed[0], result.removed)
    swapped[0] = second
    first, *_ = order.replay(replace(result, removed=swapped), problem, **options)
    assert not first.is_best
    assert first.excess > 1e-9

    for name, field in (("delta_loss", "delta_error"), ("loss", "loss_error")):
        wrong = replace(result, **{name: getattr(result, name) * (1 + 1e-6)})
        errors = [getattr(place, field) for place in order.replay(wrong, problem, **options)]
        assert max(errors) > 1e-8
    if objective == "worst":
        moved = replace(result, val_index=(result.val_index + 1) % order.N_VAL)
        assert all(place.val_excess > 0 for place in order.replay(moved, problem, **options))
