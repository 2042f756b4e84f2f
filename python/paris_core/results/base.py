"""What the results of rows and of groups have in common."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import numpy as np
from numpy.typing import NDArray

from .. import notebook
from .._support import checks
from .._support.arrays import BoolArray, FloatArray, IntArray
from .._support.conversion import as_frame
from .._support.messages import number
from .._support.state import ReadOnlyArrays
from . import file
from .record import Record, Recorder

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["BaseResult", "fewest"]

_POINTS = 400  # of a curve: more cannot be seen

_Result = TypeVar("_Result", bound="BaseResult")


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class BaseResult(ReadOnlyArrays, ABC):
    """Deletions in their order, and what they did; the arrays are read-only.

    `PruneResult` and `GroupPruneResult` say what each attribute is.
    """

    kind: ClassVar[str]  # as it stands in files

    kept: IntArray
    mask: BoolArray
    loss: FloatArray
    monitor_loss: FloatArray | None = None
    weights: FloatArray
    sample_weight: FloatArray | None = None
    lam: float
    stop_reason: str
    elapsed: float
    stats: dict[str, int] = field(default_factory=dict)
    recorder: Recorder | None = None

    @property
    def record(self) -> Record | None:
        """What the run was made of; None for a part of a run of the estimators.

        Taking the digests of the inputs reads them once: half a second for a million rows of 64
        features. That is done at the first look, or by `save`; an array that has been written to
        by then gets no digest, but the words "changed after the run began".

        Returns
        -------
        Record or None
            Version, instruction-set level, options, and digests of the inputs.

        Examples
        --------
        >>> import numpy as np
        >>> import paris_core
        >>> rng = np.random.default_rng(0)
        >>> Phi, Phi_val = rng.normal(size=(200, 5)), rng.normal(size=(50, 5))
        >>> y, y_val = Phi.sum(axis=1), Phi_val.sum(axis=1)
        >>> record = paris_core.prune(Phi, y, Phi_val, y_val, 30, lam=1.0).record
        >>> record.options["k"], record.options["criterion"], len(record.inputs["Phi"])
        (30, 'representer', 64)
        """
        return None if self.recorder is None else self.recorder.record()

    @property
    def best_k(self) -> int | None:
        """After how many deletions the monitor's loss is least; None without a monitor."""
        return None if self.monitor_loss is None else int(np.argmin(self.monitor_loss))

    def fewest_k(self, tolerance: float = 0.01) -> int | None:
        """The fewest deletions after which the monitor's loss is about as low as it gets.

        Near its minimum the loss is often flat, and chance says where it is least; rows that could
        as well stay are better kept.

        Parameters
        ----------
        tolerance : float, default 0.01
            How far above the least loss is low enough, as a fraction of it; 0 gives `best_k`.

        Returns
        -------
        int or None
            None without a monitor.

        Raises
        ------
        TypeError, ValueError
            If `tolerance` is not a finite number >= 0.

        Examples
        --------
        >>> import numpy as np
        >>> import paris_core
        >>> rng = np.random.default_rng(0)
        >>> Phi = rng.normal(size=(300, 4))
        >>> y = Phi.sum(axis=1) + rng.normal(size=300)
        >>> result = paris_core.prune(
        ...     Phi[:200], y[:200], Phi[200:250], y[200:250], 100,
        ...     criterion="refit", objective="mean", monitor=(Phi[250:], y[250:]),
        ... )
        >>> result.fewest_k() <= result.best_k == result.fewest_k(0.0)
        True
        """
        return None if self.monitor_loss is None else fewest(self.monitor_loss, tolerance)

    def to_frame(self) -> pd.DataFrame:
        """One line per deletion, as a pandas DataFrame.

        Returns
        -------
        pandas.DataFrame
            Columns row, delta_loss and val_index of rows, group and n_rows of groups; then loss
            and, with a monitor, monitor_loss, both after the deletion. The index counts the
            deletions from 1.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        return as_frame(self._columns(), range(1, len(self.loss)), "n_removed")

    def _columns(self) -> dict[str, NDArray[Any]]:
        columns = {**self._deletions(), "loss": self.loss[1:]}
        if self.monitor_loss is not None:
            columns["monitor_loss"] = self.monitor_loss[1:]
        return columns

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the loss against the rows kept: of the validation rows, and of monitor rows.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; a new figure by default.

        Returns
        -------
        matplotlib.axes.Axes
            The axes drawn on: roots of `loss` and `monitor_loss`, so in the unit of the targets, at
            400 points at most, and the rows kept after `best_k` deletions.

        Raises
        ------
        ImportError
            If matplotlib is not installed.

        See Also
        --------
        paris_core.plotting.plot_worst_residual : which validation row was the worst.

        Examples
        --------
        >>> import numpy as np
        >>> import paris_core
        >>> from paris_core.plotting import new_figure
        >>> rng = np.random.default_rng(0)
        >>> Phi, Phi_val = rng.normal(size=(200, 5)), rng.normal(size=(50, 5))
        >>> y, y_val = Phi.sum(axis=1), Phi_val.sum(axis=1)
        >>> result = paris_core.prune(Phi, y, Phi_val, y_val, 30, lam=1.0)
        >>> ax = result.plot(ax=new_figure().subplots())
        >>> ax.lines[0].get_xdata()[[0, -1]].tolist()
        [200.0, 170.0]
        """
        from ..plotting import plot_removal

        best = self.best_k
        steps = np.linspace(0, len(self.loss) - 1, min(len(self.loss), _POINTS)).round()
        at = np.union1d(steps, [] if best is None else [best]).astype(np.int64)
        n_kept = len(self.mask) - np.concatenate([[0], np.cumsum(self._rows_of_deletions())])
        curves = {"validation rows": (n_kept[at], np.sqrt(self.loss[at]))}
        if self.monitor_loss is not None:
            curves["monitor rows"] = (n_kept[at], np.sqrt(self.monitor_loss[at]))
        kept = None if best is None else int(n_kept[best])
        return plot_removal(curves, best=kept, label="root of the loss", ax=ax)

    def _repr_html_(self) -> str:
        """What notebooks show: the numbers of the run, and its first deletions."""
        facts = [f"loss {number(self.loss[0])} → {number(self.loss[-1])}"]
        if self.monitor_loss is not None:
            least = number(self.monitor_loss.min())
            facts.append(
                f"monitor {number(self.monitor_loss[0])} → {number(self.monitor_loss[-1])}, least "
                f"{least} after {self.best_k:,} deletions"
            )
        facts += [f"λ = {number(self.lam)}", self.stop_reason, f"{self.elapsed:.1f} s"]
        columns = self._columns()
        first = zip(*(column[: notebook.MOST].tolist() for column in columns.values()), strict=True)
        return notebook.block(
            f"{type(self).__name__}: {len(self.kept):,} of {len(self.mask):,} rows kept",
            ["deletion", *(name.replace("_", " ") for name in columns)],
            [
                [str(place), *(number(one) if isinstance(one, float) else str(one) for one in row)]
                for place, row in enumerate(first, 1)
            ],
            [", ".join(facts)],
            more=len(self.loss) - 1 - notebook.MOST,
        )

    @abstractmethod
    def _rows_of_deletions(self) -> IntArray:
        """How many rows left with each deletion."""

    @abstractmethod
    def _deletions(self) -> dict[str, NDArray[Any]]:
        """Columns of `to_frame` that say what left."""

    def _until(self, k: int, mask: BoolArray) -> dict[str, Any]:
        """Fields of the result as it stood after k deletions, which left the rows of `mask`."""
        watched = self.monitor_loss
        return {
            "kept": np.flatnonzero(mask).astype(np.int64),
            "mask": mask,
            "loss": self.loss[: k + 1].copy(),
            "monitor_loss": None if watched is None else watched[: k + 1].copy(),
            "stop_reason": "truncated",
        }

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the result to a NumPy .npz file, which `load` reads.

        The file appears when it is complete and on the disk, or not at all.

        Parameters
        ----------
        path : str or path-like
            The file, written as it is named: no ending is added. One that is there is replaced,
            and keeps its mode; of a symbolic link the target.

        Raises
        ------
        OSError
            If it cannot be written, for example because the disk is full, or the file read-only.
        """
        file.save(self, path)

    @classmethod
    def load(cls: type[_Result], path: str | os.PathLike[str]) -> _Result:
        """Read a result that `save` has written.

        Nothing in the file is executed. It is read only if its checksum is right and all it says
        fits together, and takes no more memory than it is long.

        Parameters
        ----------
        path : str or path-like
            The file.

        Returns
        -------
        PruneResult or GroupPruneResult
            Of the class whose method this is.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        OSError
            If it cannot be read.
        ValueError
            If the file is not a saved result of this class, is damaged, or of another version's
            format.
        """
        return cls(**file.load(path, cls.kind))


def fewest(loss: FloatArray, tolerance: Any) -> int:
    """The first position where `loss` is within `tolerance` of its minimum, relatively."""
    above = checks.not_negative("tolerance", tolerance)
    return int(np.argmax(loss <= (1.0 + above) * loss.min()))
