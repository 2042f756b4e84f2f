"""Slow, readable NumPy restatement of the algorithms, which every test compares with.

Nothing here is shared with the package. `prune` refits the ridge from scratch, by an orthogonal
factorisation, before every deletion; the package must reach the same deletions by updating a
Cholesky factor of the normal equations.

Notation (shapes): Phi (N, D) features and y (N,) or (N, C) targets of the training rows; Phi_val
(V, D) and y_val (V,) or (V, C) of the validation rows; lam > 0 the ridge penalty; w weights (D,) or
(D, C); A = Phi'Phi + lam I over the kept rows; e = y - Phi w; h_k = phi_k'A^-1 phi_k; r = y_val -
Phi_val w; omega the weights of the validation rows; W the validation rows that count. Deleting row
k changes r_v to r_v + S_vk, S_vk = t_vk a_k, with

    criterion "representer": t = Phi_val Phi',      a_k = e_k / lam        (alpha frozen)
    criterion "refit":       t = Phi_val A^-1 Phi', a_k = e_k / (1 - h_k)  (the ridge refitted)

and the objective over W by sum_W omega_v (2 r_v.S_vk + |S_vk|^2) / divisor: losses are means, over
all rows, or the m worst, with weights of mean 1.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

EPS = np.finfo(float).eps


class ReferenceResult(NamedTuple):
    """What a greedy run returns: k deletions, and the objective before and after each."""

    removed: np.ndarray  # (k,) rows in deletion order
    delta_loss: np.ndarray  # (k,)
    val_index: np.ndarray  # (k,)
    loss: np.ndarray  # (k + 1,)
    weights: np.ndarray  # (D,) or (D, C)


def columns(array):
    """A vector (n,) as one column (n, 1); a table as it is."""
    return array[:, None] if array.ndim == 1 else array


# ---------------------------------------------------------------------------------------------
# Ridge regression and the quantities made from it


def ridge_weights(Phi, y, lam):
    """Ridge weights (D,) or (D, C), as least squares on the table with sqrt(lam) I appended.

    The triangular factor of [Phi, y; sqrt(lam) I, 0] holds the solution: with R = [R11, z; 0, rho],
    w = R11^-1 z. Unlike the normal equations this does not square the condition number.
    """
    n_rows, n_features = Phi.shape
    targets = columns(y)
    table = np.zeros((n_rows + n_features, n_features + targets.shape[1]))
    table[:n_rows, :n_features] = Phi
    table[:n_rows, n_features:] = targets
    table[n_rows:, :n_features] = np.sqrt(lam) * np.eye(n_features)
    R = np.linalg.qr(table, mode="r")[:n_features]
    w = np.linalg.solve(R[:, :n_features], R[:, n_features:])
    return w.reshape(n_features, *y.shape[1:])


def representer_weights(Phi, y, lam):
    """alpha, shaped as y, = (Phi Phi' + lam I)^-1 y, from the N x N system."""
    return np.linalg.solve(Phi @ Phi.T + lam * np.eye(len(y)), y)


def leverages(Phi, lam):
    """h (N,): diagonal of Phi (Phi'Phi + lam I)^-1 Phi'."""
    A = Phi.T @ Phi + lam * np.eye(Phi.shape[1])
    return np.einsum("nd,dn->n", Phi, np.linalg.solve(A, Phi.T))


def influence_matrix(Phi, y, Phi_val, lam):
    """S (V, N): what row k contributes to the prediction at v, T_vk alpha_k."""
    return (Phi_val @ Phi.T) * representer_weights(Phi, y, lam)


# ---------------------------------------------------------------------------------------------
# Objectives and deletion residuals


def validation_weights(y_val, val_weight=None):
    """omega (V,): ones by default."""
    return np.ones(len(y_val)) if val_weight is None else np.asarray(val_weight, dtype=float)


def row_losses(r, omega):
    """omega_v |r_v|^2 (V,)."""
    return omega * np.sum(columns(r) ** 2, axis=1)


def n_worst_of(objective):
    """How many of the worst rows count: m for ("worst", m), 1 for "worst"."""
    return 1 if isinstance(objective, str) else objective[1]


def rows_that_count(weighted, objective="worst"):
    """W: all rows, or the m largest of omega_v |r_v|^2, the smallest v first among equals."""
    if objective == "mean":
        return np.arange(len(weighted))
    n_worst = n_worst_of(objective)
    if n_worst == 1:
        return np.array([np.argmax(weighted)])
    return np.argsort(-weighted, kind="stable")[:n_worst]


def divisor(omega, objective="worst"):
    """What makes a sum over W its mean, for weights whose mean (of those above zero) would be 1."""
    weighing = omega[omega > 0]
    counted = len(weighing) if objective == "mean" else min(n_worst_of(objective), len(weighing))
    return np.mean(weighing) * counted


def objective_value(weighted, omega, objective="worst"):
    """The loss: the mean of omega_v |r_v|^2 over W."""
    counted = weighted[rows_that_count(weighted, objective)]
    return counted.sum() / divisor(omega, objective)


def deletion_terms(Phi, y, Phi_val, lam, criterion, *, w=None, kept=None):
    """t (V, N) and a (N, C), for the ridge w fitted on the rows `kept` (default: all)."""
    kept = np.ones(len(y), dtype=bool) if kept is None else kept
    w = ridge_weights(Phi[kept], y[kept], lam) if w is None else w
    e = columns(y - Phi @ w)
    if criterion == "representer":
        return Phi_val @ Phi.T, e / lam
    # A = R'R, by a factorisation that does not square the condition number.
    R = np.linalg.qr(np.vstack([Phi[kept], np.sqrt(lam) * np.eye(Phi.shape[1])]), mode="r")
    whitened, whitened_val = (np.linalg.solve(R.T, table.T).T for table in (Phi, Phi_val))
    h = np.where(kept, np.sum(whitened**2, axis=1), 0)
    return whitened_val @ whitened.T, e / (1 - h)[:, None]


def weighted_change(r, t, a, omega):
    """Change (N,) of sum_v omega_v |r_v|^2 by each deletion, from all rows of r and t."""
    linear = np.sum(a * (t.T @ (omega[:, None] * r)), axis=1)
    return 2 * linear + np.sum(a**2, axis=1) * (omega @ t**2)


def deletion_residuals(
    Phi,
    y,
    Phi_val,
    y_val,
    lam,
    *,
    criterion="representer",
    objective="worst",
    val_weight=None,
):
    """Delta L (N,) of every training row, in closed form."""
    omega = validation_weights(y_val, val_weight)
    r = columns(y_val - Phi_val @ ridge_weights(Phi, y, lam))
    W = rows_that_count(row_losses(r, omega), objective)
    t, a = deletion_terms(Phi, y, Phi_val[W], lam, criterion)
    return weighted_change(r[W], t, a, omega[W]) / divisor(omega, objective)


def brute_force_residuals(Phi, y, Phi_val, y_val, lam, *, objective="worst", val_weight=None):
    """What "refit" promises (N,): the ridge really refitted without each row, W held fixed."""
    omega = validation_weights(y_val, val_weight)
    w = ridge_weights(Phi, y, lam)
    r = columns(y_val - Phi_val @ w)
    W = rows_that_count(row_losses(r, omega), objective)
    delta = np.empty(len(y))
    for k in range(len(y)):
        others = np.arange(len(y)) != k
        change = columns(Phi_val[W] @ (w - ridge_weights(Phi[others], y[others], lam)))
        # |r + change|^2 - |r|^2, factorised: nothing cancels but what is in the weights.
        delta[k] = omega[W] @ np.sum(change * (2 * r[W] + change), axis=1)
    return delta / divisor(omega, objective)


# ---------------------------------------------------------------------------------------------
# Greedy deletion


def deletable_rows(kept, protect=None, strata=None, quotas=None):
    """Mask (N,) of the kept rows that may go: not protected, their stratum above its quota."""
    free = kept if protect is None else kept & ~np.asarray(protect)
    if strata is not None:
        sizes = np.bincount(np.asarray(strata)[kept], minlength=len(quotas))
        free = free & (sizes > quotas)[strata]
    return free


def prune(
    Phi,
    y,
    Phi_val,
    y_val,
    k,
    lam,
    *,
    criterion="representer",
    objective="worst",
    val_weight=None,
    protect=None,
    strata=None,
    quotas=None,
):
    """Delete k rows greedily, refitting w from scratch before every deletion. O(k N D (D + V))."""
    omega = validation_weights(y_val, val_weight)
    kept = np.ones(len(y), dtype=bool)
    removed, delta_loss, val_index, loss = [], [], [], []

    while True:
        w = ridge_weights(Phi[kept], y[kept], lam)
        r = columns(y_val - Phi_val @ w)
        weighted = row_losses(r, omega)
        loss.append(objective_value(weighted, omega, objective))
        free = deletable_rows(kept, protect, strata, quotas)
        if len(removed) == k or not free.any():
            break
        W = rows_that_count(weighted, objective)
        t, a = deletion_terms(Phi, y, Phi_val[W], lam, criterion, w=w, kept=kept)
        delta = weighted_change(r[W], t, a, omega[W])
        # With one residual, |r + S| orders the rows as 2 r S + S^2 does, without cancelling.
        one = objective != "mean" and t.shape[0] == a.shape[1] == 1
        value = np.abs(r[W[0]] + t[0] * a[:, 0]) if one else delta
        j = int(np.argmin(np.where(free, value, np.inf)))

        kept[j] = False
        removed.append(j)
        delta_loss.append(delta[j] / divisor(omega, objective))
        val_index.append(-1 if objective == "mean" else W[0])
    return ReferenceResult(
        np.array(removed, dtype=np.int64),
        np.array(delta_loss, dtype=np.float64),
        np.array(val_index, dtype=np.int64),
        np.array(loss),
        w,
    )


def losses_without_groups(
    Phi, y, Phi_val, y_val, groups, removed, lam, *, val_weight=None, candidates=None
):
    """{g: mean of omega_v |r_v|^2} after fitting again without the `removed` groups and without g.

    For every group g that is left, or the `candidates`; None stands for no other group.
    """
    omega = validation_weights(y_val, val_weight)
    groups = np.asarray(groups)
    left = [g for g in np.unique(groups) if g not in removed]
    losses = {}
    for g in left if candidates is None else candidates:
        gone = list(removed) if g is None else [*removed, g]
        kept = np.array([label not in gone for label in groups.tolist()])
        w = ridge_weights(Phi[kept], y[kept], lam)
        losses[g] = objective_value(row_losses(y_val - Phi_val @ w, omega), omega, "mean")
    return losses


def prune_groups(Phi, y, Phi_val, y_val, groups, k, lam, *, val_weight=None):
    """Labels (k,) of the groups removed greedily, and losses (k + 1,). O(k G N D (D + V))."""
    arrays = Phi, y, Phi_val, y_val, groups
    removed = []
    start = losses_without_groups(*arrays, removed, lam, val_weight=val_weight, candidates=[None])
    loss = [start[None]]
    for _ in range(k):
        after = losses_without_groups(*arrays, removed, lam, val_weight=val_weight)
        best = min(after, key=after.get)  # the first of those that tie
        removed.append(best)
        loss.append(after[best])
    return np.array(removed, dtype=np.asarray(groups).dtype), np.array(loss)


def representer_prune(Phi, y, Phi_val, y_val, k, lam, val_weight=None, protect=None):
    """The paper's algorithm: criterion "representer", objective "worst", one row."""
    return prune(Phi, y, Phi_val, y_val, k, lam, val_weight=val_weight, protect=protect)


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
    return EPS * (np.sum(Phi**2) + lam) / lam


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
