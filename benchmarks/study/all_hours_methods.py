"""All hours of two decades: how rows are chosen or weighted, and what then learns from them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import NamedTuple

from .choosing import (
    Choice,
    all_rows,
    held_out_only,
    random_quotas,
    random_rows,
    these,
    weighted,
    with_held_out,
)
from .teaching import Teacher
from .trials import PAPER

KEEP = 0.25


def deletion(teacher: Teacher, **options: object) -> Choice:
    n_kept = round(KEEP * len(teacher.train))
    result = teacher.deletions(teacher.held_out, n_kept, **options)
    return these(teacher, result.kept, result.lam)


class Method(NamedTuple):
    choose: Callable[[Teacher], Choice]
    refits: tuple[str, ...] = ("network", "head")  # of `learning.REFITS`


TREES = ("network", "head", "boosting")

METHODS: dict[str, Method] = {
    "everything": Method(all_rows, TREES),
    "validation rows only": Method(held_out_only),
    "everything + validation": Method(with_held_out),
    "random 25 %": Method(functools.partial(random_rows, keep=KEEP)),
    "inverse density": Method(functools.partial(weighted, power=1.0)),
    "inverse root density": Method(functools.partial(weighted, power=0.5), TREES),
    "everything + validation, inverse density": Method(
        functools.partial(weighted, power=1.0, of=with_held_out)
    ),
    "random quotas 25 %": Method(functools.partial(random_quotas, keep=KEEP)),
    "PARIS 25 %": Method(deletion),
    "PARIS density 25 %": Method(functools.partial(deletion, density=True)),
    "PARIS density 25 % lam 30": Method(functools.partial(deletion, density=True, lam=30.0)),
    "paper 25 %": Method(functools.partial(deletion, **PAPER)),
    "paper 25 % lam 30": Method(functools.partial(deletion, lam=30.0, **PAPER)),
}
