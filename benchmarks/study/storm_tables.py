"""Tables of the storm study: pooled errors, and what changes against "everything".

python -m benchmarks.study.storm_tables [--results FILE.csv] [--storms all|tuning|reporting]
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from .grid import Row, read
from .tables import (
    RESAMPLES,
    arguments,
    halves,
    markdown,
    number,
    whole_cells,
    with_change,
)

SHOWN = {"all": "", "<= -50": " -50", "<= -100": " -100", "<= -200": " -200", "5 %": " 5%"}


class Pool:
    """Squared errors of one task, (methods, storms, seeds), over cells that all methods have."""

    def __init__(self, rows: list[Row], which: str = "all") -> None:
        self.methods, whole = whole_cells(rows, ("storm", "seed"))
        seeds = {
            seed
            for _, seed in whole
            if {storm for storm, s in whole if s == seed} == {storm for storm, _ in whole}
        }
        chosen = halves(sorted({storm for storm, _ in whole}, key=int))[which]
        self.storms, self.seeds = chosen, sorted(seeds)
        self._cells = [[whole[storm, seed] for seed in self.seeds] for storm in self.storms]

    def table(self, name: str, method: str) -> np.ndarray:
        """(storms, seeds) of a column."""
        return np.array([[float(cell[method][name]) for cell in line] for line in self._cells])

    def rmse(self, method: str, region: str, drawn: np.ndarray | None = None) -> np.ndarray:
        """Pooled over storms, mean over seeds; for each row of `drawn` (resamples, storms)."""
        sse, n = self.table(f"sse{region}", method), self.table(f"n{region}", method)
        drawn = np.arange(len(self.storms))[np.newaxis] if drawn is None else drawn
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.sqrt(sse[drawn].sum(axis=1) / n[drawn].sum(axis=1)).mean(axis=1)

    def change(self, method: str, region: str) -> tuple[float, float, float]:
        """Against everything, and its 95 % interval over storms: NaN, if there is only one."""

        def changes(drawn: np.ndarray | None = None) -> np.ndarray:
            base = self.rmse("everything", region, drawn)
            return self.rmse(method, region, drawn) / base - 1.0

        n = len(self.storms)
        low = high = np.nan
        if n > 1:
            drawn = np.random.default_rng(0).integers(n, size=(RESAMPLES, n))
            low, high = np.nanquantile(changes(drawn), [0.025, 0.975])
        return changes()[0], low, high


def lines(pool: Pool) -> str:
    """A Markdown table: RMSE in nT, and the change in % with a 95 % interval over storms."""
    body = []
    for method in pool.methods:
        cells = []
        for region in SHOWN.values():
            value = pool.rmse(method, region)[0]
            if method == "everything":
                cells.append(f"{value:.1f}")
            else:
                cells.append(with_change(value, *pool.change(method, region)))
        kept = pool.table("kept", method).mean()
        body.append([method, f"{kept:.0%}", *cells])
    return markdown(["method", "kept", *SHOWN], body)


def pools(rows: list[Row], which: str = "all") -> dict[tuple[str, str], Pool]:
    """Of each task: inputs and horizon."""
    tasks: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        tasks[row["inputs"], row["horizon"]].append(row)
    return {task: Pool(found, which) for task, found in tasks.items()}


def main() -> None:
    args = arguments(__doc__, "storms", halved="storms")
    for (inputs, horizon), pool in pools(read(args.results), args.storms).items():
        units = f"{number(len(pool.storms), 'storm')}, {number(len(pool.seeds), 'seed')}"
        print(
            f"\n{inputs}, {horizon} h ahead: {units}; RMSE in nT, change against everything and "
            "its 95 % interval over storms\n"
        )
        print(lines(pool))


if __name__ == "__main__":
    main()
