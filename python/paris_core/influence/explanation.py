"""Why the ridge head predicts what it predicts: the training rows behind one prediction."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from .. import notebook, regularization
from .._extension import core
from .._support import arrays, checks, memory
from .._support.arrays import FloatArray, IntArray
from .._support.conversion import as_array, as_frame
from .._support.signals import interruptible
from .._support.state import ReadOnlyArrays
from ..linalg import weighting
from ..linalg.ridge_factor import RidgeFactor

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["Explanation", "explain"]

_CLOSE = 1e-6  # below this, 1 - h has lost ten digits


@dataclass(frozen=True, eq=False, repr=False)
class Explanation(ReadOnlyArrays):
    """The training rows that carry one prediction.

    ``print(explanation)`` shows them as a table.

    Attributes
    ----------
    prediction : float
        φ'w, in the unit of `y`: the sum of `contribution` and `rest`.
    row : (m,) ndarray of int64
        Positions in the `Phi` that was given: first the rows that pull the prediction up, the
        strongest first, then those that pull it down, the strongest first.
    target : (m,) ndarray of float64
        Their y_k.
    similarity : (m,) ndarray of float64
        φ'φ_k.
    contribution : (m,) ndarray of float64
        φ'φ_k α_k, in the unit of `y`.
    change_on_deletion : (m,) ndarray of float64
        By how much the prediction changes when the row is deleted and the ridge refitted.
    rest : float
        What the `n_rest` other rows contribute together.
    n_rest : int
        How many they are.
    lam : float
        The ridge parameter.
    """

    prediction: float
    row: IntArray
    target: FloatArray
    similarity: FloatArray
    contribution: FloatArray
    change_on_deletion: FloatArray
    rest: float
    n_rest: int
    lam: float

    def to_frame(self) -> pd.DataFrame:
        """One line per row, as a pandas DataFrame.

        Returns
        -------
        pandas.DataFrame
            Columns target, similarity, contribution and change_on_deletion; the index is the row.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        columns = {name: getattr(self, name) for name in _COLUMNS[1:]}
        return as_frame(columns, self.row, "row")

    def plot(
        self, names: Sequence[str] | None = None, *, unit: str = "", ax: Axes | None = None
    ) -> Axes:
        """Draw what the rows contribute, and what their deletion does.

        Parameters
        ----------
        names : sequence of str, optional
            A name for each of the rows. Default: the row's number and target.
        unit : str
            Unit of the target, for the labels.
        ax : matplotlib.axes.Axes, optional
            Where to draw; a new figure by default.

        Returns
        -------
        matplotlib.axes.Axes
            As of `paris_core.plotting.plot_explanation`.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError, ValueError
            If `names` or `unit` are no text, or there are not as many names as rows.
        """
        from ..plotting import plot_explanation

        return plot_explanation(self, names=names, unit=unit, ax=ax)

    def _lines(self) -> list[list[str]]:
        """The cells of a table, its head first."""
        lines = [[name.replace("_", " ") for name in _COLUMNS]]
        lines += [
            [str(values[0]), *(f"{value:.4g}" for value in values[1:])]
            for values in zip(*(getattr(self, name) for name in _COLUMNS), strict=True)
        ]
        lines.append([f"{self.n_rest} others", "", "", f"{self.rest:.4g}", ""])
        lines.append(["prediction", "", "", f"{self.prediction:.4g}", ""])
        return lines

    def __str__(self) -> str:
        lines = self._lines()
        width = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join(
            "  ".join(cell.rjust(w) for cell, w in zip(line, width, strict=True)).rstrip()
            for line in lines
        )

    def _repr_html_(self) -> str:
        head, *lines = self._lines()
        title = f"Prediction {self.prediction:.4g}, and the training rows behind it"
        return notebook.block(title, head, lines)

    def __repr__(self) -> str:
        return (
            f"Explanation(prediction={self.prediction:.6g}, {len(self.row)} rows shown, "
            f"{self.n_rest} others contribute {self.rest:.6g}, lam={self.lam:.3g})"
        )


_COLUMNS = ("row", "target", "similarity", "contribution", "change_on_deletion")


def explain(
    Phi: ArrayLike,
    y: ArrayLike,
    phi: ArrayLike,
    *,
    lam: float | str,
    k: int = 10,
    kept: ArrayLike | None = None,
    sample_weight: ArrayLike | None = None,
    n_threads: int | None = None,
) -> Explanation:
    """Name the training rows that pull one prediction up and down most.

    Parameters
    ----------
    Phi : (N, D) array_like of float
        Features of the training rows.
    y : (N,) array_like of float
        Targets. For several outputs explain one column at a time: with one `lam` the outputs do
        not depend on each other.
    phi : (D,) array_like of float
        Features of the row that is predicted.
    lam : float or {"auto", "gcv", "evidence"}
        Ridge parameter, as for `paris_core.prune`.
    k : int, default 10
        At most so many rows are named in each direction; >= 1.
    kept : (M,) array_like of int, or (N,) mask, optional
        The rows that the ridge is fitted to, such as `PruneResult.kept`. Default: all. Rows are
        named by their positions in `Phi` all the same.
    sample_weight : (N,) array_like of float, optional
        Weights a >= 0 of the rows of `Phi`, as for `paris_core.prune`. Default: ones.
    n_threads : int, optional
        Threads for the factorization. Default: all cores.

    Returns
    -------
    Explanation

    Raises
    ------
    NotPositiveDefiniteError
        If ``Phi'Phi + lam I`` is not positive definite to working precision.
    TypeError, ValueError
        If an argument has the wrong type, shape or value.

    See Also
    --------
    paris_core.influence_matrix : all contributions to many predictions.

    Notes
    -----
    By the representer theorem φ'w = Σ_k φ'φ_k α_k with α = (y - Phi w)/λ, times a_k for a row of
    that weight; these are the contributions. They are not effects: α depends on all rows together,
    and a deleted row's neighbours take over. What deletion does is -(φ'A⁻¹φ_k) e_k/(1 - h_k),
    exactly, with A = Phi'Phi + λI, e = y - Phi w and h_k = φ_k'A⁻¹φ_k (Sherman-Morrison; with
    weights of rows times the roots of these); the two may even differ in sign. ND² time (again for
    a named row of leverage within 1e-6 of one, where the formula would cancel and the ridge is
    refitted) and O(D² + N) memory.

    Examples
    --------
    >>> import numpy as np
    >>> import paris_core
    >>> Phi = np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0], [1.0, 3.0]])
    >>> y = [0.0, 1.0, 2.0, 7.0]
    >>> explanation = paris_core.explain(Phi, y, [1.0, 4.0], lam=1.0, k=1)
    >>> print(explanation)  # the last row lies above the line of the others
           row  target  similarity  contribution  change on deletion
             3       7          13            23              -3.892
             2       2           9        -12.92              0.9744
      2 others                            -3.051
    prediction                             7.026
    """
    features = arrays.matrix("Phi", Phi)
    targets = arrays.vector("y", y, len(features), "Phi", vanishing=False)
    probe = arrays.real_array("phi", phi)
    if probe.shape != features.shape[1:]:
        raise ValueError(
            f"phi must be one row, of shape ({features.shape[1]},) like the rows of Phi, "
            f"got shape {probe.shape}"
        )
    wanted = checks.integer("k", k, 1)
    row_weight = weighting.checked("sample_weight", sample_weight, len(features))
    rows = np.arange(len(features), dtype=np.int64)
    if kept is not None:
        rows = _kept_rows(kept, len(features))
        memory.require(
            8 * len(rows) * features.shape[1], "a copy of the rows of kept", "name fewer rows"
        )
        cost = interruptible.PASS * len(rows) * features.shape[1]
        features = interruptible.call(cost, np.take, features, rows, axis=0)
        targets = targets[rows]
        row_weight = _of_the_kept(row_weight, rows)
    threads = checks.n_threads(n_threads)
    fitted = weighting.scaled(features, targets, row_weight)
    penalty = regularization.parse(lam, *fitted, threads, row_weight)

    factor = RidgeFactor(*fitted, penalty, n_threads=threads)
    weights = factor.weights
    errors = targets - core.row_products(features, weights)
    if row_weight is not None:
        errors *= row_weight
    similarity = core.row_products(features, probe)
    contribution = similarity * errors / penalty
    up, down = (np.argsort(sign * contribution, kind="stable") for sign in (-1, 1))
    shown = np.concatenate(
        [up[contribution[up] > 0][:wanted], down[contribution[down] < 0][:wanted]]
    )

    prediction = float(probe @ weights)
    solved = factor.solve(probe)
    change = np.empty(len(shown))
    for place, row in enumerate(shown):
        gap = 1.0 - float(fitted[0][row] @ factor.solve(fitted[0][row]))
        if gap > _CLOSE:
            change[place] = -float(features[row] @ solved) * errors[row] / gap
        else:
            without = RidgeFactor(*fitted, penalty, n_threads=threads)
            without.remove(int(row))
            change[place] = probe @ (without.weights - weights)
    return Explanation(
        prediction=prediction,
        row=rows[shown],
        target=targets[shown],
        similarity=similarity[shown],
        contribution=contribution[shown],
        change_on_deletion=change,
        rest=prediction - math.fsum(contribution[shown]),
        n_rest=len(features) - len(shown),
        lam=penalty,
    )


def _of_the_kept(weight: FloatArray | None, rows: IntArray) -> FloatArray | None:
    """The weights of these rows, not all zero."""
    if weight is None:
        return None
    if not weight[rows].any():
        raise ValueError("sample_weight must not be zero for all rows of kept")
    return weight[rows]


def _kept_rows(kept: ArrayLike, n_rows: int) -> IntArray:
    """`kept` as row numbers, ascending."""
    if as_array("kept", kept).dtype == np.bool_:
        rows = np.flatnonzero(arrays.mask("kept", kept, n_rows, "Phi")).astype(np.int64)
    else:
        rows = np.sort(arrays.distinct_rows("kept", kept, n_rows, "Phi"))
    if not len(rows):
        raise ValueError("kept must hold at least one row, got none")
    return rows
