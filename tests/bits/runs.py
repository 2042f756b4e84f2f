"""The runs of the corpus, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np

import paris_core
from paris_core.linalg import RidgeFactor, cholesky_downdate, cholesky_update

from .tables import Tables, integers, make, placed, uniform, whole

#: (criterion, objective, n_worst)
SCENARIOS = [
    ("representer", "worst", 1),
    ("representer", "worst", 3),
    ("representer", "mean", 1),
    ("refit", "worst", 1),
    ("refit", "worst", 3),
    ("refit", "mean", 1),
]


@dataclass(frozen=True)
class Outcome:
    """What a run has computed.

    `bits` depend on this package alone, within an instruction-set level. `close` come from NumPy's
    BLAS and LAPACK or the C library as well: they are compared within 1e-9 of the largest of each
    array, or what `tolerance` says.
    """

    bits: dict[str, np.ndarray]
    close: dict[str, np.ndarray] = field(default_factory=dict)
    tolerance: float = 1e-9


#: Does a run in every way that must give the same: the outcome by way.
Run = Callable[[], dict[str, Outcome]]


def all_runs() -> dict[str, Run]:
    """Every run, in the order in which they are stored."""
    parts = [
        _grid,
        _options,
        _stops,
        _to_the_end,
        _ties,
        _long,
        _huge_rows,
        _working_sets,
        _ridge,
        _rank_one,
        _explaining,
        _numpy,
    ]
    runs: dict[str, Run] = {}
    for part in parts:
        for name, run in part():
            assert name not in runs, name
            runs[name] = run
    return runs


# ----------------------------------------------------------------------------------- greedy runs


@dataclass(frozen=True)
class Greedy:
    """A run of `Pruner`, by both engines, in ways that must not matter."""

    tables: Callable[[], Tables]
    k: int
    options: dict
    monitor: bool = False
    cache_bytes: int = 1 << 20  # of the lazy engine
    pieces: str = "whole"  # how the lazy one gets there: whole, pieces or replay

    def __call__(self) -> dict[str, Outcome]:
        tables = self.tables()
        options = dict(self.options)
        if self.monitor:
            n = len(tables.Phi) - len(tables.Phi) // 8
            weight = whole("monitor", 0, 4, len(tables.Phi) - n) * 0.5
            options["monitor"] = tables.Phi[n:], tables.y[n:], weight
            tables = tables.rows(slice(0, n))
        exhaustive = self._pruner(tables, options, engine="exhaustive", n_threads=1, offset=0)
        exhaustive.run(self.k)
        result = exhaustive.result()
        lazy = self._pruner(
            tables, options, engine="lazy", n_threads=2, offset=8, cache_bytes=self.cache_bytes
        )
        if self.pieces == "pieces":
            lazy.run(self.k // 3)
            lazy.run(self.k // 5)
        elif self.pieces == "replay":
            lazy.replay(result.truncate(len(result.removed) // 2))
        if lazy.result().stop_reason == "completed":
            lazy.run(self.k - lazy.n_removed)
        way = f"lazy, 2 threads, tables off by 8 bytes, {self.pieces}"
        return {
            "exhaustive, 1 thread": _of_result(result),
            way: _of_result(lazy.result()),
        }

    def _pruner(self, tables, options, *, offset, **how):
        arrays = [placed(array, offset) for array in tables.arrays]
        return paris_core.Pruner(*arrays, **options, **how)


def _of_result(result) -> Outcome:
    bits = {
        "removed": result.removed,
        "val_index": result.val_index,
        "delta_loss": result.delta_loss,
        "loss": result.loss,
        "monitor_loss": result.monitor_loss,
        "weights": result.weights,
        "n_refactorizations": np.array([result.n_refactorizations]),
    }
    return Outcome({name: value for name, value in bits.items() if value is not None})


def _scenarios(**common) -> Iterator[tuple[str, dict]]:
    for criterion, objective, n_worst in SCENARIOS:
        name = f"{criterion} {objective}" + (f" of {n_worst}" if n_worst > 1 else "")
        yield name, {"criterion": criterion, "objective": objective, "n_worst": n_worst, **common}


_PIECES = ["whole", "pieces", "replay"]


def _grid():
    """Criteria, objectives, outputs and numbers of features."""
    sizes = {1: (600, 25, 90), 8: (2600, 60, 80), 64: (1300, 50, 60), 300: (700, 30, 40)}
    count = 0
    for D, (N, V, k) in sizes.items():
        for C in (None, 1, 3) if D == 8 else (None, 3):
            for name, options in _scenarios(lam=2.0):
                tables = lambda N=N, V=V, D=D, C=C: make("grid", N, V, D, C)  # noqa: E731
                pieces = _PIECES[count % 3]
                yield f"grid D={D} C={C}: {name}", Greedy(tables, k, options, pieces=pieces)
                count += 1


def _options():
    """Weights, protection, quotas and a monitor at once, and other sizes of lam."""
    N = 1400 - 1400 // 8
    groups = whole("groups", 0, 4, N)
    common = {
        "val_weight": whole("weight", 0, 5, 50) * 0.375,
        "protect": whole("protect", 0, 2, N) == 0,
        "groups": groups,
        "quotas": np.bincount(groups) - np.array([9, 0, 30, 50, 4]),
    }
    for C in (None, 3):
        for name, options in _scenarios(lam=8.0, **common):
            tables = lambda C=C: make("options", 1400, 50, 9, C)  # noqa: E731
            yield f"options C={C}: {name}", Greedy(tables, 120, options, monitor=True)
    for power in (-10, 12):
        for name, options in _scenarios(lam=2.0**power):
            tables = lambda: make("lam", 900, 40, 12)  # noqa: E731
            yield f"lam=2**{power}: {name}", Greedy(tables, 60, options)


def _stops():
    """Runs that end by themselves."""
    rules = [{"stop": "stalled", "tolerance": 0.125}, {"stop": "monitor", "patience": 12}]
    for rule in rules:
        for name, options in _scenarios(lam=1.0, **rule):
            if options["criterion"] == "refit":
                tables = lambda: make("stops", 700, 40, 10)  # noqa: E731
                yield f"stop {rule['stop']}: {name}", Greedy(tables, 500, options, monitor=True)


def _to_the_end():
    """Until no row is left, with few rows; fewer than features among them."""
    for N, D in ((1, 1), (2, 8), (40, 64), (130, 3)):
        for name, options in _scenarios(lam=0.5):
            tables = lambda N=N, D=D: make("end", N, 6, D, 2 if N == 40 else None)  # noqa: E731
            yield f"to the end N={N} D={D}: {name}", Greedy(tables, N, options, pieces="pieces")


def _ties():
    """Whole numbers, copies of rows, rows that are all alike."""
    for V in (1, 20):
        for name, options in _scenarios(lam=1.0):
            if options["n_worst"] <= V:
                tables = lambda V=V: integers("ties", 700, V, 5)  # noqa: E731
                yield f"whole numbers V={V}: {name}", Greedy(tables, 150, options, cache_bytes=0)

    def copies():
        once = make("copies", 700, 30, 8)
        return once.rows(np.concatenate([np.arange(700)] * 3))

    def alike():
        return make("alike", 700, 30, 8).rows(np.zeros(2500, dtype=np.int64))

    for name, options in _scenarios(lam=0.25):
        yield f"copies: {name}", Greedy(copies, 80, options, cache_bytes=0)
        yield f"all alike: {name}", Greedy(alike, 20, options)


def _long():
    """Past the intervals after which things are computed afresh; more features than rows."""
    for N, D, k in ((1000, 6, 900), (450, 260, 420)):
        for name, options in _scenarios(lam=0.5):
            if options["n_worst"] == 1:
                tables = lambda N=N, D=D: make("long", N, 25, D)  # noqa: E731
                run = Greedy(tables, k, options, cache_bytes=0, monitor=True, pieces="pieces")
                yield f"long D={D}: {name}", run


def huge_rows(D, N=500, n_huge=24):
    """The first rows are a million times larger than the others, and off."""
    tables = make("huge", N, 30, D)
    Phi, y = tables.Phi.copy(), tables.y.copy()
    Phi[:n_huge] *= 2.0**20
    y[:n_huge] *= 2.0**24
    return replace(tables, Phi=Phi, y=y)


def lone_directions(D, N=500, n_lone=24):
    """The first rows alone have a feature that is not zero: their leverages are nearly 1."""
    tables = make("lone", N, 30, D)
    Phi = tables.Phi.copy()
    Phi[:, 1 : 1 + D // 4] = 0.0
    for k in range(n_lone):
        Phi[k, 1 + k % (D // 4)] = 1.0 + k / 64
    return replace(tables, Phi=Phi)


def _huge_rows():
    """Rows whose leaving makes the factor be rebuilt; nearly all others must stay."""
    for D in (8, 300):
        for what, kind in (("huge rows", huge_rows), ("lone directions", lone_directions)):
            protect = np.ones(500, dtype=bool)
            protect[:30] = False
            lam = 1.0 if kind is huge_rows else 2.0**-30
            for name, options in _scenarios(lam=lam, protect=protect):
                if options["n_worst"] == 1:
                    tables = lambda kind=kind, D=D: kind(D)  # noqa: E731
                    yield f"{what} D={D}: {name}", Greedy(tables, 30, options)


def _working_sets():
    """More rows than a working set takes, of every kind of working set."""
    for N, D, cache_bytes, k in (
        (5000, 8, 0, 150),
        (5000, 64, 1 << 28, 50),
        (3000, 300, 1 << 21, 40),
    ):
        for name, options in _scenarios(lam=4.0):
            tables = lambda N=N, D=D: make("fronts", N, 60, D)  # noqa: E731
            run = Greedy(tables, k, options, cache_bytes=cache_bytes)
            yield f"working sets D={D}: {name}", run


# ------------------------------------------------------------------------------ the other kernels


def _ridge():
    """Rows that leave a RidgeFactor in an order that was not chosen for them."""
    for D in (1, 8, 64, 255, 256, 300):
        tables = lambda D=D: make("ridge", 500, 1, D, 3)  # noqa: E731
        yield f"RidgeFactor D={D}", Removals(tables, 0.5, 300)
    for D in (8, 300):
        yield f"RidgeFactor huge rows D={D}", Removals(lambda D=D: huge_rows(D), 0.5, 40)
        yield (
            f"RidgeFactor lone directions D={D}",
            Removals(lambda D=D: lone_directions(D), 2.0**-30, 40),
        )


@dataclass(frozen=True)
class Removals:
    """The first k rows leave a `RidgeFactor`, the weights looked at along the way."""

    tables: Callable[[], Tables]
    lam: float
    k: int

    def __call__(self) -> dict[str, Outcome]:
        tables = self.tables()
        return {
            "1 thread": self._do(tables, 0, 1),
            "2 threads, tables off by 8 bytes": self._do(tables, 8, 2),
        }

    def _do(self, tables, offset, n_threads):
        Phi, y = placed(tables.Phi, offset), placed(tables.y, offset)
        ridge = RidgeFactor(Phi, y, self.lam, n_threads=n_threads)
        path, rebuilds = [ridge.weights.reshape(-1)[0]], [0]
        for row in range(self.k):
            ridge.remove(row)
            path.append(ridge.weights.reshape(-1)[0])
            rebuilds.append(ridge.n_refactorizations)
        bits = {
            "first weight": np.array(path),
            "n_refactorizations": np.array(rebuilds),
            "weights": ridge.weights,
            "lower": ridge.lower,
            "solve": ridge.solve(placed(tables.Phi_val[0], offset)),
        }
        return Outcome(bits)


def lower_factor(seed, D):
    """A lower triangular matrix (D, D) with a positive diagonal."""
    L = uniform(seed, D, D)
    for i in range(D):
        L[i, i] = 8.0 + L[i, i]
        L[i, i + 1 :] = 0.0
    return L


def _rank_one():
    """Updates and downdates of Cholesky factors."""
    for D in (1, 8, 64, 300):
        yield f"cholesky D={D}", lambda D=D: {"": _updates_and_downdates(D)}


def _updates_and_downdates(D):
    L = lower_factor("factor", D)
    down, up = L, L
    for i in range(5):
        x = uniform(f"x{i}", D)
        down = cholesky_downdate(down, x * 0.25)
        up = cholesky_update(up, x)
    # An update takes hypot from the C library, whose last bit differs between versions.
    return Outcome({"downdated": down}, {"updated": up})


def _explaining():
    """Contributions and deletion residuals, from products of the core and some of NumPy."""
    for D in (1, 8, 64, 300):
        yield (
            f"explaining D={D}",
            lambda D=D: {
                "": _explain(D, 0, 1),
                "2 threads, tables off by 8 bytes": _explain(D, 8, 2),
            },
        )


def _explain(D, offset, n_threads):
    tables = make("explain", 600, 20, D)
    Phi, y, Phi_val, y_val = (placed(array, offset) for array in tables.arrays)
    explanation = paris_core.explain(
        Phi, y, Phi_val[0], lam=0.5, kept=np.arange(100, 600), n_threads=n_threads
    )
    bits = {
        "row": explanation.row,
        "target": explanation.target,
        "similarity": explanation.similarity,
        "contribution": explanation.contribution,
        "representer_weights": paris_core.representer_weights(Phi, y, lam=0.5),
        "deletion_residuals": paris_core.deletion_residuals(Phi, y, Phi_val, y_val, lam=0.5),
        "of row 3": paris_core.deletion_residuals(Phi, y, Phi_val, y_val, lam=0.5, v=3),
    }
    close = {
        "prediction": np.array([explanation.prediction, explanation.rest]),
        "change_on_deletion": explanation.change_on_deletion,
        "influence_matrix": paris_core.influence_matrix(Phi, y, Phi_val, lam=0.5),
    }
    return Outcome(bits, close)


def _numpy():
    """What goes through NumPy's BLAS and LAPACK: which rows leave, and numbers that are close.

    The minimum that `lam` is found at is flat: it is known to about half of the digits.
    """
    for method in ("auto", "evidence"):
        for D, C in ((8, None), (64, 3)):
            yield f"lam={method} D={D} C={C}", lambda m=method, D=D, C=C: {"": _chosen(m, D, C)}
    for C in (None, 3):
        yield f"prune_groups C={C}", lambda C=C: {"": _prune_groups(C)}
    yield "prune_groups of ties", lambda: {"": _prune_groups_of_ties()}


def _chosen(method, D, C):
    tables = make("chosen", 900, 40, D, C)
    result = paris_core.prune(
        *tables.arrays, 40, lam=method, criterion="refit", objective="mean", n_threads=1
    )
    close = {"lam": np.array([result.lam]), "loss": result.loss, "weights": result.weights}
    return Outcome({"removed": result.removed}, close, tolerance=1e-5)


def _prune_groups(C):
    tables = make("groups", 600, 60, 12, C)
    groups = whole("group", 0, 11, 600)
    monitor = tables.Phi[:50], tables.y[:50], whole("weight", 1, 5, 50) * 0.5
    result = paris_core.prune_groups(
        *tables.arrays,
        groups,
        lam=1.0,
        val_weight=whole("val_weight", 0, 3, 60) * 1.0,
        monitor=monitor,
    )
    return _of_groups(result)


def _prune_groups_of_ties():
    tables = integers("group ties", 120, 20, 4)
    tables = tables.rows(np.tile(np.arange(120), 4))
    return _of_groups(paris_core.prune_groups(*tables.arrays, np.arange(480) // 20, lam=1.0))


def _of_groups(result):
    close = {"loss": result.loss, "weights": result.weights}
    if result.monitor_loss is not None:
        close["monitor_loss"] = result.monitor_loss
    return Outcome({"removed_groups": result.removed_groups, "kept": result.kept}, close)
