"""The ridge parameter that deletions are judged with."""

from __future__ import annotations

from ... import regularization
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
    found = regularization.parse(lam, Phi, y, n_threads)
    if lam == "auto" and len(Phi_val) > Phi.shape[1]:
        return min(found, regularization.parse(lam, Phi_val, y_val, n_threads))
    return found
