"""What one layer of a PyTorch module takes or gives in a forward pass."""

from __future__ import annotations

import difflib
from typing import Any

import numpy as np
import torch
from torch import nn

from ..._support.arrays import FloatArray


def locate(module: nn.Module, name: str | None, inputs: torch.Tensor) -> tuple[str, str, int]:
    """Name and side ("input" or "output") of the layer that gives the features, and their number.

    For None, that is the input of the nn.Linear that is called last. A forward pass or two.
    """
    if name is not None and not isinstance(name, str):
        raise TypeError(f"layer must be a string or None, got {type(name).__name__}")
    try:
        if name is None:
            name, side = _last_linear(module, inputs), "input"
        else:
            side = "output"
        return name, side, activations(module, name, side, inputs).shape[1]
    except RuntimeError as error:
        raise ValueError(
            f"module cannot take a batch of X, a tensor of shape {tuple(inputs.shape)} and "
            f"{inputs.dtype}: {error}"
        ) from error


def activations(module: nn.Module, name: str, side: str, inputs: torch.Tensor) -> FloatArray:
    """Input or output, as `side` says, of layer `name` for a batch of b inputs, as (b, h)."""
    caught: list[Any] = []

    def catch(_: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> None:
        value = output if side == "output" else args[0] if args else kwargs["input"]
        # Copied at once: what follows, such as ReLU(inplace=True), may write over it.
        caught.append(value.detach().clone() if isinstance(value, torch.Tensor) else value)

    handle = _find(module, name).register_forward_hook(catch, with_kwargs=True)
    try:
        module(inputs)
    finally:
        handle.remove()
    if len(caught) != 1:
        raise ValueError(
            f"layer {name!r} must be called once in the forward pass of module, it is called "
            f"{len(caught)} times; name another layer"
        )
    return _table(caught[0], f"the {side} of layer {name!r}", len(inputs))


def _last_linear(module: nn.Module, inputs: torch.Tensor) -> str:
    """Name of the nn.Linear that a forward pass calls last."""
    called: list[str] = []
    handles = [
        part.register_forward_pre_hook(lambda *_, name=name: called.append(name))
        for name, part in module.named_modules()
        if isinstance(part, nn.Linear)
    ]
    try:
        module(inputs)
    finally:
        for handle in handles:
            handle.remove()
    if not called:
        raise ValueError(
            "layer must be given for a module that calls no nn.Linear; it has "
            f"{_listed(_names(module))}"
        )
    return called[-1]


def _find(module: nn.Module, name: str) -> nn.Module:
    """The submodule of that name."""
    parts = dict(module.named_modules(remove_duplicate=False))
    if name in parts:
        return parts[name]
    names = _names(module)
    close = difflib.get_close_matches(name, names, n=5, cutoff=0.5)
    known = f"close to it are {_listed(close)}" if close else f"module has {_listed(names)}"
    raise ValueError(f"layer must be a name in module.named_modules(), got {name!r}; {known}")


def _table(value: Any, what: str, n_rows: int) -> FloatArray:
    if not isinstance(value, torch.Tensor):
        raise ValueError(
            f"{what} must be one tensor, got {type(value).__name__}; name a layer that gives one"
        )
    if value.ndim == 0 or len(value) != n_rows or value.numel() == 0:
        raise ValueError(
            f"{what} must have a row for each of the {n_rows} rows of a batch, got shape "
            f"{tuple(value.shape)}"
        )
    if value.is_complex():
        raise ValueError(f"{what} must be real, got {value.dtype}")
    table = value.reshape(n_rows, -1).cpu().to(torch.float64).numpy()
    return np.ascontiguousarray(table)


def _names(module: nn.Module) -> list[str]:
    return [name for name, _ in module.named_modules() if name]


def _listed(names: list[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:20])
    return (shown or "no submodules") + (", ..." if len(names) > 20 else "")
