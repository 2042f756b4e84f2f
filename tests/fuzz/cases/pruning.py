"""`prune` and `Pruner`: engines, sequences of calls, threads, and bad arguments."""

from __future__ import annotations

import copy
import io
import math
import os
import pickle
import tempfile
import threading
from typing import Any

import numpy as np

import paris_core
from paris_core import Pruner, PruneResult, prune
from reference import EPS, deletable_rows

from .. import arrays, checks, dress, options, spoil
from ..arrays import Problem
from ..calls import Case, Outcome


def tables(case: Case, problem: Problem) -> tuple[list[Any], Problem]:
    """The four tables in some form, and what they then hold."""
    source = case.source
    forms = [source.chance(40) and dress.dressed(source, table) for table in problem.arrays]
    forms = [form or (table, table) for form, table in zip(forms, problem.arrays, strict=True)]
    values = dict(zip(("Phi", "y", "Phi_val", "y_val"), (value for _, value in forms), strict=True))
    return [form for form, _ in forms], Problem(
        **values, Phi_mon=problem.Phi_mon, y_mon=problem.y_mon
    )


def lam_is_enough(lam: Any, Phi: np.ndarray) -> bool:
    """Whether rounding cannot have spoilt Phi'Phi + lam I."""
    if isinstance(lam, str):
        lam = 1e-5  # no automatic choice is below it
    with np.errstate(over="ignore"):
        return float(lam) > 16 * EPS * Phi.shape[1] * np.sum(Phi**2)


def sizes_are_moderate(problem: Problem, lam: Any) -> bool:
    """Whether no product that is needed leaves the range of float64."""
    lam = 1e-5 if isinstance(lam, str) else float(lam)
    if not problem.is_moderate or not 1e-30 < lam < 1e30:
        return False
    largest = [math.log10(np.abs(t).max() or 1.0) for t in vars(problem).values()]
    Phi, y, Phi_val, y_val, Phi_mon, _y_mon = largest
    weights = y + max(-math.log10(lam) + 2 * Phi, -math.log10(lam) + Phi)
    high = max(2 * (weights + Phi_val + Phi + 4), 2 * y_val + 4, 2 * (weights + Phi_mon + 4))
    return high < 250 and min(largest) > -30


def excuse(lam: Any, problem: Problem, settings: dict[str, Any], k: Any = 0) -> Any:
    """Which errors are right for arguments that are of the right kind."""
    moderate = sizes_are_moderate(problem, lam)

    def excused(error: Exception) -> bool:
        if isinstance(error, paris_core.NotPositiveDefiniteError):
            return not lam_is_enough(lam, problem.Phi)
        if isinstance(error, OverflowError):
            return not moderate
        if isinstance(error, ValueError) and not isinstance(error, np.linalg.LinAlgError):
            if not moderate:  # the message must name an argument, still
                return any(
                    name in str(error)
                    for name in ("Phi", "y ", "y_val", "lam", "val_weight", "monitor")
                )
            return str(error).startswith("k ") and k > n_free(problem, settings)
        return False

    return excused


def n_free(problem: Problem, settings: dict[str, Any]) -> int:
    """How many rows can go at most."""
    n = problem.n_rows
    protect, strata, quotas = (settings.get(name) for name in ("protect", "strata", "quotas"))
    free = deletable_rows(np.ones(n, dtype=bool), protect)
    if strata is None:
        return int(free.sum())
    sizes = np.bincount(strata, minlength=len(quotas))
    own = np.bincount(strata[free], minlength=len(quotas))
    return int(np.minimum(own, sizes - quotas).sum())


def settings_of(case: Case, problem: Problem) -> dict[str, Any]:
    """Options that may not be refused."""
    source = case.source
    settings = options.judgement(source, problem)
    settings |= options.restrictions(source, problem.n_rows)
    return settings | options.monitoring(source, problem, settings.get("objective") == "mean")


def count(k: Any, n_rows: int) -> int:
    """k as a number of rows."""
    return int(k) if isinstance(k, (int, np.integer)) else math.floor(float(k) * n_rows)


def dressed_options(case: Case, settings: dict[str, Any]) -> dict[str, Any]:
    """The same options, with arrays in some form."""
    source = case.source
    given = dict(settings)
    for name in ("val_weight", "strata", "quotas"):
        if name in given and source.chance(30):
            given[name], values = dress.dressed(source, np.asarray(given[name], dtype=float))
            exact = np.array_equal(values, np.asarray(settings[name], dtype=float))
            if (
                name != "val_weight"
                and (not exact or np.asarray(given[name]).dtype.kind not in "iu")
            ) or not exact:
                given[name] = settings[name]
    if "protect" in given and source.chance(20):
        given["protect"] = given["protect"].tolist()
    if "monitor" in given and source.chance(20):
        given["monitor"] = list(given["monitor"])
    return given


def engines(case: Case, made: Problem | None = None) -> None:
    """Both engines give the same bits, and what they give is right."""
    source = case.source
    made = arrays.problem(source) if made is None else made
    given, problem = tables(case, made)
    lam = options.penalty(source, problem)
    settings = settings_of(case, problem)
    k = options.n_deletions(source, problem.n_rows, problem.dimension)
    excused = excuse(lam, problem, settings, count(k, problem.n_rows))
    results = {}
    for engine in options.ENGINES if source.chance(90) else (*options.ENGINES, "auto"):
        results[engine] = case.make(
            prune,
            (*given, k),
            {
                **dressed_options(case, settings),
                **options.cost(source),
                "lam": lam,
                "engine": engine,
            },
            allowed=(),
            excused=excused,
        )
    compare(case, results)
    first = next((outcome.value for outcome in results.values() if outcome), None)
    if first is not None:
        whole = "stop" not in settings
        wanted = min(count(k, problem.n_rows), n_free(problem, settings))
        if whole:
            case.check(
                "not complementary",
                len(first.removed) == wanted,
                f"{len(first.removed)} rows went, of {wanted} that should",
            )
        checks.check_result(case, first, problem, settings | {"k": count(k, problem.n_rows)})


def compare(case: Case, results: dict[str, Outcome]) -> None:
    """All engines return the same, or raise the same."""
    (name, first), *others = results.items()
    for other_name, other in others:
        what = f"{name} and {other_name}"
        if first and other:
            checks.check_same(case, first.value, other.value, what)
        elif bool(first) != bool(other):
            case.fail("engines differ", f"{what}: {first.error or 'a result'!r}, {other.error!r}")
        else:
            same = type(first.error) is type(other.error) and str(first.error) == str(other.error)
            case.check("engines differ", same, f"{what}: {first.error!r} and {other.error!r}")


def blocks(case: Case) -> None:
    """The same where whole blocks of rows become empty."""
    engines(case, arrays.problem(case.source, arrays.BLOCKS))


def ties(case: Case) -> None:
    """The same where rows tie."""
    engines(case, arrays.tied_problem(case.source))


def bad_argument(case: Case) -> None:
    """One argument is no good, and the error says which."""
    source = case.source
    problem = arrays.problem(source, arrays.SMALL, ordinary=True)
    function = source.pick([prune, Pruner])
    arguments = dict(zip(("Phi", "y", "Phi_val", "y_val"), problem.arrays, strict=True))
    if function is prune:
        arguments["k"] = options.n_deletions(source, problem.n_rows, problem.dimension)
    arguments["lam"] = 1.0
    arguments |= settings_of(case, problem)
    n, v, d = problem.n_rows, problem.n_val, problem.dimension
    columns = problem.y.shape[1:]
    spoilt = {
        "Phi": lambda: spoil.matrix(source, problem.Phi),
        "y": lambda: spoil.targets(source, problem.y),
        "Phi_val": lambda: spoil.matrix(source, problem.Phi_val, columns=d),
        "y_val": lambda: spoil.targets(source, problem.y_val, columns=columns),
        "lam": lambda: spoil.positive(source, strings=True),
        "criterion": lambda: spoil.choice(source),
        "objective": lambda: (
            spoil.choice(source)
            if source.chance(50)
            else ("worst", spoil.integer(source, 1, v, none=False))
        ),
        "engine": lambda: spoil.choice(source),
        "stop": lambda: spoil.choice(source),
        "val_weight": lambda: spoil.weights(source, v),
        "protect": lambda: spoil.mask(source, n),
        "monitor": lambda: spoil.monitor(source, problem),
        "tolerance": lambda: spoil.not_negative(source),
        "patience": lambda: spoil.integer(source, 1, 2**62),
        "cache_bytes": lambda: spoil.integer(source, 0, 2**62),
        "n_threads": lambda: spoil.integer(source, 1, 1024, none=False),
        "callback": lambda: source.pick([3, "print", [], np.ones(3)]),
        "progress": lambda: spoil.flag(source),
        "strata": lambda: spoil.strata(source, n),
        "quotas": lambda: spoil.quotas(source, n),
    }
    if function is prune:
        spoilt["k"] = lambda: spoil.deletions(source, n)
    name = source.pick(list(spoilt))
    if name in ("strata", "quotas"):
        arguments["strata"], arguments["quotas"] = np.zeros(n, dtype=int), np.array([0])
    arguments[name] = spoilt[name]()
    names = {name, *_ALSO.get(name, ())}
    right = function is prune and name not in ("k", "protect", "strata", "quotas")
    if right and count(arguments["k"], n) > n_free(problem, arguments):
        names.add("k")  # no good, either
    case.refused(names, function, **arguments)


_ALSO = {  # what may be named in its place: two arguments do not fit each other
    "Phi": ("y", "Phi_val", "protect", "strata"),
    "y": ("y_val", "monitor"),
    "Phi_val": ("y_val", "val_weight", "objective"),
    "strata": ("quotas",),
    "quotas": ("strata",),
}


def anything(case: Case) -> None:
    """Several arguments are anything at all: a result, or an error that names one of them."""
    source = case.source
    problem = arrays.problem(source, arrays.SMALL, ordinary=True)
    arguments = dict(zip(("Phi", "y", "Phi_val", "y_val"), problem.arrays, strict=True))
    arguments |= {"k": options.n_deletions(source, problem.n_rows, problem.dimension), "lam": 1.0}
    arguments |= settings_of(case, problem)
    names = [*arguments, "objective", "protect", "strata", "monitor", "engine", "tolerance"]
    for _ in range(source.integer(1, 3)):
        arguments[source.pick(names)] = spoil.anything(source)
    case.may(prune, **arguments)


def sequence(case: Case) -> None:
    """A `Pruner` in any order of calls ends where a single call of `prune` does."""
    source = case.source
    given, problem = tables(case, arrays.problem(source))
    lam = options.penalty(source, problem)
    settings = settings_of(case, problem)
    excused = excuse(lam, problem, settings)
    shared = {**settings, **options.cost(source), "lam": lam}
    shared["engine"] = source.pick([*options.ENGINES, "auto"])
    made = case.make(Pruner, tuple(given), shared, allowed=(), excused=excused)
    if not made:
        return
    pruner = made.value
    fine = True
    for _ in range(source.integer(1, 8)):
        fine = step(case, pruner, problem, settings, excused) and fine
        if not fine:
            return
    first = case.must(pruner.result).value
    if first is None:
        return
    checks.check_result(case, first, problem, settings)
    repeat(case, given, problem, shared, settings, first, excused)


def step(
    case: Case, pruner: Pruner, problem: Problem, settings: dict[str, Any], excused: Any
) -> bool:
    """Call one method; whether the object is still of use."""
    source = case.source
    before = pruner.n_removed
    what = source.pick(["run", "run", "seconds", "result", "look", "bad", "replay", "copy"])
    if what in ("run", "seconds"):
        n = source.pick([1, 2, 5, 0, problem.n_rows, 2**40])
        limit = {"seconds": source.pick([10.0, 0.5, 1e-9, 1])} if what == "seconds" else {}
        done = case.make(pruner.run, (n,), limit, allowed=(), excused=excused)
        if not done:
            return False
        case.check(
            "wrong state",
            pruner.n_removed == before + done.value <= before + n,
            f"run({n}) returned {done.value}, n_removed went from {before} to {pruner.n_removed}",
        )
        return True
    if what == "result":
        result = case.must(pruner.result)
        if result:
            case.check("wrong state", len(result.value.removed) == before, "result() is of another")
            use_result(case, result.value, problem)
        return True
    if what == "look":
        case.must(repr, pruner)
    elif what == "bad":
        name, value = source.pick(
            [
                ("n", -1),
                ("n", 1.5),
                ("n", "3"),
                ("n", None),
                ("n", True),
                ("seconds", 0),
                ("seconds", -1.0),
                ("seconds", math.nan),
                ("seconds", math.inf),
                ("seconds", "1"),
            ]
        )
        case.refused(name, pruner.run, **({"n": 1} | {name: value}))
    elif what == "replay":
        other = source.pick([None, [1], "result", pruner])
        case.refused("result", pruner.replay, other)
    elif what == "copy":
        function = source.pick([copy.copy, copy.deepcopy, pickle.dumps])
        case.refused("Pruner", function, pruner, errors=(TypeError,))
    case.check("wrong state", pruner.n_removed == before, f"{what} removed rows")
    return True


def repeat(
    case: Case,
    given: list[Any],
    problem: Problem,
    shared: dict[str, Any],
    settings: dict[str, Any],
    first: PruneResult,
    excused: Any,
) -> None:
    """The same deletions by one call of `prune`, and by `replay`."""
    k = len(first.removed)
    # A rule for stopping may have ended one run and let the next one go on.
    free = {name: value for name, value in shared.items() if name not in _STOPPING}
    whole = None  # `prune` leaves one row at least
    if k < problem.n_rows:
        whole = case.make(prune, (*given, k), free, allowed=(), excused=excused)
    if whole:
        _same_but_reason(case, first, whole.value, "sequence and one call")
    other = Pruner(*given, **shared)
    done = case.must(other.replay, first)
    if not done:
        return
    case.check("wrong state", done.value == k, f"replay did {done.value} of {k} deletions")
    case.refused(
        ("removed", "new Pruner"), other.replay, first, errors=(RuntimeError,)
    ) if k else None
    again = case.must(other.result)
    if again:
        _same_but_reason(case, first, again.value, "first run and replay")
    more = case.make(other.run, (3,), {}, allowed=(), excused=excused)
    if more:
        longer = case.must(other.result)
        if longer:
            checks.check_rows(case, longer.value, problem, settings)


_STOPPING = ("stop", "tolerance", "patience")


def _same_but_reason(case: Case, first: PruneResult, second: PruneResult, what: str) -> None:
    import dataclasses

    same = dataclasses.replace(second, stop_reason=first.stop_reason)
    checks.check_same(case, first, same, what, kind="wrong state")


def use_result(case: Case, result: PruneResult, problem: Problem) -> None:
    """What can be done with a result: cut it, store it, look at it."""
    source = case.source
    what = source.pick(["truncate", "file", "pickle", "frame", "look", "bad"])
    k = len(result.removed)
    if what == "truncate":
        cut = source.integer(0, k)
        shorter = case.make(
            result.truncate,
            (cut,),
            {},
            allowed=(),
            excused=lambda e: (
                isinstance(e, paris_core.NotPositiveDefiniteError)
                and not lam_is_enough(result.lam, problem.Phi)
            ),
        )
        if shorter:
            checks.check_rows(case, shorter.value, problem, {})
            state = checks.State(problem, result.lam, shorter.value.mask)
            checks.check_weights(case, shorter.value.weights, state, state)
    elif what == "file":
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "result.npz")
            case.must(result.save, path)
            loaded = case.must(PruneResult.load, path)
        if loaded:
            checks.check_same(case, result, loaded.value, "saved and loaded", kind="wrong state")
            case.refused(("Phi", "y"), loaded.value.truncate, 0)
            case.refused("Phi", loaded.value.truncate, 0, Phi=problem.Phi[:, :0], y=problem.y)
    elif what == "pickle":
        loaded = case.must(pickle.loads, pickle.dumps(result))
        if loaded:
            checks.check_same(case, result, loaded.value, "pickled", kind="wrong state")
    elif what == "frame":
        frame = case.must(result.to_frame)
        if frame:
            case.check("wrong state", len(frame.value) == k, "to_frame has other rows")
    elif what == "look":
        case.must(repr, result)
        best, fewest = result.best_k, case.must(result.fewest_k, source.pick([0.01, 0, 10.0]))
        if best is not None and fewest:
            case.check("wrong number", 0 <= fewest.value <= best <= k, f"{fewest.value}, {best}")
    else:
        bad = source.pick([-1, k + 1, 1.0, "1", None, True])
        case.refused("k", result.truncate, bad)
        if result.best_k is not None:
            case.refused("tolerance", result.fewest_k, source.pick([-1, math.nan, "x", None]))
        folder = os.path.join(tempfile.gettempdir(), "no such folder", "result.npz")
        case.refused("result.npz", result.save, folder, errors=(OSError, ValueError))
        case.refused("result.npz", PruneResult.load, folder, errors=(FileNotFoundError,))


def callbacks(case: Case) -> None:
    """Callbacks that stop, raise, or look at the object that calls them."""
    source = case.source
    problem = arrays.problem(source, arrays.SMALL)
    settings = options.judgement(source, problem) | options.restrictions(source, problem.n_rows)
    last, what = source.integer(1, 10), source.pick(["stop", "raise", "look", "run"])
    seen: list[Any] = []

    def callback(deletion: Any) -> Any:
        seen.append(deletion)
        if len(seen) == last:
            if what == "raise":
                raise _Enough
            if what == "look":
                pruner.result()
            if what == "run":
                pruner.run(1)
            return what == "stop"
        return None

    lam = options.penalty(source, problem)
    excused = excuse(lam, problem, settings)
    made = case.make(
        Pruner, problem.arrays, {**settings, "lam": lam, "callback": callback}, excused=excused
    )
    if not made:
        return
    pruner = made.value

    def expected(error: Exception) -> bool:
        inside = what == "run" and isinstance(error, RuntimeError) and "running" in str(error)
        return (what == "raise" and isinstance(error, _Enough)) or inside or excused(error)

    case.make(pruner.run, (problem.n_rows,), {}, allowed=(), excused=expected)
    result = case.must(pruner.result)
    if result:
        checks.check_result(case, result.value, problem, settings)
        told = [deletion.row for deletion in seen]
        if what != "run":
            case.check("wrong state", told == result.value.removed.tolist(), "callback told others")


class _Enough(Exception):
    """A callback has seen enough."""


def threads(case: Case) -> None:
    """Two threads run one object: one of them may be refused, and no row goes twice."""
    source = case.source
    problem = arrays.problem(source)
    if not sizes_are_moderate(problem, 1.0):
        return
    settings = settings_of(case, problem)
    settings.pop("stop", None)
    lam = max(1.0, 1e-6 * float(np.sum(problem.Phi**2)))
    made = case.make(
        Pruner,
        problem.arrays,
        {**settings, "lam": lam, "engine": source.pick(options.ENGINES), "n_threads": 1},
        allowed=(),
        excused=excuse(lam, problem, settings),
    )
    if not made:
        return
    pruner, errors = made.value, []

    def work(n: int) -> None:
        try:
            for _ in range(3):
                pruner.run(n)
                pruner.result()
        except Exception as error:
            errors.append(error)

    both = [threading.Thread(target=work, args=(source.integer(1, 20),)) for _ in range(2)]
    case.calls["Pruner.run"] += 6
    case.calls["Pruner.result"] += 6
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    for error in errors:
        right = isinstance(error, RuntimeError) and "thread" in str(error)
        right = right or excuse(lam, problem, settings)(error)
        case.check("unexpected error", right, repr(error))
    result = case.must(pruner.result)
    if result:
        checks.check_result(case, result.value, problem, settings)


def progress(case: Case) -> None:
    """With a progress bar nothing else changes."""
    import contextlib

    source = case.source
    problem = arrays.problem(source, arrays.SMALL)
    settings = settings_of(case, problem) | {"lam": 1.0}
    k = options.n_deletions(source, problem.n_rows, problem.dimension)
    excused = excuse(1.0, problem, settings, count(k, problem.n_rows))
    with contextlib.redirect_stderr(io.StringIO()):
        with_bar = case.make(
            prune, (*problem.arrays, k), settings | {"progress": True}, excused=excused
        )
    without = case.make(prune, (*problem.arrays, k), settings, excused=excused)
    if with_bar and without:
        checks.check_same(case, with_bar.value, without.value, "with a bar and without")


GENERATORS = {
    "prune": (30, engines),
    "blocks": (3, blocks),
    "ties": (4, ties),
    "prune_bad": (12, bad_argument),
    "prune_anything": (5, anything),
    "pruner": (14, sequence),
    "callbacks": (3, callbacks),
    "threads": (2, threads),
    "progress": (1, progress),
}
