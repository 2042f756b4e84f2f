"""Wrong stations, found and repaired: `audit` beside what one would try first."""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .._support import checks
from .._support.arrays import BoolArray, FloatArray, IntArray
from .._support.messages import number, shown
from .._support.signals import ctrl_c
from .._support.storage.files import replacing
from ..datasets import Stations
from ..evidence.acceptance import verdict
from ..evidence.change import Change, both, change
from ..validation import Tail

if TYPE_CHECKING:
    from ..auditing import AuditResult

__all__ = ["Line", "StationsReport", "run_stations"]

_TAIL = 0.95  # the highest readings
_AUDITED = "audited"
_BASELINES = {  # of the remedies that `compare` tries
    "everything": "everything",
    "trusted rows alone": "validation only",
    "everything + trusted rows": "everything + validation",
    "trimmed by residuals": "groups trimmed",
}


@dataclass(frozen=True)
class Line:
    """How a model does on readings that no model has seen, all of them right.

    Attributes
    ----------
    label : str
        What it was trained on.
    n_stations : int
        How many of the stations.
    error, tail_error : float
        RMSE over all test readings, and over the highest 5 %.
    change, tail_change : Change or None
        By which fraction they are larger or smaller than with everything, and the 95 % interval;
        None for everything itself.
    """

    label: str
    n_stations: int
    error: float
    tail_error: float
    change: Change | None
    tail_change: Change | None


@dataclass(frozen=True, eq=False)
class StationsReport:
    """What `run_stations` found.

    Attributes
    ----------
    answer : str
        Whether to use the table without the stations that the audit calls wrong, by readings that
        no model has seen.
    stations : Stations
        The readings, and which stations are wrong.
    audit : AuditResult
        What `paris_core.audit` returned.
    lines : tuple of Line
        Everything, fair baselines, the audited stations, and the truth.
    seconds : float
        For everything.
    """

    answer: str
    stations: Stations
    audit: AuditResult
    lines: tuple[Line, ...]
    seconds: float

    def summary(self) -> str:
        """Return the answer, the stations against the truth, and the table of errors.

        Returns
        -------
        str
            Several lines, without a final newline.
        """
        stations, audit = self.stations, self.audit
        n_stations = len(audit.labels)
        lines = [
            self.answer,
            "",
            f"{n_stations} generated stations measure ozone, {len(stations.truth)} of them wrongly;"
            f" {len(stations.y_val)} trusted readings tell.",
            "",
            *self._table(),
            self._found(),
            "",
            f"{'RMSE on ' + format(len(stations.y_test), ',') + ' right readings, µg/m³':<38}"
            f"{'stations':>8}{'all':>8}  {'change':<20}{'highest 5 %':>11}  change",
        ]
        for line in self.lines:
            told = ["" if one is None else one.told for one in (line.change, line.tail_change)]
            lines.append(
                f"{line.label:<38}{line.n_stations:>8}{number(line.error, 3):>8}  {told[0]:<20}"
                f"{number(line.tail_error, 3):>11}  {told[1]}".rstrip()
            )
        return "\n".join(
            [
                *lines,
                "",
                "change: against everything, with its 95 % interval; the same network and seed "
                "throughout.",
                f"{audit.n_trainings} trainings for the audit, {self.seconds:.1f} s in all.",
            ]
        )

    def _table(self) -> list[str]:
        """The stations that left, the suspects, and those that are wrong and were missed."""
        audit, truth = self.audit, self.stations.truth
        gone, suspects = audit.removed_groups.tolist(), audit.suspects.tolist()
        missed = [name for name in truth if name not in {*gone, *suspects}]
        rows = [("station", "readings", "the audit says", "the truth")]
        for name in [*gone, *suspects, *missed]:
            place = int(np.searchsorted(audit.labels, name))
            said = audit.detail[place] or "right"
            if name in suspects:
                said = f"stays, a suspect: {said}"
            rows.append((name, str(audit.n_rows[place]), said, truth.get(name, "right")))
        width = [max(len(row[column]) for row in rows) for column in range(4)]
        left = len(audit.labels) - len(rows) + 1
        return [
            *(
                f"{a:<{width[0]}}  {b:>{width[1]}}  {c:<{width[2]}}  {d}".rstrip()
                for a, b, c, d in rows
            ),
            f"and {left} others, which the audit takes for right and which are.",
        ]

    def _found(self) -> str:
        """What the audit has got right."""
        gone, truth = self.audit.removed_groups.tolist(), self.stations.truth
        found = sum(name in truth for name in gone)
        right = len(gone) - found
        ones = "one was" if right < 2 else "ones were"
        return (
            f"{found} of {len(truth)} wrong stations were found, {right or 'no'} right {ones} "
            "removed."
        )

    def draw(self, path: str | os.PathLike[str]) -> None:
        """Draw the errors of all models, and save the figure.

        Parameters
        ----------
        path : path-like
            File to write; its suffix decides the format, PNG without one.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        OSError
            If the file cannot be written.
        """
        from .. import plotting

        reference = self.lines[0].error
        figure = plotting.new_figure(7.5, 3.0)
        plotting.plot_errors(
            [line.label for line in self.lines],
            [line.error for line in self.lines],
            intervals=[
                (np.nan, np.nan)
                if line.change is None
                else (reference * (1.0 + line.change.low), reference * (1.0 + line.change.high))
                for line in self.lines
            ],
            label="RMSE, µg/m³; 95 % intervals of the difference from everything",
            ax=figure.subplots(),
        )
        with replacing(path) as part:
            figure.savefig(part, format=os.path.splitext(path)[1][1:].lower() or "png")


def run_stations(
    stations: Stations,
    *,
    random_state: int = 0,
    progress: bool = False,
    log: Callable[[str], None] = lambda line: None,
) -> StationsReport:
    """Audit the stations, and compare with what one would try first.

    Parameters
    ----------
    stations : Stations
        From `paris_core.datasets.make_stations`.
    random_state : int
        Seed of the audit, and of all networks.
    progress : bool
        Show the progress bar of `paris_core.audit`.
    log : callable
        Called with a line of text before each long step.

    Returns
    -------
    StationsReport
        What was found, and how the models do.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type or value.
    KeyboardInterrupt
        On Ctrl-C, also while a network trains.

    Notes
    -----
    The trainings of an audit and about fifteen more. All models are the network that ships, with
    the same seed; how many stations are trimmed by residuals, the trusted rows choose.

    Examples
    --------
    >>> from paris_core.datasets import make_stations
    >>> from paris_core.demo import run_stations
    >>> stations = make_stations(8, n_wrong=1, n_readings=40, n_val=60, random_state=0)
    >>> report = run_stations(stations)
    >>> [line.label for line in report.lines][:2]
    ['everything', 'trusted rows alone']
    """
    from sklearn.exceptions import ConvergenceWarning

    from .. import audit
    from .._support.scikit_learn import Rows
    from ..comparison.fitting import checked_estimator
    from ..comparison.remedies import REMEDIES
    from ..comparison.resampling import Setting, applied
    from ..comparison.task import squares

    began = time.perf_counter()
    if not isinstance(stations, Stations):
        raise TypeError(f"stations must be Stations, got {shown(stations)}")
    seed = checks.integer("random_state", random_state, 0, 2**31 - 1)
    shows = checks.flag("progress", progress)
    tell = checks.function("log", log)
    tail = Tail("upper", quantile=_TAIL)
    trusted = Rows(stations.X_val, stations.y_val)
    readings = Rows(stations.X, stations.y)
    with ctrl_c.heeded(), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # so many passes, at most, are meant
        tell(f"auditing {len(np.unique(stations.station))} stations ...")
        found = audit(
            *readings.pair,
            *trusted.pair,
            groups=stations.station,
            tail=tail,
            random_state=seed,
            verbose=int(shows),
        )
        tell("training on everything, and what else one would try ...")
        setting = Setting(
            readings, trusted, stations.station, None, checked_estimator(None), None, tail, None
        )
        task = setting.whole(seed)
        outcomes = {
            label: applied(name, REMEDIES[name], task) for label, name in _BASELINES.items()
        }
        removed = {label: one.removed for label, one in outcomes.items()}
        models = {label: one.model for label, one in outcomes.items()}
        wrong = np.flatnonzero(np.isin(stations.station, list(stations.truth)))
        for label, rows in (
            (f"{_AUDITED}, + trusted rows", found.removed),
            ("the truth, + trusted rows", wrong),
        ):
            removed[label], models[label] = rows, task.fit(rows)
    losses = {
        label: squares(model, stations.X_test, stations.y_test) for label, model in models.items()
    }
    inside = tail.mask(stations.y_test)
    answer = f"Do not remove stations: {found.stop_reason}."
    if len(found.removed_groups):
        before, after = losses["everything"], losses[f"{_AUDITED}, + trusted rows"]
        answer = _answer(found.removed_groups.tolist(), before, after, inside)
    lines = _lines(losses, removed, stations, inside)
    return StationsReport(answer, stations, found, lines, time.perf_counter() - began)


def _answer(gone: list[str], before: FloatArray, after: FloatArray, inside: BoolArray) -> str:
    """Whether it is better without these stations, from squared errors of test readings."""
    said = verdict(before, after, lambda: None, tails={"the highest 5 %": inside})
    changes = both(change(before, after), change(before[inside], after[inside]))
    names = f"the table without {', '.join(sorted(gone))}"
    if said.accepted:
        return f"Use {names}: {changes}."
    return f"Do not use {names}: {said.reason} ({changes})."


def _lines(
    losses: dict[str, FloatArray],
    removed: dict[str, IntArray],
    stations: Stations,
    inside: BoolArray,
) -> tuple[Line, ...]:
    """A line for each model, the first of which is that of everything."""
    before = next(iter(losses.values()))
    lines = []
    for label, after in losses.items():
        stay = np.delete(stations.station, removed[label])
        first = after is before
        lines.append(
            Line(
                label,
                len(np.unique(stay)),
                float(np.sqrt(after.mean())),
                float(np.sqrt(after[inside].mean())),
                None if first else change(before, after),
                None if first else change(before[inside], after[inside]),
            )
        )
    return tuple(lines)
