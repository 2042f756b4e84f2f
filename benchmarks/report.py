"""What a benchmark prints and writes: figures, and whether they are what they must be."""

from __future__ import annotations

import csv
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ONE_THREAD = 1

Value = float | str
Figure = tuple[Value, str]  # value, unit


@dataclass
class Report:
    """Prints a line for each figure and keeps it, and what stands beside it, as tidy rows."""

    facts: dict[str, Any]
    path: Path | None
    rows: list[dict[str, Any]] = field(default_factory=list)

    def section(self, work: str, title: str, size: dict[str, int] | None = None) -> None:
        self._work, self._size = work, size or {}
        described = " ".join(f"{name}={number:,}" for name, number in self._size.items())
        print(f"\n{work}: {title}" + (f"; {described}" if described else ""))

    def say(self, text: str) -> None:
        print(f"  {text}", flush=True)

    def figure(
        self,
        name: str,
        figure: Figure,
        *,
        must: Value | None = None,
        aim: float | None = None,
        at_least: bool = False,
        beside: dict[str, Figure] | None = None,
        size: dict[str, int] | None = None,
        lam: float | str = "",
        threads: int = ONE_THREAD,
    ) -> None:
        """A figure, what it must and should be, and others that explain it."""
        value, unit = figure

        def holds(bound: Value) -> bool:
            if isinstance(bound, str) or isinstance(value, str):
                return value == bound
            return value >= bound if at_least else value <= bound

        verdict = ""
        if must is not None:
            verdict = "met" if holds(must) else "NOT MET"
        if aim is not None and holds(aim):
            verdict = "aim met"
        common = {"work": self._work, **dict.fromkeys("NDV", ""), **self._size, **(size or {})}
        common |= {"lam": lam, "threads": threads}
        bounds = {"must": "" if must is None else must, "aim": "" if aim is None else aim}
        rows = [(name, figure, bounds | {"verdict": verdict})]
        unjudged = dict.fromkeys((*bounds, "verdict"), "")
        rows += [(other, its_figure, unjudged) for other, its_figure in (beside or {}).items()]
        for label, (number, its_unit), judged in rows:
            self.rows.append(common | {"figure": label, "value": number, "unit": its_unit} | judged)

        sign = ">= " if at_least else "<= "
        cells = [("lam " + format(lam, "g")) if lam != "" else "", name, shown(*figure)]
        for bound, label in ((must, "must"), (aim, "aim")):
            operator = sign if isinstance(bound, float) else ""
            cells.append("" if bound is None else f"{label} {operator}{shown(bound, unit)}")
        widths = zip(cells, (8, 40, 9, 15, 14), strict=True)
        line = "  ".join(cell.ljust(width) for cell, width in widths) + f"  {verdict:<7}"
        details = "; ".join(f"{label} {shown(*it)}" for label, it in (beside or {}).items())
        self.say((line + (f"  ({details})" if details else "")).rstrip())
        self.save()

    def save(self) -> None:
        if self.path is not None:
            write(self.path, self.facts, self.rows)

    def summary(self) -> None:
        judged = [row for row in self.rows if row["must"] != ""]
        missed = [row for row in judged if row["verdict"] == "NOT MET"]
        print(f"\n{len(judged) - len(missed)} of {len(judged)} requirements met")
        for row in missed:
            where = " ".join(f"{name}={row[name]}" for name in ("N", "D", "V", "lam") if row[name])
            value = shown(row["value"], row["unit"])
            print(f"  not met: {row['work']}: {row['figure']} ({where}): {value}")


def write(path: Path, facts: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    """To a file beside it first: a run that is killed leaves a whole file."""
    partial = path.with_name(path.name + ".part")
    if path.suffix == ".json":
        partial.write_text(json.dumps({"machine": facts, "figures": rows}, indent=1) + "\n")
    else:
        common = {"date": facts["date"], "cpu": facts["cpu model"]}
        with partial.open("w", newline="") as file:
            writer = csv.DictWriter(file, [*common, *rows[0]])
            writer.writeheader()
            writer.writerows(common | row for row in rows)
    os.replace(partial, path)


def shown(value: Value, unit: str) -> str:
    if isinstance(value, str):
        return value
    if unit == "bytes":
        return f"{value / 1e9:.2f} GB" if abs(value) >= 1e9 else f"{value / 1e6:.0f} MB"
    if unit == "s" and abs(value) < 1.0:
        scale, name = (1e3, "ms") if abs(value) >= 1e-3 else (1e6, "us")
        return f"{value * scale:.3g} {name}"
    number = f"{value:,.0f}" if float(value).is_integer() or abs(value) >= 100 else f"{value:.3g}"
    return f"{number} x" if unit == "ratio" else f"{number} {unit}".rstrip()
