"""Tables of the study of all hours: errors, and what changes against a network on everything.

python -m benchmarks.study.all_hours_tables [--results FILE.csv]
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from .grid import Row, read
from .tables import arguments, markdown, number, with_change

SHOWN = {"all": "", "<= -50": " -50", "<= -100": " -100", "<= -200": " -200"}
SHOWN |= {"1 %": " 1%", "5 %": " 5%", "10 %": " 10%", "20 %": " 20%"}
BASE = "everything", "network"


def table(rows: list[Row], regions: Sequence[str] = tuple(SHOWN)) -> str:
    """Means over seeds: RMSE in nT, and in brackets the change in % and its interval."""
    found: dict[tuple[str, str], dict[str, Row]] = defaultdict(dict)
    for row in rows:
        found[row["method"], row["refit"]][row["seed"]] = row
    lines = []
    for (method, refit), by_seed in found.items():
        line = [f"{method}, {refit}", f"{_mean(by_seed, 'kept'):.0%}"]
        line.append(f"{_mean(by_seed, 'seconds'):.0f}")
        for region in (SHOWN[name] for name in regions):
            own = {seed: _rmse(row, region) for seed, row in by_seed.items()}
            error = float(np.mean(list(own.values())))
            if (method, refit) == BASE:
                line.append(f"{error:.1f}")
            else:
                usual = {seed: _rmse(found[BASE][seed], region) for seed in own}
                change = np.mean([own[seed] / usual[seed] for seed in own]) - 1.0
                low, high = (_mean(by_seed, f"{end}{region}") for end in ("low", "high"))
                line.append(with_change(error, change, low, high))
        lines.append(line)
    return markdown(["method, refit", "kept", "s", *regions], lines)


def _rmse(row: Row, region: str) -> float:
    return float(np.sqrt(float(row[f"sse{region}"]) / float(row[f"n{region}"])))


def _mean(by_seed: dict[str, Row], name: str) -> float:
    return float(np.mean([float(row[name]) for row in by_seed.values()]))


def main() -> None:
    rows = read(arguments(__doc__, "all_hours").results)
    seeds = number(len({row["seed"] for row in rows}), "seed")
    print(
        f"\n{seeds}; RMSE in nT, in brackets the change against the network on everything and its "
        "95 % interval from resampled test blocks; means over seeds, of the ends of the intervals, "
        "too\n"
    )
    print(table(rows))


if __name__ == "__main__":
    main()
