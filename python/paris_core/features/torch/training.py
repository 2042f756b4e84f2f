"""Training a PyTorch module on the rows of an array that may not fit in memory."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import nn

from ..._support import checks
from ..._support.arrays import FloatArray
from ...progress import Stage
from .modules import tensor

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def squared_error(output: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Squared errors, entry by entry."""
    return (output - target).square()


def cross_entropy(output: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Cross-entropy (n,) of class probabilities `target` (n, C) and the softmax of `output`."""
    return nn.functional.cross_entropy(output, target, reduction="none")


LOSSES: dict[str, Loss] = {"mse": squared_error, "cross_entropy": cross_entropy}


def check_probabilities(y: FloatArray) -> None:
    """Refuse targets of "cross_entropy" that are no class probabilities (n, C)."""
    if y.ndim != 2 or y.shape[1] < 2:
        raise ValueError(
            "y must have shape (n, C), a column a class, for loss 'cross_entropy', got shape "
            f"{y.shape}; paris_core.one_hot(labels) makes it"
        )
    bad = np.flatnonzero((y < 0).any(axis=1) | (np.abs(y.sum(axis=1) - 1.0) > 1e-6))
    if len(bad):
        raise ValueError(
            "y must hold probabilities, >= 0 and with sum 1 in every row, for loss "
            f"'cross_entropy', got {y[bad[0]]} in row {bad[0]}"
        )


def make_optimizer(
    module: nn.Module, factory: Any, learning_rate: Any, weight_decay: Any
) -> torch.optim.Optimizer:
    """Optimizer of the parameters that require gradients; an option that is None is not passed."""
    parameters = [p for p in module.parameters() if p.requires_grad]
    if not parameters:
        raise ValueError(
            "module has no parameters that require gradients, so there is nothing to train; "
            "epochs=0 takes it as it is"
        )
    options = {}
    if learning_rate is not None:
        options["lr"] = checks.positive("learning_rate", learning_rate)
    if weight_decay is not None:
        options["weight_decay"] = checks.not_negative("weight_decay", weight_decay)
    try:
        optimizer = factory(parameters, **options)
    except TypeError as error:
        raise TypeError(
            f"optimizer must take the parameters and, by name, {list(options)}, which are not "
            f"passed if learning_rate or weight_decay is None: {error}"
        ) from error
    if not isinstance(optimizer, torch.optim.Optimizer):
        raise TypeError(
            "optimizer must make a torch.optim.Optimizer, as torch.optim.Adam does, got "
            f"{type(optimizer).__name__}"
        )
    return optimizer


def train(
    module: nn.Module,
    X: Any,
    y: torch.Tensor,
    weight: torch.Tensor | None,
    *,
    loss: Loss,
    optimizer: torch.optim.Optimizer,
    epochs: int,
    batch_size: int,
    rng: np.random.Generator,
) -> list[float]:
    """Train the module in place and return the mean loss of every epoch.

    Rows without weight take no part. The others are shuffled every epoch and dealt out in batches
    of nearly equal size, none above `batch_size`: a last batch of one row would be the end of
    BatchNorm.
    """
    rows = np.arange(len(y))
    if weight is not None:
        rows = np.flatnonzero(weight.cpu().numpy())
        weight = weight / weight[rows].mean()
    n_batches = math.ceil(len(rows) / batch_size)
    curve = []
    module.train()
    with Stage("training", epochs, "epochs") as stage:
        for epoch in range(epochs):
            total = 0.0
            for batch in np.array_split(rng.permutation(rows), n_batches):
                batch.sort()  # read in the order of the file
                inputs = tensor(np.asarray(X[batch], dtype=np.float64), module, y.device)
                own = None if weight is None else weight[batch]
                total += len(batch) * _step(module, inputs, y[batch], own, loss, optimizer)
                if not math.isfinite(total):
                    raise ValueError(
                        f"the loss became {total} in epoch {epoch + 1}: take a smaller "
                        "learning_rate, or scale X and y, for example to unit variance"
                    )
            curve.append(total / len(rows))
            stage.step()
    return curve


def _step(
    module: nn.Module,
    inputs: torch.Tensor,
    target: torch.Tensor,
    weight: torch.Tensor | None,
    loss: Loss,
    optimizer: torch.optim.Optimizer,
) -> float:
    def closure() -> torch.Tensor:  # LBFGS evaluates it several times in a step
        optimizer.zero_grad()
        output = shaped_like(module(inputs), target.shape)
        value = _mean_loss(loss(output, target), weight, len(target))
        value.backward()
        return value.detach()

    return float(optimizer.step(closure))


def _mean_loss(values: Any, weight: torch.Tensor | None, n_rows: int) -> torch.Tensor:
    if not isinstance(values, torch.Tensor):
        raise TypeError(f"loss must return a tensor, got {type(values).__name__}")
    if values.ndim == 0:
        if weight is None:
            return values
        raise ValueError(
            "loss must return a loss for every row if there is sample_weight, got one number; "
            "PyTorch's losses do so with reduction='none'"
        )
    if len(values) != n_rows:
        raise ValueError(
            f"loss must return a loss for each of the {n_rows} rows of a batch, got shape "
            f"{tuple(values.shape)}"
        )
    means = values.reshape(n_rows, -1).mean(dim=1)
    return means.mean() if weight is None else (weight * means).mean()


def shaped_like(output: Any, shape: tuple[int, ...]) -> torch.Tensor:
    """The module's output in the shape of the targets: (n, 1) and (n,) pass for one another."""
    if not isinstance(output, torch.Tensor):
        raise ValueError(f"module must return one tensor, got {type(output).__name__}")
    if output.shape == shape:
        return output
    if {output.ndim, len(shape)} == {1, 2} and output.numel() == math.prod(shape):
        return output.reshape(shape)
    raise ValueError(
        f"module must return shape {tuple(shape)}, that of a batch of y, got {tuple(output.shape)}"
    )


@contextmanager
def seeded(seed: int, device: torch.device) -> Iterator[None]:
    """Have dropout draw from `seed`, and put PyTorch's global generators back afterwards."""
    on_gpu = device.type == "cuda"
    with torch.random.fork_rng(devices=[device] if on_gpu else []):
        torch.default_generator.manual_seed(seed)
        if on_gpu:
            with torch.cuda.device(device):
                torch.cuda.manual_seed(seed)
        yield
