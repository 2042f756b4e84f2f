"""The table of the public sets: ranks, and what changes against "everything".

python -m benchmarks.study.public_tables [--results FILE.csv] [--sets all|tuning|reporting]
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from scipy.stats import rankdata

from .grid import Row, read
from .public import SETS
from .tables import arguments, change, halves, markdown, number, whole_cells

METRICS = {"tail": "rmse_tail", "all": "rmse", "SERA": "sera"}
TIE = 0.01  # a set's mean ratio to "everything" so near 1 is a tie


class Pool:
    """Errors over sets, in cells that have all methods; a set counts as much as another."""

    def __init__(self, rows: Iterable[Row], sets: Sequence[str]) -> None:
        self.methods, self._cells = whole_cells(rows, ("set", "seed"))
        present = {name for name, _ in self._cells}
        self.sets = [name for name in sets if name in present]

    def table(self, name: str) -> list[np.ndarray]:
        """(seeds, methods) of a column, for each set."""
        return [
            np.array(
                [
                    [float(found[method][name]) for method in self.methods]
                    for (one, _), found in self._cells.items()
                    if one == chosen
                ]
            )
            for chosen in self.sets
        ]

    def means(self, name: str) -> np.ndarray:
        """(methods,)"""
        return np.mean([values.mean(axis=0) for values in self.table(name)], axis=0)

    def ranks(self, name: str) -> np.ndarray:
        """(methods,) mean ranks within cells, 1 the least error; those of ties are their mean."""
        tables = self.table(name)
        return np.mean([rankdata(values, axis=1).mean(axis=0) for values in tables], axis=0)

    def ratios(self, name: str) -> np.ndarray:
        """(sets, methods) geometric means over seeds of error / error of "everything"."""
        first = self.methods.index("everything")
        logs = [np.log(values / values[:, [first]]).mean(axis=0) for values in self.table(name)]
        return np.exp(logs)


def lines(pool: Pool) -> str:
    """A Markdown table."""
    kept, seconds = pool.means("kept"), pool.means("seconds")
    ranks = {name: pool.ranks(METRICS[name]) for name in ("tail", "all")}
    ratios = {name: pool.ratios(column) for name, column in METRICS.items()}
    body = []
    for place, method in enumerate(pool.methods):
        line = [method, f"{kept[place]:.0%}", *(f"{r[place]:.1f}" for r in ranks.values())]
        if method == "everything":
            line += [""] * (len(METRICS) + 1)
        else:
            line += [scores(ratios["tail"][:, place])]
            line += [change(values[:, place]) for values in ratios.values()]
        body.append([*line, f"{seconds[place]:.1f}"])
    head = ["method", "kept", "rank, tail", "rank, all", "tail: wins/ties/losses"]
    return markdown([*head, *METRICS, "seconds"], body)


def scores(ratios: np.ndarray) -> str:
    """Sets won, tied and lost."""
    wins, losses = int((ratios < 1.0 - TIE).sum()), int((ratios > 1.0 + TIE).sum())
    return f"{wins}/{len(ratios) - wins - losses}/{losses}"


def main() -> None:
    args = arguments(__doc__, "public", halved="sets")
    pool = Pool(read(args.results), halves(SETS)[args.sets])
    print(
        f"{number(len(pool.sets), 'set')} ({', '.join(pool.sets)}): mean ranks among "
        f'{len(pool.methods)} methods; change of errors against "everything", geometric mean over '
        "seeds and sets and its 95 % interval over sets\n"
    )
    print(lines(pool))


if __name__ == "__main__":
    main()
