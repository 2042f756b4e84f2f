"""Generated stations that measure the same thing, some of them wrongly."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .._support import checks, memory
from .._support.arrays import FloatArray
from .._support.messages import short

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Stations", "make_stations"]

_NOISE = 8.0  # of a right reading
_FAULTS = ("offset", "sign", "stuck", "scale")
_INPUTS = ("temperature", "sunshine", "wind", "humidity", "altitude")


@dataclass(frozen=True, eq=False, repr=False)
class Stations:
    """Readings of stations, trusted readings, and readings to test with.

    Attributes
    ----------
    names : tuple of str
        What the inputs are.
    X, y, station : ndarray of float64 (n, 5), of float64 (n,), of str (n,)
        Readings of all stations: inputs (standardised), ozone in µg/m³, and whose they are.
    X_val, y_val : ndarray of float64
        Trusted readings.
    X_test, y_test : ndarray of float64
        Further readings, all of them right.
    truth : mapping of str to str
        The stations that are wrong, and what is wrong with each.
    """

    names: tuple[str, ...]
    X: FloatArray
    y: FloatArray
    station: NDArray[np.str_]
    X_val: FloatArray
    y_val: FloatArray
    X_test: FloatArray
    y_test: FloatArray
    truth: Mapping[str, str]

    def __repr__(self) -> str:
        """Say how many stations there are, and how many of them are wrong."""
        n_stations = len(np.unique(self.station))
        return f"Stations({n_stations} stations, {len(self.truth)} wrong, {len(self.y)} readings)"


def make_stations(
    n_stations: int = 24,
    *,
    n_wrong: int = 8,
    n_readings: int = 80,
    n_val: int = 150,
    n_test: int = 2000,
    random_state: int | np.random.Generator | None = None,
) -> Stations:
    """Make readings of stations of which some are wrong.

    Ozone on summer afternoons, a caricature: it is high where it is hot, sunny and calm, so that
    few readings are very high. Wrong stations have, in turn, an offset of 35 or -35 µg/m³, a
    reversed sign (around the mean of the station), a reading that is stuck, or half of what is
    right (ppb for µg/m³).

    Parameters
    ----------
    n_stations : int, default 24
        Stations, at least four.
    n_wrong : int, default 8
        How many of them are wrong.
    n_readings : int, default 80
        Readings of each station.
    n_val, n_test : int
        Trusted readings, and readings to test with.
    random_state : int, numpy.random.Generator or None
        Decides everything that is drawn.

    Returns
    -------
    Stations

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type or value.

    Notes
    -----
    O(readings).

    Examples
    --------
    >>> from paris_core.datasets import make_stations
    >>> stations = make_stations(12, n_wrong=2, random_state=0)
    >>> stations
    Stations(12 stations, 2 wrong, 960 readings)
    >>> sorted(stations.truth.values())
    ['offset of 35', 'sign']
    """
    count = checks.integer("n_stations", n_stations, 4, 10**6)
    wrong = checks.integer("n_wrong", n_wrong, 0, count)
    each = checks.integer("n_readings", n_readings, 1)
    trusted, test = checks.integer("n_val", n_val, 1), checks.integer("n_test", n_test, 1)
    sizes = {"n_stations": count, "n_readings": each, "n_val": trusted, "n_test": test}
    asked = ", ".join(f"{name}={short(size)}" for name, size in sizes.items())
    memory.require(64 * (count * each + trusted + test), f"readings ({asked})", "ask for fewer")
    rng = checks.generator("random_state", random_state)

    altitude = rng.normal(size=count)
    X, y = _readings(np.repeat(altitude, each), rng)
    names = np.array([f"S{number:0{len(str(count))}d}" for number in range(1, count + 1)])
    truth = {}
    for place, station in enumerate(rng.choice(count, wrong, replace=False)):
        rows = slice(station * each, (station + 1) * each)
        y[rows], words = _spoilt(y[rows], _FAULTS[place % len(_FAULTS)], place // len(_FAULTS))
        truth[str(names[station])] = words
    order = rng.permutation(count * each)
    return Stations(
        _INPUTS,
        X[order],
        y[order],
        np.repeat(names, each)[order],
        *_readings(rng.choice(altitude, trusted), rng),
        *_readings(rng.choice(altitude, test), rng),
        MappingProxyType(dict(sorted(truth.items()))),
    )


def _readings(altitude: FloatArray, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Inputs and right targets of readings at these altitudes, which are standardised."""
    n = len(altitude)
    weather = rng.normal(size=(n, 4))
    weather[:, 0] = 0.8 * weather[:, 0] - 0.6 * altitude  # it is colder higher up
    temperature, sunshine, wind, humidity = weather.T
    hot = np.exp(0.5 * temperature + 0.3 * sunshine - 0.3 * wind)
    ozone = 45.0 + 22.0 * hot - 6.0 * humidity + 5.0 * np.tanh(altitude)
    return np.column_stack([weather, altitude]), ozone + _NOISE * rng.normal(size=n)


def _spoilt(y: FloatArray, fault: str, times: int) -> tuple[FloatArray, str]:
    """What a station with such a fault reads, and the fault in words; it was used so often."""
    if fault == "offset":
        shift = 35.0 if times % 2 == 0 else -35.0
        return y + shift, f"offset of {shift:g}"
    if fault == "sign":
        return 2.0 * y.mean() - y, "sign"
    if fault == "stuck":
        value = float(np.round(np.median(y), 1))
        return np.full_like(y, value), f"stuck at {value:g}"
    return 0.5 * y, "scale of 0.5"
