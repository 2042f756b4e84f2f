"""Put the tables into docs/study.md, from the results that are there.

    python -m benchmarks.study.page [--page docs/study.md]

A table stands after a line such as <!-- table: storms -->, and is one of the names below; after a
line such as <!-- run: storms --> it is said what has been run of a study, when, and where.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from . import ablation_tables, compression_tables, public_tables, repair_tables, storm_tables
from .grid import RESULTS, Row, cell_fields, file_of, read
from .tables import markdown, number, whole_cells

PAGE = RESULTS.parents[2] / "docs" / "study.md"
NOT_YET = "Not run yet with the defaults as they ship."
DELETING = ("trimmed", "trimmed batches", *repair_tables.OURS)


def repair(rows: list[Row], n_trusted: int, table: Callable[..., str], methods: str = "all") -> str:
    """A table of the cells with so many trusted rows that have all methods."""
    some = [row for row in rows if row["n_trusted"] == str(n_trusted)]
    if not some:
        return ""
    every, _ = whole_cells(some, repair_tables.FIELDS)
    shown = [m for m in every if methods == "all" or m in DELETING]
    return table(repair_tables.complete(some, every), shown)


def storms(rows: list[Row], inputs: str) -> str:
    some = [row for row in rows if row["inputs"] == inputs]
    if not some:
        return ""
    pool = storm_tables.Pool(some)
    return storm_tables.lines(pool) if pool.seeds else ""


def fewest(rows: list[Row]) -> str:
    heads = [row for row in rows if row["refit"] == "head"]
    tasks = list(dict.fromkeys(row["task"] for row in heads))
    found = {t: compression_tables.ratios([r for r in heads if r["task"] == t]) for t in tasks}
    methods = dict.fromkeys(row["method"] for row in heads if 0.0 < float(row["keep"]) < 1.0)
    lines = ([m, *(compression_tables.fewest(one, m) for one in found.values())] for m in methods)
    return markdown(["method", *tasks], lines)


def compression(rows: list[Row], refit: str, region: int) -> str:
    some = [row for row in rows if row["refit"] == refit]
    return compression_tables.changes(compression_tables.ratios(some), region)


def public(rows: list[Row]) -> str:
    return public_tables.lines(public_tables.Pool(rows, public_tables.SETS))


def ablation(rows: list[Row], name: str) -> str:
    some = [row for row in rows if row["ablation"] == name]
    return ablation_tables.table(name, some) if some else ""


class Table(NamedTuple):
    study: str
    make: Callable[[list[Row]], str]  # of the rows of the study, which has some; "" without enough


def of_repair(n_trusted: int, table: Callable[..., str], methods: str = "all") -> Table:
    return Table("repair", lambda rows: repair(rows, n_trusted, table, methods))


TABLES = {
    "200 trusted": of_repair(200, repair_tables.multiples),
    "200 trusted, target": of_repair(200, repair_tables.target),
    "200 trusted, found": of_repair(200, repair_tables.finds, "deleting"),
    "800 trusted": of_repair(800, repair_tables.multiples),
    "800 trusted, target": of_repair(800, repair_tables.target),
    "800 trusted, found": of_repair(800, repair_tables.finds, "deleting"),
    "public": Table("public", public),
    "storms": Table("storms", lambda rows: storms(rows, "solar wind")),
    "storms with Dst": Table("storms", lambda rows: storms(rows, "solar wind + Dst")),
    "fewest": Table("compression", fewest),
    "compression": Table("compression", lambda rows: compression(rows, "head", 0)),
    "compression, tail": Table("compression", lambda rows: compression(rows, "head", 1)),
    "compression, networks": Table("compression", lambda rows: compression(rows, "network", 0)),
    "retraining": Table("ablations", lambda rows: ablation(rows, "retraining")),
    "lambda": Table("ablations", lambda rows: ablation(rows, "lambda")),
    "rare events": Table("ablations", lambda rows: ablation(rows, "rare events")),
}


def run(rows: list[Row]) -> str:
    """What has been run, when and where."""
    if not rows:
        return NOT_YET
    cells = {tuple(row[name] for name in cell_fields(row)) for row in rows}
    days, machines = (sorted({row[name] for row in rows}) for name in ("date", "machine"))
    seeds = sorted({row["seed"] for row in rows}, key=int)
    return (
        f"Run on {', '.join(days)}, {', '.join(machines)}: so far {number(len(cells), 'cell')} of "
        f"the {'seeds' if len(seeds) > 1 else 'seed'} {', '.join(seeds)}."
    )


def filled(page: str, folder: Path = RESULTS) -> str:
    """The page with its tables, and with what has been run."""

    def fill(match: re.Match[str]) -> str:
        kind, name = match["kind"], match["name"]
        rows = read(file_of(TABLES[name].study if kind == "table" else name, folder))
        if kind == "run":
            return f"{match['head']}*{run(rows)}*\n"
        table = TABLES[name].make(rows) if rows else ""
        return f"{match['head']}{table or f'*{NOT_YET}*'}\n"

    marker = r"(?P<head><!-- (?P<kind>table|run): (?P<name>.+) -->\n\n)(?:[|*].*\n)*"
    return re.sub(marker, fill, page)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--page", type=Path, default=PAGE)
    page = parser.parse_args().page
    page.write_text(filled(page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
