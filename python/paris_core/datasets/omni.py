"""Reader of NASA's OMNI hourly data: a CSV extract, or the raw fixed-column yearly files.

Raw files are those of NASA/GSFC's Space Physics Data Facility, ``omni2_YYYY.dat``, 55 words on a
line (later revisions append words). The words used here, by the numbers and fill values of the
format description ``omni2.text`` that is distributed with them; columns count from 1:

====  =======  ========  ===========  ==========================================
word  columns  fill      our name     meaning
====  =======  ========  ===========  ==========================================
1     1-4                             year
2     5-8                             day of the year, 1 = January 1
3     9-11                            hour, 0-23 (start of the hour, UTC)
9     31-36    999.9     bt           mean field magnitude, nT
13    55-60    999.9     bx           field, GSE and GSM x, nT
16    73-78    999.9     by_gsm       field, GSM y, nT
17    79-84    999.9     bz_gsm       field, GSM z, nT
23    115-123  9999999.  temperature  proton temperature, K
24    124-129  999.9     density      proton density, cm^-3
25    130-135  9999.     speed        flow speed, km/s
29    154-159  99.99     pressure     flow pressure, nPa
39    219-221  99        kp           10 Kp (divided by 10 here)
40    222-225  999       sunspot      sunspot number R
41    226-231  99999     dst          Dst, nT (Kyoto)
42    232-236  9999      ae           AE, nT
51    299-304  999.9     f107         F10.7, 10^-22 W m^-2 Hz^-1
====  =======  ========  ===========  ==========================================
"""

from __future__ import annotations

import gzip
import os
import re
import zlib
from collections.abc import Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._support import checks
from .series import StormSeries

__all__ = ["load_omni"]

# Widths of the 55 words: FORMAT(2I4,I3,I5,2I3,2I4,14F6.1,F9.0,F6.1,F6.0,2F6.1,F6.3,F6.2,F9.0,F6.1,
# F6.0,2F6.1,F6.3,2F7.2,F6.1,I3,I4,I6,I5,F10.2,5F9.2,I3,I4,2F6.1,2I6,F5.1)
_WIDTHS = (
    *(4, 4, 3, 5, 3, 3, 4, 4),
    *(6,) * 14,
    *(9, 6, 6, 6, 6, 6, 6),
    *(9, 6, 6, 6, 6, 6),
    *(7, 7, 6, 3, 4, 6, 5),
    *(10, 9, 9, 9, 9, 9),
    *(3, 4, 6, 6, 6, 6, 5),
)
_LINE = sum(_WIDTHS)


class _Word(NamedTuple):
    number: int
    fill: float
    scale: float = 1.0


_WORDS = {
    "dst": _Word(41, 99999.0),
    "bx": _Word(13, 999.9),
    "by_gsm": _Word(16, 999.9),
    "bz_gsm": _Word(17, 999.9),
    "bt": _Word(9, 999.9),
    "speed": _Word(25, 9999.0),
    "density": _Word(24, 999.9),
    "temperature": _Word(23, 9999999.0),
    "pressure": _Word(29, 99.99),
    "f107": _Word(51, 999.9),
    "ae": _Word(42, 9999.0),
    "kp": _Word(39, 99.0, 10.0),
    "sunspot": _Word(40, 999.0),
}
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}")
_YEARS = 1900, 2099  # a slip in a year would ask for a grid of centuries
_MANY, _FEW, _APART = 100, 0.01, 8784  # or of decades: few of many lines, a year from the others
_REQUIRED = ("time", "dst", "bz_gsm", "speed", "density", "pressure")
_SUFFIXES = (".csv", ".csv.gz", ".dat", ".dat.gz", ".lst", ".lst.gz", ".txt", ".txt.gz")

_PathLike = str | os.PathLike[str]
_Table = tuple[NDArray[np.datetime64], dict[str, NDArray[np.float64]]]


def load_omni(path: _PathLike | Sequence[_PathLike]) -> StormSeries:
    """Read OMNI hourly data into a gapless hourly series.

    Parameters
    ----------
    path : path-like or sequence of path-like
        One of

        - a CSV file (``.csv`` or ``.csv.gz``) with a header line and the columns ``time``
          (``YYYY-MM-DDTHH``, UTC, start of the hour), ``dst``, ``bz_gsm``, ``speed``,
          ``density``, ``pressure`` and, optionally, ``bx``, ``by_gsm``, ``bt``,
          ``temperature``, ``f107``, ``ae``, ``kp``, ``sunspot``; fields are plain numbers without
          quotes, an empty one is missing;
        - a raw ``omni2_YYYY.dat`` file of NASA/GSFC SPDF, also as ``.lst`` or ``.txt``, packed
          (``.gz``) or not, see the table of words above in this module;
        - a directory that holds such yearly files;
        - a sequence of files. Their order does not matter.

    Returns
    -------
    StormSeries
        Fill values, empty fields and hours that no file holds are NaN. ``bz`` is ``bz_gsm``;
        optional columns are in ``extra``. ``start`` is the UTC hour of the first row.

    Raises
    ------
    FileNotFoundError
        If a file or directory does not exist, or the directory holds no yearly file.
    ValueError
        If a file is not of these formats (the message names the file and the line), an hour
        occurs twice, or a few hours are years from all others, as by a slip in the year.
    TypeError
        If `path` is neither a path nor a sequence of paths.

    Notes
    -----
    O(rows) time and memory: about 2 s for 22 years of CSV. Acknowledge the data as "OMNI data:
    NASA/GSFC Space Physics Data Facility, OMNIWeb; Dst: WDC for Geomagnetism, Kyoto". The series
    is described by J. H. King and N. E. Papitashvili, J. Geophys. Res. 110, A02104, 2005,
    doi:10.1029/2004JA010649.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> text = '''time,dst,bz_gsm,speed,density,pressure
    ... 2001-03-31T07,-319,-38.1,640,20.2,16.9
    ... 2001-03-31T09,-358,-28.0,,,
    ... '''
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "storm.csv")
    ...     _ = file.write_text(text)
    ...     series = load_omni(file)
    >>> series
    StormSeries(3 hours, from 2001-03-31T07)
    >>> series.dst
    array([-319.,   nan, -358.])
    """
    files = _files(path)
    tables = [_read(file) for file in files]
    _check_distinct(files, [time for time, _ in tables])
    _check_together(files, [time for time, _ in tables])
    times = np.concatenate([time for time, _ in tables])
    columns: dict[str, NDArray[np.float64]] = {}
    for name in _WORDS:
        if any(name in table for _, table in tables):
            columns[name] = np.concatenate(
                [table.get(name, np.full(time.size, np.nan)) for time, table in tables]
            )
    return _on_hourly_grid(times, columns)


def _check_distinct(files: Sequence[Path], times: Sequence[NDArray[np.datetime64]]) -> None:
    """No hour is in two lines."""
    every = np.concatenate(times)
    order = np.argsort(every, kind="stable")
    twice = np.flatnonzero(every[order][1:] == every[order][:-1])
    if not twice.size:
        return
    starts = np.cumsum([0, *(len(own) for own in times)])
    first, second = (
        str(files[int(np.searchsorted(starts, line, side="right")) - 1])
        for line in order[twice[0] : twice[0] + 2]
    )
    where = first if first == second else f"{first} and {second}"
    raise ValueError(f"{where}: the hour {every[order[twice[0]]]} occurs twice")


def _check_together(files: Sequence[Path], times: Sequence[NDArray[np.datetime64]]) -> None:
    """No few hours are years from all others, as those of a mistyped year are."""
    every = np.concatenate(times)
    if len(every) < _MANY:
        return
    order = np.argsort(every, kind="stable")
    gaps = np.flatnonzero(np.diff(every[order]).astype(np.int64) > _APART)
    parts = np.split(order, gaps + 1)
    apart = min(parts, key=len)
    if len(parts) == 1 or len(apart) > _FEW * len(every):
        return
    ends = np.cumsum([len(own) for own in times])
    place = int(np.searchsorted(ends, apart[0], side="right"))
    file = files[place]
    line = int(apart[0]) - int(ends[place] - len(times[place])) + (2 if _is_csv(file) else 1)
    raise ValueError(
        f"{file}, line {line}: the hour {every[apart[0]]} is more than a year from all others but "
        f"{len(apart) - 1}, which are from {every.min()} to {every.max()}; mend its year"
    )


def _on_hourly_grid(
    times: NDArray[np.datetime64], columns: dict[str, NDArray[np.float64]]
) -> StormSeries:
    start = times.min()
    hour = (times - start).astype(np.int64)
    n = int(hour.max()) + 1
    grid = {}
    for name, column in columns.items():
        grid[name] = np.full(n, np.nan)
        grid[name][hour] = column
    bz, speed, density, pressure, dst = (
        grid.pop(name) for name in ("bz_gsm", "speed", "density", "pressure", "dst")
    )
    return StormSeries(
        time=np.arange(n, dtype=np.float64),
        bz=bz,
        speed=speed,
        density=density,
        pressure=pressure,
        dst=dst,
        start=start,
        extra=MappingProxyType(grid),
    )


def _files(path: object) -> list[Path]:
    if isinstance(path, (str, os.PathLike)):
        root = Path(path)
        if not root.is_dir():
            return [root]
        # omni_m*.dat files beside them have another layout.
        files = sorted(
            file for file in root.glob("omni2_*") if file.name.lower().endswith((".dat", ".dat.gz"))
        )
        if not files:
            raise FileNotFoundError(f"{root}: no omni2_YYYY.dat file in this directory")
        return files
    members = checks.members("path", path, "paths, or a path")
    for member in members:
        if not isinstance(member, (str, os.PathLike)):
            raise TypeError(f"path holds a {type(member).__name__} where a path should be")
    if not members:
        raise ValueError("path is an empty sequence; it should name at least one file")
    return [Path(member) for member in members]


def _read(file: Path) -> _Table:
    if not file.exists():
        raise FileNotFoundError(f"{file}: no such file")
    if file.is_dir():
        raise ValueError(f"{file}: is a directory; a sequence may only hold files")
    if not file.name.lower().endswith(_SUFFIXES):
        raise ValueError(f"{file}: the name should end in {', '.join(_SUFFIXES)}")
    raw = file.read_bytes()
    if file.suffix.lower() == ".gz":
        try:
            raw = gzip.decompress(raw)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise ValueError(f"{file}: not a complete gzip file ({error})") from error
    return _read_csv(file, raw) if _is_csv(file) else _read_dat(file, raw)


def _is_csv(file: Path) -> bool:
    return file.name.lower().endswith((".csv", ".csv.gz"))


def _read_csv(file: Path, raw: bytes) -> _Table:
    try:
        lines = raw.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise ValueError(f"{file}: not a text file ({error})") from error
    if not lines or not lines[0]:
        raise ValueError(f"{file}, line 1: the header line is missing")
    header = lines[0].split(",")
    known = ("time", *_WORDS)
    unknown = [name for name in header if name not in known]
    if unknown:
        raise ValueError(f"{file}, line 1: unknown columns {unknown}; known are {list(known)}")
    absent = [name for name in _REQUIRED if name not in header]
    if absent:
        raise ValueError(f"{file}, line 1: missing columns {absent}; found {header}")
    if len(set(header)) < len(header):
        raise ValueError(f"{file}, line 1: a column name occurs twice in {header}")

    body = lines[1:]
    if not body:
        raise ValueError(f"{file}: no line of data")
    width = len(header)
    for i, line in enumerate(body):
        if line.count(",") != width - 1:
            raise ValueError(
                f"{file}, line {i + 2}: {line.count(',') + 1} fields, expected {width}"
            )
    # One flat list: a list per row is several times slower, most of it garbage collection.
    flat = ",".join(body).split(",")
    cells = {name: flat[j::width] for j, name in enumerate(header)}
    times = _csv_times(file, cells["time"])
    return times, {name: _csv_numbers(file, name, cells[name]) for name in _WORDS if name in cells}


def _csv_times(file: Path, cells: Sequence[str]) -> NDArray[np.datetime64]:
    for i, cell in enumerate(cells):
        if not _TIME.fullmatch(cell):
            hours = ", whole hours" if ":" in cell else ""
            raise ValueError(
                f"{file}, line {i + 2}: time is {cell!r}, expected YYYY-MM-DDTHH{hours}"
            )
        if not _YEARS[0] <= int(cell[:4]) <= _YEARS[1]:
            raise ValueError(
                f"{file}, line {i + 2}: time is {cell!r}, expected a year in {_YEARS[0]} to "
                f"{_YEARS[1]}"
            )
    try:
        return np.array(cells, dtype="datetime64[h]")
    except ValueError:
        i = next(i for i, cell in enumerate(cells) if not _is_time(cell))
        raise ValueError(f"{file}, line {i + 2}: time is {cells[i]!r}: no such hour") from None


def _is_time(cell: str) -> bool:
    try:
        np.datetime64(cell, "h")
    except ValueError:
        return False
    return True


def _csv_numbers(file: Path, name: str, cells: Sequence[str]) -> NDArray[np.float64]:
    try:
        numbers = np.array([float(cell) if cell else np.nan for cell in cells])
    except ValueError:
        i = next(i for i, cell in enumerate(cells) if cell and not _is_number(cell))
        raise ValueError(
            f"{file}, line {i + 2}: {name} is {cells[i]!r}, expected a number or nothing"
        ) from None
    for i in np.flatnonzero(np.isinf(numbers))[:1]:
        raise ValueError(f"{file}, line {i + 2}: {name} is {cells[i]!r}, expected a finite number")
    return numbers


def _is_number(cell: str | bytes) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _read_dat(file: Path, raw: bytes) -> _Table:
    lines = [line.rstrip(b"\r") for line in raw.split(b"\n")]
    while lines and not lines[-1].strip():
        lines.pop()
    if not lines:
        raise ValueError(f"{file}: no line of data")
    width = len(lines[0])
    for i, line in enumerate(lines):
        if len(line) < _LINE or len(line) != width:
            expected = f"at least {_LINE}" if width < _LINE else str(width)
            raise ValueError(
                f"{file}, line {i + 1}: {len(line)} characters wide, expected {expected} "
                "(55 words of the OMNI 2 format; a selection of words does not say which they are: "
                "give it a header, as a .csv file)"
            )
    cells = np.frombuffer(b"".join(lines), dtype="S1").reshape(len(lines), width)

    year, day, hour = (_dat_word(file, cells, number) for number in (1, 2, 3))
    for name, value, low, high in (
        ("year", year, *_YEARS),
        ("day", day, 1, 366),
        ("hour", hour, 0, 23),
    ):
        bad = np.flatnonzero((value < low) | (value > high) | (value != np.rint(value)))
        if bad.size:
            raise ValueError(
                f"{file}, line {bad[0] + 1}: {name} is {value[bad[0]]:g}, expected a whole number "
                f"from {low} to {high}"
            )
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    for i in np.flatnonzero((day == 366) & ~leap)[:1]:
        raise ValueError(f"{file}, line {i + 1}: day is 366, expected 1 to 365 in {year[i]:.0f}")
    midnight = (year - 1970).astype(np.int64).astype("datetime64[Y]").astype("datetime64[h]")
    times = midnight + ((day - 1) * 24 + hour).astype(np.int64).astype("timedelta64[h]")

    columns = {}
    for name, word in _WORDS.items():
        column = _dat_word(file, cells, word.number)
        column[column == word.fill] = np.nan
        columns[name] = column / word.scale
    return times, columns


def _dat_word(file: Path, cells: NDArray[np.bytes_], number: int) -> NDArray[np.float64]:
    begin = sum(_WIDTHS[: number - 1])
    width = _WIDTHS[number - 1]
    block = np.ascontiguousarray(cells[:, begin : begin + width])
    text = block.view(f"S{width}").ravel()
    try:
        numbers = np.asarray(text.astype(np.float64))
        bad = np.flatnonzero(np.isinf(numbers))
    except ValueError:
        bad = np.array([i for i, cell in enumerate(text.tolist()) if not _is_number(cell)])
    if bad.size:
        raise ValueError(
            f"{file}, line {bad[0] + 1}: word {number} (columns {begin + 1}-{begin + width}) is "
            f"{text[bad[0]].decode('ascii', 'replace')!r}, expected a finite number"
        )
    return numbers
