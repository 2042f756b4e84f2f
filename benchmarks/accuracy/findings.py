"""What an experiment finds: a table of the page, and the figures that are promised."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np


@dataclass
class Findings:
    """Lines of a table under its head, and by promise the largest figure seen."""

    head: tuple[str, ...]
    lines: list[tuple[str, ...]] = field(default_factory=list)
    largest: dict[str, float] = field(default_factory=dict)

    def add(self, *cells: str | float) -> None:
        self.lines.append(tuple(map(shown, cells)))

    def note(self, promise: str, *figures: float) -> None:
        """Keep the largest figure of those that a promise is about; NaN counts as that."""
        self.largest[promise] = float(np.max([self.largest.get(promise, 0.0), *figures]))

    def markdown(self) -> str:
        return markdown(self.head, self.lines)


def markdown(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    rows = [head, ["---"] * len(head), *lines]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def shown(cell: str | float) -> str:
    """Text and counts as they are, other numbers with two digits."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, int | np.integer):
        return f"{cell:,}"
    if cell == 0 or not np.isfinite(cell):
        return f"{cell:g}"
    if 1e-2 <= abs(cell) < 1e3:
        return f"{cell:.2g}" if abs(cell) < 100 else f"{cell:.0f}"
    mantissa, exponent = f"{cell:.1e}".split("e")
    return f"{mantissa.removesuffix('.0')}e{int(exponent)}"
