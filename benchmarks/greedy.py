"""Greedy deletion by refit/mean in NumPy, open to variations that the core does not have.

Every deletion costs O(N D²), so this is for measuring ideas, not for use. Formulas: the notes of
`paris_core.prune`.
"""

from __future__ import annotations

import numpy as np

REBUILD = 100  # deletions after which the inverse is computed afresh


class Greedy:
    """Ridge regression on the kept rows, and what deleting one of them does elsewhere."""

    def __init__(self, Phi: np.ndarray, y: np.ndarray, lam: float) -> None:
        self.Phi, self.y, self.lam = Phi, y, lam
        self.kept = np.ones(len(y), dtype=bool)
        self.removed: list[int] = []
        self._rebuild()

    def _rebuild(self) -> None:
        Phi = self.Phi[self.kept]
        self.inverse = np.linalg.inv(Phi.T @ Phi + self.lam * np.eye(Phi.shape[1]))
        self.w = self.inverse @ (Phi.T @ self.y[self.kept])

    def changes(self, Phi_val: np.ndarray, y_val: np.ndarray) -> np.ndarray:
        """Change (N,) of the sum of squared errors on these rows when a row leaves."""
        r = y_val - Phi_val @ self.w
        solved = self.Phi @ self.inverse  # (N, D)
        h = np.einsum("kd,kd->k", solved, self.Phi)
        a = (self.y - self.Phi @ self.w) / (1 - h)
        quadratic = np.einsum("kd,kd->k", solved @ (Phi_val.T @ Phi_val), solved)
        return 2 * a * (solved @ (Phi_val.T @ r)) + a**2 * quadratic

    def changes_by_row(
        self, rows: np.ndarray, Phi_val: np.ndarray, y_val: np.ndarray
    ) -> np.ndarray:
        """The same (V, len(rows)) for every validation row, and the training rows asked for."""
        r = y_val - Phi_val @ self.w
        solved = self.Phi[rows] @ self.inverse
        h = np.einsum("kd,kd->k", solved, self.Phi[rows])
        S = (Phi_val @ solved.T) * ((self.y[rows] - self.Phi[rows] @ self.w) / (1 - h))
        return 2 * r[:, None] * S + S**2

    def remove(self, row: int) -> None:
        self.kept[row] = False
        self.removed.append(row)
        if len(self.removed) % REBUILD == 0:
            return self._rebuild()
        u = self.inverse @ self.Phi[row]
        slack = 1 - self.Phi[row] @ u
        self.w -= u * ((self.y[row] - self.Phi[row] @ self.w) / slack)
        self.inverse += np.outer(u, u / slack)

    def smallest(self, values: np.ndarray) -> int:
        return int(np.argmin(np.where(self.kept, values, np.inf)))


def delete_by_halves(
    state: Greedy, Phi_val: np.ndarray, y_val: np.ndarray, k: int, rng: np.random.Generator
) -> np.ndarray:
    """Another random half of the validation rows steers each deletion.

    Returns the changes (k,) of the loss on the respective other half, scaled to all rows.
    """
    outside = np.empty(k)
    for step in range(k):
        order = rng.permutation(len(y_val))
        inside, other = order[: len(order) // 2], order[len(order) // 2 :]
        row = state.smallest(state.changes(Phi_val[inside], y_val[inside]))
        change = state.changes_by_row(np.array([row]), Phi_val[other], y_val[other])
        outside[step] = change.mean() * len(y_val)
        state.remove(row)
    return outside


def delete_by_penalty(
    state: Greedy, Phi_val: np.ndarray, y_val: np.ndarray, k: int, penalty: float
) -> np.ndarray:
    """Judge a row by its change plus `penalty` standard errors of that sum.

    Returns the smallest such value (k,) of every deletion.
    """
    values = np.empty(k)
    for step in range(k):
        changes = np.where(state.kept, state.changes(Phi_val, y_val), np.inf)
        values[step], row = _least_penalised(state, changes, Phi_val, y_val, penalty)
        state.remove(row)
    return values


def _least_penalised(
    state: Greedy, changes: np.ndarray, Phi_val: np.ndarray, y_val: np.ndarray, penalty: float
) -> tuple[float, int]:
    ranked = np.argsort(changes)
    best, row = np.inf, -1
    for start in range(0, len(ranked), 256):
        rows = ranked[start : start + 256]
        rows = rows[changes[rows] < best]  # a penalty is never negative: the others cannot win
        if not len(rows):
            break
        spread = state.changes_by_row(rows, Phi_val, y_val).std(axis=0, ddof=1)
        values = changes[rows] + penalty * spread * np.sqrt(len(y_val))
        place = int(np.argmin(values))
        if values[place] < best:
            best, row = float(values[place]), int(rows[place])
    return best, row
