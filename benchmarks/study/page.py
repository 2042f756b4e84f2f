"""Put the tables into docs/study.md, from the results that are there.

    python -m benchmarks.study.page [--page docs/study.md]

A table stands after a line such as <!-- table: storms -->, and is one of the names below.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from . import all_hours_tables, compression_tables, public_tables, repair_tables, storm_tables
from .corruptions import WORSE
from .grid import RESULTS, Row, file_of, read
from .problems import PUBLIC
from .tables import markdown, only

PAGE = RESULTS.parents[2] / "docs" / "study.md"


def names(text: str) -> list[str]:
    """Of methods; commas are part of some."""
    return re.split(r";\s+", text)


STORMS = names(
    """everything; validation rows only; everything + validation; random 50 %; inverse density;
    inverse root density; label smoothing; denseweight; denseweight, both; focal loss;
    SMOGN; oversampled; random quotas 50 %; weighted head; weighted head, validation;
    weighted head, both; weighted head, both, lam 300; everything + validation, weighted head;
    boosting; boosting, weighted; PARIS; PARIS head; PARIS tail; PARIS tail head;
    PARIS quotas 50 %; PARIS quotas 50 % head; PARIS density head;
    PARIS density 50 % lam 30; PARIS density 50 % head lam 100;
    PARIS density 25 % head lam 100, all steer; PARIS density 10 % head lam 100, all steer;
    PARIS density 10 % head lam 100, by all; PARIS density 10 % head lam 100, on and by all;
    paper 50 %; paper 25 %; paper 25 % lam 1; paper 50 % lam 30 head"""
)
MAIN_TASK = "solar wind", "3"
OTHER_STORMS = names(
    """everything; validation rows only; everything + validation; random 50 %; inverse density;
    inverse root density; label smoothing; denseweight; denseweight, both; focal loss;
    SMOGN; oversampled; random quotas 50 %; weighted head, both, lam 300;
    everything + validation, weighted head; boosting; boosting, weighted; PARIS; PARIS head;
    PARIS tail; PARIS tail head; PARIS quotas 50 % head;
    PARIS density 25 % head lam 100, all steer;
    PARIS density 10 % head lam 100, on and by all; paper 50 %; paper 50 % lam 30 head"""
)

REPAIR = names(
    """clean; right rows only; everything; trusted; everything + trusted;
    fine-tuned on trusted; head on trusted; boosting, absolute error; Huber; trimmed;
    trimmed batches; PARIS; PARIS + trusted; PARIS, fine-tuned; PARIS, blocked;
    PARIS, 5 folds; PARIS, 3 sweeps; PARIS by batches; PARIS by batches, 5 folds;
    PARIS by batches, 3 sweeps; PARIS by batches, 5 folds, 3 sweeps;
    PARIS, rows or batches; PARIS head; PARIS representer/mean; PARIS representer/worst"""
)
FOUND = names(
    """trimmed; trimmed batches; PARIS; PARIS, 5 folds; PARIS, 3 sweeps; PARIS head;
    PARIS representer/mean; PARIS representer/worst; PARIS by batches;
    PARIS by batches, 3 sweeps"""
)
BY_NUMBER = names(
    """right rows only; everything; trusted; everything + trusted; fine-tuned on trusted;
    head on trusted; boosting, absolute error; Huber; trimmed; PARIS; PARIS by batches"""
)
LATER = names(
    """trimmed batches; PARIS, 3 sweeps; PARIS by batches, 3 sweeps; PARIS by batches, 5 folds;
    PARIS by batches, 5 folds, 3 sweeps"""
)
MANY_ROWS = names(
    """clean; right rows only; everything; trusted; everything + trusted;
    fine-tuned on trusted; head on trusted; boosting, absolute error; Huber; trimmed;
    trimmed batches; PARIS; PARIS by batches, 3 sweeps;
    PARIS by batches, 3 sweeps, same steps; PARIS by batches, trimmed"""
)
MEANS = names(
    """clean; clean, mean of five; trusted; trusted, mean of five; fine-tuned on trusted;
    fine-tuned on trusted, mean of five; head on trusted; head on trusted, mean of five;
    trimmed batches; trimmed batches, mean of five; PARIS; PARIS, mean of five;
    PARIS by batches, 3 sweeps; PARIS by batches, 3 sweeps, mean of five"""
)
SYSTEMATIC = ["clipped", "wrong sign", "offset"]
FIVE_TABLES = ["dst", *PUBLIC]
RANDOM = ["shuffled 5 %", "shuffled 10 %", "shuffled 20 %"]

COMPRESSION = names("random; leverage; k-center; D-optimal; PARIS; PARIS by training rows; paper")

PUBLIC_SETS = names(
    """everything; held-out rows only; everything + held-out rows; random 50 %;
    inverse density; inverse root density; weighted head, both, lam 30; Huber, both;
    boosting; boosting, weighted; PARIS; PARIS head; PARIS density head;
    PARIS density 50 % head lam 30; paper 50 %"""
)

ALL_HOURS = names(
    """everything, network; everything, boosting; validation rows only, network;
    validation rows only, head; everything + validation, network; random 25 %, network;
    random 25 %, head; inverse density, network; inverse root density, network;
    everything + validation, inverse density, network; random quotas 25 %, head;
    PARIS 25 %, network; PARIS 25 %, head; PARIS density 25 %, head; paper 25 %, network;
    paper 25 %, head; paper 25 % lam 30, head"""
)


def results(name: str) -> list[Row]:
    return read(file_of(name))


def storms() -> str:
    rows = [r for r in results("storms") if (r["inputs"], r["horizon"]) == MAIN_TASK]
    return storm_tables.lines(storm_tables.Pool(rows, methods=STORMS))


def other_storms() -> str:
    rows = [r for r in results("storms") if (r["inputs"], r["horizon"]) != MAIN_TASK]
    pools = sorted(storm_tables.pools(rows, methods=OTHER_STORMS).items())
    return storm_tables.brief({f"{inputs}, {h} h": pool for (inputs, h), pool in pools})


def on_dst(methods: Sequence[str], corruptions: Sequence[str]) -> repair_tables.Units:
    rows = [r for r in results("repair") if r["task"] == "dst" and r["n_trusted"] == "800"]
    return repair_tables.complete(rows, methods, corruptions)


def repair() -> str:
    corruptions = ["none", *SYSTEMATIC, "second source", "duplicated", "shuffled 10 %"]
    return repair_tables.multiples(on_dst(REPAIR, corruptions), REPAIR)


def found() -> str:
    return repair_tables.finds(on_dst(FOUND, [*SYSTEMATIC, "shuffled 10 %"]), FOUND)


def trusted(
    number: int,
    corruptions: Sequence[str],
    later: Sequence[str] = (),
    where_run: Sequence[str] = (),
) -> str:
    """The table for a number of trusted rows; `where_run`: methods that not all cells have."""
    rows = [
        r for r in results("repair") if r["n_trusted"] == str(number) and r["task"] in FIVE_TABLES
    ]
    methods = [*BY_NUMBER, *later]
    units = repair_tables.complete(rows, ["clean", *methods], corruptions)
    return repair_tables.multiples(units, [*methods, *where_run])


def many_rows() -> str:
    rows = [r for r in results("repair") if r["task"] == "dst 40000" and r["n_trusted"] == "800"]
    units = repair_tables.complete(rows, ["clean", "trimmed batches"], [*SYSTEMATIC, *WORSE])
    return repair_tables.multiples(units, MANY_ROWS)


def means() -> str:
    rows = [r for r in results("repair") if r["task"] == "dst" and r["n_trusted"] == "200"]
    return repair_tables.multiples(repair_tables.complete(rows, MEANS, SYSTEMATIC), MEANS)


def fewest() -> str:
    rows = [r for r in results("compression") if r["refit"] == "head"]
    tasks = list(dict.fromkeys(row["task"] for row in rows))
    ratios = [compression_tables.ratios([r for r in rows if r["task"] == t]) for t in tasks]
    lines = (
        [method, *(compression_tables.fewest(found, method) for found in ratios)]
        for method in COMPRESSION
    )
    return markdown(["method", *tasks], lines)


def compression(region: int) -> str:
    rows = [r for r in results("compression") if r["refit"] == "head"]
    return compression_tables.changes(compression_tables.ratios(rows), region)


def public() -> str:
    return only(
        public_tables.lines(public_tables.Pool(results("public"), public_tables.SETS)),
        PUBLIC_SETS,
    )


def all_hours() -> str:
    regions = "all", "<= -50", "<= -100", "5 %"
    return only(all_hours_tables.table(results("all_hours"), regions), ALL_HOURS)


TABLES: dict[str, Callable[[], str]] = {
    "storms": storms,
    "other storms": other_storms,
    "repair": repair,
    "found": found,
    "200 trusted": lambda: trusted(
        200, ["none", *SYSTEMATIC], LATER, ["PARIS by batches, trimmed"]
    ),
    "800 trusted": lambda: trusted(800, ["none", *SYSTEMATIC], ["cleanlab", *LATER]),
    "3000 trusted": lambda: trusted(3_000, ["none", *SYSTEMATIC], ["trimmed batches"]),
    "200 trusted, random": lambda: trusted(200, [*RANDOM, "duplicated"]),
    "800 trusted, random": lambda: trusted(800, [*RANDOM, "duplicated"]),
    "many rows": many_rows,
    "means": means,
    "fewest": fewest,
    "compression": lambda: compression(0),
    "compression, tail": lambda: compression(1),
    "public": public,
    "all hours": all_hours,
}


def filled(page: str) -> str:
    """The page with its tables."""
    return re.sub(
        r"(<!-- table: (.+) -->\n\n)(?:\|.*\n)*",
        lambda match: f"{match[1]}{TABLES[match[2]]()}\n",
        page,
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--page", type=Path, default=PAGE)
    page = parser.parse_args().page
    page.write_text(filled(page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
