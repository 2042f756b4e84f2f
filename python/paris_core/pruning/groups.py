"""Greedy deletion of whole groups of training rows."""

from __future__ import annotations

import bisect
import time
from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import regularization
from .._support import arrays, checks, memory
from .._support.arrays import FloatArray, IntArray
from .._support.signals import interruptible
from ..errors import NotPositiveDefiniteError
from ..linalg import weighting
from ..linalg.least_squares import triangle
from ..progress import Stage
from ..results.groups import GroupPruneResult
from ..results.record import Recorder
from . import means

_CHUNK_BYTES = 16 * 2**20  # systems that are solved together
_TIE = 1e-10  # losses that differ by less, relatively, differ by rounding


def prune_groups(
    Phi: ArrayLike,
    y: ArrayLike,
    Phi_val: ArrayLike,
    y_val: ArrayLike,
    groups: ArrayLike,
    k: int | None = None,
    *,
    lam: float | str = "auto",
    sample_weight: ArrayLike | None = None,
    val_weight: ArrayLike | None = None,
    monitor: tuple[ArrayLike, ...] | None = None,
) -> GroupPruneResult:
    """Remove k whole groups of training rows, one group at a time.

    Systematic errors come in groups: an instrument with a wrong sign, an offset after a date. A few
    validation rows say little about a single training row, and much about all rows of a group.

    Each step removes the group after whose removal the refitted ridge has the least loss on the
    validation rows: criterion "refit" and objective "mean" of `paris_core.prune`, for groups.

    Parameters
    ----------
    Phi : (N, D) array_like of float
        Features of the training rows, with a constant column if the model has an intercept.
    y : (N,) or (N, C) array_like of float
        Targets, a column an output.
    Phi_val : (V, D) array_like of float
        Features of the validation rows, which steer the deletions.
    y_val : (V,) or (V, C) array_like of float
        Their targets.
    groups : (N,) array_like of int, bool or str
        The group of every training row: its month, instrument, station, source. At least two.
    k : int, optional
        How many of the G groups to remove, 0 <= k < G. Default: all but one, for `best_k` to say
        how many were worth it.
    lam : float or {"auto", "gcv", "evidence"}, default "auto"
        Ridge parameter, > 0. "auto" is "gcv": see `paris_core.regularization.select_lambda`.
    sample_weight : (N,) array_like of float, optional
        Weights a >= 0 of the training rows, as for `paris_core.prune`. Default: ones.
    val_weight : (V,) array_like of float, optional
        Weights ω >= 0 of the validation rows; see `paris_core.validation.weights`. Default: ones.
    monitor : tuple (Phi_mon, y_mon) or (Phi_mon, y_mon, weight_mon), optional
        Rows that never steer, and whose mean loss is recorded after every deletion; the result's
        `best_k` is where it is least.

    Returns
    -------
    GroupPruneResult
        Removed groups in order, kept rows, losses, final weights.

    Raises
    ------
    NotPositiveDefiniteError
        If ``Phi'Phi + lam I`` over what is kept is not positive definite to working precision; the
        message says which `lam` would do.
    TypeError, ValueError
        If an argument has the wrong type, shape or value, or there are fewer than two groups.
    OverflowError
        If numbers are so large that losses overflow.
    MemoryError
        If the sums of all groups would not fit in the memory that is available.

    See Also
    --------
    paris_core.prune : single rows; its `groups` and `quotas` say how many of a group must stay.

    Notes
    -----
    With A = Φ'Φ + λI over the kept rows and residuals e_g = y_g - Φ_g w of the rows of group g,
    fitting again without g changes the weights by

        w_(-g) - w = -A⁻¹Φ_g' (I - H_g)⁻¹ e_g,    H_g = Φ_g A⁻¹Φ_g',

    the block form of e/(1 - h) for a single row. The loss is
    Σ_v ω_v |y_v - φ_v'w_(-g)|² / Σ_v ω_v. The paper (PARIS, arXiv 2512.06950) deletes single rows
    by another criterion; groups extend it.

    w_(-g) is computed from sums Φ'Φ and Φ'y over the groups that stay, added anew at every step:
    nothing is subtracted, so that rounding does not add up, nor depend on how large the removed
    rows were. Losses within 1e-10 of the least, relatively, tie; of these groups the first in
    sorted order goes.

    Set-up costs (N + V) D² time, plus V D² for a monitor's rows; a removal G (D³ + D² log G) for
    the G groups that are left, whatever N and V. Memory: 8 G D² bytes, twice that for a moment
    during each removal, and a copy of the validation rows and of the largest group for a moment.
    Single rows as groups give the deletions of `paris_core.prune`, which takes far less for them.

    Examples
    --------
    >>> import numpy as np
    >>> import paris_core
    >>> rng = np.random.default_rng(0)
    >>> Phi, Phi_val, Phi_mon = (rng.normal(size=(n, 5)) for n in (300, 100, 100))
    >>> tables = Phi, Phi_val, Phi_mon
    >>> y, y_val, y_mon = (t.sum(axis=1) + 0.5 * rng.normal(size=len(t)) for t in tables)
    >>> station = np.repeat(["A", "B", "C", "D", "E", "F"], 50)
    >>> y[station == "D"] *= -1.0  # a wrong sign
    >>> result = paris_core.prune_groups(
    ...     Phi, y, Phi_val, y_val, station, lam=1.0, monitor=(Phi_mon, y_mon)
    ... )
    >>> result.removed_groups.tolist()  # in this order, all but one
    ['D', 'E', 'C', 'B', 'A']
    >>> best = result.truncate(result.fewest_k(tolerance=0.05))
    >>> best.removed_groups.tolist(), best.kept.shape
    (['D'], (250,))
    """
    features, targets, validation, val_targets = arrays.tables(Phi, y, Phi_val, y_val)
    weight = arrays.weight("val_weight", val_weight, len(validation), "Phi_val")
    dimension = features.shape[1]
    watched = None if monitor is None else arrays.monitor(monitor, targets, Phi, dimension)
    row_weight = weighting.checked("sample_weight", sample_weight, len(features))
    rows = GroupedRows(features, targets, groups, lam, row_weight)
    n_removed = rows.n_removed(k)
    return rows.pruned((validation, val_targets, weight), watched, n_removed)


class GroupedRows:
    """Training rows in groups, whose sums are formed once for all runs.

    Parameters
    ----------
    features, targets : ndarray
        Of the training rows, checked.
    groups, lam : object
        As for `prune_groups`.
    weight : ndarray or None
        Of the training rows.
    runs : int, default 1
        How many runs there will be, at most.
    """

    def __init__(
        self,
        features: FloatArray,
        targets: FloatArray,
        groups: Any,
        lam: Any,
        weight: FloatArray | None,
        runs: int = 1,
    ) -> None:
        n_rows = len(features)
        self._label_of = arrays.labels("groups", groups, n_rows)
        self._labels, self._group_of = interruptible.call(
            20 * interruptible.PASS * n_rows, np.unique, self._label_of, return_inverse=True
        )
        if len(self._labels) < 2:
            raise ValueError(f"groups must name at least two groups, got {self._labels[0]!r} alone")
        self._features, self._targets, self._lam = features, targets, lam
        self._weight, self._scaled = weight, weighting.scaled(features, targets, weight)
        threads = checks.n_threads(None)
        self._penalty = regularization.parse(lam, *self._scaled, threads, weight)
        self._runs = runs
        self._products: FloatArray | None = None

    def n_removed(self, k: Any) -> int:
        """`k` as a number of groups; all but one if it is None."""
        last = len(self._labels) - 1
        return last if k is None else checks.integer("k", k, 0, last)

    def pruned(
        self,
        validation: tuple[FloatArray, FloatArray, FloatArray],
        watched: tuple[FloatArray, FloatArray, FloatArray] | None,
        n_removed: int,
    ) -> GroupPruneResult:
        """Remove so many groups, by features, targets and weights of validation rows."""
        features, targets, penalty = self._features, self._targets, self._penalty
        outputs, dimension = arrays.columns(targets), features.shape[1]
        products = self._sums(outputs, len(validation[0]))
        ridge = penalty * np.eye(dimension, dimension + outputs.shape[1])
        to_reduce = _Loss(*validation)
        start = time.perf_counter()
        removed: list[int] = []
        path: list[FloatArray] = []
        path.append(_fit(ridge + _sum(products), penalty))
        with Stage("deleting", n_removed, "groups") as deleting:
            for group, weights in islice(_greedy(products, ridge, to_reduce), n_removed):
                removed.append(group)
                path.append(weights)
                deleting.step()
        elapsed = time.perf_counter() - start
        mask = ~np.isin(self._group_of, removed)
        fits = np.array(path)
        loss = to_reduce(fits) / means.total(validation[2])
        monitor_loss = None
        if watched is not None:
            monitor_loss = _Loss(*watched)(fits) / means.total(watched[2])
        inputs: dict[str, NDArray[Any]] = {"Phi": features, "y": targets}
        inputs |= zip(("Phi_val", "y_val", "val_weight"), validation, strict=True)
        if self._weight is not None:
            inputs["sample_weight"] = self._weight
        inputs["groups"] = self._label_of
        inputs |= {f"monitor[{place}]": part for place, part in enumerate(watched or ())}
        return GroupPruneResult(
            removed_groups=self._labels[removed],
            groups=self._label_of,
            kept=np.flatnonzero(mask).astype(np.int64),
            mask=mask,
            loss=loss,
            monitor_loss=monitor_loss,
            weights=fits[-1].reshape(dimension, *targets.shape[1:]),
            weight_path=fits.reshape(len(fits), dimension, *targets.shape[1:]),
            sample_weight=None if self._weight is None else self._weight.copy(),
            lam=penalty,
            stop_reason="completed",
            elapsed=elapsed,
            # One for every group that was left, before each removal, and one after it.
            stats={"fits": 1 + sum(len(self._labels) - step + 1 for step in range(n_removed))},
            recorder=Recorder({"lam": self._lam, "k": n_removed}, inputs),
        )

    def _sums(self, outputs: FloatArray, n_val: int) -> FloatArray:
        """The sums of all groups, for one run to write over."""
        if self._products is None:
            _require_memory(self._features, outputs.shape[1], self._group_of, n_val, self._runs)
            rows, targets = self._scaled
            asked = arrays.columns(targets), self._group_of, len(self._labels)
            with Stage("setting up"):
                self._products = _group_products(rows, *asked)
        products, self._runs = self._products, self._runs - 1
        return products.copy() if self._runs else products


def _require_memory(
    features: FloatArray, n_outputs: int, group_of: IntArray, n_val: int, runs: int
) -> None:
    """Refuse what needs more than there is: the sums of all groups, twice for a moment.

    Once more where another run needs them.
    """
    dimension, sizes = features.shape[1], np.bincount(group_of)
    sums = (2 + (runs > 1)) * len(sizes) * dimension * (dimension + n_outputs)
    rows = (int(sizes.max()) + 3 * n_val) * (dimension + n_outputs)
    memory.require(
        8 * (sums + rows) + 4 * _CHUNK_BYTES,
        f"prune_groups with {len(sizes):,} groups and {dimension:,} features",
        "use fewer groups, or fewer features (columns of Phi)",
    )


def _group_products(
    features: FloatArray, targets: FloatArray, group_of: IntArray, n_groups: int
) -> FloatArray:
    """[Φ_g'Φ_g, Φ_g'y_g] (G, D, D + C) of every group."""
    by_group = np.argsort(group_of, kind="stable")
    ends = np.cumsum(np.bincount(group_of, minlength=n_groups))
    dimension = features.shape[1]
    products = np.empty((n_groups, dimension, dimension + targets.shape[1]))
    for product, rows in zip(products, np.split(by_group, ends[:-1]), strict=True):
        cost = len(rows) * dimension * (dimension + interruptible.PASS)
        product[...] = interruptible.call(cost, _product, features, targets, rows)
    return products


def _product(features: FloatArray, targets: FloatArray, rows: IntArray) -> FloatArray:
    """[Φ'Φ, Φ'y] (D, D + C) of some rows."""
    own = features[rows]
    return np.hstack([own.T @ own, own.T @ targets[rows]])


def _sum(products: FloatArray) -> FloatArray:
    """Their sum over all groups."""
    return interruptible.call(interruptible.PASS * products.size, np.sum, products, axis=0)


class _Loss:
    """Σ_v ω_v |r_v|² as a function of the weights, at a cost that V has no part in."""

    def __init__(self, features: FloatArray, targets: FloatArray, weight: FloatArray) -> None:
        dimension = features.shape[1]
        reduced = triangle(features, targets, weight)
        self._features, self._targets = reduced[:, :dimension], reduced[:, dimension:]

    def __call__(self, weights: FloatArray) -> FloatArray:
        """Losses (n,) of weights (n, D, C)."""
        cost = len(weights) * self._features.size * interruptible.PASS
        losses = interruptible.call(cost, self._losses, weights)
        if not np.isfinite(losses).all():
            raise OverflowError(
                "the residuals overflow float64: scale Phi and y to moderate size, for example to "
                "unit variance"
            )
        return losses

    def _losses(self, weights: FloatArray) -> FloatArray:
        with np.errstate(over="ignore", invalid="ignore"):
            residuals = self._targets - self._features @ weights
            return np.asarray(np.square(residuals).sum(axis=(1, 2)))


def _greedy(
    products: FloatArray, ridge: FloatArray, loss: _Loss
) -> Iterator[tuple[int, FloatArray]]:
    """The groups in the order of their removal, with the weights (D, C) after each.

    Overwrites `products`, whose first entries are those of the groups that are left.
    """
    left = list(range(len(products)))
    while len(left) > 1:
        candidates = _candidates(products[: len(left)], ridge)
        losses = np.concatenate([loss(_solve(systems, ridge[0, 0])) for systems in candidates])
        best = int(np.argmax(losses <= (1.0 + _TIE) * losses.min()))
        group = left.pop(best)
        for place in range(best, len(left)):  # one after the other: all at once would be copied
            products[place] = products[place + 1]
        yield group, _fit(ridge + _sum(products[: len(left)]), ridge[0, 0])


def _candidates(products: FloatArray, ridge: FloatArray) -> Iterator[FloatArray]:
    """The systems (n, D, D + C) without each group in turn, some at a time."""
    size = max(1, _CHUNK_BYTES // ridge.nbytes)
    systems = _without_one(products, ridge)
    while chunk := list(islice(systems, size)):
        yield np.stack(chunk)


def _without_one(products: FloatArray, outside: FloatArray) -> Iterator[FloatArray]:
    """`outside` plus all products but one, for each in turn, by nothing but additions."""
    if len(products) == 1:
        yield outside
        return
    half = len(products) // 2
    first, second = products[:half], products[half:]
    yield from _without_one(first, outside + _sum(second))
    yield from _without_one(second, outside + _sum(first))


def _solve(systems: FloatArray, lam: float) -> FloatArray:
    """Weights (..., D, C) of systems [A, Φ'y] (..., D, D + C)."""
    dimension = systems.shape[-2]
    A, b = systems[..., :dimension], systems[..., dimension:]
    cost = A.size * dimension // 3
    try:
        return np.asarray(interruptible.call(cost, np.linalg.solve, A, b), dtype=np.float64)
    except np.linalg.LinAlgError as error:
        raise _failure(A.reshape(-1, dimension, dimension), lam) from error


def _fit(system: FloatArray, lam: float) -> FloatArray:
    """Weights (D, C) of one system."""
    A = system[:, : len(system)]
    try:
        # Unlike solve, fails if rounding has eaten λ.
        interruptible.call(len(A) ** 3 // 6, np.linalg.cholesky, A)
    except np.linalg.LinAlgError as error:
        raise _failure(A[np.newaxis], lam) from error
    return _solve(system, lam)


def _failure(matrices: FloatArray, lam: float) -> NotPositiveDefiniteError:
    """What is wrong with the first of these A (n, D, D) that cannot be factorized."""
    pivots = (_bad_pivot(A) for A in matrices)
    place, pivot = next(
        ((place, pivot) for place, pivot in enumerate(pivots) if pivot is not None),
        (0, matrices.shape[1] - 1),  # singular for LU alone: by the last pivot
    )
    dimension = matrices.shape[1]
    # Rounding of sums of squares and of the factorization, as in the compiled core.
    trace = float(np.trace(matrices[place])) - dimension * lam
    sufficient = 8.0 * dimension * float(np.finfo(np.float64).eps) * trace
    return NotPositiveDefiniteError.for_ridge(pivot, lam, sufficient)


def _bad_pivot(A: FloatArray) -> int | None:
    """The first pivot of a Cholesky factorization that is not positive; None if all are."""

    def fails(size: int) -> bool:
        try:
            np.linalg.cholesky(A[:size, :size])
        except np.linalg.LinAlgError:
            return True
        return False

    if not fails(len(A)):
        return None
    return bisect.bisect_left(range(1, len(A)), True, key=fails)
