"""Selection by what happened to each row during training."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import ArrayLike

from .._support import arrays, checks
from .._support.arrays import BoolArray, FloatArray, IntArray
from .._support.conversion import as_array
from ..validation.encoding import class_codes
from .sampling import largest

_ROUNDING = 1e-3  # sums of probabilities may be off by so much: half precision is at 5e-4


class TrainingHistory:
    """Collect the predictions of every epoch of training a classifier.

    Parameters
    ----------
    labels : (N,) array_like of int, bool or str
        Class of each training row.
    classes : (C,) array_like of int, bool or str, optional
        The class of each column of the probabilities. Default: the labels that occur, ascending.
    window : int, default 10
        Epochs over which dynamic uncertainty looks for variation, at least 2.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type, shape or value.

    Notes
    -----
    An update takes O(N (C + window)) with probabilities, O(N) with labels. Memory: 16 N `window`
    bytes with probabilities, a few vectors with labels; the length of training plays no part.

    Examples
    --------
    >>> import numpy as np
    >>> from paris_core.selection import TrainingHistory
    >>> history = TrainingHistory(["a", "b", "b", "a"])
    >>> for predicted in (["a", "b", "a", "b"], ["a", "a", "a", "b"], ["a", "b", "b", "b"]):
    ...     history.update(predicted)
    >>> history.forgetting_counts()
    array([ 0.,  1.,  0., inf])
    >>> history.select("forgetting", keep=2)
    array([1, 3])
    """

    #: Names of the scores that `select` knows.
    NAMES = ("forgetting", "dynamic_uncertainty")

    def __init__(
        self, labels: ArrayLike, *, classes: ArrayLike | None = None, window: int = 10
    ) -> None:
        self._codes, self._classes = class_codes("labels", labels, classes)
        self._n_epochs = 0
        self._correct: BoolArray = np.zeros(self._codes.size, dtype=np.bool_)
        self._learned = self._correct.copy()
        self._forgotten = np.zeros(self._codes.size)
        self._recent: deque[FloatArray] = deque(maxlen=checks.integer("window", window, 2, 2**31))
        self._deviations = np.zeros(self._codes.size)  # summed over the windows
        self._form: str | None = None  # of all the updates

    def update(self, predictions: ArrayLike) -> None:
        """Add the predictions of one epoch.

        Parameters
        ----------
        predictions : (N,) array_like of int, bool or str, or (N, C) array_like of float
            Predicted labels, or the probabilities of the classes, which dynamic uncertainty needs;
            of these the largest is the label that is predicted (ties: the first class). Either the
            one or the other in all epochs.

        Raises
        ------
        TypeError, ValueError
            If `predictions` has the wrong type, shape or value, or is not of the form of the epochs
            before. The history is then unchanged.
        """
        form = "labels" if as_array("predictions", predictions).ndim == 1 else "probabilities"
        if self._form not in (None, form):
            raise ValueError(f"predictions must be {self._form} as in earlier epochs, got {form}")
        if form == "labels":
            correct = self._predicted_codes(predictions) == self._codes
        else:
            table = self._probabilities(predictions)
            correct = table.argmax(axis=1) == self._codes
            self._recent.append(table[np.arange(self._codes.size), self._codes])
            if len(self._recent) == self._recent.maxlen:
                self._deviations += np.std(self._recent, axis=0, ddof=1)
        self._forgotten += self._correct & ~correct
        self._learned |= correct
        self._correct = correct
        self._form = form
        self._n_epochs += 1

    @property
    def n_epochs(self) -> int:
        """How many epochs have been added."""
        return self._n_epochs

    def forgetting_counts(self) -> FloatArray:
        """How often each row went from right in one epoch to wrong in the next.

        Returns
        -------
        (N,) ndarray of float64
            The counts; infinity for rows that were never right.

        Raises
        ------
        ValueError
            If there is no epoch yet.

        Notes
        -----
        Toneva et al. (2019), section 3, with an epoch for their presentation of a row.
        """
        if not self._n_epochs:
            raise ValueError("there is no epoch yet; call update after each one")
        return np.where(self._learned, self._forgotten, np.inf)

    def dynamic_uncertainty(self) -> FloatArray:
        """Variation of the probability of each row's class while training.

        Returns
        -------
        (N,) ndarray of float64
            Standard deviation (with ``window - 1`` in the denominator) over `window` consecutive
            epochs, averaged over all such windows.

        Raises
        ------
        ValueError
            If there are fewer than `window` epochs, or labels were added instead of probabilities.

        Notes
        -----
        He et al., "Large-scale Dataset Pruning with Dynamic Uncertainty" (2023), section 3.
        """
        if self._form == "labels":
            raise ValueError("dynamic uncertainty needs probabilities, but labels were added")
        n_windows = self._n_epochs - self._window + 1
        if n_windows < 1:
            raise ValueError(
                f"dynamic uncertainty needs at least window={self._window} epochs, "
                f"there are {self._n_epochs}"
            )
        return self._deviations / n_windows

    def select(
        self,
        name: str,
        *,
        keep: float,
        random_state: int | np.random.Generator | None = None,
    ) -> IntArray:
        """Choose the training rows to keep: those with the largest scores.

        Parameters
        ----------
        name : {"forgetting", "dynamic_uncertainty"}
            The score: `forgetting_counts` (Toneva et al. 2019) or `dynamic_uncertainty` (He et al.
            2023).
        keep : int or float
            How many rows to keep: an int with 1 <= keep <= N, or a fraction in (0, 1) of N,
            rounded.
        random_state : int, numpy.random.Generator or None
            Decides between equal scores, of which forgetting counts have many.

        Returns
        -------
        ndarray of int64
            The rows to keep, ascending.

        Raises
        ------
        TypeError, ValueError
            If an argument has the wrong type or value, or the score cannot be computed.

        Notes
        -----
        O(N log N).
        """
        checks.choice("name", name, self.NAMES)
        n_kept = checks.n_kept(keep, self._codes.size)
        rng = checks.generator("random_state", random_state)
        scores = self.forgetting_counts() if name == "forgetting" else self.dynamic_uncertainty()
        return np.sort(largest(scores, n_kept, rng))

    def __repr__(self) -> str:
        return (
            f"TrainingHistory({self._codes.size} rows, {len(self._classes)} classes, "
            f"{self._n_epochs} epochs)"
        )

    @property
    def _window(self) -> int:
        assert self._recent.maxlen is not None  # set when it was made
        return self._recent.maxlen

    def _predicted_codes(self, predictions: ArrayLike) -> IntArray:
        """The columns of predicted labels (N,)."""
        codes, _ = class_codes("predictions", predictions, self._classes)
        if codes.shape != self._codes.shape:
            raise ValueError(
                f"predictions must have {self._codes.size} rows like labels, got {codes.size}"
            )
        return codes

    def _probabilities(self, predictions: ArrayLike) -> FloatArray:
        table = arrays.real_array("predictions", predictions)
        wanted = (self._codes.size, len(self._classes))
        if table.shape != wanted:
            raise ValueError(
                f"predictions must have shape {wanted[:1]} (labels) or {wanted} (probabilities), "
                f"got {table.shape}"
            )
        off = np.abs(table.sum(axis=1) - 1.0) > _ROUNDING
        off |= (table < 0).any(axis=1)
        if off.any():
            row = int(np.argmax(off))
            raise ValueError(
                f"predictions must be probabilities, >= 0 with sum 1, got {table[row]} in row {row}"
            )
        return table
