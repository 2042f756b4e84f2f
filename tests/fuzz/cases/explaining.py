"""What single rows do: representer weights, influences, deletion residuals, explanations."""

from __future__ import annotations

from typing import Any

import numpy as np

from paris_core import (
    deletion_effects,
    deletion_residuals,
    explain,
    influence_matrix,
    representer_weights,
)
from paris_core.regularization import select_lambda
from reference import columns

from .. import arrays, checks, options, spoil
from ..calls import Case
from ..oracle import EPS, Residuals, State, judge
from . import pruning


def number(source: Any, problem: arrays.Problem) -> Any:
    """A ridge parameter that is a number."""
    lam = options.penalty(source, problem)
    return 1.0 if isinstance(lam, str) else lam


def representers(case: Case) -> None:
    """Weights, influences and residuals, which are made of the same errors."""
    source = case.source
    made = arrays.problem(source, outputs=False)
    given, problem = pruning.tables(case, made)
    lam = number(source, problem)
    Phi, y, Phi_val, _y_val = given
    make: dict[str, Any] = {"allowed": (), "excused": pruning.excuse(lam, problem, {})}
    v = source.below(problem.n_val)
    alpha = case.make(representer_weights, (Phi, y), {"lam": lam}, **make)
    S = case.make(influence_matrix, (Phi, y, Phi_val), {"lam": lam}, **make)
    delta = case.make(deletion_residuals, given, {"lam": lam, "v": v}, **make)
    worst = case.make(deletion_residuals, given, {"lam": lam}, **make)
    if not (alpha and S and delta and worst):
        return
    asked = {"lam": lam, "criterion": "representer", "objective": "worst", "v": v}
    effects = case.make(deletion_effects, given, asked, **make)
    if effects:
        same = np.array_equal(effects.value, delta.value)
        case.check("engines differ", same, "deletion_effects are not deletion_residuals")
    state = State(problem, float(lam), np.ones(problem.n_rows, dtype=bool))
    if state.is_singular:
        return
    residuals = Residuals(state, None)
    compare(case, "alpha", alpha.value, residuals.e[:, 0] / lam, residuals.e_bound / lam)
    right = (state.Phi_val @ state.Phi.T) * (residuals.e[:, 0] / lam)
    sizes = np.multiply.outer(_norms(state.Phi_val), _norms(state.Phi))
    own = 8 * EPS * problem.dimension * np.abs(residuals.e[:, 0]) / lam
    compare(case, "S", S.value, right, sizes * (residuals.e_bound / lam + own))
    judged = judge(residuals, np.array([v]), "representer", "worst")
    compare(case, "residuals of v", delta.value, judged.delta_loss, judged.delta_bound)
    # The worst row is one of those that could be.
    slack = residuals.losses_bound()
    for place in np.flatnonzero(residuals.losses + 2 * slack >= residuals.losses.max()):
        judged = judge(residuals, np.array([place]), "representer", "worst")
        if (np.abs(worst.value - judged.delta_loss) <= judged.delta_bound).all():
            return
    case.fail("wrong number", "deletion_residuals are those of no row that may be the worst")


def _norms(table: Any) -> Any:
    return np.sqrt(np.sum(table**2, axis=1))


def compare(case: Case, name: str, given: Any, right: Any, bound: Any) -> None:
    """Compare arrays, entry by entry."""
    if not case.check("wrong number", given.shape == right.shape, f"{name} has {given.shape}"):
        return
    error = np.abs(given - right)
    over = error > bound
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(error > 0, error / bound, 0)
    if share.size and share.max() > 0:
        case.used(name, share.max())
    if over.any() or not np.isfinite(given).all():
        place = np.unravel_index(np.argmax(np.where(over, share, 0)), given.shape)
        case.fail(
            "wrong number",
            f"{name}{list(map(int, place))} is {float(given[place])!r}, should be "
            f"{float(right[place])!r}: off by {float(error[place]):.3g}, allowed "
            f"{float(bound[place]):.3g}",
        )


def bad_argument(case: Case) -> None:
    """One argument is no good."""
    source = case.source
    problem = arrays.problem(source, arrays.SMALL, outputs=False, ordinary=True)
    arguments = dict(zip(("Phi", "y", "Phi_val", "y_val"), problem.arrays, strict=True))
    functions = {
        representer_weights: ("Phi", "y", "lam"),
        influence_matrix: ("Phi", "y", "Phi_val", "lam"),
        deletion_residuals: ("Phi", "y", "Phi_val", "y_val", "lam", "v"),
    }
    function = source.pick(list(functions))
    name = source.pick(functions[function])
    arguments |= {"lam": 1.0}
    spoilt = {
        "Phi": lambda: spoil.matrix(source, problem.Phi),
        "y": lambda: spoil.targets(source, problem.y),
        "Phi_val": lambda: spoil.matrix(source, problem.Phi_val, columns=problem.dimension),
        "y_val": lambda: spoil.targets(source, problem.y_val),
        "lam": lambda: spoil.positive(source),
        "v": lambda: spoil.integer(source, 0, problem.n_val - 1, none=False),
    }
    arguments = {key: value for key, value in arguments.items() if key in functions[function]}
    arguments[name] = spoilt[name]()
    names = {name, *{"Phi": ("y", "Phi_val"), "Phi_val": ("y_val",)}.get(name, ())}
    case.refused(names, function, errors=(TypeError, ValueError, IndexError), **arguments)


def explanations(case: Case) -> None:
    """What pulls a prediction up and down."""
    source = case.source
    given, problem = pruning.tables(case, arrays.problem(source, outputs=False))
    lam = options.penalty(source, problem)
    phi = problem.Phi_val[0]
    kept = None
    mask = np.ones(problem.n_rows, dtype=bool)
    if source.chance(40):
        mask = source.rng().random(problem.n_rows) < source.pick([0.5, 0.1, 0.9])
        mask[source.below(problem.n_rows)] = True
        kept = source.pick([mask, np.flatnonzero(mask), np.flatnonzero(mask)[::-1].tolist()])
    k = source.pick([1, 2, 10, 10**6])
    outcome = case.make(
        explain,
        (given[0], given[1], phi.tolist() if source.chance(10) else phi),
        {"lam": lam, "k": k, "kept": kept},
        allowed=(),
        excused=pruning.excuse(lam, problem, {}),
    )
    if not outcome:
        return
    found = outcome.value
    case.must(str, found)
    case.must(repr, found)
    case.must(found.to_frame)
    n, shown = int(mask.sum()), len(found.row)
    case.check("not complementary", mask[found.row].all(), "a row that was not kept is shown")
    case.check("not complementary", found.n_rest == n - shown, f"{found.n_rest} of {n} are left")
    state = State(problem, found.lam, mask)
    if state.is_singular:
        return
    check_explanation(case, found, problem, state, phi)


def check_explanation(case: Case, found: Any, problem: Any, state: State, phi: Any) -> None:
    """The prediction, the contributions and the changes on deletion."""
    phi = phi.astype(state.Phi.dtype)
    residuals = Residuals(state, None)
    solved = state.apply_inverse(phi[None])[0]
    size = np.sqrt(phi @ phi)
    right = float(phi @ state.w[:, 0])
    own = 8 * EPS * problem.dimension
    bound = state.rho * np.sqrt(solved @ solved) + own * size * _norms(state.w.T)[0]
    checks.within_bound(case, "prediction", abs(found.prediction - right), bound, "prediction")
    rows = found.row
    if not len(rows):
        return
    similarity = state.Phi[rows] @ phi
    spread = own * size * _norms(state.Phi[rows])
    compare(case, "similarity", found.similarity, similarity, spread)
    alpha = residuals.e[rows, 0] / state.lam
    alpha_bound = residuals.e_bound[rows] / state.lam
    bound = np.abs(similarity) * alpha_bound + spread * (np.abs(alpha) + alpha_bound)
    compare(case, "contribution", found.contribution, similarity * alpha, bound)
    place = int(np.argmin(found.row))
    row = int(rows[place])
    kept = state.kept.copy()
    kept[row] = False
    without = State(problem, state.lam, kept)
    if without.is_singular:
        return
    change = float(phi @ (without.w - state.w)[:, 0])
    solved = without.apply_inverse(phi[None])[0]
    bound = without.rho * np.sqrt(solved @ solved) + bound_of_refit(state, residuals, phi, row)
    error = abs(found.change_on_deletion[place] - change)
    checks.within_bound(case, "change on deletion", error, bound, f"change by row {row}")


def bound_of_refit(state: State, residuals: Residuals, phi: Any, row: int) -> float:
    """Bound on phi'A^-1 phi_k e_k / (1 - h)."""
    judged = judge(_at(residuals, phi), np.array([0]), "refit", "worst")
    return float(judged.value_bound[row])


def _at(residuals: Residuals, phi: Any) -> Residuals:
    """As if `phi` were the only validation row, with a residual of zero."""
    other = object.__new__(Residuals)
    other.__dict__.update(residuals.__dict__)
    state = object.__new__(State)
    state.__dict__.update(residuals.state.__dict__)
    state.Phi_val = phi[None]
    other.state = state
    other.omega = np.ones(1, dtype=phi.dtype)
    other.r = np.zeros((1, columns(state.y).shape[1]), dtype=phi.dtype)
    other.r_bound = np.zeros(1, dtype=phi.dtype)
    other.solved_val = state.apply_inverse(phi[None])
    return other


def bad_explanation(case: Case) -> None:
    """One argument of `explain` is no good."""
    source = case.source
    problem = arrays.problem(source, arrays.SMALL, outputs=False, ordinary=True)
    n, d = problem.n_rows, problem.dimension
    arguments = {"Phi": problem.Phi, "y": problem.y, "phi": np.ones(d), "lam": 1.0}
    nothing = spoil.no_array(source)
    twice, mask = np.array([0, 0]), np.zeros(n, dtype=bool)
    spoilt = {
        "Phi": lambda: spoil.matrix(source, problem.Phi),
        "y": lambda: spoil.targets(source, problem.y),
        "phi": lambda: source.pick([np.ones(d + 1), np.ones((1, d)), nothing, np.full(d, np.nan)]),
        "lam": lambda: spoil.positive(source, strings=True),
        "k": lambda: spoil.integer(source, 1),
        "kept": lambda: source.pick([mask, [], [-1], [n], twice, [0.5], "all", mask[:0]]),
        "n_threads": lambda: spoil.integer(source, 1, 1024, none=False),
    }
    name = source.pick(list(spoilt))
    arguments[name] = spoilt[name]()
    names = {name, *({"Phi": ("y", "phi")}.get(name, ()))}
    case.refused(names, explain, **arguments)


def penalties(case: Case) -> None:
    """The choice of lam: where its score is least, whatever the scale."""
    source = case.source
    given, problem = pruning.tables(case, arrays.problem(source))
    method = source.pick(["gcv", "evidence"])
    excused = pruning.excuse("auto", problem, {})
    outcome = case.make(
        select_lambda, (given[0], given[1]), {"method": method}, allowed=(), excused=excused
    )
    if outcome:
        lam = outcome.value
        case.check("wrong number", type(lam) is float and 1e-5 <= lam < np.inf, f"lam is {lam!r}")
        with np.errstate(over="ignore"):
            most = 1.1e4 * np.sum(problem.Phi**2) + 1.1e-4
        case.check("wrong number", lam <= most, f"lam is {lam!r}, above {most!r}")
    bad = source.pick(["Phi", "y", "method"])
    arguments = {"Phi": np.eye(2), "y": np.ones(2), "method": "gcv"}
    arguments[bad] = {
        "Phi": lambda: spoil.matrix(source, np.eye(2)),
        "y": lambda: spoil.targets(source, np.ones(2)),
        "method": lambda: spoil.choice(source),
    }[bad]()
    case.refused({bad, "y"} if bad == "Phi" else bad, select_lambda, **arguments)


GENERATORS = {
    "representers": (6, representers),
    "representers_bad": (3, bad_argument),
    "explain": (6, explanations),
    "explain_bad": (2, bad_explanation),
    "select_lambda": (4, penalties),
}
