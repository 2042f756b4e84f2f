"""What is true of a state, from scratch and in long double, and how far rounding may be off.

Nothing of the package is used, and nothing is carried from one state to the next: the ridge on the
kept rows is the triangular factor of an orthogonal factorisation, which does not square the
condition number.

**What is allowed.** The package works on the normal equations A = Phi'Phi + lam I of the kept rows
(D, D) and w = A^-1 Phi'y in double precision. It may return what is exact for A + E and Phi'y + f,

    |E| <= GROWTH eps tr(A),
    |f| <= eps (GROWTH (tr(A) |w| + sum_k |phi_k| |y_k|) + LEFT tr(A) |w|) = rho,

with sums over the rows that are kept *now*. GROWTH stands for the dimension and for some hundred
downdates since the last repair. Rows that have left may leave behind what LEFT allows: errors of
weights a hundred times as large as those now, in some hundred removals, and no more, however large
they were. So the bound on the weights is

    |w - w*| <= |A^-1| rho,

and that on the errors e_k, the residuals r_v, the leverages, and the deletion residuals follows
by the first-order terms of their formulas. Where A is singular up to rounding (`LOST`) there is no
bound, and nothing is compared. A deletion is wrong if its residual,
less its bound, is above that of another row plus that row's bound.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from reference import columns, row_losses, validation_weights, weighted_change

EPS = float(np.finfo(np.float64).eps)
GROWTH = 2000.0
LEFT = 1e4
#: Where eps tr(A) |A^-1| is above one part in so many, nothing is promised.
LOST = 100.0
#: What the package promises of S where 1 - h is small, and down to where (docs/numerics.md).
PROMISED, PROMISED_DOWN_TO = 1e-9, 1e-15
#: Below this the package may take 1 - h for as much: rows are then judged by a fit without them.
CLOSE = 1e-6
#: Multiplications in long double that one state may take; beyond, double must do.
AFFORDABLE = 3e7


class State:
    """The ridge on the rows `kept` of a problem.

    Parameters
    ----------
    problem : Problem
        Its tables.
    lam : float
        The ridge parameter.
    kept : (N,) ndarray of bool
        The rows it is fitted to.
    """

    def __init__(self, problem, lam, kept) -> None:
        self.problem, self.lam, self.kept = problem, lam, kept
        work = int(kept.sum() + problem.dimension) * problem.dimension**2
        self.precise = work <= AFFORDABLE
        number = np.longdouble if self.precise else np.float64
        self.Phi = problem.Phi.astype(number)
        self.y = columns(problem.y).astype(number)
        self.Phi_val = problem.Phi_val.astype(number)
        self.y_val = columns(problem.y_val).astype(number)
        rows, targets = self.Phi[kept], self.y[kept]
        self.R_inverse = _inverse(_triangle(rows, number(lam)))
        # Seminormal equations, corrected until nothing is left: an error in proportion to Phi'y,
        # and not to y, as by reflections of it.
        self.w = self.apply_inverse((rows.T @ targets).T).T
        for _ in range(3):
            rest = rows.T @ (targets - rows @ self.w) - lam * self.w
            self.w = self.w + self.apply_inverse(rest.T).T

    def apply_inverse(self, table):
        """Table A^-1 (n, D) of rows (n, D)."""
        return (table @ self.R_inverse) @ self.R_inverse.T

    @cached_property
    def is_singular(self) -> bool:
        """Whether lam is lost in the rounding of A, so that there is nothing to be right about."""
        return LOST * EPS * self.trace * self.inverse_norm > 1

    @cached_property
    def inverse_norm(self) -> float:
        """|A^-1|, at most |R^-1| squared in the Frobenius norm."""
        return float(np.sum(self.R_inverse**2))

    @cached_property
    def trace(self) -> float:
        """tr(A)."""
        rows = self.Phi[self.kept]
        return float(np.sum(rows**2) + self.lam * rows.shape[1])

    @cached_property
    def moment(self) -> float:
        """Sum of |phi_k| |y_k| over the kept rows."""
        return float(_norms(self.Phi[self.kept]) @ _norms(self.y[self.kept]))

    @cached_property
    def rho(self) -> float:
        """Bound on the error of Phi'y - A w."""
        own = self.trace * float(_norm(self.w)) + self.moment
        left = self.trace * float(_norm(self.w))
        return EPS * (GROWTH * own + LEFT * left)

    @cached_property
    def weights_bound(self) -> float:
        """Bound on |w - w*|."""
        return self.inverse_norm * self.rho


def _triangle(Phi, lam):
    """R (D, D), upper, with R'R = Phi'Phi + lam I."""
    dimension = Phi.shape[1]
    table = np.vstack([Phi, np.sqrt(lam) * np.eye(dimension, dtype=Phi.dtype)])
    if table.dtype == np.float64:
        return np.linalg.qr(table, mode="r")
    _reflect(table)
    return table[:dimension]


def _reflect(table):
    """Make `table` upper triangular, by Householder's reflections."""
    for j in range(table.shape[1]):
        v = table[j:, j].copy()
        v[0] += np.copysign(_norm(v), v[0])
        size = v @ v
        if size > 0:
            table[j:, j:] -= np.multiply.outer(v, (v @ table[j:, j:]) * (2 / size))


def _inverse(R):
    """R^-1 of an upper triangular matrix."""
    if R.dtype == np.float64:
        return np.linalg.solve(R, np.eye(len(R)))
    inverse = np.zeros_like(R)
    for j in range(len(R)):
        inverse[j, j] = 1 / R[j, j]
        inverse[:j, j] = -(inverse[:j, :j] @ R[:j, j]) * inverse[j, j]
    return inverse


def _norm(x):
    return np.sqrt(np.sum(x**2))


def _norms(table):
    """Of each row."""
    return np.sqrt(np.sum(table**2, axis=1))


class Residuals:
    """What rows and validation rows are at a state: errors, residuals, their rounding."""

    def __init__(self, state: State, val_weight) -> None:
        problem = state.problem
        self.state = state
        self.omega = validation_weights(problem.y_val, val_weight).astype(state.Phi.dtype)
        self.e = state.y - state.Phi @ state.w
        self.r = state.y_val - state.Phi_val @ state.w
        self.losses = row_losses(self.r, self.omega)
        self.solved = state.apply_inverse(state.Phi)
        self.solved_val = state.apply_inverse(state.Phi_val)
        own = 4 * EPS * (1 + np.sqrt(problem.dimension))
        size_w = _norm(state.w)
        self.e_bound = state.rho * _norms(self.solved)
        self.e_bound += own * (_norms(state.y) + _norms(state.Phi) * size_w)
        self.r_bound = state.rho * _norms(self.solved_val)
        self.r_bound += own * (_norms(state.y_val) + _norms(state.Phi_val) * size_w)

    def losses_bound(self):
        """Bound (V,) on the errors of omega |r|^2."""
        size = _norms(self.r)
        return self.omega * (2 * size + self.r_bound) * self.r_bound + 8 * EPS * self.losses

    @cached_property
    def mean(self):
        """The weighted mean of |r|^2."""
        return self.losses.sum() / self.omega.sum()

    @cached_property
    def mean_bound(self) -> float:
        """Bound on the error of the mean, whose sum is followed as a quadratic form."""
        fitted = self.omega @ np.sum(self.state.Phi_val**2, axis=1) * np.sum(self.state.w**2)
        bound = self.losses_bound().sum() + 1e-9 * self.losses.sum() + 32 * EPS * fitted
        return float(bound / self.omega.sum())


@dataclass(frozen=True)
class Judged:
    """The change of the objective (N,) by each deletion, what rows are compared by, and bounds."""

    delta_loss: np.ndarray
    delta_bound: np.ndarray
    value: np.ndarray
    value_bound: np.ndarray


def judge(residuals: Residuals, rows, criterion: str, objective: str) -> Judged:
    """Every deletion at a state, for the validation rows `rows`."""
    state = residuals.state
    Phi_val, solved_val = state.Phi_val[rows], residuals.solved_val[rows]
    r, omega, r_bound = residuals.r[rows], residuals.omega[rows], residuals.r_bound[rows]

    def weighted(table):  # the norm of the objective
        return np.sqrt(omega @ np.sum(table**2, axis=1))

    own = 4 * EPS * (1 + np.sqrt(state.problem.dimension))
    # The sum of omega r phi_v is followed while r falls, to a thirtieth between two fresh ones.
    own_t = own * (100 if objective == "mean" else 1)
    if criterion == "representer":
        t = Phi_val @ state.Phi.T
        a, a_bound = residuals.e / state.lam, residuals.e_bound / state.lam
        t_bound = own_t * weighted(Phi_val) * _norms(state.Phi)
    else:
        size_u = _norms(residuals.solved)
        E = GROWTH * EPS * state.trace
        t = Phi_val @ residuals.solved.T
        h = np.where(state.kept, np.sum(state.Phi * residuals.solved, axis=1), 0)
        slack = np.maximum(1 - h, np.finfo(state.Phi.dtype).eps)
        a = residuals.e / slack[:, None]
        h_bound = E * size_u**2 + own * h
        a_bound = (residuals.e_bound + _norms(a) * h_bound) / np.maximum(slack, CLOSE)
        t_bound = (E * weighted(solved_val) + own_t * weighted(Phi_val)) * size_u

    size_a = _norms(a)
    size_t = np.sqrt(omega @ t**2)
    size_S = size_t * size_a
    S_bound = t_bound * size_a + size_t * a_bound + t_bound * a_bound
    before, r_bound = weighted(r), np.sqrt(omega @ r_bound**2)
    delta = weighted_change(r, t, a, omega)
    delta_bound = 2 * size_S * r_bound + (2 * (before + r_bound + size_S) + S_bound) * S_bound
    delta_bound += own * (2 * before + size_S) * size_S
    if objective == "mean":
        # It is followed by sum omega phi_v phi_v' times what w has moved by, also where r has not.
        trace_M = omega @ np.sum(Phi_val**2, axis=1)
        lengths = _norms(state.Phi) if criterion == "representer" else size_u
        delta_bound += 8 * own * _norm(state.w) * trace_M * size_a * lengths
        # sum |S|^2 is a quadratic form of M, but of few validation rows and for "representer".
        if criterion == "refit" or len(Phi_val) >= state.problem.dimension:
            delta_bound += own * trace_M * (size_a * lengths) ** 2
        return Judged(delta, delta_bound, delta, delta_bound)
    # |r + S| in the norm of the objective: nothing cancels in it.
    after = np.sqrt(np.maximum(before**2 + delta, 0))
    if len(rows) == 1 and a.shape[1] == 1:
        after = np.sqrt(omega[0]) * np.abs(r[0, 0] + t[0] * a[:, 0])
    value_bound = r_bound + S_bound + own * (before + size_S)
    return Judged(delta, delta_bound, after, value_bound)


def judge_by_refit(judged: Judged, residuals: Residuals, rows, objective: str, k: int) -> None:
    """Judge the deletion of row k by the ridge without it, where 1 - h leaves too few digits."""
    state = residuals.state
    kept = state.kept.copy()
    kept[k] = False
    other = State(state.problem, state.lam, kept)
    r, omega = residuals.r[rows], residuals.omega[rows]
    S = state.Phi_val[rows] @ (state.w - other.w)
    bound = residuals.r_bound[rows] + Residuals(other, residuals.omega).r_bound[rows]
    bound += PROMISED * np.sqrt(np.sum(S**2, axis=1))
    r_bound, S_bound = (np.sqrt(omega @ b**2) for b in (residuals.r_bound[rows], bound))
    before, size, after = (np.sqrt(omega @ np.sum(x**2, axis=1)) for x in (r, S, r + S))
    judged.delta_loss[k] = omega @ np.sum(S * (2 * r + S), axis=1)
    judged.delta_bound[k] = 2 * size * r_bound + (2 * (before + r_bound + size) + S_bound) * S_bound
    if objective != "mean":
        judged.value[k], judged.value_bound[k] = after, r_bound + S_bound
    if 1 - state.Phi[k] @ residuals.solved[k] < PROMISED_DOWN_TO:
        judged.delta_bound[k] = judged.value_bound[k] = np.inf
