"""The hourly series that every storm data set is handed out as."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from .._support import arrays
from .._support.messages import shown

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

    Raises
    ------
    TypeError, ValueError
        If a column does not hold real numbers, one for each hour, or an infinity; or `extra` is no
        mapping.

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
        """Refuse what are no columns of numbers, or of different lengths."""
        time = arrays.measured("time", self.time)
        set_column = partial(object.__setattr__, self)  # frozen
        set_column("time", time)
        for name in ("bz", "speed", "density", "pressure", "dst"):
            column = arrays.measured(name, getattr(self, name), len(time), "time")
            set_column(name, column)
        if not isinstance(self.extra, Mapping):
            raise TypeError(f"extra must be a mapping of names, got {shown(self.extra)}")
        extra = {
            name: arrays.measured(f"extra[{name!r}]", column, len(time), "time")
            for name, column in self.extra.items()
        }
        set_column("extra", MappingProxyType(extra))
        if self.start is not None and not isinstance(self.start, np.datetime64):
            raise TypeError(f"start must be numpy.datetime64 or None, got {shown(self.start)}")

    def __len__(self) -> int:
        """Return the number of hours."""
        return int(self.time.size)

    def __repr__(self) -> str:
        """Say how long the series is and when it starts."""
        origin = "synthetic" if self.start is None else f"from {self.start}"
        return f"StormSeries({len(self)} hours, {origin})"
