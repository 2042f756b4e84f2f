"""A short part of the fuzzer, and that each of its checks can fail."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import itertools
import pkgutil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import paris_core
from paris_core.linalg import RidgeFactor

from . import arrays, cases, checks, load, options, oracle
from .calls import KINDS, Case
from .report import Report
from .runner import CaseId, Worker, all_cases, run_all
from .shrink import shrunk
from .source import Source
from .worker import run_case

pytestmark = pytest.mark.skipif(
    np.finfo(np.longdouble).eps > 1e-18, reason="long double has no more digits than double"
)


# ------------------------------------------------------------------------------- the short part


def test_a_thousand_calls():
    """The same cases every time, in a process of their own."""
    report = Report(max_calls=1000)
    for ran in run_all(report.until_enough(all_cases(seed=0)), workers=1):
        report.add(ran)
    assert report.calls.total() >= 1000
    assert not report.failed, report.text()


@pytest.mark.parametrize("name", list(cases.GENERATORS))
@settings(max_examples=3)
@given(st.data())
def test_every_generator(name, data):
    """Hypothesis makes the choices, and shrinks what fails."""
    case = Case(Source.hypothesis(data))
    cases.generator(name)(case)
    assert case.failures == []


# --------------------------------------------------------------------- every function is fuzzed

#: Modules whose ``__all__`` is public; the last two of those left out are rooms of our own use.
_OTHERS = ("cli", "demo", "_core", "progress", "notebook")
MODULES = [
    "paris_core",
    *(
        f"paris_core.{module.name}"
        for module in pkgutil.iter_modules(paris_core.__path__)
        if not module.name.startswith("_") and module.name not in _OTHERS
    ),
]
#: What only a command, or PyTorch, leads to; and what is no function.
ELSEWHERE = {"FeatureExtractor", "LaggedFeatures", "RemovalCurve", "CrossValidation"}
ELSEWHERE |= {"Explanation", "GroupPruneResult", "PruneResult", "StormSeries", "TailWarning"}
ELSEWHERE |= {"NotPositiveDefiniteError", "new_figure", "Round"}
ELSEWHERE |= {"CheckpointWarning", "Record", "Verification"}
ELSEWHERE |= {"DuplicateRowsWarning", "ManyRemovedWarning", "ScaleWarning", "WeakModelWarning"}
# Extractors whose methods count under the name of the class that they inherit them from, the reader
# that `load` is for, parts of the report that are not fuzzed, and what the demo is made of:
# tests/test_report.py, test_answer.py and test_demo.py call them.
ELSEWHERE |= {"CallableExtractor", "IdentityExtractor", "TransformerExtractor", "load_omni"}
ELSEWHERE |= {"explain_row", "answer", "Answer", "Change", "Losses", "Stations", "make_stations"}
# Damaged files are what tests/fuzz/tables.py and load.py read.
ELSEWHERE |= {"Table", "TableError", "read_table", "FrozenExtractor"}
# What `paired_gain` returns; and networks, which tests/test_networks.py fits.
ELSEWHERE |= {"AuditResult", "Comparison", "Line", "Outcome", "Remedy", "Task"}  # what these give
ELSEWHERE |= {"Gain", "default_network", "StoppedMLPRegressor", "StoppedMLPClassifier"}


def public_functions():
    for name in MODULES:
        module = importlib.import_module(name)
        for attribute in getattr(module, "__all__", ()):
            value = getattr(module, attribute)
            if callable(value) and attribute not in ELSEWHERE:
                yield attribute


def test_every_public_function_is_called():
    """Some cases of each generator call everything that is public."""
    missing = set(public_functions())
    for number in range(60):
        for name, (_, generate) in cases.GENERATORS.items():
            source = inspect.getsource(inspect.getmodule(generate))
            if any(wanted in source for wanted in missing):  # else it calls none of them
                called = run_case("0", name, str(number)).calls
                missing -= {part for call in called for part in call.split(".")}
        if not missing:
            break
    assert missing == set()


# -------------------------------------------------------------------------- each check can fail


def problem(n_rows=30, seed=0):
    rng = np.random.default_rng(seed)
    Phi, Phi_val, Phi_mon = (rng.standard_normal((n, 4)) for n in (n_rows, 12, 5))
    y, y_val, y_mon = (
        table.sum(axis=1) + rng.standard_normal(len(table)) for table in (Phi, Phi_val, Phi_mon)
    )
    return arrays.Problem(Phi, y, Phi_val, y_val, Phi_mon, y_mon)


ASKED = {"criterion": "refit", "objective": "mean"}


def result(**changes):
    """A right result of ten deletions, but for the changes."""
    given = problem()
    right = paris_core.prune(
        *given.arrays, 10, lam=1.0, monitor=(given.Phi_mon, given.y_mon), **ASKED
    )
    return dataclasses.replace(right, **{name: change(right) for name, change in changes.items()})


def found(given, k=10, **more):
    case = Case(Source.listed([]))
    table = problem()
    asked = ASKED | {"monitor": (table.Phi_mon, table.y_mon), "k": k} | more
    checks.check_result(case, given, table, asked)
    return {failure.kind for failure in case.failures}


def test_a_right_result_is_right():
    assert found(result()) == set()


def with_entry(name, place, change):
    """An array of a result with one entry changed."""

    def changed(right):
        array = getattr(right, name).copy()
        array[place] = change(array[place])
        return array

    return changed


def swapped(right):
    """The removed rows with two of them in each other's place."""
    removed = right.removed.copy()
    removed[[2, 7]] = removed[[7, 2]]
    return removed


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("not complementary", {"kept": lambda right: right.kept[1:]}),
        ("not complementary", {"mask": lambda right: ~right.mask}),
        ("not complementary", {"removed": with_entry("removed", 3, lambda row: (row + 1) % 30)}),
        ("not complementary", {"loss": lambda right: right.loss[:-1]}),
        ("not complementary", {"weights": lambda right: right.weights[:-1]}),
        ("not complementary", {"stop_reason": lambda right: "exhausted"}),
        ("not the best", {"removed": swapped}),
        ("wrong number", {"loss": with_entry("loss", 4, lambda loss: loss * (1 + 1e-8))}),
        ("wrong number", {"loss": with_entry("loss", 4, lambda loss: np.nan)}),
        ("wrong number", {"delta_loss": with_entry("delta_loss", 4, lambda d: d + 1e-9)}),
        ("wrong number", {"val_index": with_entry("val_index", 4, lambda v: 3)}),
        ("wrong number", {"monitor_loss": with_entry("monitor_loss", 9, lambda m: m + 1e-6)}),
        ("wrong weights", {"weights": with_entry("weights", 1, lambda w: w + 1e-10)}),
    ],
    ids=str,
)
def test_a_wrong_result_is_found(kind, changes):
    assert kind in found(result(**changes))


def test_a_row_too_few_is_found():
    assert found(result(), k=11) == {"not complementary"}


def test_a_protected_row_is_found():
    given = result()
    protect = np.zeros(30, dtype=bool)
    protect[given.removed[3]] = True
    assert "not complementary" in found(given, protect=protect)


def test_a_quota_that_was_not_kept_is_found():
    quotas = np.array([25])
    assert "not complementary" in found(result(), strata=np.zeros(30, dtype=int), quotas=quotas)


@pytest.mark.parametrize("objective", ["worst", ("worst", 3), "mean"], ids=str)
@pytest.mark.parametrize("criterion", ["representer", "refit"])
def test_a_deletion_that_was_not_the_best_is_found(criterion, objective):
    """Of every kind: the second best in place of the best."""
    table = problem()
    asked = {"criterion": criterion, "objective": objective}
    best = paris_core.prune(*table.arrays, 1, lam=1.0, **asked)
    protect = np.isin(np.arange(30), best.removed)
    second = paris_core.prune(*table.arrays, 1, lam=1.0, protect=protect, **asked)
    for one, kinds in ((best, set()), (second, {"not the best"})):
        case = Case(Source.listed([]))
        checks.check_result(case, one, table, asked)
        assert {failure.kind for failure in case.failures} == kinds


def test_engines_that_differ_are_found():
    case = Case(Source.listed([]))
    checks.check_same(case, result(), result(), "twice")
    assert not case.failures
    last_bit = with_entry("loss", 4, lambda loss: np.nextafter(loss, np.inf))
    for changes in ({"loss": last_bit}, {"stop_reason": lambda right: "stalled"}):
        case = Case(Source.listed([]))
        checks.check_same(case, result(), result(**changes), "changed")
        assert [failure.kind for failure in case.failures] == ["engines differ"]


def test_wrong_weights_of_a_factor_are_found():
    table = problem()
    factor = RidgeFactor(table.Phi, table.y, 1.0)
    state = oracle.State(table, 1.0, np.ones(30, dtype=bool))
    right = Case(Source.listed([]))
    checks.check_weights(right, factor.weights, state)
    wrong = Case(Source.listed([]))
    checks.check_weights(wrong, factor.weights * (1 + 1e-10), state)
    assert not right.failures
    assert [failure.kind for failure in wrong.failures] == ["wrong weights"]


def named(Phi):
    raise ValueError("Phi must be something else")


def unnamed(Phi):
    raise ValueError("array must be 2-dimensional")


def numpys_own(Phi):
    raise np.linalg.LinAlgError("Phi is singular")


def other(Phi):
    raise ZeroDivisionError("Phi")


def changing(Phi):
    Phi[0] = 7


def warning(Phi):
    return np.float64(1.0) / np.float64(0.0) + Phi


def fine(Phi):
    return Phi


def kinds(function, how="may", names="Phi", view=False):
    case = Case(Source.listed([]))
    Phi = np.arange(12.0).reshape(6, 2)[::2] if view else np.zeros(3)
    if how == "refused":
        case.refused(names, function, Phi)
    else:
        getattr(case, how)(function, Phi)
    return [failure.kind for failure in case.failures]


def test_what_every_call_must_obey():
    assert kinds(fine) == kinds(named) == kinds(named, "refused") == []
    assert kinds(unnamed) == kinds(unnamed, "refused") == ["unnamed error"]
    assert kinds(named, "refused", names="y") == ["unnamed error"]
    assert kinds(numpys_own) == kinds(other) == kinds(named, "must") == ["unexpected error"]
    assert kinds(changing) == kinds(changing, view=True) == ["changed input"]
    assert kinds(fine, "refused") == ["accepted"]
    assert kinds(warning) == ["warning"]


def test_a_list_that_is_changed_is_found():
    case = Case(Source.listed([]))
    case.may(lambda Phi: Phi.append(1), [1.0, 2.0])
    assert [failure.kind for failure in case.failures] == ["changed input"]


# ------------------------------------------------------------------------------------ the oracle


def test_the_oracle_agrees_with_long_sums():
    """Against the ridge by the N x N system, in another order of operations."""
    table = problem()
    kept = np.arange(30) % 3 > 0
    state = oracle.State(table, 0.5, kept)
    Phi, y = table.Phi[kept], table.y[kept]
    alpha = np.linalg.solve(Phi @ Phi.T + 0.5 * np.eye(len(y)), y)
    np.testing.assert_allclose(state.w[:, 0].astype(float), Phi.T @ alpha, rtol=1e-12)
    A = Phi.T @ Phi + 0.5 * np.eye(4)
    np.testing.assert_allclose(state.apply_inverse(np.eye(4)).astype(float), np.linalg.inv(A))


def test_refit_means_a_fit_without_the_row():
    """The closed form, and the one that is used where it would cancel."""
    table = problem()
    state = oracle.State(table, 0.5, np.ones(30, dtype=bool))
    residuals = oracle.Residuals(state, None)
    rows = np.arange(12)
    closed = oracle.judge(residuals, rows, "refit", "mean")
    refitted = oracle.judge(residuals, rows, "refit", "mean")
    for k in range(30):
        oracle.judge_by_refit(refitted, residuals, rows, "mean", k)
    np.testing.assert_allclose(
        refitted.delta_loss.astype(float), closed.delta_loss.astype(float), rtol=1e-14
    )


# ------------------------------------------------------------------------------------ the runner


def ran(name, limit=60.0):
    worker = Worker()
    try:
        first = worker.run(CaseId(0, name, 0), limit=limit)
        after = worker.run(CaseId(0, "faulty_fine", 0))
    finally:
        worker.close()
    assert not after.failures, "the worker is of no use afterwards"
    return [kind for kind, _, _ in first.failures]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("faulty_crash", "crash"),
        ("faulty_leave", "crash"),
        ("faulty_wrong", "wrong number"),
        ("faulty_broken", "error of the fuzzer"),
    ],
)
def test_the_runner_notices(name, kind):
    assert ran(name) == [kind]


def test_the_runner_notices_a_hang():
    assert ran("faulty_hang", limit=3.0) == ["hang"]


def test_cases_are_the_same_again():
    first, second = (list(itertools.islice(all_cases(5), 50)) for _ in range(2))
    assert first == second
    assert {CaseId.parse(str(case)) for case in first} == set(first)
    made = [run_case("5", "prune", "3") for _ in range(2)]
    assert made[0].source.made == made[1].source.made


def test_listed_choices_repeat_a_case():
    first = run_case("5", "prune", "4")
    again = run_case("5", "prune", "4", choices=first.source.made)
    assert again.source.made == first.source.made
    assert again.calls == first.calls


def test_shrinking_finds_the_plainest():
    plain = shrunk([9, 4, 7, 3, 8, 2], lambda choices: 7 in choices)
    assert plain == [7]
    assert shrunk([9, 5, 6], lambda choices: sum(choices) >= 5) in ([5], [0, 5], [5, 0])


def test_the_report_adds_up():
    report = Report()
    for case in (CaseId(1, "faulty_wrong", 0), CaseId(1, "faulty_fine", 0)):
        worker = Worker()
        report.add(worker.run(case))
        worker.close()
    assert report.failed
    text = report.text()
    assert "--replay 1:faulty_wrong-0" in text
    assert "2 cases" in text
    assert all(kind in text for kind in KINDS)


# ------------------------------------------------------------------------------------- the files


@pytest.mark.parametrize("name", list(load.TARGETS))
def test_good_files_are_read(name, tmp_path):
    read, write = load.TARGETS[name]
    write(tmp_path / name)
    read(tmp_path / name)


def test_files_that_are_read_wrongly_are_found(tmp_path, monkeypatch):
    raw = load.seeds(tmp_path)["result.npz"]
    for broken in (lambda path: 1 / 0, _unnamed, _impossible):
        monkeypatch.setattr(paris_core.PruneResult, "load", staticmethod(broken))
        what, _ = load.flip("result.npz", raw, tmp_path, "0")
        assert what is not None


def _unnamed(path):
    raise ValueError("not a saved result")


def _impossible(path):
    return dataclasses.replace(result(), removed=np.full(10, 99))


def test_sizes_are_as_asked():
    source = Source.random(0)
    for _ in range(200):
        made = arrays.problem(source, arrays.SMALL, ordinary=True)
        assert made.is_moderate
        assert made.n_rows <= 60
        assert 0 <= int(options.n_deletions(source, made.n_rows) or 0) < made.n_rows
