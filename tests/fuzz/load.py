"""Bytes that are flipped in files: ``python -m tests.fuzz.load --seconds 60``.

Whatever a file holds, reading it ends in something valid or in an error that names the file. The
inputs are files of the package's own, changed at random; atheris, where it is installed, is guided
by which lines of the readers have been reached.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import hashlib
import io
import random
import signal
import subprocess
import sys
import tempfile
import time
import warnings
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

import paris_core
from paris_core import tables
from paris_core.datasets import load_omni
from paris_core.validation import Tail

_DIGEST = 64  # characters, before a line's end, at the end of the package's archives
_SLOW = 20  # seconds after which reading a small file hangs


class Wrong(Exception):
    """Reading a file ended as it must not."""


class Slow(BaseException):
    """Reading a file does not end; no reader catches this."""


# ------------------------------------------------------------------------------------- readers
# Each reads a file, and raises `Wrong` if what comes back is not valid.


def read_result(path: Path) -> None:
    """`PruneResult.load`."""
    result = _read(path, paris_core.PruneResult.load)
    if result is None:
        return
    n, k = len(result.mask), len(result.removed)
    right = result.mask.dtype == bool and result.mask.ndim == 1 and result.removed.ndim == 1
    right = (
        right and k <= n and np.array_equal(np.sort(result.removed), np.flatnonzero(~result.mask))
    )
    right = right and result.delta_loss.shape == result.val_index.shape == (k,)
    right = right and result.loss.shape == (k + 1,) and result.weights.ndim in (1, 2)
    for array in (result.delta_loss, result.loss, result.weights, result.monitor_loss):
        right = right and (array is None or bool(np.isfinite(array).all()))
    right = right and isinstance(result.lam, float) and 0 < result.lam < np.inf
    if not right:
        raise Wrong(f"a result that no run can have was loaded: {result.removed}, {result.mask}")
    repr(result)


def read_groups(path: Path) -> None:
    """`GroupPruneResult.load`."""
    result = _read(path, paris_core.GroupPruneResult.load)
    if result is None:
        return
    k = len(result.removed_groups)
    gone = np.isin(result.groups, result.removed_groups)
    right = result.mask.dtype == bool and np.array_equal(result.mask, ~gone) and not gone.all()
    right = right and np.array_equal(np.sort(result.removed), np.flatnonzero(gone))
    right = right and len(set(result.removed_groups.tolist())) == k
    right = right and result.loss.shape == (k + 1,) and result.weights.ndim in (1, 2)
    right = right and result.weight_path.shape == (k + 1, *result.weights.shape)
    for array in (result.loss, result.weight_path, result.monitor_loss):
        right = right and (array is None or bool(np.isfinite(array).all()))
    right = right and isinstance(result.lam, float) and 0 < result.lam < np.inf
    if not right:
        raise Wrong(f"groups that no run can have were loaded: {result.removed_groups}, {gone}")
    repr(result)
    for cut in range(k + 1):
        result.truncate(cut)


def read_checkpoint(path: Path) -> None:
    """The checkpoint of an outer loop, as `fit` reads it."""
    _read(path, lambda file: _model(file).fit(*_rows()))


def read_series(path: Path) -> None:
    """`load_omni`."""
    series = _read(path, load_omni)
    if series is not None and not len(series) == len(series.dst) == len(series.bz) > 0:
        raise Wrong(f"{series!r} has columns of several lengths")


def read_table(path: Path) -> None:
    """`tables.read_table`, as the command line reads."""
    table = _read(path, tables.read_table)
    if table is not None and (not len(table) or not all(isinstance(n, str) for n in table.names)):
        raise Wrong(f"a table without rows, or with columns {table.names}")


def read_run(path: Path) -> None:
    """What ``paris prune --result`` has written, as ``paris verify`` reads it."""
    from paris_core.cli import record
    from paris_core.cli.arguments import UsageError

    run = _read(path, record.load, also=(UsageError,))
    if run is not None:
        _read(path, lambda file: record.settings(run, file, None), also=(UsageError,), named=False)


def _read(
    path: Path,
    read: Callable[[Path], Any],
    *,
    also: tuple[type[Exception], ...] = (),
    named: bool = True,
) -> Any:
    """What is read, or None if it was refused as it should be."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return read(path)
        except (ValueError, *also) as error:
            if named and path.name not in str(error):
                raise Wrong(f"{type(error).__name__} does not name the file: {error}") from error
            if isinstance(error, UnicodeError):
                raise Wrong(repr(error)) from error
            return None
        except Exception as error:
            raise Wrong(repr(error)) from error


# --------------------------------------------------------------------------------------- files


def _problem() -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(0)
    Phi, Phi_val = rng.standard_normal((12, 3)), rng.standard_normal((5, 3))
    return Phi, Phi.sum(axis=1), Phi_val, Phi_val.sum(axis=1)


def _rows() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((60, 2))
    return X, X.sum(axis=1) + rng.standard_normal(60)


def _inputs(X: np.ndarray) -> np.ndarray:
    return X


def _model(checkpoint: Path) -> Any:
    return paris_core.PARISRegressor(
        _inputs,
        keep=0.5,
        rounds=2,
        retrain="head",
        lam=1.0,
        random_state=0,
        validation_split="random",
        tail=Tail(quantile=0.4),
        checkpoint=checkpoint,
    )


def _result(path: Path) -> None:
    Phi, y, Phi_val, y_val = _problem()
    monitor = (Phi_val, y_val)
    paris_core.prune(Phi, y, Phi_val, y_val, 5, lam=1.0, monitor=monitor).save(path)


def _groups(path: Path) -> None:
    Phi, y, Phi_val, y_val = _problem()
    labels = np.array(["a", "bc", "d", "e"])[np.arange(12) % 4]
    monitor = (Phi_val, y_val)
    result = paris_core.prune_groups(Phi, y, Phi_val, y_val, labels, 2, lam=1.0, monitor=monitor)
    result.save(path)


def _checkpoint(path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _model(path).fit(*_rows())


def _run(path: Path) -> None:
    from paris_core.cli import main

    table = path.parent / "of a run.csv"
    X, y = _rows()
    lines = ["a,b,y", *(",".join(map(repr, row)) for row in np.column_stack([X, y]).tolist())]
    table.write_text("\n".join(lines))
    options = ["--target=y", "--keep=0.5", "--rounds=1", "--tail-quantile=0.4", "--quiet"]
    with contextlib.redirect_stdout(io.StringIO()):
        code = main(["prune", str(table), *options, f"--result={path}"])
    assert code == 0, f"paris prune ended with {code}"


def _csv(path: Path) -> None:
    text = "time,dst,bz_gsm,speed,density,pressure,kp\n"
    for hour, dst in enumerate((-319, -20, "", 5)):
        text += f"2001-03-31T{hour:02},{dst},-38.1,640,20.2,16.9,{hour}.3\n"
    _write(path, text.encode())


def _dat(path: Path) -> None:
    from paris_core.datasets import omni

    values = {0: 2001, 1: 90, 2: 3, 8: 12.5, 16: -3.5, 23: 5.5, 24: 450, 28: 2.5, 40: -77}
    line = "".join(f"{values.get(i, 0)!s:>{width}}" for i, width in enumerate(omni._WIDTHS))
    _write(path, f"{line}\n{line[:10]}4{line[11:]}\n".encode())


def _table(path: Path) -> None:
    text = 'a,b,name,when,y\n1.5,2,x,2003-10-29,0.5\n-3e4,,"y,z",,1\n007,4,NA,2003-11-01,-2\n'
    _write(path, text.encode())


def _parquet(path: Path) -> None:
    import pandas as pd

    pd.DataFrame({"a": [1.5, 2.0], "name": ["x", "y"], "y": [0.5, 1.0]}).to_parquet(path)


def _write(path: Path, raw: bytes) -> None:
    path.write_bytes(gzip.compress(raw, mtime=0) if path.suffix == ".gz" else raw)


#: Name of a file, its reader, and what writes a good one.
TARGETS: dict[str, tuple[Callable[[Path], None], Callable[[Path], None]]] = {
    "result.npz": (read_result, _result),
    "groups.npz": (read_groups, _groups),
    "checkpoint": (read_checkpoint, _checkpoint),
    "run.npz": (read_run, _run),
    "storm.csv": (read_series, _csv),
    "storm.csv.gz": (read_series, _csv),
    "omni2_2001.dat": (read_series, _dat),
    "omni2_2001.dat.gz": (read_series, _dat),
    "train.csv": (read_table, _table),
    "train.csv.gz": (read_table, _table),
    "train.parquet": (read_table, _parquet),
}


def seeds(folder: Path) -> dict[str, bytes]:
    """A good file for each target that can be written here."""
    files = {}
    for name, (_, write) in TARGETS.items():
        try:
            write(folder / name)
        except ImportError as error:
            print(f"{name}: skipped, {error}")
            continue
        files[name] = (folder / name).read_bytes()
    return files


# ------------------------------------------------------------------------------------- flipping


def changed(raw: bytes, rng: random.Random) -> bytes:
    """The bytes with a few of them flipped, cut out, doubled, or put at another place."""
    data = bytearray(raw)
    for _ in range(rng.choice([1, 1, 1, 2, 4, 16])):
        at = rng.randrange(len(data) + 1) if data else 0
        kind = rng.randrange(7)
        if kind <= 2 and at < len(data):
            data[at] ^= 1 << rng.randrange(8)
        elif kind == 3 and at < len(data):
            data[at] = rng.choice([0, 255, 10, 44, 45, rng.randrange(256)])
        elif kind == 4:
            del data[at : at + rng.choice([1, 1, 8, 100, len(data)])]
        elif kind == 5:
            data[at:at] = rng.choice([b"\0", b"\xff\xfe", b"1e999", b"nan", b",", b"\n", b"-1"])
        else:
            start = rng.randrange(len(data) + 1)
            data[at:at] = data[start : start + rng.choice([1, 4, 64])]
    return bytes(data)


def packed_again(name: str, raw: bytes, rng: random.Random) -> bytes:
    """Now and then change what is inside an archive, so that its checksums are right."""
    if name.endswith(".gz") and rng.random() < 0.5:
        return gzip.compress(changed(gzip.decompress(raw), rng), mtime=0)
    if raw[:2] == b"PK" and rng.random() < 0.7:
        out = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(out, "w") as new:
            new.comment = old.comment
            names = old.namelist()
            chosen = rng.choice(names)
            for member in names:
                inside = old.read(member)
                if member == chosen and rng.random() < 0.2:
                    continue
                new.writestr(member, changed(inside, rng) if member == chosen else inside)
        return _sealed(out.getvalue())
    return changed(raw, rng)


def _sealed(raw: bytes) -> bytes:
    """An archive with the digest that belongs to it at its end."""
    contents = raw[: -_DIGEST - 1]
    return contents + hashlib.sha256(contents).hexdigest().encode() + raw[-1:]


def flip(name: str, raw: bytes, folder: Path, seed: str) -> tuple[str | None, bytes]:
    """Read one changed file; what was wrong, if anything, and the file."""
    data = packed_again(name, raw, random.Random(seed))
    path = folder / name
    path.write_bytes(data)
    try:
        with _alarm():
            TARGETS[name][0](path)
    except (Exception, Slow) as error:  # also of the checks, of what is of other types
        return str(error) if isinstance(error, (Wrong, Slow)) else repr(error), data
    return None, data


@contextlib.contextmanager
def _alarm() -> Iterator[None]:
    def ring(signum: int, frame: Any) -> None:
        raise Slow(f"no end after {_SLOW} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(_SLOW)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def run_flips(seconds: float, seed: int, only: list[str] | None, keep: Path | None) -> int:
    """Flip bytes for so long; how many files were read wrongly."""
    wrong: dict[str, int] = {}
    counts: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        files = seeds(folder)
        names = [name for name in files if only is None or name in only]
        end = time.monotonic() + seconds
        number = 0
        while time.monotonic() < end:
            name = names[number % len(names)]
            what, data = flip(name, files[name], folder, f"{seed}-{name}-{number}")
            counts[name] = counts.get(name, 0) + 1
            if what is not None:
                sort = f"{name}: {what[:100]}"
                wrong[sort] = wrong.get(sort, 0) + 1
                if wrong[sort] == 1:
                    print(f"{name}, number {number}: {what}", flush=True)
                    if keep is not None:
                        (keep / f"{number}-{name}").write_bytes(data)
            number += 1
    for name, count in counts.items():
        bad = sum(times for sort, times in wrong.items() if sort.startswith(f"{name}: "))
        print(f"{name:<18} {count:>8,} files, {bad:,} read wrongly")
    return sum(wrong.values())


# -------------------------------------------------------------------------------------- atheris

#: What atheris is given: not what is packed, whose checksums it could only spoil.
GUIDED = (
    "result.npz",
    "groups.npz",
    "checkpoint",
    "run.npz",
    "storm.csv",
    "omni2_2001.dat",
    "train.csv",
)


def run_guided(name: str, seconds: float) -> int:
    """Let atheris choose the bytes of one file, in a process of its own; its exit code."""
    command = [sys.executable, "-m", f"{__package__}.guided", name, str(max(1, int(seconds)))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = (done.stdout + done.stderr).splitlines()
    told = [line for line in lines if "execs" in line or "executed_units" in line]
    found = f"no finding ({' '.join(told[:1])})"
    if done.returncode:
        found = "\n    ".join([f"exit code {done.returncode}", *lines[-30:]])
    print(f"atheris, {name}: {found}", flush=True)
    return done.returncode


def main(argv: list[str] | None = None) -> int:
    """Flip bytes, then let atheris go on where there is one; 1 if anything was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.load", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="how long (default: 60)")
    parser.add_argument("--seed", type=int, help="a number that repeats a run")
    parser.add_argument("--only", action="append", choices=list(TARGETS), help="files")
    parser.add_argument("--keep", type=Path, help="a folder for files that were read wrongly")
    parser.add_argument("--plain", action="store_true", help="without atheris")
    args = parser.parse_args(argv)
    seed = random.SystemRandom().randrange(2**32) if args.seed is None else args.seed
    print(f"seed {seed}", flush=True)
    guided = not args.plain
    try:
        import atheris  # noqa: F401
    except ImportError as error:
        if guided:
            print(f"atheris: skipped, {error}")
        guided = False
    names = [name for name in GUIDED if args.only is None or name in args.only]
    guided &= bool(names)
    share = args.seconds / 2 if guided else args.seconds
    failed = run_flips(share, seed, args.only, args.keep) > 0
    for name in names if guided else []:
        failed |= run_guided(name, share / len(names)) != 0
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
