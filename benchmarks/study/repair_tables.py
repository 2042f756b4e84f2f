"""Tables of the repair study: errors against those of the model with the true targets.

python benchmarks/study/repair_tables.py [--results FILE.csv]
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path

import numpy as np
from grid import read
from repair_methods import METHODS

HERE = Path(__file__).resolve().parent


def table(cells: dict[tuple[str, str], dict[str, tuple[float, float]]], task: str) -> list[str]:
    """RMSE over all test rows / in the tail: means over seeds, as a share of those of "clean"."""
    corruptions = list(dict.fromkeys(corruption for corruption, _ in cells))
    seeds = {c: [s for name, s in cells if name == c] for c in corruptions}
    head = " | ".join(f"{c} ({len(seeds[c])})" for c in corruptions)
    out = [f"| {task} | {head} |", "|---" * (len(corruptions) + 1) + "|"]
    for method in METHODS:
        line = []
        for corruption in corruptions:
            found = [cells[corruption, seed] for seed in seeds[corruption]]
            ratios = [np.divide(one[method], one["clean"]) for one in found if method in one]
            everywhere, tail = np.mean(ratios, axis=0)
            line.append(f"{everywhere:.2f} / {tail:.2f}")
        out.append(f"| {method} | {' | '.join(line)} |")
    return out


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--results", type=Path, default=HERE / "results" / "repair.csv")
    args = parser.parse_args()
    tasks: dict[tuple[str, str], dict[tuple[str, str], dict[str, tuple[float, float]]]]
    tasks = defaultdict(lambda: defaultdict(dict))
    for row in read(args.results):
        errors = float(row["rmse"]), float(row["rmse_tail"])
        cell = row["corruption"], row["seed"]
        tasks[row["task"], row["n_trusted"]][cell][row["method"]] = errors
    for (task, n_trusted), cells in tasks.items():
        print(
            f"\n{task}, {n_trusted} trusted rows: RMSE of all test rows / of the tail, as a "
            "multiple of the model with the true targets; in brackets the number of seeds\n"
        )
        print("\n".join(table(cells, task)))


if __name__ == "__main__":
    main()
