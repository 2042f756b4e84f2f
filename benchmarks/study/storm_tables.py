"""Tables of the storm study: pooled errors, and what changes against "everything".

python benchmarks/study/storm_tables.py [--results FILE.csv] [--storms all|tuning|reporting]
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path

import numpy as np
from grid import Row, read
from tables import RESAMPLES, halves, markdown, whole_cells

HERE = Path(__file__).resolve().parent
SHOWN = {"all": "", "<= -50": " -50", "<= -100": " -100", "<= -200": " -200", "5 %": " 5%"}


class Pool:
    """Squared errors of one task, (methods, storms, seeds), over cells that all methods have."""

    def __init__(self, rows: list[Row], which: str) -> None:
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


def lines(pool: Pool) -> str:
    """A Markdown table: RMSE in nT, and the change in % with a 95 % interval over storms."""
    rng = np.random.default_rng(0)
    drawn = rng.integers(len(pool.storms), size=(RESAMPLES, len(pool.storms)))
    body = []
    for method in pool.methods:
        cells = []
        for region in SHOWN.values():
            value = pool.rmse(method, region)[0]
            if method == "everything":
                cells.append(f"{value:.1f}")
                continue
            change = pool.rmse(method, region, drawn) / pool.rmse("everything", region, drawn) - 1
            low, high = 100 * np.nanquantile(change, [0.025, 0.975])
            base = pool.rmse("everything", region)[0]
            cells.append(
                f"{value:.1f} ({100 * (value / base - 1):+.0f} %: {low:+.0f}, {high:+.0f})"
            )
        kept = pool.table("kept", method).mean()
        body.append([method, f"{kept:.0%}", *cells])
    return markdown(["method", "kept", *SHOWN], body)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--results", type=Path, default=HERE / "results" / "storms.csv")
    parser.add_argument("--storms", choices=("all", "tuning", "reporting"), default="all")
    args = parser.parse_args()
    tasks: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in read(args.results):
        tasks[row["inputs"], row["horizon"]].append(row)
    for (inputs, horizon), rows in tasks.items():
        pool = Pool(rows, args.storms)
        print(
            f"\n{inputs}, {horizon} h ahead: {len(pool.storms)} storms, {len(pool.seeds)} seeds; "
            "RMSE in nT, change against everything and its 95 % interval over storms\n"
        )
        print(lines(pool))


if __name__ == "__main__":
    main()
