"""Tables of the ablations: changes of errors against the network trained on everything.

python -m benchmarks.study.ablation_tables [--results FILE.csv]
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from .grid import Row, read
from .tables import arguments, change, markdown, number

MODELS = ("head", "network")
REGIONS = {"all hours": "", "Dst <= -100": "_tail"}
SHARES = ("90", "70", "50", "30", "20")  # % kept, of those in the file

BySeed = dict[str, Row]


class Ablation:
    """The rows of one ablation."""

    def __init__(self, rows: list[Row]) -> None:
        self._found: dict[tuple[str, str], dict[str, list[Row]]] = defaultdict(dict)
        for row in rows:
            self._found[row["setting"], row["method"]].setdefault(row["seed"], []).append(row)
        self.settings = list(dict.fromkeys(setting for setting, _ in self._found))
        self.methods = list(dict.fromkeys(method for _, method in self._found))

    def at(self, setting: str, method: str, kept: str) -> BySeed:
        """The rows at a share kept."""
        found = self._found[setting, method]
        return {s: next(row for row in rows if row["kept"] == kept) for s, rows in found.items()}

    def last(self, setting: str, method: str) -> BySeed:
        """The rows at the smallest share kept."""
        return {seed: rows[-1] for seed, rows in self._found[setting, method].items()}

    def chosen(self, setting: str, method: str, model: str) -> BySeed:
        """The rows at the shares where the monitor rows' error is least."""
        found = self._found[setting, method]
        return {
            seed: min(rows, key=lambda row: float(row[f"{model}_monitor"]))
            for seed, rows in found.items()
        }

    def change(self, rows: BySeed, model: str, region: str) -> str:
        """Against the network on everything."""
        ratios = []
        for seed, row in rows.items():
            (everything,) = self._found[row["setting"], "everything"][seed]
            ratios.append(float(row[model + region]) / float(everything["network" + region]))
        return change(np.array(ratios))


def mean(rows: BySeed, column: str) -> float:
    return float(np.mean([float(row[column]) for row in rows.values()]))


def retraining(ablation: Ablation) -> str:
    """Of networks trained on the rows kept: all hours; tail."""
    lines = []
    for method in ablation.methods:
        if method in ("everything", "validation rows only"):  # not a matter of shares
            continue
        for setting in ablation.settings:
            found = [ablation.at(setting, method, share) for share in SHARES]
            found.append(ablation.chosen(setting, method, "network"))
            changes = [
                "; ".join(ablation.change(rows, "network", region) for region in REGIONS.values())
                for rows in found
            ]
            changes[-1] += f" at {mean(found[-1], 'kept'):.0f} %"
            lines.append([method, setting, *changes])
    head = ["method", "features renewed", *(f"{share} % kept" for share in SHARES)]
    return markdown([*head, "least monitor error"], lines)


def errors(ablation: Ablation, name: str, facts: dict[str, str]) -> str:
    """The errors of every setting and method; `facts` are columns to show, and their formats."""
    lines = []
    for method in ablation.methods:
        for setting in ablation.settings:
            rows = ablation.last(setting, method)
            shown = [f"{mean(rows, fact):{form}}" for fact, form in facts.items()]
            changes = [
                ablation.change(rows, model, region)
                for model in MODELS
                for region in REGIONS.values()
            ]
            lines.append([method, setting, *shown, *changes])
    columns = [f"{model}, {region}" for model in MODELS for region in REGIONS]
    return markdown(["method", name, *facts, *columns], lines)


def table(name: str, rows: list[Row]) -> str:
    """Of one ablation."""
    ablation = Ablation(rows)
    if name == "retraining":
        return retraining(ablation)
    if name == "lambda":
        facts = {"lam": ".3g", "rebuilds": ".1f", "pivot": ".0e", "drift": ".0e"}
        return errors(ablation, "λ", facts)
    return errors(ablation, "rare rows that steer", {"kept": ".0f"})


def main() -> None:
    ablations: dict[str, list[Row]] = defaultdict(list)
    for row in read(arguments(__doc__, "ablations").results):
        ablations[row["ablation"]].append(row)
    for name, rows in ablations.items():
        seeds = len({row["seed"] for row in rows})
        print(
            f"\n{name}: change of RMSE against the network on everything, geometric mean over "
            f"{number(seeds, 'seed')}, and its 95 % interval from resampled seeds\n"
        )
        print(table(name, rows))


if __name__ == "__main__":
    main()
