from typing import Any, ClassVar, TypedDict

import numpy as np
from numpy.typing import NDArray

# C-ordered, exactly these dtypes: nothing is converted.
_FloatArray = NDArray[np.float64]
_IntArray = NDArray[np.int64]
_BoolArray = NDArray[np.bool_]

class _Trace(TypedDict):
    removed: _IntArray
    val_index: _IntArray
    delta_loss: _FloatArray
    loss: _FloatArray
    monitor_loss: _FloatArray

def cpu_level() -> str: ...
def build_info() -> dict[str, Any]: ...
def first_bad_column(L: _FloatArray) -> int: ...  # L Fortran-ordered
def cholesky_update(L: _FloatArray, x: _FloatArray) -> None: ...  # L Fortran-ordered
def cholesky_downdate(L: _FloatArray, x: _FloatArray) -> int: ...  # L Fortran-ordered
def normal_equations(
    Phi: _FloatArray, y: _FloatArray, n_threads: int
) -> tuple[_FloatArray, _FloatArray]: ...
def row_products(table: _FloatArray, x: _FloatArray) -> _FloatArray: ...
def time_kernel(kernel: str, dimension: int, repeats: int) -> float: ...

class RidgeFactor:
    def __init__(self, Phi: _FloatArray, y: _FloatArray, lam: float, n_threads: int) -> None: ...
    def remove(self, row: int) -> bool: ...
    def solve(self, b: _FloatArray) -> _FloatArray: ...
    @property
    def n_kept(self) -> int: ...
    @property
    def lower(self) -> _FloatArray: ...
    @property
    def weights(self) -> _FloatArray: ...
    @property
    def n_refactorizations(self) -> int: ...

class Criterion:
    representer: ClassVar[Criterion]
    refit: ClassVar[Criterion]
    __members__: ClassVar[dict[str, Criterion]]

class Objective:
    worst: ClassVar[Objective]
    mean: ClassVar[Objective]
    __members__: ClassVar[dict[str, Objective]]

class EngineRequest:
    auto: ClassVar[EngineRequest]
    exhaustive: ClassVar[EngineRequest]
    lazy: ClassVar[EngineRequest]
    __members__: ClassVar[dict[str, EngineRequest]]

class EngineKind:
    exhaustive: ClassVar[EngineKind]
    lazy: ClassVar[EngineKind]
    worst_one: ClassVar[EngineKind]
    __members__: ClassVar[dict[str, EngineKind]]

def engine_for(
    engine: EngineRequest,
    criterion: Criterion,
    objective: Objective,
    n_worst: int,
    n_rows: int,
    dimension: int,
    n_outputs: int,
) -> EngineKind: ...

class Table:
    def __init__(self, Phi: _FloatArray, y: _FloatArray, weight: _FloatArray) -> None: ...

class Pruner:
    def __init__(
        self,
        Phi: _FloatArray,
        y: _FloatArray,
        validation: Table,
        monitor: Table | None,
        protect: _BoolArray,
        strata: _IntArray,
        quotas: _IntArray,
        engine: EngineRequest,
        criterion: Criterion,
        objective: Objective,
        n_worst: int,
        lam: float,
        cache_bytes: int,
        n_threads: int,
    ) -> None: ...
    def run(
        self,
        n: int,
        seconds: float,
        ceiling: float,
        floor: float,
        patience: int,
        share: float,
        tolerance: float,
    ) -> int: ...
    def replay(self, rows: _IntArray, delta_loss: _FloatArray) -> int: ...
    def trace(self) -> _Trace: ...
    def stats(self) -> dict[str, int]: ...
    def last(self) -> tuple[int, float, int, float]: ...
    def monitor_loss(self) -> float: ...
    @property
    def n_removed(self) -> int: ...
    @property
    def ending(self) -> str: ...
    @property
    def weights(self) -> _FloatArray: ...
    @property
    def n_refactorizations(self) -> int: ...

def effects_on_validation(
    Phi: _FloatArray,
    y: _FloatArray,
    validation: Table,
    criterion: Criterion,
    objective: Objective,
    n_worst: int,
    v: int | None,
    lam: float,
    n_threads: int,
) -> _FloatArray: ...
def effects_on_themselves(
    Phi: _FloatArray, y: _FloatArray, criterion: Criterion, lam: float, n_threads: int
) -> _FloatArray: ...
