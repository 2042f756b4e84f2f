"""Problems with trusted rows: training rows whose targets may be wrong, a few trusted, a test."""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from paris_core.features import LaggedFeatures

from .. import dst
from .rows import Rows

DATA = Path(os.environ["PARIS_CORE_DATA"]) if "PARIS_CORE_DATA" in os.environ else None

PUBLIC = ("abalone", "bank8FM", "californiaHousing", "cpuSm")
MISSING = 9_999.0  # its code in the public set "acceleration"; no other has that number

DST_ROWS = 10_000  # to train
MONTH = 30 * 24  # hours
N_BATCHES = 200  # of a public set
DST_START = np.datetime64("1998-01-01T00", "h")  # of the file
# Around the minima and maxima of the Sun's cycles 23 and 24.
MINIMUM = (2006, 2007, 2008, 2009, 2010, 2017, 2018, 2019)
MAXIMUM = (2000, 2001, 2002, 2003, 2012, 2013, 2014, 2015)

Mask = np.ndarray


@dataclass(frozen=True)
class Problem:
    """A task with training targets that may be wrong."""

    train: Rows
    clean: Rows  # what they should be: the true targets, or as many rows of the right source
    bad: Mask  # rows whose target is wrong (or that should not be there)
    trusted: Rows
    test: Rows
    side: str  # of the tail
    regions: dict[str, Mask]  # of the test rows
    # (N,) of the training rows: months, or runs of neighbours in tables without time. Rows of a
    # batch have their errors in common, if these have a system.
    batch: np.ndarray

    def with_targets(self, y: np.ndarray, bad: Mask) -> Problem:
        return replace(self, train=Rows(self.train.X, y), bad=bad)

    def only(self, rows: np.ndarray) -> Problem:
        """With these training rows (positions, which may repeat)."""
        return replace(
            self,
            train=self.train.at(rows),
            clean=self.clean.at(rows),
            bad=self.bad[rows],
            batch=self.batch[rows],
        )

    def thinned(self, most: int) -> Problem:
        """With so many training rows at most, evenly."""
        n_rows = len(self.train)
        return self if n_rows <= most else self.only(np.arange(most) * n_rows // most)


def require_data() -> None:
    """End with what to do if there is no folder with the data."""
    if DATA is None:
        raise SystemExit("PARIS_CORE_DATA must name the folder with the data")


def load(name: str, n_trusted: int, seed: int) -> Problem:
    """A public set or "dst", without corruption; the seed draws and splits rows."""
    require_data()
    if name == "dst":
        return dst_problem(DST_ROWS, n_trusted, seed)
    return dealt_out(table(name), _n_train(name), n_trusted, seed)


def dst_problem(n_rows: int, n_trusted: int, seed: int) -> Problem:
    """Three hours ahead; blocks of time of their own for training, trust and test."""
    table, split, rng = _split_dst(seed)
    train = _draw(split.train, n_rows, rng)
    trusted = _draw(split.validation, n_trusted, rng)
    bad = np.zeros(n_rows, dtype=bool)
    return _dst_problem(table, train, train, bad, trusted, split.test)


def two_sources(n_trusted: int, seed: int) -> Problem:
    """Dst: four fifths of the training rows are from years of solar minimum, all else from maximum.

    The public sets have no years, and too few rows of one kind for the reference.
    """
    table, split, rng = _split_dst(seed)
    years = (DST_START + table.rows + dst.HORIZON).astype("datetime64[Y]").astype(int) + 1970

    def of(rows: np.ndarray, wanted: tuple[int, ...]) -> np.ndarray:
        return rows[np.isin(years[rows], wanted)]

    n_rows = DST_ROWS
    n_other = n_rows * 4 // 5
    clean = rng.permutation(_draw(of(split.train, MAXIMUM), n_rows, rng))
    other = _draw(of(split.train, MINIMUM), n_other, rng)
    train = np.sort(np.concatenate([other, clean[n_other:]]))
    trusted = _draw(of(split.validation, MAXIMUM), n_trusted, rng)
    bad = np.isin(train, other)
    return _dst_problem(table, train, np.sort(clean), bad, trusted, of(split.test, MAXIMUM))


def _split_dst(seed: int) -> tuple[LaggedFeatures, dst.Split, np.random.Generator]:
    table = dst.read_table(DATA / dst.DATA)
    rng = np.random.default_rng(seed)
    return table, dst.split(table, rng), rng


def _draw(rows: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    return np.sort(rng.choice(rows, n, replace=False))


def _dst_problem(
    table: LaggedFeatures,
    train: np.ndarray,
    clean: np.ndarray,
    bad: Mask,
    trusted: np.ndarray,
    test: np.ndarray,
) -> Problem:
    rows = Rows(table.X, table.y)
    y_test = table.y[test]
    return Problem(
        train=rows.at(train),
        clean=rows.at(clean),
        bad=bad,
        trusted=rows.at(trusted),
        test=rows.at(test),
        side="lower",
        regions={"tail": y_test <= -100.0},
        batch=table.rows[train] // MONTH,
    )


@functools.cache
def table(name: str) -> Rows:
    """All rows of a public set: each once, nominal inputs one-hot, missing ones marked."""
    frame = pd.read_csv(DATA / "ir" / f"{name}.csv.gz").drop_duplicates()
    inputs = pd.get_dummies(frame.drop(columns="target")).to_numpy(dtype=np.float64)
    return Rows(filled(inputs), frame["target"].to_numpy(dtype=np.float64))


def filled(inputs: np.ndarray) -> np.ndarray:
    """Medians for missing numbers, and a column more for each input that misses some."""
    missing = inputs == MISSING
    present = np.where(missing, np.nan, inputs)
    values = np.where(missing, np.nanmedian(present, axis=0), inputs)
    return np.hstack([values, missing[:, missing.any(axis=0)]])


def at_most(rows: Rows, most: int, seed: int) -> Rows:
    """So many of the rows, in their order."""
    if len(rows) <= most:
        return rows
    return rows.at(_draw(np.arange(len(rows)), most, np.random.default_rng([seed, 3])))


def _n_train(name: str) -> int:
    """Half of a public set."""
    return min(len(table(name)) // 2, 10_000)


def enough(name: str, n_trusted: int) -> bool:
    """Whether a fair number of test rows is left."""
    return name == "dst" or len(table(name)) - _n_train(name) - n_trusted >= 500


def dealt_out(rows: Rows, n_train: int, n_trusted: int, seed: int) -> Problem:
    """Rows in no order of time; 5 % of the test rows are the tail."""
    order = np.random.default_rng(seed).permutation(len(rows))
    train = np.sort(order[:n_train])
    trusted, test = order[n_train : n_train + n_trusted], order[n_train + n_trusted :]
    y_test = rows.y[test]
    side = tail_side(rows.y)
    bound = np.quantile(y_test, 0.95 if side == "upper" else 0.05)
    return Problem(
        train=rows.at(train),
        clean=rows.at(train),
        bad=np.zeros(n_train, dtype=bool),
        trusted=rows.at(trusted),
        test=rows.at(test),
        side=side,
        regions={"tail": y_test >= bound if side == "upper" else y_test <= bound},
        batch=np.arange(n_train) * N_BATCHES // n_train,
    )


def tail_side(y: np.ndarray) -> str:
    """The side to which the targets are skewed."""
    return "upper" if ((y - y.mean()) ** 3).sum() > 0 else "lower"
