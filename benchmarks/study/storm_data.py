"""Storm windows of the Dst literature."""

from __future__ import annotations

import csv
import functools
from dataclasses import dataclass

import numpy as np

from paris_core.datasets import load_omni, storm_drivers
from paris_core.features import lagged_features

from .. import dst
from .problems import DATA, require_data
from .rows import Rows

PAD = 36  # hours before and after a window: quiet ones belong to the task
LAGS = range(6)
N_STORMS = 20  # the strongest, left out one by one
INPUTS = ("solar wind", "solar wind + Dst")
REGIONS: dict[str, float] = {"-50": -50.0, "-100": -100.0, "-200": -200.0}  # Dst <= nT
SHARE = 0.05  # another region: the most extreme hours


@dataclass(frozen=True)
class Storms:
    """All rows of all windows."""

    rows: Rows
    storm: np.ndarray  # (n,) of each row
    strongest: tuple[int, ...]
    bounds: dict[str, float]  # of the regions, nT


@functools.cache
def load(inputs: str, horizon: int) -> Storms:
    require_data()
    series = load_omni(DATA / dst.DATA)
    drivers = storm_drivers(series)
    if inputs == "solar wind":
        del drivers["dst"]
    table = lagged_features(drivers, series.dst, lags=LAGS, horizon=horizon)
    hours = series.start + table.rows + horizon  # of the target
    storm = np.full(len(table.y), -1)
    depth = {}
    with (DATA / "storms_80_1995_2014.csv").open() as file:
        for record in csv.DictReader(file):
            start, end = (np.datetime64(record[name], "h") for name in ("start", "end"))
            inside = (hours >= start - PAD) & (hours <= end + PAD)
            inside &= storm < 0  # windows of neighbours may meet: the earlier keeps its hours
            if inside.sum() < 24:
                continue
            number = int(record["id"])
            storm[inside] = number
            depth[number] = table.y[inside].min()
    used = storm >= 0
    y = table.y[used]
    bounds = REGIONS | {f"{SHARE:.0%}": float(np.quantile(y, SHARE))}
    strongest = tuple(sorted(depth, key=depth.__getitem__)[:N_STORMS])
    return Storms(Rows(table.X[used], y), storm[used], strongest, bounds)
