"""The ridge parameter that deletions are judged with."""

from __future__ import annotations

from ... import regularization
from ..._support.arrays import FloatArray
from ...linalg import weighting
from .deletions import Evidence

__all__ = ["penalty"]


def penalty(lam: float | str, evidence: Evidence, n_threads: int) -> float:
    """`lam` as a number; "auto": by generalised cross-validation, of whichever rows find less.

    The best λ is the variance of the noise over that of the weights, however many rows there are.
    Where half of the labels have a wrong sign, the training rows show no signal at all and ask for
    a λ at which nothing can be told from anything; the validation rows show it. These are asked
    where they outnumber the features: fewer are fitted exactly by any small λ.
    """
    Phi, y, Phi_val, y_val = evidence.arrays
    found = _of(lam, Phi, y, evidence.weight, n_threads)
    n_val = weighting.n_counted(evidence.own_val_weight, len(Phi_val))
    if lam == "auto" and n_val > Phi.shape[1]:
        return min(found, _of(lam, Phi_val, y_val, evidence.own_val_weight, n_threads))
    return found


def _of(
    lam: float | str, Phi: FloatArray, y: FloatArray, weight: FloatArray | None, n_threads: int
) -> float:
    """By rows with these weights."""
    return regularization.parse(lam, *weighting.scaled(Phi, y, weight), n_threads, weight)
