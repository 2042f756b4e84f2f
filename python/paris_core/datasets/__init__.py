"""Data: generated stations and storms, which need no download, and NASA's OMNI hourly files."""

from .drivers import storm_drivers
from .omni import load_omni
from .series import StormSeries
from .stations import Stations, make_stations
from .storms import coupling_field, make_storms, ring_current

__all__ = [
    "Stations",
    "StormSeries",
    "coupling_field",
    "load_omni",
    "make_stations",
    "make_storms",
    "ring_current",
    "storm_drivers",
]
