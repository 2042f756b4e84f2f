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
    "factor": Promise("L Lᵀ after any number of removals", 1e-11),
    "factor of scaled columns": Promise("the same, columns 1e8 apart", 1e-8),
    "weights": Promise("w after removals, in units of ε · condition of A", 1e3),
    "fresh weights": Promise("w of a fresh fit, in the same units", 1e2),
    "weights of scaled columns": Promise("single weights, columns 1e8 apart", 1e-8),
    "weights after many removals": Promise("w after 50,000 removals", 1e-12),
    "one downdate": Promise("L Lᵀ after one `cholesky_downdate`", 1e-14),
    "huge targets": Promise("w and loss after targets of up to 1e37 have left", 1e-9),
    "huge rows": Promise("w after rows up to 1e8 times as large have left", 1e-9),
    "deletions after a huge target": Promise("deletions that then differ, of 100", 0),
    "ΔL near 1": Promise("ΔL of `refit`, 1 - h down to 1e-15 (of huge rows 1e-10)", 1e-9),
    "state after a leverage near 1": Promise("loss and w after such a row", 1e-9),
    "best row near the optimum": Promise("best rows missed, candidates 1e-14 apart", 0),
    "order": Promise("a deletion is worse than the best one, trace(A)/λ below 1e12", 1e-9),
}


def together(found: Iterable[Findings]) -> dict[str, float]:
    """The largest figure by promise, over experiments."""
    all_of_them = Findings(())
    for findings in found:
        for name, figure in findings.largest.items():
            all_of_them.note(name, figure)
    return all_of_them.largest


def broken(figures: dict[str, float]) -> list[str]:
    """A line for each promise that does not hold, or of which nothing has been seen."""
    lines = []
    for name, promise in PROMISES.items():
        figure = figures.get(name, float("nan"))
        if not figure <= promise.bound:
            lines.append(f"{promise.figure}: {shown(figure)}, promised {shown(promise.bound)}")
    return lines


def table(figures: dict[str, float]) -> str:
    lines = [(p.figure, shown(p.bound), shown(figures[name])) for name, p in PROMISES.items()]
    return markdown(("promised", "at most", "seen"), lines)
