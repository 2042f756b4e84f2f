"""What is no good argument: of the wrong type, shape or value, for each kind of argument."""

from __future__ import annotations

import datetime
import decimal
import fractions
from typing import Any

import numpy as np

from .source import Source


def spot(source: Source, array: np.ndarray) -> tuple[int, ...]:
    """A place in an array."""
    return tuple(source.below(n) for n in array.shape)


def with_bad_number(source: Source, array: np.ndarray) -> np.ndarray:
    """A copy with NaN, an infinity or a number out of range somewhere."""
    bad = np.array(array, dtype=np.float64)
    bad[spot(source, bad)] = source.pick([np.nan, np.inf, -np.inf, 1e300, -1e41])
    return bad


def no_array(source: Source) -> Any:
    """Something that is no array of numbers."""
    return source.pick(
        [
            None,
            "text",
            3,
            {},
            {"a": 1},
            object(),
            [[1.0], [2.0, 3.0]],
            np.float64(2.0),
            np.array(1.0),
            np.array(["a", "b"]),
            np.array([1.0, None]),
            np.array([1 + 2j]),
            np.array(["2003-10-29"], dtype="M8[D]"),
            np.zeros(2, dtype=[("a", float)]),
            np.ma.masked_array([1.0, 2.0], mask=[True, False]),
            b"bytes",
            print,
            {1.0, 2.0},
            range(0),
            [],
            (x for x in (1.0, 2.0)),
            _RaisingArray(),
        ]
    )


class _RaisingArray:
    """Refuses to be an array, by an exception that says nothing."""

    def __array__(self, dtype=None, copy=None):
        raise ValueError("no")

    def __repr__(self) -> str:
        return "_RaisingArray()"


def matrix(source: Source, table: np.ndarray, columns: int | None = None) -> Any:
    """In place of a table (n, D)."""
    kind = source.pick(["number", "nothing", "shape", "shape", "complex", "object"])
    if kind == "number":
        return with_bad_number(source, table)
    if kind == "nothing":
        return no_array(source)
    if kind == "complex":
        return table.astype(complex)
    if kind == "object":
        return table.astype(object)
    shapes = [table[:0], table[:, :0], table[:, 0], table[None], table[..., None]]
    if columns is not None:
        shapes += [table[:, :-1], np.hstack([table, table])]
    return source.pick(shapes)


def targets(source: Source, array: np.ndarray, columns: tuple[int, ...] | None = None) -> Any:
    """In place of targets (n,) or (n, C)."""
    kind = source.pick(["number", "nothing", "shape", "shape", "text"])
    if kind == "number":
        return with_bad_number(source, array)
    if kind == "nothing":
        return no_array(source)
    if kind == "text":
        return array.astype(str)
    longer = np.concatenate([array, array[:1]])
    shapes = [array[:-1], longer, array[..., None, None], array.reshape(-1)[:0]]
    if columns is not None:
        shapes.append(array[:, 0] if columns else array[:, None])
    return source.pick(shapes)


def series(source: Source, array: np.ndarray) -> Any:
    """In place of numbers (n,) of any length."""
    kind = source.pick(["number", "nothing", "empty", "table", "text"])
    if kind == "number":
        return with_bad_number(source, array)
    if kind == "nothing":
        return no_array(source)
    return {"empty": array[:0], "table": array[:, None], "text": array.astype(str)}[kind]


def weights(source: Source, n: int) -> Any:
    """In place of weights (n,)."""
    right = np.ones(n)
    negative = right.copy()
    negative[source.below(n)] = source.pick([-1.0, -1e-300])
    nothing = no_array(source)
    return source.pick(
        [
            np.zeros(n),
            negative,
            with_bad_number(source, right),
            np.ones(n + 1),
            np.ones((n, 1)),
            "text" if nothing is None else nothing,
        ]
    )


def mask(source: Source, n: int) -> Any:
    """In place of a mask (n,)."""
    return source.pick(
        [
            np.zeros(n),
            np.zeros(n, dtype=int),
            np.zeros(n + 1, dtype=bool),
            np.zeros((n, 1), dtype=bool),
            np.zeros(n, dtype=bool)[:-1] if n > 1 else np.bool_(True),
            [None] * n,
            True,
            "text",
            [[True], [True, False]],
            np.ma.masked_array(np.zeros(n, dtype=bool), mask=True),
        ]
    )


def monitor(source: Source, problem: Any) -> Any:
    """In place of (Phi_mon, y_mon) or (Phi_mon, y_mon, weight_mon)."""
    Phi, y = problem.Phi_mon, problem.y_mon
    return source.pick(
        [
            Phi,
            (),
            (Phi,),
            (Phi, y, np.ones(len(y)), 1),
            (matrix(source, Phi, columns=Phi.shape[1]), y),
            (Phi, targets(source, y, columns=y.shape[1:])),
            (Phi, y, weights(source, len(y))),
            "text",
            3,
            {Phi.shape: y},
        ]
    )


def strata(source: Source, n: int) -> Any:
    """In place of strata (n,), of which there is one, 0."""
    right = np.zeros(n, dtype=int)
    out = right.copy()
    out[source.below(n)] = source.pick([-1, 1, 2**62, -(2**63)])
    nothing = no_array(source)
    return source.pick(
        [
            right.astype(float),
            out,
            np.zeros(n + 1, dtype=int),
            right[:, None],
            right.astype(bool),
            right.astype(str),
            right[:0],
            "text" if nothing is None else nothing,
        ]
    )


def labels(source: Source, n: int) -> Any:
    """In place of labels (n,) of at least two groups."""
    nothing = no_array(source)
    return source.pick(
        [
            np.zeros(n, dtype=int),
            np.array(["a"] * n),
            np.arange(n) / 2,
            np.arange(n + 1),
            np.arange(n)[:, None],
            np.array([None, *range(1, n)]),
            np.array([2**64 - 1] * n, dtype=np.uint64),
            np.arange(n).astype(complex),
            np.arange(n).astype("M8[D]"),
            "text" if nothing is None else nothing,
        ]
    )


def quotas(source: Source, n: int) -> Any:
    """In place of quotas (1,) of one stratum of n rows."""
    nothing = no_array(source)
    return source.pick(
        [
            np.array([0.0]),
            np.array([-1]),
            np.array([n + 1]),
            np.array([2**53]),
            np.array([2**63 - 1]),
            np.array([], dtype=int),
            np.array([[0]]),
            np.array(0),
            np.array([True]),
            "text" if nothing is None else nothing,
        ]
    )


def no_number(source: Source) -> Any:
    """In place of any number."""
    return source.pick(
        [
            "3",
            "",
            None,
            [1],
            (1.0,),
            {},
            1j,
            True,
            np.bool_(False),
            np.array([1.0]),
            np.array([1.0, 2.0]),
            decimal.Decimal(1),
            datetime.timedelta(1),
            b"1",
            print,
            object(),
        ]
    )


def positive(source: Source, *, strings: bool = False) -> Any:
    """In place of a number > 0; `strings`: or the name of something."""
    value = source.pick(
        [0, 0.0, -1, -1e-300, np.nan, np.inf, -np.inf, -0.0, 10**400, -(10**400), "bad"]
    )
    if value != "bad":
        return value
    return source.pick(["", "AUTO", "one", "1.0"]) if strings else no_number(source)


def not_negative(source: Source) -> Any:
    """In place of a number >= 0."""
    value = source.pick([-1, -1e-300, np.nan, np.inf, -np.inf, 10**400, "bad"])
    return value if value != "bad" else no_number(source)


def fraction(source: Source) -> Any:
    """In place of a number in (0, 1]."""
    value = source.pick([0, -0.5, 1.0000001, 2, np.nan, np.inf, 10**400, "bad"])
    return value if value != "bad" else no_number(source)


def integer(source: Source, low: int, high: int | None = None, *, none: bool = True) -> Any:
    """In place of an int in [low, high]; `none`: None is no good either."""
    bad = [low - 1, -(2**63), -(10**30), 1.0, 2.5, np.nan, np.float64(3), "bad"]
    if high is not None:
        bad += [high + 1, 10**30, 2**63, 2**64]
    value = source.pick(bad)
    if isinstance(value, str):
        value = no_number(source)
    return 1.5 if value is None and not none else value


def deletions(source: Source, n: int) -> Any:
    """In place of k: an int in [0, n) or a fraction in (0, 1)."""
    value = source.pick([n, -1, n + 7, 10**30, 1.0, 0.0, -0.5, 1.5, np.nan, np.inf, "bad"])
    return value if value != "bad" else no_number(source)


def choice(source: Source) -> Any:
    """In place of one of some names."""
    return source.pick(
        ["", "WORST", "mean ", "nonsense", None, 3, b"mean", ["mean"], np.array(["mean"]), object()]
    )


def flag(source: Source) -> Any:
    """In place of True or False."""
    return source.pick([0, 1, "yes", None, 2.0, [True], np.array([True])])


_NUMBERS = [
    *(0, 1, -1, 0.5, 1.0, 2, 10**6, 2**63, 10**400, 1e-320, 1e308, np.nan, np.inf, True, None),
    *(fractions.Fraction(1, 3), np.int8(3), np.float16(0.1), np.uint64(2**63)),
]


def anything(source: Source) -> Any:
    """Anything at all."""
    n, d = source.integer(0, 70), source.integer(0, 14)
    rng = source.rng()
    kind = source.pick(["number", "no array", "table", "vector", "labels", "huge", "number"])
    if kind == "number":
        return source.pick(_NUMBERS)
    if kind == "table":
        return rng.standard_normal((n, d)) * source.power(-300, 300)
    if kind == "vector":
        return rng.standard_normal(n)
    if kind == "labels":
        return rng.integers(0, max(1, d), n)
    if kind == "huge":
        return np.broadcast_to(np.float64(1), source.pick([(2**40,), (2**31, 2**20)]))
    return no_array(source)
