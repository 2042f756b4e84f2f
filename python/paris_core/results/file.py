"""A saved result: what is in the file, all of it checked before it is believed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np

from .._support.storage import archive
from . import fields, record

if TYPE_CHECKING:
    from .base import BaseResult

__all__ = ["load", "save"]

_SCALARS = ("lam", "stop_reason", "elapsed", "stats")
#: Arrays that not every result has.
_OPTIONAL = ("monitor_loss", "sample_weight")
#: By the kind of a result: its other arrays, and its other entries.
_LAYOUTS = {
    "PruneResult": (
        ("removed", "mask", "delta_loss", "val_index", "loss", "weights"),
        ("n_refactorizations", *_SCALARS),
    ),
    "GroupPruneResult": (
        ("removed_groups", "groups", "mask", "loss", "weights", "weight_path"),
        _SCALARS,
    ),
}


def save(result: BaseResult, path: str | os.PathLike[str]) -> None:
    """Write a result, all of it or nothing."""
    names, scalars = _LAYOUTS[result.kind]
    arrays = {name: getattr(result, name) for name in names}
    for name in _OPTIONAL:
        if getattr(result, name) is not None:
            arrays[name] = getattr(result, name)
    document = {name: getattr(result, name) for name in scalars}
    made_of = result.record
    document["record"] = None if made_of is None else record.as_json(made_of)
    archive.save(path, result.kind, document, arrays)


def load(path: str | os.PathLike[str], kind: str) -> dict[str, Any]:
    """The fields of a result of this kind, checked."""
    document, arrays = archive.load(path, kind)
    names, scalars = _LAYOUTS[kind]
    try:
        if not isinstance(document, dict) or set(document) != {*scalars, "record"}:
            raise ValueError("its document has other entries")
        if set(arrays).difference(_OPTIONAL) != set(names):
            raise ValueError(f"it holds the arrays {', '.join(sorted(arrays))[:200]}")
        made_of = document.pop("record")
        found = {**dict.fromkeys(_OPTIONAL), **arrays, **document}
        found["recorder"] = None if made_of is None else record.Recorder.of(record.parse(made_of))
        fields.check(kind, found)
    except ValueError as error:
        raise ValueError(f"{os.fspath(path)} is no whole {kind}: {error}") from error
    found["kept"] = np.flatnonzero(found["mask"]).astype(np.int64)
    return found
