"""Tables of the compression study: errors as multiples of those after learning from everything.

python -m benchmarks.study.compression_tables [--results FILE.csv]
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from .compression_methods import METHODS, SHARES
from .grid import Row, read
from .tables import arguments, change, markdown, number

ENOUGH = 1.01  # of the error of everything
HELD_OUT = "held-out rows only", 0.0

# (all, tail) / that of everything, of each method and share: a line for each task and seed.
Ratios = dict[tuple[str, float], np.ndarray]


def ratios(rows: list[Row]) -> Ratios:
    """Of one refit; to "everything" with the same refit, task and seed."""
    errors: dict[tuple[str, str], dict[tuple[str, float], np.ndarray]] = defaultdict(dict)
    for row in rows:
        both = np.array([float(row["rmse"]), float(row["rmse_tail"])])
        errors[row["task"], row["seed"]][row["method"], float(row["keep"])] = both
    found: dict[tuple[str, float], list[np.ndarray]] = defaultdict(list)
    for cell in errors.values():
        for key, both in cell.items():
            found[key].append(both / cell["everything", 1.0])
    return {key: np.array(values) for key, values in found.items()}


def fewest(found: Ratios, method: str) -> str:
    """The least share from which on both mean errors stay within 1 %."""
    best = "-"
    for share in SHARES:
        if (method, share) not in found or (found[method, share].mean(axis=0) > ENOUGH).any():
            break
        best = f"{share:.0%}"
    return best


def table(found: Ratios) -> str:
    """Means over tasks and seeds; bold where all and tail are within 1 %."""

    def cell(values: np.ndarray) -> str:
        means = values.mean(axis=0)
        text = f"{means[0]:.3f} / {means[1]:.3f}"
        return f"**{text}**" if (means <= ENOUGH).all() else text

    lines = []
    for method in METHODS:
        if method == HELD_OUT[0] and HELD_OUT in found:
            lines.append([f"{method}: {cell(found[HELD_OUT])}", *[""] * (len(SHARES) + 1)])
        elif (method, SHARES[0]) in found:
            cells = [cell(found[method, share]) for share in SHARES]
            lines.append([method, *cells, fewest(found, method)])
    return markdown(["method", *[f"{s:.0%}" for s in SHARES], "fewest within 1 %"], lines)


def changes(found: Ratios, region: int) -> str:
    """Geometric means over tasks and seeds in %, and 95 % intervals, which resample both.

    Region 0 are all test rows, 1 is the tail.
    """
    body = [
        [method, *[change(found[method, share][:, region]) for share in SHARES]]
        for method in METHODS
        if (method, SHARES[0]) in found
    ]
    return markdown(["method", *[f"{s:.0%}" for s in SHARES]], body)


def main() -> None:
    rows = read(arguments(__doc__, "compression").results)
    for refit in ("head", "network"):
        judged = [row for row in rows if row["refit"] == refit]
        for task in dict.fromkeys(row["task"] for row in judged):
            own = [row for row in judged if row["task"] == task]
            whole = [row for row in own if row["method"] == "everything"]
            everywhere, tail = (
                np.mean([float(row[name]) for row in whole]) for name in ("rmse", "rmse_tail")
            )
            print(
                f"\n{task}, {refit} refitted, {number(len(whole), 'seed')}: RMSE of all test rows "
                "/ of the tail, as a multiple of that with everything "
                f"({everywhere:.4g} / {tail:.4g})\n"
            )
            print(table(ratios(own)))
        for region, name in enumerate(("of all test rows", "in the tail")):
            print(
                f"\nAll tasks, {refit} refitted: change of the RMSE {name} against everything, "
                "geometric mean and 95 % interval over tasks and seeds\n"
            )
            print(changes(ratios(judged), region))


if __name__ == "__main__":
    main()
