"""Files that are nearly tables, read by the command line: ``python -m tests.fuzz.tables``.

A good file is made in some dialect, then spoilt: bytes are flipped, columns swapped, types changed,
lines cut. Whatever comes of it, ``paris prune`` ends with 0 or 2 and no traceback; where nothing
but the notation was changed, every value is right.
"""

from __future__ import annotations

import argparse
import contextlib
import decimal
import io
import random
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from paris_core import cli
from paris_core.tables import TableError, read_table

N = 60
SOUND = frozenset({"swapped", "written", "typed"})  # what leaves the values as they are


class Case(NamedTuple):
    """A file, how it was made, and what it should hold; None if nobody knows."""

    name: str
    suffix: str
    content: bytes
    values: dict[str, list[Any]] | None


def case(name: str) -> Case:
    """The case of this name, always the same."""
    rng = random.Random(name)
    values = _values(rng)
    if rng.random() < 0.4:
        kind, content, values = _parquet(rng, values)
        return Case(f"{name} {kind}", ".parquet", content, values if kind in SOUND else None)
    kind, content = _text(rng, values)
    return Case(f"{name} {kind}", ".csv", content, values if kind in SOUND else None)


def run(one: Case, folder: Path, *, train: bool = False) -> str | None:
    """What is wrong with what comes of a case; None if nothing is."""
    path = folder / f"t{one.suffix}"
    path.write_bytes(one.content)
    argv = ["prune", str(path), "--target", "y", "--out", str(folder / f"out{one.suffix}")]
    argv += ["--quiet", "--keep", "0.9"] if train else ["--explain-table"]
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            code = cli.main(argv)
    except BaseException:
        return traceback.format_exc()
    if code not in (0, 2):
        return f"exit code {code}: {said.getvalue()}"
    if code == 2 and "error: " not in said.getvalue().splitlines()[-1]:
        return f"exit code 2 without a word: {said.getvalue()}"
    return None if one.values is None else _compared(path, one.values)


def _compared(path: Path, values: dict[str, list[Any]]) -> str | None:
    try:
        frame = read_table(path).to_frame()
    except TableError as error:
        return f"refused: {error}"
    for name, wanted in values.items():
        found = frame[name].tolist()
        if not all(a == b or (a != a and b is None) for a, b in zip(found, wanted, strict=True)):
            return f"column {name!r} is {found[:6]}, it should be {wanted[:6]}"
    return None


def _values(rng: random.Random) -> dict[str, list[Any]]:
    numbers = np.random.default_rng(rng.randrange(2**32))
    x = [float(value) for value in numbers.normal(10, 30, N).round(2)]
    y = [float(value) for value in numbers.normal(0, 1, N).round(4)]
    return {
        "x": [None if rng.random() < 0.1 else value for value in x],
        "n": [float(value) for value in numbers.integers(0, 50, N)],
        "kind": [rng.choice(["red", "dark blue", "grün", "NA", "a, b; c"]) for _ in range(N)],
        "y": y,
    }


def _text(rng: random.Random, values: dict[str, list[Any]]) -> tuple[str, bytes]:
    """A text in some dialect, and how it was spoilt."""
    delimiter = rng.choice(",;\t|")
    mark = rng.choice(".,") if delimiter != "," else "."
    names = list(values)
    kind = rng.choice(["written", "swapped", "flipped", "cut", "ragged", "odd", "doubled"])
    if kind == "swapped":
        rng.shuffle(names)

    def cell(value: Any) -> str:
        if value is None:
            return rng.choice(["", "NA", "nan"])
        if isinstance(value, float):
            return f"{value:.10g}".replace(".", mark)
        return f'"{value}"' if any(one in value for one in ",;") else value

    rows = [[cell(values[name][row]) for name in names] for row in range(N)]
    if kind == "odd":
        for _ in range(rng.randint(1, 3)):
            odd = rng.choice(["?", "-", "1e400", "x", '"', "-999", "\x00", "2020-13-01"])
            rows[rng.randrange(N)][rng.randrange(len(names))] = odd
    if kind == "doubled":
        names[0] = names[1]
    lines = [delimiter.join(row) for row in [names, *rows]]
    if kind == "ragged":
        lines[rng.randrange(len(lines))] += rng.choice([delimiter, '"', delimiter * 2, "\n\n#"])
    end = rng.choice(["\n", "\r\n"])
    text = rng.choice(["", "# made by hand\n", "\n"]) + end.join([*lines, ""])
    codec = rng.choice(["utf-8", "utf-8-sig", "utf-16", "cp1252"])
    return kind, _damaged(rng, kind, text.encode(codec))


def _parquet(
    rng: random.Random, values: dict[str, list[Any]]
) -> tuple[str, bytes, dict[str, list[Any]]]:
    """A Parquet file with some types, and how it was spoilt."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    kind = rng.choice(["typed", "swapped", "flipped", "cut", "changed"])
    columns = {
        "x": pa.array([None if v is None else decimal.Decimal(str(v)) for v in values["x"]])
        if rng.random() < 0.5
        else pa.array(values["x"], pa.float64()),
        "n": pa.array([int(v) for v in values["n"]], rng.choice([pa.int8(), pa.int64()])),
        "kind": pa.array(values["kind"]),
        "y": pa.array(values["y"], pa.float64()),
    }
    if rng.random() < 0.5:
        columns["kind"] = columns["kind"].dictionary_encode()
    if kind == "changed":
        name = rng.choice(list(columns))
        columns[name] = rng.choice(_OTHERS)(pa, N)
    names = list(columns)
    if kind == "swapped":
        rng.shuffle(names)
    file = io.BytesIO()
    pq.write_table(pa.table({name: columns[name] for name in names}), file)
    return kind, _damaged(rng, kind, file.getvalue()), values


_OTHERS: list[Callable[[Any, int], Any]] = [
    lambda pa, n: pa.array([[1, 2]] * n),
    lambda pa, n: pa.array([{"a": 1.5}] * n),
    lambda pa, n: pa.array([b"\xff\x00"] * n),
    lambda pa, n: pa.nulls(n),
    lambda pa, n: pa.array([True, None] * (n // 2)),
    lambda pa, n: pa.array(range(n), pa.timestamp("us", "Asia/Tokyo")),
    lambda pa, n: pa.array(range(n), pa.duration("s")),
    lambda pa, n: pa.array(range(n), pa.time32("s")),
    lambda pa, n: pa.array([float("inf"), 1.0] * (n // 2)),
    lambda pa, n: pa.array([f"{k},5" for k in range(n)]),
    lambda pa, n: pa.array([""] * n),
    lambda pa, n: pa.array([2**63 + k for k in range(n)], pa.uint64()),
]


def _damaged(rng: random.Random, kind: str, content: bytes) -> bytes:
    if kind == "cut":
        return content[: rng.randrange(len(content))]
    if kind != "flipped":
        return content
    damaged = bytearray(content)
    for _ in range(rng.choice([1, 1, 2, 8, 40])):
        damaged[rng.randrange(len(damaged))] ^= 1 << rng.randrange(8)
    return bytes(damaged)


def main(argv: list[str] | None = None) -> int:
    """Run cases; 1 if one of them has failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.tables", description=__doc__)
    parser.add_argument("--cases", type=int, default=200, help="how many (200)")
    parser.add_argument("--seed", type=int, default=0, help="of the first one (0)")
    parser.add_argument("--train", type=int, default=20, help="every so many, train as well (20)")
    args = parser.parse_args(argv)
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for number in range(args.cases):
            one = case(f"{args.seed}:{number}")
            wrong = run(one, Path(folder), train=number % args.train == 0)
            if wrong is not None:
                failed += 1
                print(f"{one.name}\n    {wrong}", flush=True)
    print(f"{failed} of {args.cases} files failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
