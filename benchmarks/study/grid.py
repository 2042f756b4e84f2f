"""A grid of cells, worked through in any order, by several processes, and over several runs."""

from __future__ import annotations

import argparse
import csv
import datetime
import io
import lzma
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TextIO

from joblib import Parallel, delayed

import paris_core

Cell = dict[str, Any]  # what tells a cell from the others: str or int
Row = dict[str, Any]
RESULTS = Path(__file__).resolve().parent / "results"

# The rows of a cell, one for each of these methods.
Evaluate = Callable[[Cell, Sequence[str]], list[Row]]


def main(
    doc: str,
    name: str,
    quick: str,
    cells: Callable[[bool], Iterable[Cell]],
    methods: Sequence[str],
    evaluate: Evaluate,
    tell: Callable[[list[Row]], None] | None = None,
) -> None:
    """The command line of a study; `cells` is asked whether it is the quick one.

    With `tell`, which prints tables of all rows, the file is kept only where --out names it.
    """
    parser = argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help=quick)
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--minutes", type=float, help="begin nothing after so long")
    parser.add_argument(
        "--methods", nargs="+", choices=methods, default=methods, metavar="NAME", help="only these"
    )
    parser.add_argument(
        "--only", nargs="+", default=[], metavar="NAME=VALUE,...", help="only cells with these"
    )
    kept = None if tell is not None else file_of(name)
    parser.add_argument("--out", type=Path, default=kept, help="a .csv that grows")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        out = args.out or Path(scratch) / f"{name}.csv"
        work_through(
            only(args.only, cells(args.quick)),
            args.methods,
            signed(evaluate),
            out,
            jobs=args.jobs,
            minutes=args.minutes,
        )
        if tell is not None:
            tell(read(out))


def signed(evaluate: Evaluate) -> Evaluate:
    """With the day and the machine in every row."""
    machine = f"{os.cpu_count()}-core {paris_core.show_config('dict')['simd']}"

    def evaluate_and_sign(cell: Cell, methods: Sequence[str]) -> list[Row]:
        rows = evaluate(cell, methods)
        day = datetime.datetime.now().astimezone().date().isoformat()
        return [row | {"date": day, "machine": machine} for row in rows]

    return evaluate_and_sign


def only(wanted: Iterable[str], cells: Iterable[Cell]) -> list[Cell]:
    """The cells whose values are among those wanted, such as "seed=4,5"."""
    chosen = list(cells)
    for condition in wanted:
        name, _, values = condition.partition("=")
        if any(name not in cell for cell in chosen):
            raise SystemExit(f"--only {condition}: a cell has {', '.join(chosen[0])}")
        chosen = [cell for cell in chosen if str(cell[name]) in values.split(",")]
    return chosen


def work_through(
    cells: Iterable[Cell],
    methods: Sequence[str],
    evaluate: Evaluate,
    out: Path,
    *,
    jobs: int = 1,
    minutes: float | None = None,
) -> None:
    """Append a row to `out` (CSV, or CSV.XZ) for every cell and method that it does not hold yet.

    Begins no cell after so many minutes. A line that a kill has cut short is dropped. Rows with
    other columns, those of another version, are not mixed with these.
    """
    rows = read(out)
    done = {(_key(row, cell_fields(row)), row["method"]) for row in rows}
    waiting = []
    for cell in cells:
        missing = [m for m in methods if (_key(cell, list(cell)), m) not in done]
        if missing:
            waiting.append((cell, missing))
    end = time.monotonic() + (float("inf") if minutes is None else 60.0 * minutes)
    print(f"{out.name}: {len(rows)} rows, {len(waiting)} cells to do", flush=True)

    def in_time(cell: Cell, missing: Sequence[str]) -> list[Row]:
        if time.monotonic() > end:
            return []
        began = time.monotonic()
        results = evaluate(cell, missing)
        print(f"  {cell} {time.monotonic() - began:.0f} s", flush=True)
        return [cell | row for row in results]

    parallel = Parallel(n_jobs=jobs, return_as="generator_unordered", pre_dispatch=jobs)
    for results in parallel(delayed(in_time)(*task) for task in waiting):
        if results:
            _append(out, results)


def file_of(name: str, folder: Path = RESULTS) -> Path:
    """The results of a study, which may be compressed."""
    compressed = folder / f"{name}.csv.xz"
    return compressed if compressed.exists() else folder / f"{name}.csv"


def read(out: Path) -> list[Row]:
    """The rows of a results file as text, whole ones only."""
    if not out.exists():
        return []
    if out.suffix == ".xz":
        return list(csv.DictReader(lzma.decompress(out.read_bytes()).decode().splitlines()))
    text = out.read_text()
    whole = text[: text.rfind("\n") + 1]
    if whole != text:
        out.write_text(whole)
    return list(csv.DictReader(whole.splitlines()))


def cell_fields(row: Row) -> list[str]:
    """Columns before `method`: those of the cell."""
    names = list(row)
    return names[: names.index("method")]


def _key(values: Row, names: Sequence[str]) -> tuple[str, ...]:
    return tuple(str(values[name]) for name in names)


def _append(out: Path, rows: list[Row]) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    for row in read(out)[:1]:
        if list(row) != list(rows[0]):
            raise SystemExit(f"{out} has other columns ({', '.join(row)}): name another file")
    if out.suffix == ".xz":
        _rewrite(out, read(out) + rows)
        return
    fresh = not out.exists()
    with out.open("a", newline="") as file:
        _write(file, rows, header=fresh)
        file.flush()
        os.fsync(file.fileno())


def _rewrite(out: Path, rows: list[Row]) -> None:
    """A whole compressed file in place of the last one: seconds, beside the minutes of a cell."""
    text = io.StringIO()
    _write(text, rows, header=True)
    part = out.with_suffix(".part")
    part.write_bytes(lzma.compress(text.getvalue().encode(), preset=9 | lzma.PRESET_EXTREME))
    part.replace(out)


def _write(file: TextIO, rows: list[Row], *, header: bool) -> None:
    writer = csv.DictWriter(file, list(rows[0]))
    if header:
        writer.writeheader()
    writer.writerows(rows)
