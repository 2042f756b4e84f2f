"""What storms are forecast from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .._support.messages import shown
from .series import StormSeries
from .storms import coupling_field

__all__ = ["storm_drivers"]


def storm_drivers(series: StormSeries) -> dict[str, NDArray[np.float64]]:
    """Return the columns that a forecast of Dst is made from, for `features.lagged_features`.

    Parameters
    ----------
    series : StormSeries
        Hourly solar wind and Dst.

    Returns
    -------
    dict of str to ndarray of float64, shape (n,)
        bz (nT), vbs (`coupling_field`, mV/m), speed (km/s), density (cm^-3), sqrt_pressure
        (nPa^0.5) and dst (nT), NaN where an hour lacks a measurement.

    Raises
    ------
    TypeError
        If `series` is something else.

    Notes
    -----
    O(n).

    Examples
    --------
    >>> from paris_core.datasets import make_storms, storm_drivers
    >>> drivers = storm_drivers(make_storms(48, random_state=0))
    >>> list(drivers)
    ['bz', 'vbs', 'speed', 'density', 'sqrt_pressure', 'dst']
    """
    if not isinstance(series, StormSeries):
        raise TypeError(f"series must be a StormSeries, got {shown(series)}")
    return {
        "bz": series.bz,
        "vbs": coupling_field(series.speed, series.bz),
        "speed": series.speed,
        "density": series.density,
        "sqrt_pressure": np.sqrt(series.pressure),
        "dst": series.dst,
    }
