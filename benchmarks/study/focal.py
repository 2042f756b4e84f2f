"""The network of the study with the focal loss of Yang et al. (2021), in PyTorch."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import torch
from sklearn.preprocessing import StandardScaler
from torch import Tensor, nn

from .networks import BATCH, HIDDEN
from .rows import Rows


def focal_loss(prediction: Tensor, target: Tensor, beta: float, gamma: float) -> Tensor:
    """Focal-R on the squared error: rows that are already right count less."""
    error = prediction - target
    weight = (2.0 * torch.sigmoid(beta * error.abs()) - 1.0) ** gamma
    return (weight * error**2).mean()


class FocalNetwork:
    """`networks.Network` with another loss: same layers, start, optimiser and gradient steps.

    Errors are in standard deviations of the targets; beta and gamma are those of the paper.
    """

    def __init__(self, updates: int, seed: int, beta: float = 0.2, gamma: float = 1.0) -> None:
        self.updates, self.seed, self.beta, self.gamma = updates, seed, beta, gamma

    def fit(self, rows: Rows) -> FocalNetwork:
        X, y = rows.X, rows.y
        random = torch.Generator().manual_seed(self.seed)
        self._scaler = StandardScaler().fit(X)
        self._mean, self._scale = y.mean(), y.std() or 1.0
        inputs = self._tensor(X)
        targets = torch.as_tensor((y - self._mean) / self._scale, dtype=torch.float32)
        self._model = _model(X.shape[1], random)
        optimiser = torch.optim.Adam(self._model.parameters(), lr=1e-3)
        left = self.updates
        while left > 0:
            for batch in torch.randperm(len(y), generator=random).split(BATCH)[:left]:
                optimiser.zero_grad()
                prediction = self._model(inputs[batch]).squeeze(1)
                focal_loss(prediction, targets[batch], self.beta, self.gamma).backward()
                optimiser.step()
                left -= 1
        return self

    def predict(self, X: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            z = self._model(self._tensor(X)).squeeze(1).numpy()
        return self._mean + self._scale * z.astype(np.float64)

    def _tensor(self, X: np.ndarray) -> Tensor:
        return torch.as_tensor(self._scaler.transform(X), dtype=torch.float32)


def _model(n_inputs: int, random: torch.Generator) -> nn.Sequential:
    """Layers that start as scikit-learn's do: weights and biases uniform, by Glorot's rule."""
    layers: list[nn.Module] = []
    for fan_in, fan_out in pairwise((n_inputs, *HIDDEN, 1)):
        layer = nn.Linear(fan_in, fan_out)
        bound = (6.0 / (fan_in + fan_out)) ** 0.5
        with torch.no_grad():
            for parameter in layer.parameters():
                parameter.uniform_(-bound, bound, generator=random)
        layers += [layer, nn.ReLU()]
    return nn.Sequential(*layers[:-1])
