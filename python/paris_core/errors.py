"""Exceptions and warnings of paris_core."""

from __future__ import annotations

import numpy as np


class TailWarning(UserWarning):
    """The validation and monitor rows have too few rare targets to steer by, or to judge by."""


class WeakModelWarning(UserWarning):
    """The model of all training rows is no better than a constant on rows it was not fitted to."""


class ScaleWarning(UserWarning):
    """`X_val` or `y_val` seems to be in other units than `X` or `y`."""


class DuplicateRowsWarning(UserWarning):
    """Validation or monitor rows are training rows as well."""


class ManyRemovedWarning(UserWarning):
    """More than a third of the training rows were removed, and nobody had said how many to keep."""


class CheckpointWarning(UserWarning):
    """A checkpoint could not be written; the run goes on without, and tries again later."""


class NotPositiveDefiniteError(np.linalg.LinAlgError):
    """A matrix that must be positive definite is not, to working precision.

    Parameters
    ----------
    message : str
        What happened and what to do about it.
    pivot : int
        Index of the first pivot of the factorization that is not positive.

    Attributes
    ----------
    pivot : int
        As above.
    """

    def __init__(self, message: str, pivot: int) -> None:
        super().__init__(message)
        self.pivot = pivot

    def __reduce__(self) -> tuple[type[NotPositiveDefiniteError], tuple[str, int]]:
        return type(self), (str(self), self.pivot)

    @classmethod
    def for_ridge(cls, pivot: int, lam: float, sufficient_lam: float) -> NotPositiveDefiniteError:
        """Word the failure of a fresh factorization of Phi'Phi + lam I."""
        if not np.isfinite(sufficient_lam):
            return cls(
                f"Phi'Phi overflows float64 (pivot {pivot}): scale the columns of Phi, for "
                "example to unit variance",
                pivot,
            )
        return cls(
            f"Phi'Phi + lam*I of the kept rows is not positive definite at lam={lam:.3g} "
            f"(pivot {pivot}); lam={max(sufficient_lam, 2 * lam):.3g} would do, or scale the "
            "columns of Phi",
            pivot,
        )
