"""What a pruning run returns."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ._arguments import BoolArray, FloatArray

if TYPE_CHECKING:
    import pandas as pd

IntArray = NDArray[np.int64]


class Deletion(NamedTuple):
    """One deletion, as a callback sees it.

    Attributes
    ----------
    n_removed : int
        Rows removed so far, this one included.
    row : int
        The row, as a position in `Phi`.
    delta_loss : float
        The residual by which it was chosen.
    val_index : int
        The validation row that was looked at (v*), -1 where the objective has none.
    loss : float
        The objective on the validation rows afterwards.
    """

    n_removed: int
    row: int
    delta_loss: float
    val_index: int
    loss: float


@dataclass(frozen=True, eq=False, repr=False)
class PruneResult:
    """Which rows were removed, in which order, and what that did.

    All row numbers are positions in the `Phi` that was given.

    Attributes
    ----------
    removed : (k,) ndarray of int64
        The removed rows, in the order of their deletion.
    kept : (N - k,) ndarray of int64
        The rows that are left, ascending.
    mask : (N,) ndarray of bool
        True for a kept row.
    delta_loss : (k,) ndarray of float64
        The deletion residual by which each row was chosen (for criterion "representer": the change
        of the loss at v* with α frozen, not after refitting).
    val_index : (k,) ndarray of int64
        The validation row v* of each deletion; -1 where the objective has none.
    loss : (k + 1,) ndarray of float64
        The objective on the validation rows before the first and after each deletion, with the
        refitted weights. For objective "worst" the largest ω_v r_v².
    weights : (D,) ndarray of float64
        The ridge solution on the kept rows.
    lam : float
        The ridge parameter.
    stop_reason : {"completed", "stalled", "callback", "exhausted"}
        "completed": as many rows as asked for. "exhausted": every row that is left is protected.
        "callback": the callback asked to stop.
    n_refactorizations : int
        How often the factor was rebuilt because a downdate could not be trusted.
    elapsed : float
        Seconds spent deleting (without set-up).
    stats : dict of str to int
        Work done: residuals of training and of validation rows that were computed
        (``rows_looked_at``, ``validation_rows_looked_at``), ``fronts_built`` and ``full_scans`` of
        the lazy engine, how often v* moved (``v_switches``), and how often a row of T was found in
        the cache or not (``cache_hits``, ``cache_misses``).
    """

    removed: IntArray
    kept: IntArray
    mask: BoolArray
    delta_loss: FloatArray
    val_index: IntArray
    loss: FloatArray
    weights: FloatArray
    lam: float
    stop_reason: str
    n_refactorizations: int
    elapsed: float
    stats: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for attribute in fields(self):
            value = getattr(self, attribute.name)
            if isinstance(value, np.ndarray):
                value.setflags(write=False)

    def to_frame(self) -> pd.DataFrame:
        """One line per deletion, as a pandas DataFrame.

        Returns
        -------
        pandas.DataFrame
            Columns row, delta_loss, val_index and loss (after the deletion); the index counts the
            deletions from 1.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        try:
            import pandas as pd
        except ImportError as error:
            raise ImportError("to_frame needs pandas: pip install pandas") from error
        columns = {
            "row": self.removed,
            "delta_loss": self.delta_loss,
            "val_index": self.val_index,
            "loss": self.loss[1:],
        }
        index = pd.RangeIndex(1, len(self.removed) + 1, name="n_removed")
        return pd.DataFrame(columns, index=index)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the result to a NumPy .npz file, which `load` reads.

        Parameters
        ----------
        path : str or path-like
            The file, written as it is named: no ending is added.
        """
        stored = {name: getattr(self, name) for name in _STORED}
        stored |= {f"stats.{name}": count for name, count in self.stats.items()}
        with open(path, "wb") as file:
            np.savez_compressed(file, **stored)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> PruneResult:
        """Read a result that `save` has written; nothing in the file is executed.

        Parameters
        ----------
        path : str or path-like
            The file.

        Returns
        -------
        PruneResult

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            If the file is not a saved result.
        """
        try:
            with open(path, "rb") as file, np.load(file, allow_pickle=False) as stored:
                values: dict[str, Any] = {name: _scalar(stored[name]) for name in _STORED}
                values["stats"] = {
                    name.removeprefix("stats."): int(stored[name])
                    for name in stored.files
                    if name.startswith("stats.")
                }
        except FileNotFoundError:
            raise
        except Exception as error:  # zipfile, KeyError, ValueError, ...: whatever the file holds
            raise ValueError(f"{os.fspath(path)} is not a saved PruneResult: {error}") from error
        return cls(kept=np.flatnonzero(values["mask"]).astype(np.int64), **values)

    def __repr__(self) -> str:
        return (
            f"PruneResult({len(self.removed)} of {len(self.mask)} rows removed, "
            f"stop_reason={self.stop_reason!r}, loss {self.loss[0]:.6g} -> {self.loss[-1]:.6g}, "
            f"lam={self.lam:.3g}, n_refactorizations={self.n_refactorizations}, "
            f"elapsed={self.elapsed:.3g} s)"
        )


_STORED = tuple(f.name for f in fields(PruneResult) if f.name not in ("kept", "stats"))


def _scalar(array: NDArray[Any]) -> Any:
    return array if array.ndim else array.item()
