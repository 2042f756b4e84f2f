"""Every function of `paris_core.plotting`, on axes of a figure that nobody sees."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axes import Axes

import paris_core
from paris_core import plotting

from .. import arrays, spoil
from ..calls import Case


def axes() -> Axes:
    """Axes of a new figure."""
    return plotting.new_figure(3.0, 2.0).subplots()


def drawings(case: Case) -> None:
    """Draw something."""
    source = case.source
    problem = arrays.problem(source, arrays.SMALL, outputs=False, ordinary=True)
    n = problem.n_rows
    rng = source.rng()
    mask = rng.random(n) < 0.5
    settings: dict[str, Any] = {"lam": 1.0}
    result = paris_core.prune(*problem.arrays, source.integer(0, n - 1), **settings)
    found = paris_core.explain(problem.Phi, problem.y, problem.Phi_val[0], lam=1.0, k=3)
    m = source.integer(1, 8)
    rows, values = np.arange(m), rng.standard_normal(m)
    calls: list[tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]] = [
        (plotting.plot_worst_residual, (result,), {"scale": source.pick([1.0, 2])}),
        (plotting.plot_worst_residual, ([result, result],), {"label": "a"}),
        (plotting.plot_explanation, (found,), {"unit": source.pick(["", "nT"])}),
        (plotting.plot_target_histogram, (problem.y, mask), {"bins": source.integer(1, 60)}),
        (plotting.plot_class_counts, (rng.integers(0, 4, n), mask), {}),
        (plotting.plot_errors, ([f"{i}" for i in rows], values), {}),
        (plotting.plot_removal, ({"a": (rows, values)},), {"references": {"b": 1.0}, "best": 2}),
    ]
    function, arguments, options = source.pick(calls)
    drawn = case.must(function, *arguments, ax=axes(), **options)
    if drawn:
        case.check("wrong state", isinstance(drawn.value, Axes), f"{drawn.value!r}")
    bad(case, problem, mask, result)


def bad(case: Case, problem: Any, mask: Any, result: Any) -> None:
    """One argument is no good."""
    source = case.source
    wrong_mask = spoil.mask(source, len(mask))
    options: list[tuple[Any, Callable[..., Any], tuple[Any, ...], dict[str, Any]]] = [
        ("result", plotting.plot_worst_residual, (source.pick([None, [], 3, [3]]),), {}),
        ("scale", plotting.plot_worst_residual, (result,), {"scale": spoil.positive(source)}),
        ("explanation", plotting.plot_explanation, (source.pick([None, result, 3]),), {}),
        ("mask", plotting.plot_target_histogram, (problem.y, wrong_mask), {}),
        ("y", plotting.plot_target_histogram, (spoil.series(source, problem.y), mask), {}),
        (
            "bins",
            plotting.plot_target_histogram,
            (problem.y, mask),
            {"bins": spoil.integer(source, 1)},
        ),
        ("mask", plotting.plot_class_counts, (np.zeros(len(mask), int), wrong_mask), {}),
        ("values", plotting.plot_errors, (["a"], source.pick([[1.0, 2.0], "a", [np.nan], 3])), {}),
        (
            "series",
            plotting.plot_removal,
            (source.pick([{}, {"a": 3}, {"a": ([1], [1, 2])}, []]),),
            {},
        ),
    ]
    name, function, arguments, more = source.pick(options)
    case.refused(
        {name, *(("mask",) if name == "y" else ())}, function, *arguments, ax=axes(), **more
    )


GENERATORS = {"drawing": (1, drawings)}
