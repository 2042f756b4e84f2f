"""Slow, readable NumPy restatement of the algorithms, which every test compares with.

Nothing here is shared with the package. `representer_prune` refits the ridge from scratch, by an
orthogonal factorisation, before every deletion; the package must reach the same deletions by
updating a Cholesky factor of the normal equations.

Notation (shapes): Phi (N, D) features and y (N,) targets of the training rows; Phi_val (V, D) and
y_val (V,) of the validation rows; lam > 0 the ridge penalty; w (D,) weights; e = y - Phi w;
alpha = e / lam; T = Phi_val Phi'; S_vk = T_vk alpha_k; r = y_val - Phi_val w; omega the weights of
the validation rows.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class ReferenceResult(NamedTuple):
    """What a greedy run returns: k deletions, and the objective before and after each."""

    removed: np.ndarray  # (k,) rows in deletion order
    delta_loss: np.ndarray  # (k,)
    val_index: np.ndarray  # (k,)
    loss: np.ndarray  # (k + 1,)
    weights: np.ndarray  # (D,)


# ---------------------------------------------------------------------------------------------
# Ridge regression and the quantities made from it


def ridge_weights(Phi, y, lam):
    """Ridge weights (D,), as least squares on the table with sqrt(lam) I appended.

    The triangular factor of [Phi, y; sqrt(lam) I, 0] holds the solution: with R = [R11, z; 0, rho],
    w = R11^-1 z. Unlike the normal equations this does not square the condition number.
    """
    n_features = Phi.shape[1]
    table = np.zeros((len(y) + n_features, n_features + 1))
    table[: len(y), :-1] = Phi
    table[: len(y), -1] = y
    table[len(y) :, :-1] = np.sqrt(lam) * np.eye(n_features)
    R = np.linalg.qr(table, mode="r")
    return np.linalg.solve(R[:-1, :-1], R[:-1, -1])


def representer_weights(Phi, y, lam):
    """alpha (N,) = (Phi Phi' + lam I)^-1 y, from the N x N system."""
    return np.linalg.solve(Phi @ Phi.T + lam * np.eye(len(y)), y)


def leverages(Phi, lam):
    """h (N,): diagonal of Phi (Phi'Phi + lam I)^-1 Phi'."""
    A = Phi.T @ Phi + lam * np.eye(Phi.shape[1])
    return np.einsum("nd,dn->n", Phi, np.linalg.solve(A, Phi.T))


def influence_matrix(Phi, y, Phi_val, lam):
    """S (V, N): what row k contributes to the prediction at v, T_vk alpha_k."""
    return (Phi_val @ Phi.T) * representer_weights(Phi, y, lam)


def deletion_residuals(Phi, y, Phi_val, y_val, lam, v=None):
    """Change (N,) of r_v^2 when term k is dropped: (r_v + S_vk)^2 - r_v^2 = 2 r_v S_vk + S_vk^2."""
    r = y_val - Phi_val @ ridge_weights(Phi, y, lam)
    if v is None:
        v = int(np.argmax(r**2))
    S_v = influence_matrix(Phi, y, Phi_val[v : v + 1], lam)[0]
    return 2 * r[v] * S_v + S_v**2


# ---------------------------------------------------------------------------------------------
# Greedy deletion


def representer_prune(Phi, y, Phi_val, y_val, k, lam, val_weight=None, protect=None):
    """Delete k rows greedily, refitting w from scratch after every deletion. O(k N D^2)."""
    omega = np.ones(len(y_val)) if val_weight is None else np.asarray(val_weight)
    protect = np.zeros(len(y), dtype=bool) if protect is None else np.asarray(protect)
    kept = np.ones(len(y), dtype=bool)
    removed, delta_loss, val_index, loss = [], [], [], []

    w = ridge_weights(Phi, y, lam)
    r = y_val - Phi_val @ w
    loss.append(np.max(omega * r**2))
    for _ in range(k):
        if not np.any(kept & ~protect):
            break
        v = int(np.argmax(omega * r**2))
        alpha = (y - Phi @ w) / lam
        S = (Phi @ Phi_val[v]) * alpha
        j = int(np.argmin(np.where(kept & ~protect, np.abs(r[v] + S), np.inf)))

        kept[j] = False
        w = ridge_weights(Phi[kept], y[kept], lam)
        removed.append(j)
        delta_loss.append(omega[v] * (2 * r[v] * S[j] + S[j] ** 2))
        val_index.append(v)
        r = y_val - Phi_val @ w
        loss.append(np.max(omega * r**2))
    return ReferenceResult(
        np.array(removed, dtype=np.int64),
        np.array(delta_loss, dtype=np.float64),
        np.array(val_index, dtype=np.int64),
        np.array(loss),
        w,
    )


def representer_prune_rank_one(Phi, y, Phi_val, y_val, k, lam, val_weight=None, protect=None):
    """Delete k rows greedily, by rank-one formulas in vectorised NumPy. O(k (N + V + D) D).

    What a competent NumPy user would write, and what the benchmarks compare with. With
    u = A^-1 phi_j, h = phi_j'u and step = e_j / (1 - h), deleting row j gives

        w <- w - step u,    e <- e + step Phi u,    r <- r + step Phi_val u,
        A^-1 <- A^-1 + u u' / (1 - h)                            (Sherman-Morrison).

    No safeguard against the loss of accuracy: not meant for lam near zero.
    """
    n_rows, n_features = Phi.shape
    omega = np.ones(len(y_val)) if val_weight is None else np.asarray(val_weight)
    # Adding infinity to a residual takes its row out of the running.
    barred = np.zeros(n_rows)
    if protect is not None:
        barred[np.asarray(protect)] = np.inf
    n_deletable = int(np.count_nonzero(barred == 0))

    A_inv = np.linalg.inv(Phi.T @ Phi + lam * np.eye(n_features))
    w = A_inv @ (Phi.T @ y)
    e = y - Phi @ w
    r = y_val - Phi_val @ w
    T_rows = {}
    work = np.empty(n_rows)
    removed, delta_loss, val_index, loss = [], [], [], [np.max(omega * r**2)]
    for _ in range(min(k, n_deletable)):
        v = int(np.argmax(omega * r * r))
        if v not in T_rows:
            T_rows[v] = Phi @ Phi_val[v]
        np.multiply(T_rows[v], e, out=work)
        work *= 1 / lam
        work += r[v]
        np.abs(work, out=work)
        work += barred
        j = int(np.argmin(work))
        S_j = T_rows[v][j] * e[j] / lam
        removed.append(j)
        val_index.append(v)
        delta_loss.append(omega[v] * (2 * r[v] * S_j + S_j**2))

        u = A_inv @ Phi[j]
        one_minus_h = 1 - Phi[j] @ u
        step = e[j] / one_minus_h
        w -= step * u
        np.matmul(Phi, u, out=work)
        work *= step
        e += work
        r += step * (Phi_val @ u)
        A_inv += np.outer(u, u / one_minus_h)

        barred[j] = np.inf
        loss.append(np.max(omega * r * r))
    return ReferenceResult(
        np.array(removed, dtype=np.int64),
        np.array(delta_loss, dtype=np.float64),
        np.array(val_index, dtype=np.int64),
        np.array(loss),
        w,
    )


def normal_equations_error(Phi, lam):
    """Relative error of weights from the normal equations: eps times a bound on cond(A)."""
    return np.finfo(float).eps * (np.sum(Phi**2) + lam) / lam


# ---------------------------------------------------------------------------------------------
# Replaying a result


def refitted_weights(Phi, y, lam, removed):
    """Weights (k + 1, D) before the first and after each deletion, each refitted from scratch."""
    kept = np.ones(len(y), dtype=bool)
    path = [ridge_weights(Phi, y, lam)]
    for j in removed:
        kept[j] = False
        path.append(ridge_weights(Phi[kept], y[kept], lam))
    return np.array(path)


def refitted_weights_backwards(Phi, y, lam, removed):
    """The same (k + 1, D) in O(k D^3 + N D^2), for long runs.

    Starts from the rows kept at the end and puts the removed ones back, last one first: sums of
    squares only grow, so that nothing cancels and nothing is ever downdated.
    """
    kept = np.ones(len(y), dtype=bool)
    kept[removed] = False
    A = Phi[kept].T @ Phi[kept] + lam * np.eye(Phi.shape[1])
    b = Phi[kept].T @ y[kept]
    path = [np.linalg.solve(A, b)]
    for j in removed[::-1]:
        A += np.outer(Phi[j], Phi[j])
        b += Phi[j] * y[j]
        path.append(np.linalg.solve(A, b))
    return np.array(path[::-1])


def assert_greedy(
    result, problem, lam, *, val_weight=None, protect=None, rtol=1e-8, tie=1e-9, refit=None
):
    """Replay `result` and check that every deletion was the best one, and every number.

    Replaying, instead of comparing two lists of deletions, makes ties harmless: where two rows are
    equally good up to rounding, either choice is right, and the replay follows the one taken.

    `tie` is relative to the residual: the |r_v + S_vk| of the chosen row may exceed the smallest
    one by tie * |r_v|. Numbers must agree within `rtol`. Both get an absolute slack for what
    rounding does to e = y - Phi w, which S magnifies by T / lam.
    `refit(Phi, y, lam, removed)` gives the weights of every step (default `refitted_weights`).
    """
    Phi, y, Phi_val, y_val = problem.Phi, problem.y, problem.Phi_val, problem.y_val
    n_rows, k = len(y), len(result.removed)
    removed = np.asarray(result.removed)
    omega = np.ones(len(y_val)) if val_weight is None else np.asarray(val_weight, dtype=float)
    deletable = np.ones(n_rows, dtype=bool) if protect is None else ~np.asarray(protect)
    for name, length in [("delta_loss", k), ("val_index", k), ("loss", k + 1)]:
        assert len(getattr(result, name)) == length, f"{name} has the wrong length"
    assert np.all((removed >= 0) & (removed < n_rows)), "a removed row is out of range"

    path = (refit or refitted_weights)(Phi, y, lam, removed)
    # Rounding of e is relative to the terms that cancel in y - Phi w.
    e_noise = 32 * np.finfo(float).eps * max(np.abs(y).max(), np.abs(Phi @ path[0]).max())
    r_noise = 32 * np.finfo(float).eps * max(np.abs(y_val).max(), np.abs(Phi_val @ path[0]).max())

    for i in range(k + 1):
        where = f"after {i} deletions"
        w = path[i]
        r = y_val - Phi_val @ w
        weighted = omega * r**2
        worst = weighted.max()
        loss_noise = 2 * np.sqrt(worst * omega.max()) * r_noise + omega.max() * r_noise**2
        loss_slack = rtol * worst + loss_noise
        assert abs(result.loss[i] - worst) <= loss_slack, (
            f"loss {result.loss[i]!r} {where}, should be {worst!r}"
        )
        if i == k:
            break

        v = int(result.val_index[i])
        assert 0 <= v < len(y_val), f"val_index {v} {where}"
        assert worst - weighted[v] <= tie * worst + loss_noise, (
            f"val_index {v} {where}: {weighted[v]!r} is not the worst, {worst!r} at"
            f" {weighted.argmax()}"
        )

        j = int(removed[i])
        assert deletable[j], f"row {j} {where} is protected or was removed before"
        T_v = Phi @ Phi_val[v]
        S = T_v * (y - Phi @ w) / lam
        value = np.abs(r[v] + S)
        best = int(np.argmin(np.where(deletable, value, np.inf)))
        noise = r_noise + e_noise * max(abs(T_v[j]), abs(T_v[best])) / lam
        assert value[j] - value[best] <= tie * abs(r[v]) + noise, (
            f"row {j} {where} has |r + S| = {value[j]!r}; row {best} has {value[best]!r}"
        )

        delta = omega[v] * (2 * r[v] * S[j] + S[j] ** 2)
        terms = omega[v] * (2 * abs(r[v] * S[j]) + S[j] ** 2)
        slack = rtol * terms + 2 * omega[v] * (abs(r[v]) + abs(S[j])) * noise
        slack += omega[v] * noise**2
        assert abs(result.delta_loss[i] - delta) <= slack, (
            f"delta_loss {result.delta_loss[i]!r} {where}, should be {delta!r}"
        )
        deletable[j] = False

    w_noise = 32 * np.finfo(float).eps * np.abs(path).max()
    np.testing.assert_allclose(
        result.weights,
        path[-1],
        rtol=0,
        atol=rtol * np.abs(path[-1]).max() + w_noise,
        err_msg="weights are not the ridge on the kept rows",
    )


def assert_same(result, other):
    """Two runs agree to the last bit, apart from the time they took and why they stopped."""
    for name in ("removed", "kept", "mask", "delta_loss", "val_index", "loss", "weights"):
        np.testing.assert_array_equal(getattr(result, name), getattr(other, name), err_msg=name)
    assert result.lam == other.lam
    assert result.n_refactorizations == other.n_refactorizations


# ---------------------------------------------------------------------------------------------
# Rank-one changes of a Cholesky factor


def cholesky_update(L, x):
    """Factor of L L' + x x' (D, D), by one Givens rotation a column."""
    L, x = np.tril(L).astype(float), np.array(x, dtype=float)
    for j in range(len(x)):
        pivot = np.hypot(L[j, j], x[j])
        c, s = pivot / L[j, j], x[j] / L[j, j]
        L[j, j] = pivot
        for i in range(j + 1, len(x)):
            L[i, j] = (L[i, j] + s * x[i]) / c
            x[i] = c * x[i] - s * L[i, j]
    return L


def cholesky_downdate(L, x):
    """Factor of L L' - x x' (D, D), by one hyperbolic rotation a column.

    Raises LinAlgError where the result is not positive definite.
    """
    L, x = np.tril(L).astype(float), np.array(x, dtype=float)
    for j in range(len(x)):
        squared = (L[j, j] - x[j]) * (L[j, j] + x[j])
        if not squared > 0:
            raise np.linalg.LinAlgError(f"pivot {j} is not positive")
        pivot = np.sqrt(squared)
        c, s = pivot / L[j, j], x[j] / L[j, j]
        L[j, j] = pivot
        for i in range(j + 1, len(x)):
            L[i, j] = (L[i, j] - s * x[i]) / c
            x[i] = c * x[i] - s * L[i, j]
    return L


def downdate_pivot(L, x):
    """First i at which the leading (i + 1) minor of L L' - x x' is not positive, or None.

    With p = L^-1 x that minor is det(L_i L_i') (1 - p_0^2 - ... - p_i^2).
    """
    p = np.linalg.solve(np.tril(L), x)
    failing = np.flatnonzero(np.cumsum(p**2) >= 1)
    return int(failing[0]) if len(failing) else None


# ---------------------------------------------------------------------------------------------
# Scores by which lam is chosen


def gcv(Phi, y, lam):
    """Generalised cross-validation score N |(I - H) y|^2 / trace(I - H)^2.

    H = Phi (Phi'Phi + lam I)^-1 Phi' is the hat matrix; I - H = lam (Phi Phi' + lam I)^-1 is
    written so that it keeps its accuracy when H is nearly I.
    """
    I_minus_H = lam * np.linalg.inv(Phi @ Phi.T + lam * np.eye(len(y)))
    return len(y) * np.sum((I_minus_H @ y) ** 2) / np.trace(I_minus_H) ** 2


def evidence(Phi, y, lam):
    """Log marginal likelihood of y ~ N(0, s2 (Phi Phi' / lam + I)) at the s2 that maximises it."""
    covariance = Phi @ Phi.T / lam + np.eye(len(y))
    s2 = y @ np.linalg.solve(covariance, y) / len(y)
    _, log_determinant = np.linalg.slogdet(covariance)
    return -0.5 * (len(y) * np.log(2 * np.pi * s2) + log_determinant + len(y))
