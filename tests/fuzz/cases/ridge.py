"""`RidgeFactor` in any order of calls, and rank-one changes of a Cholesky factor."""

from __future__ import annotations

import copy
import functools
import pickle
from typing import Any

import numpy as np

import paris_core
from paris_core.linalg import RidgeFactor, cholesky_downdate, cholesky_update
from reference import columns

from .. import arrays, checks, dress, options, spoil
from ..calls import Case
from ..oracle import EPS, State
from . import pruning

#: What the package promises of L L' relative to A (docs/numerics.md).
PROMISED_OF_FACTOR = 1e-11


def sequence(case: Case) -> None:
    """Rows leave in some order; weights, factor and solutions are right all the way."""
    source = case.source
    made = arrays.problem(source, arrays.BLOCKS if source.chance(10) else arrays.SIZES)
    given, problem = pruning.tables(case, made)
    lam = options.penalty(source, problem)
    lam = 1.0 if isinstance(lam, str) else lam
    excused = pruning.excuse(lam, problem, {})
    n_threads = {"n_threads": source.pick([1, 2, 3])} if source.chance(50) else {}
    new = case.make(RidgeFactor, (given[0], given[1], lam), n_threads, allowed=(), excused=excused)
    if not new:
        return
    factor, kept = new.value, np.ones(problem.n_rows, dtype=bool)
    check(case, factor, problem, float(lam), kept, kept)
    for rows in orders(case, problem):
        before = kept.copy()
        for place, row in enumerate(rows):
            before = kept.copy()
            done = case.make(
                factor.remove, (row,), {}, allowed=(), excused=excused, counted=place == 0
            )
            if not done:
                check(case, factor, problem, float(lam), kept, kept)  # nothing has changed
                return
            kept[row] = False
        if not check(case, factor, problem, float(lam), kept, before):
            return
        bad_calls(case, factor, kept)


def orders(case: Case, problem: arrays.Problem) -> list[list[int]]:
    """Some rows after others: in order, backwards, at random, to the last one."""
    source = case.source
    n = problem.n_rows
    order = source.pick(["in order", "at random", "backwards", "largest first"])
    rows = np.arange(n)
    if order == "at random":
        rows = source.rng().permutation(n)
    elif order == "backwards":
        rows = rows[::-1]
    elif order == "largest first":
        rows = np.argsort(-np.abs(columns(problem.y)).max(axis=1), kind="stable")
    last = n if source.chance(50) else source.integer(0, n)
    stops = sorted({*source.rng().integers(0, last + 1, source.integer(1, 4)).tolist(), last})
    if order == "in order" and last > 1024:
        stops = sorted({1024, *stops})  # a block of rows is empty
    return [
        [int(row) for row in rows[first:stop]]
        for first, stop in zip([0, *stops[:-1]], stops, strict=True)
    ]


def check(
    case: Case, factor: RidgeFactor, problem: Any, lam: float, kept: Any, before: Any
) -> bool:
    """All that the object says of the rows `kept`; `before`: those before the last one left."""
    known = len(case.failures)
    case.calls.update(["RidgeFactor.weights", "RidgeFactor.lower", "RidgeFactor.n_kept"])
    weights, lower = factor.weights, factor.lower
    case.check("wrong state", factor.n_kept == kept.sum(), f"n_kept is {factor.n_kept}")
    shape = (problem.dimension, *problem.y.shape[1:])
    case.check("wrong state", weights.shape == shape, f"weights have shape {weights.shape}")
    case.must(repr, factor)
    state, last = State(problem, lam, kept), State(problem, lam, before)
    checks.check_weights(case, weights, state, last)
    # With no row left the factor is that of lam I, up to what the last row has left.
    error_of_A = PROMISED_OF_FACTOR * (state if kept.any() else last).trace
    check_factor(case, lower, state, error_of_A)
    b = case.source.rng().standard_normal(problem.dimension)
    solved = case.must(factor.solve, b)
    if solved and not state.is_singular:
        right = state.apply_inverse(b.astype(state.Phi.dtype)[None])[0]
        error = np.sqrt(np.sum((solved.value - right) ** 2))
        bound = error_of_A * state.inverse_norm * np.sqrt(np.sum(right**2))
        checks.within_bound(case, "solve", error, bound, "A^-1 b")
    return len(case.failures) == known


def check_factor(case: Case, lower: Any, state: State, bound: float) -> None:
    """L is lower triangular and L L' = A."""
    rows = state.Phi[state.kept]
    A = rows.T @ rows + state.lam * np.eye(rows.shape[1])
    L = lower.astype(A.dtype)
    case.check("wrong number", (np.triu(lower, 1) == 0).all(), "lower is not lower triangular")
    error = np.sqrt(np.sum((L @ L.T - A) ** 2))
    if not state.is_singular:
        checks.within_bound(case, "L L'", error, bound, "L L' - A")


def bad_calls(case: Case, factor: RidgeFactor, kept: Any) -> None:
    """Calls that are no good, and change nothing."""
    source = case.source
    n, d = len(kept), len(factor.lower)
    what = source.pick(["gone", "outside", "type", "b", "copy", "nothing", "nothing"])
    if what == "gone" and not kept.all():
        case.refused("row", factor.remove, int(np.flatnonzero(~kept)[0]))
    elif what == "outside":
        row = source.pick([-1, n, 10**30, -(10**30)])
        case.refused("row", factor.remove, row, errors=(IndexError, ValueError))
    elif what == "type":
        case.refused("row", factor.remove, source.pick([1.0, "1", None, True, [0]]))
    elif what == "b":
        good = np.ones(d)
        bad = source.pick([np.ones(d + 1), good[:, None], spoil.with_bad_number(source, good)])
        case.refused("b", factor.solve, bad if source.chance(70) else spoil.no_array(source))
    elif what == "copy":
        function = source.pick([copy.copy, copy.deepcopy, pickle.dumps])
        case.refused("RidgeFactor", function, factor, errors=(TypeError,))
    case.check("wrong state", factor.n_kept == kept.sum(), f"{what} has removed a row")


def bad_argument(case: Case) -> None:
    """One argument of the constructor is no good."""
    source = case.source
    problem = arrays.problem(source, arrays.SMALL, ordinary=True)
    arguments = {"Phi": problem.Phi, "y": problem.y, "lam": 1.0}
    name = source.pick(["Phi", "y", "lam", "n_threads"])
    arguments[name] = {
        "Phi": lambda: spoil.matrix(source, problem.Phi),
        "y": lambda: spoil.targets(source, problem.y),
        "lam": lambda: spoil.positive(source),
        "n_threads": lambda: spoil.integer(source, 1, 1024, none=False),
    }[name]()
    case.refused({name, "y"} if name == "Phi" else name, RidgeFactor, **arguments)


def rank_one(case: Case) -> None:
    """L L' + x x' and L L' - x x', in place or not."""
    source = case.source
    d = source.weighted([(8, source.integer(1, 12)), (2, source.integer(13, 64))])
    rng = source.rng()
    A = arrays.features(source, rng, d + 3, 1, d)
    size = float(np.abs(A).max()) or 1.0
    if not 1e-100 < size < 1e30:  # L and x within what may come in
        return
    L = np.linalg.cholesky(A.T @ A + np.eye(d) * size**2 * source.power(-6, 0))
    x = rng.standard_normal(d) * size * source.pick([1.0, 0.0, 1e-8, 1e4, 0.1])
    down = source.chance(50)
    if down and source.chance(70):  # within what can be taken away, now and then nearly all of it
        share = source.pick([0.5, 0.1, 0.999999, 1.0 - 1e-12, 0.0])
        direction = rng.standard_normal(d)
        x = share * (L @ (direction / np.linalg.norm(direction)))
    upper = np.triu(rng.standard_normal((d, d)), 1) if source.chance(30) else 0  # is not read
    given = L + upper
    function = cholesky_downdate if down else cholesky_update
    overwrite = source.chance(30)
    if overwrite:
        given = source.pick([np.asfortranarray, np.array, _strided])(given)
        outcome = case.make(
            _overwriting(function),
            (lambda: given, x),
            {},
            allowed=(paris_core.NotPositiveDefiniteError,) if down else (),
            names=["L"],
        )
        if outcome:
            case.check("wrong state", outcome.value is given, "L itself should be returned")
    else:
        form, L_values = dress.dressed(source, given)
        L = np.tril(L_values)
        if not (np.diag(L) > 0).all():
            return
        outcome = case.make(
            function,
            (form, x),
            {},
            allowed=(paris_core.NotPositiveDefiniteError,) if down else (),
            names=["L"],
        )
    check_rank_one(case, outcome, L, x, -1 if down else 1)


def _overwriting(function: Any) -> Any:
    """Take an array that may be changed hidden from whoever looks for changes."""

    @functools.wraps(function)
    def call(hidden: Any, x: np.ndarray) -> np.ndarray:
        return function(hidden(), x, overwrite=True)

    return call


def _strided(table: np.ndarray) -> np.ndarray:
    wide = np.zeros((len(table), 2 * len(table)))
    wide[:, ::2] = table
    return wide[:, ::2]


def check_rank_one(case: Case, outcome: Any, L: Any, x: Any, sign: int) -> None:
    """The factor of L L' + sign x x', or that it does not exist."""
    L, x = L.astype(np.longdouble), x.astype(np.longdouble)
    p = _solve_lower(L, x)
    gap = 1 - p @ p
    if not outcome:
        case.check("unexpected error", gap < 1e-9, f"1 - p'p is {float(gap):.3g}: {outcome.error}")
        return
    if sign < 0 and not case.check("accepted", gap > -1e-9, f"1 - p'p is {float(gap):.3g}"):
        return
    new = np.tril(outcome.value).astype(np.longdouble)
    A = L @ L.T
    right = A + sign * np.multiply.outer(x, x)
    error = np.sqrt(np.sum((new @ new.T - right) ** 2))
    growth = 1 if sign > 0 else 1 / max(float(np.sqrt(abs(gap))), 1e-8)
    bound = 100 * EPS * len(L) * growth * (np.trace(A) + x @ x)
    checks.within_bound(case, "rank one", error, bound, "L L' after a rank-one change")


def _solve_lower(L: Any, x: Any) -> Any:
    p = np.zeros_like(x)
    for i in range(len(x)):
        p[i] = (x[i] - L[i, :i] @ p[:i]) / L[i, i]
    return p


def bad_rank_one(case: Case) -> None:
    """One argument is no good."""
    source = case.source
    d = source.integer(1, 6)
    function = source.pick([cholesky_update, cholesky_downdate])
    L = np.eye(d) * 2
    arguments: dict[str, Any] = {"L": L, "x": np.full(d, 0.1)}
    name = source.pick(["L", "x", "overwrite", "read-only", "diagonal"])
    if name == "overwrite":
        arguments[name] = spoil.flag(source)
    elif name == "x":
        arguments[name] = source.pick([spoil.targets(source, np.ones(d)), np.ones(d + 1)])
    elif name == "read-only":
        name, arguments["overwrite"] = "L", True
        arguments["L"] = source.pick([L.tolist(), L.astype(np.float32), np.eye(d, dtype=int)])
        if source.chance(30):
            arguments["L"] = L
            L.setflags(write=False)
    elif name == "diagonal":
        name = "L"
        L[source.below(d), :] = 0
        if source.chance(50):
            L[-1, -1] = -1
    else:
        bad = [L[:-1], L[:, :0], L[0], np.where(np.eye(d) > 0, np.nan, 0)]
        arguments[name] = source.pick([*bad, spoil.no_array(source)])
    case.refused(name, function, **arguments)


GENERATORS = {
    "ridge": (16, sequence),
    "ridge_bad": (3, bad_argument),
    "cholesky": (8, rank_one),
    "cholesky_bad": (3, bad_rank_one),
}
