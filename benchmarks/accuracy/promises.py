"""What docs/numerics.md promises: a bound for each figure that the experiments note."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .findings import Findings, markdown, shown


@dataclass(frozen=True)
class Promise:
    figure: str  # as the page calls it
    bound: float


PROMISES = {
    "factor": Promise("L Lᵀ after any number of removals, relative to √(Aᵢᵢ Aⱼⱼ)", 1e-11),
    "factor of scaled columns": Promise("the same, columns being 1e8 apart", 1e-9),
    "weights": Promise("w after removals, as a multiple of ε · condition of A", 1e3),
    "fresh weights": Promise("w of a fresh fit, likewise", 1e2),
    "weights of scaled columns": Promise("a weight relative to itself, columns 1e8 apart", 1e-8),
    "weights after many removals": Promise(
        "w after 50,000 removals, condition of A below 1e3", 1e-12
    ),
    "one downdate": Promise("`cholesky_downdate`, once: L Lᵀ", 1e-14),
    "huge targets": Promise("w after targets of up to 1e37 have left", 1e-9),
    "huge rows": Promise("w after rows up to 1e8 times as large have left", 1e-9),
    "deletions after a huge target": Promise("deletions that then differ, of 100", 0),
    "ΔL near 1": Promise("`delta_loss` of refit where 1 - h is down to 1e-15", 1e-9),
    "state after a leverage near 1": Promise("loss and w after such a row", 1e-9),
    "best row near the optimum": Promise("best rows missed, candidates 1e-14 apart", 0),
    "order, λ = 1": Promise("a deletion is worse than the best one, λ = 1", 1e-9),
}


def kept(found: Iterable[Findings]) -> dict[str, float]:
    """The largest figure by promise, over experiments."""
    together = Findings(())
    for findings in found:
        for name, figure in findings.largest.items():
            together.note(name, figure)
    return together.largest


def broken(figures: dict[str, float]) -> list[str]:
    """One line for each promise that does not hold, or of which nothing has been seen."""
    return [
        f"{promise.figure}: {shown(figures.get(name, float('nan')))}, promised {shown(promise.bound)}"
        for name, promise in PROMISES.items()
        if not figures.get(name, float("nan")) <= promise.bound
    ]


def table(figures: dict[str, float]) -> str:
    return markdown(
        ("promised", "at most", "seen"),
        [
            (promise.figure, shown(promise.bound), shown(figures[name]))
            for name, promise in PROMISES.items()
        ],
    )
