"""The worked examples behind ``paris demo``: wrong stations, and storms."""

from .stations import StationsReport, run_stations
from .storms import DemoError, Score, StormsReport, run_storms

__all__ = ["DemoError", "Score", "StationsReport", "StormsReport", "run_stations", "run_storms"]
