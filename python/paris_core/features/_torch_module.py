"""A PyTorch module of our own: a copy, its mode, its inputs."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from .._arguments import FloatArray


def check(module: Any, device: str | torch.device) -> None:
    """Refuse what is no module, has parameters that are still to be made, or has no such device."""
    if not isinstance(module, nn.Module):
        what = f"the class {module.__name__}" if isinstance(module, type) else type(module).__name__
        raise TypeError(f"module must be an instance of torch.nn.Module, got {what}")
    if any(nn.parameter.is_lazy(parameter) for parameter in module.parameters()):
        raise ValueError("module has lazy layers: call it with a batch of inputs once")
    try:
        torch.zeros(1, device=device).cpu()
    except (RuntimeError, AssertionError, TypeError, NotImplementedError) as error:
        raise ValueError(
            f"device must be one that PyTorch has here, got {device!r}: {error}"
        ) from error


def successor(module: nn.Module, before: nn.Module | None) -> nn.Module:
    """`before`, if it has the structure of `module`, or a copy of `module`."""
    if before is not None and _structure(before) == _structure(module):
        return before
    return copy.deepcopy(module)


def _structure(module: nn.Module) -> Any:
    parameters = [(name, p.shape, p.dtype) for name, p in module.named_parameters()]
    return type(module), repr(module), parameters


@contextmanager
def evaluation(module: nn.Module) -> Iterator[None]:
    """Evaluation mode without gradients; every part then gets back the mode that it had."""
    modes = {part: part.training for part in module.modules()}
    module.eval()
    try:
        # Not inference_mode: what a module caches in its first pass may be needed in training.
        with torch.no_grad():
            yield
    finally:
        for part, mode in modes.items():
            part.training = mode


def dtype_of(module: nn.Module) -> torch.dtype:
    """The dtype that inputs must have: that of the first parameter."""
    kinds = (p.dtype for p in module.parameters() if p.is_floating_point())
    return next(kinds, torch.get_default_dtype())


def tensor(array: FloatArray, like: nn.Module, device: torch.device) -> torch.Tensor:
    """A copy of `array` as an input of the module `like`."""
    return torch.tensor(array, dtype=dtype_of(like), device=device)
