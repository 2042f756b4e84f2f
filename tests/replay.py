"""Replaying a result: was every deletion the best one, and is every number right?"""

from __future__ import annotations

import itertools

import numpy as np

import paris_core
from reference import (
    EPS,
    columns,
    deletable_rows,
    deletion_terms,
    divisor,
    n_worst_of,
    normal_equations_error,
    ridge_weights,
    row_losses,
    rows_that_count,
    validation_weights,
    weighted_change,
)


def pruned_up_to(problem, k, **options):
    """The result of k deletions, or of as many as may leave; `prune` refuses to remove fewer."""
    pruner = paris_core.Pruner(*problem.arrays, **options)
    pruner.run(k)
    return pruner.result()


def refitted_weights(Phi, y, lam, removed):
    """Weights (k + 1, D) or (k + 1, D, C) before and after each deletion, refitted from scratch."""
    kept = np.ones(len(y), dtype=bool)
    path = [ridge_weights(Phi, y, lam)]
    for j in removed:
        kept[j] = False
        path.append(ridge_weights(Phi[kept], y[kept], lam))
    return np.array(path)


def refitted_weights_backwards(Phi, y, lam, removed):
    """The same in O(k D^3 + N D^2), for long runs.

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
        b += np.multiply.outer(Phi[j], y[j])
        path.append(np.linalg.solve(A, b))
    return np.array(path[::-1])


def monitor_losses(Phi, y, lam, removed, Phi_mon, y_mon, weight=None, refit=None):
    """Weighted mean of |r_v|^2 (k + 1,) over all the rows given, before and after each deletion."""
    omega = validation_weights(y_mon, weight)
    path = (refit or refitted_weights)(Phi, y, lam, removed)
    return np.array([row_losses(y_mon - Phi_mon @ w, omega).sum() / omega.sum() for w in path])


def assert_greedy(
    result,
    problem,
    lam,
    *,
    criterion="representer",
    objective="worst",
    val_weight=None,
    protect=None,
    strata=None,
    quotas=None,
    rtol=1e-8,
    tie=1e-9,
    refit=None,
    every=1,
):
    """Replay `result` and check that every deletion was the best one, and every number.

    Replaying, instead of comparing two lists of deletions, makes ties harmless: where two rows are
    equally good up to rounding, either choice is right, and the replay follows the one taken. So it
    is where validation rows tie for a place among the worst.

    `tie` says how much worse than the best row the chosen one may be, relative to the change that
    they make; numbers must agree within `rtol`. Both get an absolute slack for what rounding does
    (see `_Step`). `refit(Phi, y, lam, removed)` gives the weights of every step (default
    `refitted_weights`). Of long runs, only the choice of every `every`-th row may be checked.
    """
    Phi, y, Phi_val, y_val = problem.arrays
    n_rows, k = len(y), len(result.removed)
    removed = np.asarray(result.removed)
    omega = validation_weights(y_val, val_weight)
    for name, length in [("delta_loss", k), ("val_index", k), ("loss", k + 1)]:
        assert len(getattr(result, name)) == length, f"{name} has the wrong length"
    assert np.all((removed >= 0) & (removed < n_rows)), "a removed row is out of range"

    path = (refit or refitted_weights)(Phi, y, lam, removed)
    # Weights from normal equations are off by more where A is ill-conditioned.
    eps = 32 * EPS + 8 * normal_equations_error(Phi, lam)
    r_noise = eps * max(np.abs(y_val).max(), (np.abs(Phi_val) @ np.abs(path[0])).max())
    r_noise *= np.sqrt(columns(y).shape[1])
    e_noise = eps * max(np.abs(y).max(), (np.abs(Phi) @ np.abs(path[0])).max())
    A_noise = 32 * EPS * (np.sum(Phi**2) + lam)
    rounding = r_noise, e_noise, A_noise
    kept = np.ones(n_rows, dtype=bool)
    scale = divisor(omega, objective)  # between the means of the result and sums

    for i in range(k + 1):
        where = f"after {i} deletions"
        w = path[i]
        r = columns(y_val - Phi_val @ w)
        weighted = row_losses(r, omega)
        worst = weighted.max()
        row_noise = 2 * np.sqrt(worst * omega.max()) * r_noise + omega.max() * r_noise**2
        counted = weighted[rows_that_count(weighted, objective)]
        loss = counted.sum()
        assert abs(result.loss[i] * scale - loss) <= rtol * loss + len(counted) * row_noise, (
            f"loss {result.loss[i]!r} {where}, should be {loss / scale!r}"
        )
        if i == k:
            break

        v, j = int(result.val_index[i]), int(removed[i])
        if objective == "mean":
            assert v == -1, f"val_index {v} {where}, should be -1"
            possible = [np.arange(len(y_val))]
        else:
            assert 0 <= v < len(y_val), f"val_index {v} {where}"
            assert worst - weighted[v] <= tie * worst + row_noise, (
                f"val_index {v} {where}: {weighted[v]!r} is not the worst, {worst!r} at"
                f" {weighted.argmax()}"
            )
            possible = _possible_worst(weighted, n_worst_of(objective), v, tie * worst + row_noise)
        free = deletable_rows(kept, protect, strata, quotas)
        assert free[j], f"row {j} {where} is protected or was removed before"

        if i % every == 0:
            complaints = []
            for W in possible:
                step = _Step(problem, lam, criterion, kept, w, r, omega, W, rounding)
                one = objective != "mean" and n_worst_of(objective) == r.shape[1] == 1
                complaint = step.complaint(j, free, result.delta_loss[i] * scale, rtol, tie, one)
                if complaint is None:
                    break
                complaints.append(complaint)
            else:
                raise AssertionError(f"row {j} {where}: {complaints[0]}")
        kept[j] = False

    # What the weights would be if nothing in Phi'y cancelled: rounding is relative to that.
    uncancelled = np.abs(Phi).T @ np.abs(y) / (np.sum(Phi**2, axis=0).min() + lam)
    w_noise = eps * max(np.abs(path).max(), uncancelled.max())
    w_noise += 32 * EPS * np.linalg.norm(y) / np.sqrt(lam)  # of the reflections of y by `refit`
    np.testing.assert_allclose(
        result.weights,
        path[-1],
        rtol=0,
        atol=rtol * np.abs(path[-1]).max() + w_noise,
        err_msg="weights are not the ridge on the kept rows",
    )


#: At most so many sets are tried.
POSSIBLE_WORST = 50


def _possible_worst(weighted, n_worst, v, slack):
    """Sets of n_worst rows that may be the worst up to `slack`, v among them."""
    last = np.partition(weighted, -n_worst)[-n_worst]
    sure = np.flatnonzero(weighted > last + slack)
    tied = np.flatnonzero(np.abs(weighted - last) <= slack)
    sets = (np.r_[sure, some] for some in itertools.combinations(tied, n_worst - len(sure)))
    return itertools.islice((W.astype(int) for W in sets if v in W), POSSIBLE_WORST)


class _Step:
    """One deletion: the change that each row would make, and what rounding may add to it.

    Norms are those of the objective, |x|^2 = sum over v in W of omega_v |x_v|^2. The noise of S_k =
    t_k a_k comes from e = y - Phi w, where large terms cancel; from products of vectors; and, for
    "refit", from a factor of A that is exact for a neighbour of A only (at a distance of EPS |A|,
    A as before the first deletion), which u = A^-1 phi magnifies.
    """

    def __init__(self, problem, lam, criterion, kept, w, r, omega, W, rounding):
        Phi, y, Phi_val, _ = problem.arrays
        self.Phi, self.Phi_val = Phi, Phi_val[W]
        self.r, self.omega = r[W], omega[W]
        self.t, self.a = deletion_terms(Phi, y, self.Phi_val, lam, criterion, w=w, kept=kept)
        self.before = self.norm(self.r)
        r_noise, self.e_noise, self.A_noise = rounding
        self.r_noise = r_noise * np.sqrt(self.omega.sum())
        self.lam, self.size_w, self.A = lam, np.linalg.norm(w), None
        if criterion == "refit":
            self.A = Phi[kept].T @ Phi[kept] + lam * np.eye(Phi.shape[1])

    def noise(self, k):
        """Norm of the rounding error of S_k."""
        size_a = np.linalg.norm(self.a[k])
        if self.A is None:
            u, u_val, t_noise = self.Phi[k], self.Phi_val, 32 * EPS
            a_noise = self.e_noise / self.lam
        else:
            u = np.linalg.solve(self.A, self.Phi[k])
            u_val = np.linalg.solve(self.A, self.Phi_val.T).T
            t_noise = self.A_noise
            size_u = np.linalg.norm(u)
            e_noise = self.e_noise + self.A_noise * size_u * self.size_w
            a_noise = (e_noise + size_a * self.A_noise * size_u**2) / (1 - self.Phi[k] @ u)
        a_noise *= np.sqrt(self.a.shape[1])
        t_noise *= np.linalg.norm(u) * self.norm(u_val)
        return self.norm(self.t[:, [k]]) * a_noise + t_noise * size_a

    def norm(self, x):
        return np.sqrt(self.omega @ np.sum(x**2, axis=1))

    def S(self, k):
        return self.t[:, [k]] * self.a[k]

    def complaint(self, j, free, delta_loss, rtol, tie, one):
        """What is wrong with deleting row j, or None; `delta_loss` is a sum over W.

        `one`: rows are compared by |r + S|.
        """
        if one:
            value = np.abs(self.r[0, 0] + self.t[0] * self.a[:, 0])
        else:
            value = weighted_change(self.r, self.t, self.a, self.omega)
        best = int(np.argmin(np.where(free, value, np.inf)))
        S, S_best = self.S(j), self.S(best)
        # |r + S|^2 - |r + S_best|^2, factorised.
        difference, total = S - S_best, (self.r + S) + (self.r + S_best)
        excess = self.omega @ np.sum(difference * total, axis=1)
        own_noise = self.noise(j)
        size, noise = max(self.norm(S), self.norm(S_best)), own_noise + self.noise(best)
        if one:
            reach = self.norm(self.r + S) + self.norm(self.r + S_best) + noise
            noise += 32 * EPS * self.before
        else:
            reach = 2 * (self.before + size) + noise
        slack = (tie * size + noise) * reach + 2 * self.r_noise * self.norm(difference)
        if excess > slack:
            return f"is worse than row {best} by {excess!r}, more than {slack!r}"

        delta = self.omega @ np.sum(2 * self.r * S + S**2, axis=1)
        terms = self.omega @ np.sum(2 * np.abs(self.r * S) + S**2, axis=1)
        slack = rtol * terms + 2 * self.r_noise * self.norm(S)
        slack += 2 * own_noise * (self.before + self.norm(S)) + own_noise**2
        if abs(delta_loss - delta) > slack:
            return f"delta_loss {delta_loss!r} should be {delta!r}, to {slack!r}"
        return None


#: The arrays of a result; `monitor_loss` is None without a monitor.
ARRAYS = ("removed", "kept", "mask", "delta_loss", "val_index", "loss", "weights", "monitor_loss")


def assert_same_numbers(result, other, names=ARRAYS):
    """Arrays agree to the last bit."""
    for name in names:
        mine, theirs = getattr(result, name), getattr(other, name)
        assert (mine is None) == (theirs is None), name
        np.testing.assert_array_equal(mine, theirs, err_msg=name)


def assert_same(result, other):
    """Two runs agree to the last bit, apart from the time they took and why they stopped."""
    assert_same_numbers(result, other)
    assert result.lam == other.lam
    assert result.n_refactorizations == other.n_refactorizations
