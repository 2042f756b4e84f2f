"""Tasks where part of the training targets is cut off, and trusted rows are at hand."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import dst
import numpy as np

from paris_core.validation import Tail

N_POOL = 40_000  # rows that the network learns from
EPOCHS = 20


@dataclass(frozen=True)
class Rows:
    Phi: np.ndarray  # (n, D)
    y: np.ndarray  # (n,)

    @property
    def pair(self) -> tuple[np.ndarray, np.ndarray]:
        return self.Phi, self.y

    def take(self, index: np.ndarray | slice) -> Rows:
        return Rows(self.Phi[index], self.y[index])

    def join(self, *others: Rows) -> Rows:
        parts = (self, *others)
        return Rows(np.vstack([p.Phi for p in parts]), np.concatenate([p.y for p in parts]))

    def __len__(self) -> int:
        return len(self.y)


@dataclass(frozen=True)
class Task:
    train: Rows
    trusted: Rows  # V rows
    extra: Rows  # V more
    test: Rows
    tail: Tail
    longest: float  # fraction of the rows that may go where k is chosen


def sensor(seed: int, *, clean: bool) -> Task:
    rng = np.random.default_rng(seed)
    W, b = rng.normal(size=(6, 100)), rng.normal(size=100)

    def draw(n: int) -> Rows:
        x = rng.normal(size=(n, 6))
        y = np.exp(0.6 * x[:, 0] + 0.6 * x[:, 1]) + 0.1 * rng.normal(size=n)
        return Rows(np.hstack([np.maximum(x @ W + b, 0.0), np.ones((n, 1))]), y)

    train, trusted, extra, test = draw(4000), draw(200), draw(200), draw(10_000)
    if not clean:
        train.y[:2000] = np.minimum(train.y[:2000], 2.0)
    return Task(train, trusted, extra, test, Tail("upper", quantile=0.95), 0.3)


def storms(seed: int, *, clean: bool) -> Task:
    table = dst.read_table(Path(os.environ["PARIS_CORE_DATA"], dst.DATA))
    rng = np.random.default_rng(seed)
    split = dst.split(table, rng)
    pool = rng.permutation(split.train)[:N_POOL]
    validation, extra = np.split(rng.permutation(split.validation)[:1600], 2)
    y = table.y[pool] if clean else np.maximum(table.y[pool], -50.0)
    mean, scale = y.mean(), y.std()
    features = dst.train_features(table.X[pool], (y - mean) / scale, epochs=EPOCHS, seed=seed)

    def rows(part: np.ndarray, target: np.ndarray) -> Rows:
        return Rows(features(table.X[part]), target - mean)  # the penalty shrinks to the mean

    others = (rows(part, table.y[part]) for part in (validation, extra, split.test))
    tail = Tail("lower", threshold=-100.0 - mean)
    return Task(rows(pool[:10_000], y[:10_000]), *others, tail, 0.1)


def make_task(name: str, seed: int) -> Task:
    make = sensor if name.startswith("sensor") else storms
    return make(seed, clean=name.endswith("clean"))
