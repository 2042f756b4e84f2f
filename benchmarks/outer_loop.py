"""Where the time of the outer loop goes: training, the core, and everything else.

    python benchmarks/outer_loop.py [--quick] [--out FILE.csv or FILE.json]

`PARISRegressor.fit` under cProfile, on synthetic storms (Dst three hours ahead, 36 inputs): by
default, with the head alone fitted again, and in the paper's configuration. At least 90 % of the
time must be training of the network and the C++ core. Then the functions with most of the time.

One thread.
"""

from __future__ import annotations

import os

# One thread each, and before NumPy loads its BLAS; the core has threads of its own.
os.environ.update(
    dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
)

import cProfile
import pstats
from typing import Any

import numpy as np
from command import command, print_machine
from report import Report
from sklearn.neural_network import MLPRegressor

from paris_core import PARISRegressor
from paris_core.datasets import make_storms, storm_drivers
from paris_core.features import lagged_features
from paris_core.validation import Tail

LOWER = Tail("lower")
RUNS: dict[str, PARISRegressor] = {
    "defaults": PARISRegressor(random_state=0, n_jobs=1, tail=LOWER),
    "retrain='head'": PARISRegressor(
        random_state=0, n_jobs=1, tail=LOWER, retrain="head", keep=0.5
    ),
    "the paper's": PARISRegressor.paper(random_state=0, n_jobs=1, tail=LOWER, lam=1.0),
}


class Profile:
    """The seconds of one `fit`."""

    def __init__(self, model: PARISRegressor, X: np.ndarray, y: np.ndarray) -> None:
        profile = cProfile.Profile()
        profile.runcall(model.fit, X, y)
        self._stats: dict[tuple[str, int, str], tuple[Any, ...]] = pstats.Stats(profile).stats
        self.total = sum(own for _, _, own, *_ in self._stats.values())

    @property
    def training(self) -> float:
        """In the networks' `fit`, with all that it calls."""
        code = MLPRegressor._fit.__code__
        place = code.co_filename, code.co_firstlineno, code.co_name
        return float(self._stats[place][3])

    @property
    def core(self) -> float:
        return sum(
            own
            for (_, _, name), (_, _, own, *_) in self._stats.items()
            if "paris_core._core" in name
        )

    def largest(self, n: int) -> list[tuple[str, float]]:
        """The functions with most time of their own."""
        ranked = sorted(self._stats.items(), key=lambda item: -item[1][2])[:n]
        return [
            (name if file == "~" else f"{os.path.basename(file)}:{line} {name}", own)
            for (file, line, name), (_, _, own, *_) in ranked
        ]


def main() -> None:
    args = command(__doc__, "a short series").parse_args()
    report = Report(print_machine(), args.out)
    series = make_storms(4_000 if args.quick else 40_000, random_state=0)
    table = lagged_features(storm_drivers(series), series.dst, lags=range(6), horizon=3)
    for name, model in RUNS.items():
        report.section("outer", name, {"N": len(table.y)})
        profile = Profile(model, table.X, table.y)
        share = (profile.training + profile.core) / profile.total
        beside = {
            "training": (profile.training, "s"),
            "core": (profile.core, "s"),
            "all": (profile.total, "s"),
            "rounds": (model.n_iter_, ""),
        }
        report.figure(
            "training and core / all", (share, ""), must=0.9, at_least=True, beside=beside
        )
        for function, seconds in profile.largest(5):
            report.say(f"{seconds:8.2f} s  {function}")
    report.summary()


if __name__ == "__main__":
    main()
