"""A PyTorch module of our own: a copy, its mode, its inputs."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from .._support.checks import FloatArray


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


@contextmanager
def restored(module: nn.Module, before: nn.Module | None) -> Iterator[None]:
    """Give `module` back its parameters and buffers if it is `before` and the block raises."""
    goes_on = module is before
    state = copy.deepcopy(module.state_dict()) if goes_on else {}
    try:
        yield
    except BaseException:
        if goes_on:
            module.load_state_dict(state)
        raise


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


def alike(template: nn.Module, module: nn.Module) -> bool:
    """Whether what `contents` says of `module` is all that tells it from `template`."""
    shapes = [
        [(name, one.shape, one.dtype, one.layout) for name, one in _tensors(each)]
        for each in (template, module)
    ]
    return _structure(template) == _structure(module) and shapes[0] == shapes[1]


def contents(module: nn.Module) -> tuple[str, list[NDArray[np.uint8]], list[bool]]:
    """Its device, the bytes of its parameters and buffers, and the modes of its parts."""
    tensors = [one for _, one in _tensors(module)]
    device = str(tensors[0].device) if tensors else "cpu"
    # As bytes: NumPy lacks some of the dtypes.
    raw = [one.detach().cpu().contiguous().reshape(-1).view(torch.uint8) for one in tensors]
    return device, [one.numpy() for one in raw], [part.training for part in module.modules()]


def filled(
    module: nn.Module, device: str, raw: list[NDArray[np.uint8]], modes: list[bool]
) -> nn.Module:
    """`module`, with these contents of another one that is alike."""
    with torch.no_grad():
        for (_, one), content in zip(_tensors(module), raw, strict=True):
            whole = torch.from_numpy(content.copy()).view(one.dtype).reshape(one.shape)
            one.copy_(whole)
    for part, mode in zip(module.modules(), modes, strict=True):
        part.training = mode
    return module.to(device)


def _tensors(module: nn.Module) -> list[tuple[str, torch.Tensor]]:
    """Parameters and buffers, those that are shared once."""
    return [*module.named_parameters(), *module.named_buffers()]
