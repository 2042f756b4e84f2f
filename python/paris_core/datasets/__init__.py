"""Storm data: a generator that needs no download, and a reader of NASA's OMNI hourly files."""

from .drivers import storm_drivers
from .omni import load_omni
from .series import StormSeries
from .storms import coupling_field, make_storms, ring_current

__all__ = [
    "StormSeries",
    "coupling_field",
    "load_omni",
    "make_storms",
    "ring_current",
    "storm_drivers",
]
