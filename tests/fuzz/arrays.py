"""Problems: tables of every size, rank and magnitude, with ties, duplicates and outliers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from problems import relu_features

from .source import Source

#: Beyond these a call may refuse the numbers; within, it must work.
MODERATE = (1e-30, 1e30)


@dataclass(frozen=True)
class Problem:
    """Training, validation and monitor rows: Phi (n, D), y (n,) or (n, C)."""

    Phi: np.ndarray
    y: np.ndarray
    Phi_val: np.ndarray
    y_val: np.ndarray
    Phi_mon: np.ndarray
    y_mon: np.ndarray

    @property
    def arrays(self):
        """The four arrays that every function takes."""
        return self.Phi, self.y, self.Phi_val, self.y_val

    @property
    def n_rows(self):
        return len(self.Phi)

    @property
    def n_val(self):
        return len(self.Phi_val)

    @property
    def dimension(self):
        return self.Phi.shape[1]

    @property
    def is_moderate(self):
        """Whether no table is zero up to rounding, or so large that products overflow."""
        return all(_is_moderate(table) for table in vars(self).values())


def _is_moderate(table):
    largest = np.abs(table).max()
    return largest == 0 or MODERATE[0] <= largest <= MODERATE[1]


# ---------------------------------------------------------------------------------------- sizes

# (weight, name): what is likely in a test of a few milliseconds, and now and then a large one.
SIZES = [
    (55, "small"),
    (15, "tiny"),
    (12, "wide"),
    (10, "medium"),
    (5, "blocks"),
    (3, "large"),
]


def sizes(source: Source, kinds: list[tuple[int, str]] = SIZES) -> tuple[int, int, int]:
    """Rows, validation rows and features."""
    kind = source.weighted(kinds)
    if kind == "small":
        return source.integer(1, 60), source.integer(1, 20), source.integer(1, 12)
    if kind == "tiny":
        return source.integer(1, 4), source.integer(1, 3), source.integer(1, 4)
    if kind == "wide":  # more features than rows
        n_rows = source.integer(1, 24)
        return n_rows, source.integer(1, 12), n_rows + source.integer(1, 24)
    if kind == "medium":
        return source.integer(61, 500), source.integer(1, 80), source.integer(1, 40)
    if kind == "blocks":  # sums go over blocks of max(1024, 4 D) rows
        block = 1024
        n_rows = block * source.integer(1, 2) + source.pick([0, 1, 6, -1, 300])
        return n_rows, source.integer(1, 40), source.pick([1, 8, 47, 48, 49, 64, 100])
    dimension = source.pick([2, 16, 128, 255, 256, 257, 300])
    return source.integer(500, 5000), source.integer(1, 300), dimension


SMALL = [(60, "small"), (20, "tiny"), (20, "wide")]
BLOCKS = [(1, "blocks")]


# --------------------------------------------------------------------------------------- tables

FEATURES = [
    "relu",
    "gaussian",
    "integers",
    "ones",
    "binary",
    "duplicates",
    "deficient",
    "identical rows",
    "zero column",
    "mostly zero",
    "columns of all sizes",
    "large mean",
    "nearly dependent",
    "heavy tails",
    "a large row",
    "large rows",
    "zero",
    "magnitude",
]
_ORDINARY_FEATURES = 10
TARGETS = [
    "noisy",
    "exact",
    "integers",
    "constant",
    "signs",
    "zero",
    "heavy tails",
    "a large target",
    "large targets",
    "magnitude",
]
_ORDINARY_TARGETS = 6


def problem(
    source: Source,
    kinds: list[tuple[int, str]] = SIZES,
    *,
    outputs: bool = True,
    ordinary: bool = False,
) -> Problem:
    """A problem, whatever its kind; `ordinary`: that no function may refuse."""
    n_rows, n_val, dimension = sizes(source, kinds)
    n_outputs = source.weighted([(70, 0), (8, 1), (14, 2), (8, 3)]) if outputs else 0
    n_mon = source.integer(1, 8)
    parts = np.cumsum([n_rows, n_val])
    rng = source.rng()
    Phi = features(source, rng, n_rows, n_val + n_mon, dimension, ordinary)
    y = targets(source, rng, Phi, n_rows, n_outputs, ordinary)
    tables = [*np.split(Phi, parts), *np.split(y, parts)]
    tables = [np.ascontiguousarray(table) for table in tables]
    if source.chance(5):  # validation rows that are training rows
        own = rng.integers(0, n_rows, n_val)
        tables[1], tables[4] = tables[0][own], tables[3][own]
    return Problem(*(tables[place] for place in (0, 3, 1, 4, 2, 5)))


def tied_problem(source: Source) -> Problem:
    """Whole numbers, and few validation rows: ties, and changes of the loss that cancel."""
    n_rows, n_val = source.integer(80, 600), source.pick([1, 1, 2, 5])
    dimension, n_outputs = source.integer(1, 8), source.pick([0, 0, 2])
    rng = source.rng()
    Phi = np.rint(
        source.pick([2.0, 0.7, 5.0]) * rng.standard_normal((n_rows + n_val + 4, dimension))
    )
    signal = Phi @ np.rint(rng.standard_normal((dimension, max(1, n_outputs))))
    y = signal + np.rint(source.pick([2.0, 0.0, 0.5]) * rng.standard_normal(signal.shape))
    y = y if n_outputs else y[:, 0]
    parts = [n_rows, n_rows + n_val]
    tables = [*np.split(Phi, parts), *np.split(y, parts)]
    return Problem(*(np.ascontiguousarray(tables[place]) for place in (0, 3, 1, 4, 2, 5)))


def features(
    source: Source, rng, n_rows: int, n_others: int, dimension: int, ordinary: bool = False
) -> np.ndarray:
    """Features (n_rows + n_others, D); what is peculiar about rows is so of the first ones."""
    kind = source.pick(FEATURES[:_ORDINARY_FEATURES] if ordinary else FEATURES)
    n = n_rows + n_others
    Phi = rng.standard_normal((n, dimension))
    if kind == "relu" and dimension > 1:
        Phi = relu_features(rng.standard_normal((n, 5)), dimension, rng)
    elif kind == "integers":
        Phi = np.rint(2 * Phi)
    elif kind == "ones":
        Phi = np.ones_like(Phi)
    elif kind == "binary":
        Phi = (Phi > 0).astype(float)
    elif kind == "duplicates":
        Phi[:n_rows] = Phi[rng.integers(0, max(1, n_rows // 3), n_rows)]
    elif kind == "deficient":
        Phi[:, dimension // 2 :] = Phi[:, : dimension - dimension // 2]
    elif kind == "identical rows":
        Phi[:] = Phi[0]
    elif kind == "zero column":
        Phi[:, rng.integers(dimension)] = 0
    elif kind == "columns of all sizes":
        Phi *= 10.0 ** rng.uniform(-8, 8, dimension)
    elif kind == "large mean":
        Phi += source.power(1, 7)
    elif kind == "nearly dependent":
        Phi = Phi[:, :1] + Phi * source.power(-9, -1)
    elif kind == "heavy tails":
        Phi = rng.standard_t(1, Phi.shape)
    elif kind == "mostly zero":
        Phi *= rng.uniform(size=Phi.shape) < 0.1
    elif kind == "a large row":
        Phi[rng.integers(n_rows)] *= source.power(1, 12)
    elif kind == "large rows":
        Phi[:n_rows] *= 10.0 ** (rng.uniform(0, 6, (n_rows, 1)) * (rng.random((n_rows, 1)) < 0.1))
    elif kind == "zero":
        Phi[:] = 0
    elif kind == "magnitude":
        Phi *= _magnitude(source)
    return Phi


def targets(
    source: Source, rng, Phi: np.ndarray, n_rows: int, n_outputs: int, ordinary: bool = False
) -> np.ndarray:
    """Targets (n,), or (n, C) for C outputs."""
    kind = source.pick(TARGETS[:_ORDINARY_TARGETS] if ordinary else TARGETS)
    columns = max(1, n_outputs)
    with np.errstate(over="ignore", invalid="ignore"):
        signal = Phi @ rng.standard_normal((Phi.shape[1], columns))
    size = np.abs(Phi).max()
    if not np.isfinite(signal).all():
        signal = np.zeros_like(signal)
    noise = rng.standard_normal(signal.shape) * (1.0 if not MODERATE[0] < size < 1e3 else size)
    y = signal + noise
    if kind == "exact":
        y = signal
    elif kind == "integers":
        y = np.rint(np.clip(y, -1e6, 1e6))
    elif kind == "zero":
        y = np.zeros_like(y)
    elif kind == "constant":
        y = np.full_like(y, source.pick([1.0, -2.5, 1e6]))
    elif kind == "signs":
        y = np.where(y > 0, 1.0, -1.0)
    elif kind == "heavy tails":
        y = y + rng.standard_t(1, y.shape)
    elif kind == "a large target":
        y[rng.integers(n_rows)] += source.power(2, 30)
    elif kind == "large targets":
        largest = source.integer(2, 30)
        some = rng.uniform(size=(n_rows, 1)) < 0.1
        y[:n_rows] += some * 10.0 ** rng.uniform(0, largest, (n_rows, 1))
    elif kind == "magnitude":
        y = rng.standard_normal(y.shape) * _magnitude(source)
    return y if n_outputs else y[:, 0]


def _magnitude(source: Source) -> float:
    """Mostly within what must work, now and then at the ends of float64."""
    low, high = source.weighted([(6, (-12, 12)), (2, (-30, 28)), (1, (-300, 300))])
    return source.power(low, high)
