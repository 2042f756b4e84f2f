"""The hourly series that every storm data set is handed out as."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

__all__ = ["StormSeries"]


@dataclass(frozen=True, eq=False, repr=False)
class StormSeries:
    """Hourly solar wind and geomagnetic Dst index on a gapless grid.

    Row ``i`` is the hour that starts ``i`` hours after the first one, so that a lag of ``h``
    hours is a shift of ``h`` rows. An hour without a measurement holds NaN.

    Attributes
    ----------
    time : ndarray of float64, shape (n,)
        Hours since the first row: 0, 1, 2, ...
    bz : ndarray of float64, shape (n,)
        North-south component of the interplanetary magnetic field, GSM coordinates, nT.
    speed : ndarray of float64, shape (n,)
        Solar wind flow speed, km/s.
    density : ndarray of float64, shape (n,)
        Proton density, cm^-3.
    pressure : ndarray of float64, shape (n,)
        Solar wind flow pressure, nPa.
    dst : ndarray of float64, shape (n,)
        Disturbance storm time index, nT; storms are negative.
    start : numpy.datetime64 or None
        UTC hour of the first row; None for synthetic data.
    extra : mapping of str to ndarray of float64, shape (n,)
        Further columns of the source, under the source's names.

    Examples
    --------
    >>> from paris_core.datasets import make_storms
    >>> make_storms(48, random_state=0)
    StormSeries(48 hours, synthetic)
    """

    time: NDArray[np.float64]
    bz: NDArray[np.float64]
    speed: NDArray[np.float64]
    density: NDArray[np.float64]
    pressure: NDArray[np.float64]
    dst: NDArray[np.float64]
    start: np.datetime64 | None = None
    extra: Mapping[str, NDArray[np.float64]] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        """Refuse columns of different lengths."""
        for name in ("bz", "speed", "density", "pressure", "dst"):
            _check_length(name, getattr(self, name), self.time.size)
        for name, column in self.extra.items():
            _check_length(f"extra[{name!r}]", column, self.time.size)

    def __len__(self) -> int:
        """Return the number of hours."""
        return int(self.time.size)

    def __repr__(self) -> str:
        """Say how long the series is and when it starts."""
        origin = "synthetic" if self.start is None else f"from {self.start}"
        return f"StormSeries({len(self)} hours, {origin})"


def _check_length(name: str, column: NDArray[np.float64], length: int) -> None:
    if column.shape != (length,):
        raise ValueError(f"{name} must have shape ({length},) like time, got {column.shape}")
