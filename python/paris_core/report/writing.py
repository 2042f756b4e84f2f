"""What a report says, in which order: the answer, what to do next, what to look at, the rest."""

from __future__ import annotations

import datetime
import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .. import __version__
from .._support import checks
from .._support.storage.files import replacing
from .answering import answer_of, far_off, hints
from .findings.baselines import compare
from .findings.fitted import Fitted
from .findings.groups import lines_of_groups
from .findings.shares import removed_by
from .page import html as page
from .page import sections
from .page.figures import draw_all

__all__ = ["write_report"]


def write_report(
    path: str | os.PathLike[str],
    model: Any,
    X: Any,
    y: ArrayLike,
    *,
    X_val: Any = None,
    y_val: ArrayLike | None = None,
    target: str = "y",
    source: str | None = None,
    remarks: Sequence[str] = (),
    groups: ArrayLike | None = None,
    columns: Any = None,
    time: ArrayLike | None = None,
    command: str | None = None,
    script: str | None = None,
    random_state: int | np.random.Generator | None = 0,
) -> None:
    """Write what a run of the outer loop did to a single HTML file that needs nothing else.

    Parameters
    ----------
    path : str or path-like
        The file; replaced as a whole if it exists.
    model : PARISRegressor or PARISClassifier
        Fitted to the rows that follow.
    X : (n, p) array_like or DataFrame
        Inputs. Rows are named by the index of a data frame, otherwise by position.
    y : (n,) array_like
        Targets.
    X_val, y_val : array_like, optional
        The rows that steered and monitored, if `fit` was given such.
    target : str
        Name of the target, and its unit.
    source : str, optional
        Where the rows come from.
    remarks : sequence of str
        What else the reader should know.
    groups : (n,) array_like of int, bool or str, optional
        Groups of the rows of `X`, as given to `fit` or others: the page tells what became of each.
    columns : DataFrame or mapping of str to (n,) array_like, optional
        What else is known of the rows of `X`, such as stations: it tells which of their values
        lost most rows. Default: `X`, if it is a data frame.
    time : (n,) array_like, optional
        When the rows of `X` are from, if they are in the order of time: names of stretches of the
        table. Default: what the rows are called.
    command, script : str, optional
        A command line and Python code that repeat the run. Default of `script`: the model with its
        parameters.
    random_state : int, numpy.random.Generator or None
        Decides which rows are drawn at random for comparison.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    OSError
        If the file cannot be written.
    TypeError, ValueError
        If `model` is not such a model, not fitted, or was fitted to other rows.

    Notes
    -----
    Features of all rows once more, about 25 fits of the ridge head, and up to 200,000 deletions of
    rows at random; a second for 15,000 rows with the network of the default.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import numpy as np
    >>> from paris_core import PARISRegressor
    >>> from paris_core.report import write_report
    >>> from paris_core.validation import Tail
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(600, 3))
    >>> y = X[:, 0] + rng.normal(size=600)
    >>> model = PARISRegressor(
    ...     lambda X: X, keep=0.5, tail=Tail(quantile=0.2), random_state=0
    ... ).fit(X, y)
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "report.html"
    >>> write_report(path, model, X, y)
    >>> "of 420 training rows kept" in path.read_text(encoding="utf-8")
    True
    """
    file = checks.path("path", path)
    for name, text in (("source", source), ("command", command), ("script", script)):
        if text is not None:
            checks.string(name, text)
    checks.string("target", target)
    said = checks.strings("remarks", remarks)
    rng = checks.generator("random_state", random_state)
    fitted = Fitted.of(model, X, y, X_val, y_val)
    looked = None if groups is None else lines_of_groups(fitted, groups)
    shares = removed_by(fitted, X if columns is None and hasattr(X, "iloc") else columns, time)
    told = command is not None
    found = answer_of(fitted, command=told)
    steps = [*found.next_steps, *hints(fitted, shares, command=told)]
    if looked is not None and not fitted.classes:
        steps += far_off(looked, command=told)
    monitored = bool(len(fitted.monitor))
    baselines = compare(fitted, rng) if monitored else []
    drawings = draw_all(fitted, target, baselines, rng)
    title = f"Pruning report: {target}" + (f" in {os.path.basename(source)}" if source else "")
    now = datetime.datetime.now().astimezone().isoformat(" ", "minutes")
    parts = [
        page.element("h1", found.sentence),
        page.items(steps),
        page.element("p", f"{title}. paris_core {__version__}, {now}", "sub"),
        *sections.to_look_at(fitted, looked, target),
        *sections.where_rows_left([*shares.categories, *shares.stretches]),
        page.element("h2", "In numbers"),
        page.tiles(sections.tiles(fitted)),
        *sections.in_short(fitted, baselines),
        page.element("h2", "Data"),
        *sections.data(fitted, X, target, source, said),
        page.element("h2", "What was done"),
        *sections.rounds(fitted),
        page.element("h2", "Drawings"),
        *(page.figure(*drawing) for drawing in drawings),
        page.element("h2", "Compared with models without deletion"),
        *sections.comparison(fitted, baselines),
        page.element("h2", "Settings that reproduce it"),
        *sections.settings(fitted, command, script),
    ]
    with replacing(file) as part:
        part.write_text(page.page(title, parts), encoding="utf-8")
