"""What is interrupted: each case begins, is interrupted somewhere, and must be able to go on.

As a program, ``python -m tests.stress.interrupted CASE SEED``, it does so whenever it is told to on
stdin; `interrupts` tells it, and sends the signals.
"""

import hashlib
import json
import shutil
import signal
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import ClassVar

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.ensemble import BaggingRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import paris_core
from paris_core import PARISClassifier, PARISRegressor, PARISUnderSampler, Pruner, choose_k
from paris_core.features import last_hidden_layer
from paris_core.regularization import select_lambda


def digest(*values):
    """One word for all bits of some arrays."""
    sha = hashlib.sha256()
    for value in values:
        sha.update(np.ascontiguousarray(value).tobytes())
    return sha.hexdigest()[:16]


def tables(rng, n_rows, dimension, n_val):
    Phi, Phi_val = (rng.standard_normal((n, dimension)) for n in (n_rows, n_val))
    w = rng.standard_normal(dimension)
    y, y_val = (table @ w + rng.standard_normal(len(table)) for table in (Phi, Phi_val))
    return Phi, y, Phi_val, y_val


class Call:
    """A function that leaves nothing behind; `call` returns arrays."""

    def __init__(self, rng, folder):
        self.prepare(rng)

    def run(self):
        self.call()

    def go_on(self):
        return digest(*self.call())


class SetUp(Call):
    def prepare(self, rng):
        self.tables = tables(rng, 6000, 1500, 300)

    def call(self):
        pruner = Pruner(*self.tables, lam=1.0, criterion="refit", objective="mean")
        return (pruner.result().weights,)


class SetUpWorst(SetUp):
    def call(self):
        pruner = Pruner(*self.tables, lam=1.0, criterion="representer", objective="worst")
        return (pruner.result().weights,)


class PruneAuto(SetUp):
    def call(self):
        result = paris_core.prune(*self.tables, 2, lam="auto")
        return result.removed, result.loss, [result.lam]


class SelectLambda(SetUp):
    def call(self):
        return ([select_lambda(*self.tables[:2])],)


class Explain(SetUp):
    def call(self):
        Phi, y, Phi_val, _ = self.tables
        found = paris_core.explain(Phi, y, Phi_val[0], lam=1.0)
        return found.row, found.contribution, found.change_on_deletion


class InfluenceMatrix(SetUp):
    def call(self):
        Phi, y, _, _ = self.tables
        return (paris_core.influence_matrix(Phi, y, Phi, lam=1.0),)


class ChooseK(Call):
    n_rows, dimension = 8000, 64

    def prepare(self, rng):
        self.tables = tables(rng, self.n_rows, self.dimension, 500)

    def call(self):
        best_k, loss = choose_k(*self.tables, 1000, folds=3, random_state=0, lam=1.0)
        return [best_k], loss


class ChooseKWide(ChooseK):
    n_rows, dimension = 3000, 1500

    def call(self):
        best_k, loss = choose_k(*self.tables, 20, folds=2, random_state=0, lam="auto")
        return [best_k], loss


class PruneGroups(Call):
    n_rows, dimension, n_groups = 6000, 200, 40

    def prepare(self, rng):
        self.tables = tables(rng, self.n_rows, self.dimension, 2000)
        self.groups = np.arange(self.n_rows) % self.n_groups

    def call(self):
        result = paris_core.prune_groups(*self.tables, self.groups, lam="auto")
        return result.removed_groups, result.loss, result.weights


class PruneGroupsWide(PruneGroups):
    n_rows, dimension, n_groups = 4000, 1500, 4


class Prune:
    """Deletions by a `Pruner`, which goes on where it was interrupted."""

    options: ClassVar = {"criterion": "refit", "objective": "mean"}
    sizes = 12_000, 64, 500
    n_removed = 8000

    def __init__(self, rng, folder):
        self.tables = tables(rng, *self.sizes)

    def run(self):
        self.pruner = None
        self.pruner = Pruner(*self.tables, lam=1.0, **self.options)
        self.pruner.run(self.n_removed)

    def go_on(self):
        pruner = self.pruner or Pruner(*self.tables, lam=1.0, **self.options)
        pruner.run(self.n_removed - pruner.n_removed)
        result = pruner.result()
        return digest(result.removed, result.loss, result.weights, result.mask)


class PruneWorst(Prune):
    options: ClassVar = {"criterion": "representer", "objective": "worst"}


class PruneWide(Prune):
    """Many columns, so that blocks of rows leave as a whole and sums are built anew."""

    sizes = 3000, 600, 200
    n_removed = 1500


class Fit:
    """An estimator with a checkpoint, from which another one goes on."""

    rounds = 3
    options: ClassVar = {}

    def __init__(self, rng, folder):
        self.checkpoint = folder / "checkpoint"
        self.X = rng.standard_normal((3000, 6))
        self.y = self.X[:, 0] * self.X[:, 1] + np.abs(self.X[:, 2]) + rng.standard_normal(3000) / 3

    def network(self):
        return MLPRegressor(hidden_layer_sizes=(32, 16), max_iter=30, tol=0, n_iter_no_change=1000)

    def model(self):
        return PARISRegressor(
            self.network(),
            keep=0.5,
            rounds=self.rounds,
            random_state=0,
            checkpoint=self.checkpoint,
            **self.options,
        )

    def run(self):
        self.checkpoint.unlink(missing_ok=True)
        self.fitted = self.model()
        self.fit(self.fitted)

    def fit(self, model):
        model.fit(self.X, self.y)

    def go_on(self):
        model = self.model()
        self.fit(model)
        errors = [(r.n_kept, r.lam, r.error, r.monitor_error) for r in model.history_]
        return digest(model.removed_, model.predict(self.X), errors)

    @property
    def untouched(self):
        """Whether the interrupt has left the estimator without anything fitted."""
        fitted = {} if self.fitted is None else vars(self.fitted)
        return not [name for name in fitted if name.endswith("_")]


class FitPipeline(Fit):
    def network(self):
        return make_pipeline(
            StandardScaler(),
            MLPRegressor(
                hidden_layer_sizes=(32, 16), max_iter=60, early_stopping=True, n_iter_no_change=60
            ),
        )


class FitWarm(Fit):
    options: ClassVar = {"retrain": "continue"}


class FitLbfgs(Fit):
    def network(self):
        return MLPRegressor(hidden_layer_sizes=(32, 16), max_iter=15, solver="lbfgs")


class FitGroups(Fit):
    rounds = None
    options: ClassVar = {"delete": "groups", "keep": "auto"}

    def model(self):
        options: ClassVar = {"random_state": 0, "checkpoint": self.checkpoint, "delete": "groups"}
        return PARISRegressor(self.network(), **options)

    def fit(self, model):
        half = len(self.X) // 2
        groups = np.arange(half) % 20
        model.fit(
            self.X[:half], self.y[:half], X_val=self.X[half:], y_val=self.y[half:], groups=groups
        )


class FitClassifier(Fit):
    def __init__(self, rng, folder):
        super().__init__(rng, folder)
        self.y = np.digitize(self.y, [0.0, 1.5])

    def model(self):
        network = MLPClassifier(
            hidden_layer_sizes=(32, 16), max_iter=30, tol=0, n_iter_no_change=1000
        )
        options: ClassVar = {
            "keep": 0.5,
            "rounds": 3,
            "random_state": 0,
            "checkpoint": self.checkpoint,
        }
        return PARISClassifier(network, **options)


class FitSampler(Fit):
    def model(self):
        options: ClassVar = {
            "keep": 0.5,
            "rounds": 3,
            "random_state": 0,
            "checkpoint": self.checkpoint,
        }
        return PARISUnderSampler(PARISRegressor(self.network(), **options))

    def go_on(self):
        model = self.model()
        return digest(*model.fit_resample(self.X, self.y), model.ranking_)


class Networks(BaseEstimator):
    """Features of several networks that another estimator of scikit-learn trains."""

    def __init__(self, ensemble, random_state=0):
        self.ensemble = ensemble
        self.random_state = random_state

    def fit(self, X, y, sample_weight=None):
        self.ensemble_ = clone(self.ensemble).fit(X, y)
        best = getattr(self.ensemble_, "best_estimator_", None)
        self.networks_ = self.ensemble_.estimators_ if best is None else [best]
        return self

    def transform(self, X):
        return np.hstack([last_hidden_layer(network, X) for network in self.networks_])

    def predict(self, X):
        return self.ensemble_.predict(X)


class FitEnsemble(Fit):
    def network(self):
        network = MLPRegressor(hidden_layer_sizes=(8,), max_iter=10, tol=0, n_iter_no_change=1000)
        return Networks(BaggingRegressor(network, 5, random_state=0))


class FitSearch(Fit):
    def network(self):
        network = MLPRegressor(
            hidden_layer_sizes=(8,), max_iter=10, tol=0, n_iter_no_change=1000, random_state=0
        )
        return Networks(GridSearchCV(network, {"alpha": [1e-4, 1e-2]}, cv=3))


def swallowing(X):
    """Features that take a while, and hide an interrupt."""
    Phi = np.column_stack([np.ones(len(X)), X])
    try:
        for _ in range(40):
            time.sleep(0.005)
            Phi = np.tanh(Phi)
    except KeyboardInterrupt:
        pass
    return Phi


class FitCallable(Fit):
    def network(self):
        return swallowing


class FitTorch(Fit):
    def network(self):
        import torch

        from paris_core.features.torch import TorchExtractor

        torch.manual_seed(0)
        module = torch.nn.Sequential(
            torch.nn.Linear(6, 32), torch.nn.Tanh(), torch.nn.Linear(32, 1)
        )
        return TorchExtractor(module, epochs=20)


CASES = {
    "fit: MLP": Fit,
    "fit: pipeline, early stopping": FitPipeline,
    "fit: warm start": FitWarm,
    "fit: MLP, lbfgs": FitLbfgs,
    "fit: classifier": FitClassifier,
    "fit: groups": FitGroups,
    "fit: sampler": FitSampler,
    "fit: MLPs in bagging": FitEnsemble,
    "fit: MLPs in a grid search": FitSearch,
    "fit: a function that swallows": FitCallable,
    "fit: torch": FitTorch,
    "Pruner.run": Prune,
    "Pruner.run, paper": PruneWorst,
    "Pruner.run, D=600": PruneWide,
    "prune_groups": PruneGroups,
    "prune_groups, D=1500": PruneGroupsWide,
    "choose_k": ChooseK,
    "choose_k, D=1500": ChooseKWide,
    "explain, D=1500": Explain,
    "influence_matrix, D=1500": InfluenceMatrix,
    "select_lambda, D=1500": SelectLambda,
    "prune with lam='auto', D=1500": PruneAuto,
    "set-up, D=1500": SetUp,
    "set-up of the paper's, D=1500": SetUpWorst,
}


def attempt(case):
    """Begin; how and when it ended."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        say(begun=time.monotonic())
        case.run()
        ended = time.monotonic()
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        return "ended", ended
    except KeyboardInterrupt:
        at = time.monotonic()
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        return "interrupted", at
    except BaseException as error:
        at = time.monotonic()
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        return f"{type(error).__name__}: {error}", at


def say(**facts):
    print(json.dumps(facts), flush=True)


def main(name, seed):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    warnings.simplefilter("ignore", ConvergenceWarning)
    folder = Path(tempfile.mkdtemp())
    try:
        case = CASES[name](np.random.default_rng(int(seed)), folder)
        case.run()
        begin = time.monotonic()
        case.run()  # the first one has loaded modules
        seconds = time.monotonic() - begin
        whole = case.go_on()
        say(seconds=seconds)
        for _ in sys.stdin:
            case.fitted = None
            outcome, at = attempt(case)
            untouched = outcome == "ended" or getattr(case, "untouched", True)
            say(outcome=outcome, at=at, untouched=untouched, same=case.go_on() == whole)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main(*sys.argv[1:])
