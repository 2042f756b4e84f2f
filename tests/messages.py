"""Every public function with one good call, and values that its arguments should not have."""

from __future__ import annotations

import datetime
import importlib
import inspect
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning

import paris_core
from paris_core.validation import Tail
from problems import make_problem

N, V, D = 23, 19, 4
GROUPS = np.arange(N) % 3


class Call(NamedTuple):
    """A public callable with arguments that it takes."""

    function: Callable[..., Any]
    good: dict[str, Any]
    skip: tuple[str, ...] = ()  # arguments that anything will do for


@cache
def problem() -> Any:
    return make_problem(N, V, D, seed=1, kind="gaussian")


def tables() -> dict[str, Any]:
    p = problem()
    return {"Phi": p.Phi, "y": p.y, "Phi_val": p.Phi_val, "y_val": p.y_val}


def rows() -> dict[str, Any]:
    return {"Phi": problem().Phi, "y": problem().y}


def pruning(**changes: Any) -> dict[str, Any]:
    return {
        **tables(),
        "k": 5,
        "lam": 0.5,
        "criterion": "refit",
        "objective": ("worst", 2),
        "sample_weight": np.ones(N),
        "val_weight": np.ones(V),
        "protect": np.arange(N) < 2,
        "strata": GROUPS,
        "quotas": np.array([1, 2, 3]),
        "monitor": (problem().Phi_val[:5], problem().y_val[:5]),
        "stop": "monitor",
        "tolerance": 0.0,
        "patience": 4,
        "engine": "lazy",
        "cache_bytes": 2**20,
        "n_threads": 1,
        "callback": None,
        "progress": False,
        **changes,
    }


def stepwise(**options: Any) -> Any:
    """`Pruner` and what it does."""
    n, seconds = options.pop("n"), options.pop("seconds")
    pruner = paris_core.Pruner(**options)
    pruner.run(n, seconds=seconds)
    return pruner.result()


def replayed(result: Any) -> Any:
    pruner = paris_core.Pruner(**tables(), lam=0.5)
    return pruner.replay(result)


def ridge_factor(row: Any, b: Any, **options: Any) -> Any:
    factor = paris_core.linalg.RidgeFactor(**options)
    factor.remove(row)
    return factor.solve(b)


@cache
def a_result() -> Any:
    p = problem()
    return paris_core.prune(*p.arrays, 5, lam=0.5, monitor=(p.Phi_val, p.y_val))


@cache
def a_group_result() -> Any:
    p = problem()
    return paris_core.prune_groups(*p.arrays, GROUPS, lam=0.5, monitor=(p.Phi_val, p.y_val))


X = np.random.default_rng(0).normal(size=(60, 2))
Y = X[:, 0] + 0.5 * X[:, 1]
LABELS = np.where(Y > 0, "storm", "quiet")


def identity(X: Any) -> Any:
    try:
        return np.asarray(X, dtype=float)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"X is no table: {error}") from error


def estimator_options() -> dict[str, Any]:
    return {
        "estimator": identity,
        "keep": "auto",
        "rounds": None,
        "delete": "rows",
        "retrain": "head",
        "criterion": "refit",
        "objective": "mean",
        "lam": 1.0,
        "val_weight": None,
        "validation_split": 0.4,
        "monitor": 0.5,
        "refit": True,
        "random_state": 0,
        "n_jobs": 1,
        "verbose": 0,
        "callbacks": None,
        "checkpoint": None,
    }


def auditing(**changes: Any) -> dict[str, Any]:
    from sklearn.linear_model import Ridge

    return {
        "X": X[:24],
        "y": Y[:24],
        "X_val": X[24:34],
        "y_val": Y[24:34],
        "groups": np.arange(24) // 6,
        "estimator": Ridge(),
        "tail": Tail(quantile=0.3),
        "folds": 2,
        "divisions": 1,
        "random_state": 0,
        "verbose": 0,
        **changes,
    }


def fitted(kind: str) -> Callable[..., Any]:
    def fit(
        X: Any,
        y: Any,
        sample_weight: Any,
        X_val: Any,
        y_val: Any,
        sample_weight_val: Any,
        groups: Any,
        **parameters: Any,
    ) -> Any:
        held_out = {"X_val": X_val, "y_val": y_val, "sample_weight_val": sample_weight_val}
        model = getattr(paris_core, kind)(**parameters)
        return model.fit(X, y, sample_weight, **held_out, groups=groups)

    return fit


def sampled(estimator: Any, X: Any, y: Any, **rows: Any) -> Any:
    return paris_core.PARISUnderSampler(estimator).fit_resample(X, y, **rows)


def splitter(kind: str, **options: Any) -> Call:
    """Make it, and split."""

    def use(X: Any, y: Any, groups: Any, **parameters: Any) -> Any:
        made = getattr(paris_core.validation, kind)(**parameters)
        return next(made.split(X, y, groups)), made.get_n_splits()  # there may be many

    common = {"test_size": 0.4, "n_splits": 2, "random_state": 0, "X": X, "y": Y, "groups": None}
    return Call(use, common | options)


def estimator(kind: str, y: Any, **more: Any) -> Call:
    given = {"X": X[:30], "y": y[:30], "X_val": X[30:], "y_val": y[30:], "groups": None}
    given |= {"sample_weight": np.ones(30), "sample_weight_val": np.ones(30)}
    return Call(fitted(kind), {**estimator_options(), **more, **given})


@cache
def a_model(kind: str = "PARISRegressor") -> Any:
    y = Y if kind == "PARISRegressor" else LABELS
    options = estimator_options() | {"keep": 0.8}
    with quiet():
        return getattr(paris_core, kind)(**options).fit(X, y)


def extractor(name: str, argument: str, value: Any) -> Call:
    """Fit, transform and predict."""

    def use(X: Any, y: Any, sample_weight: Any, X_new: Any, **parameters: Any) -> Any:
        made = getattr(importlib.import_module("paris_core.features"), name)(**parameters)
        made.fit(X, y, sample_weight=sample_weight)
        return made.transform(X_new), made.predict(X_new)

    given = {"X": X, "y": Y, "sample_weight": np.ones(60), "X_new": X[:3]}
    if name != "MLPExtractor":
        given["lam"] = 1.0
    elif "sample_weight" not in inspect.signature(type(value).fit).parameters:
        given["sample_weight"] = None  # before scikit-learn 1.7
    return Call(use, given if argument is None else {argument: value, **given})


def piped(steps: Any, extractor: Any, X: Any) -> Any:
    """Fit the steps of a pipeline, and what it ends in."""
    from paris_core.features import PipelineExtractor

    return PipelineExtractor(steps, extractor).fit(X, Y).transform(X)


def stopped(name: str) -> Callable[..., Any]:
    """Fit a network that stops early."""

    def fit(X: Any, y: Any, sample_weight: Any) -> Any:
        kind = getattr(importlib.import_module("paris_core.features"), name)
        options = {"hidden_layer_sizes": (3,), "max_iter": 3, "random_state": 0}
        return kind(early_stopping=True, **options).fit(X, y, sample_weight)

    return fit


def over_folds() -> Any:
    from paris_core.pruning import CrossValidation

    of_folds = np.array([[2.0, 1.0], [4.0, 2.0]])
    return CrossValidation(1, of_folds.mean(axis=0), of_folds, np.ones(2))


def history(predictions: Any, name: Any, keep: Any, random_state: Any, **made: Any) -> Any:
    from paris_core.selection import TrainingHistory

    collected = TrainingHistory(**made)
    collected.update(predictions)
    return collected.select(name, keep=keep, random_state=random_state)


def network() -> Any:
    from sklearn.neural_network import MLPRegressor

    return MLPRegressor(hidden_layer_sizes=(3,), solver="lbfgs", max_iter=3, random_state=0)


@cache
def a_network() -> Any:
    with quiet():
        return network().fit(X, Y)


def series() -> Any:
    from paris_core.datasets import make_storms

    return make_storms(100, random_state=0)


@cache
def a_comparison() -> tuple[Any, Any]:
    """A comparison, and a task that one of its remedies was given."""
    tasks = []

    def remedy(task: Any) -> Any:
        tasks.append(task)
        return task.fit()

    given = comparing() | {"remedies": {"own": remedy}}
    return paris_core.compare(**given), tasks[0]


def comparing() -> dict[str, Any]:
    from sklearn.linear_model import LinearRegression

    return {
        "X": X[:30],
        "y": Y[:30],
        "X_val": X[30:],
        "y_val": Y[30:],
        "groups": np.arange(30) % 3,
        "val_groups": np.arange(30) % 6,
        "estimator": LinearRegression(),
        "network": None,
        "remedies": ["everything + validation"],
        "folds": 2,
        "repeats": 1,
        "tail": Tail(),
        "random_state": 0,
        "n_jobs": 1,
        "verbose": 0,
    }


def axes() -> Any:
    from matplotlib.figure import Figure

    return Figure().add_axes((0.0, 0.0, 1.0, 1.0))


def report(**arguments: Any) -> Any:
    """A report without its drawings, which take most of the time and see the arguments last."""
    drawings = mock.patch("paris_core.report.writing.draw_all", return_value=[])
    with tempfile.TemporaryDirectory() as folder, drawings:
        path = Path(folder) / "report.html"
        paris_core.report.write_report(**{"path": path, "model": a_model(), **arguments})


def curve(**more: Any) -> dict[str, Any]:
    p = problem()
    return {
        **rows(),
        "Phi_test": p.Phi_val,
        "y_test": p.y_val,
        "lam": 0.5,
        "score": paris_core.metrics.rmse,
        "fractions": [0.0, 0.5, 1.0],
        "n_threads": 1,
        **more,
    }


def selecting(name: str, **more: Any) -> Call:
    from paris_core import selection

    return Call(selection.select, {"name": name, **rows(), "keep": 5, "random_state": 0, **more})


def registry() -> dict[str, Call]:
    """By name: the module and what it has in its `__all__`, and more calls of the same."""
    from paris_core import (
        datasets,
        evidence,
        features,
        linalg,
        metrics,
        plotting,
        regularization,
        selection,
    )
    from paris_core import report as reports
    from paris_core.pruning import choose_k, choose_k_groups
    from paris_core.validation import quotas, weights

    p = problem()
    L = np.linalg.cholesky(p.Phi.T @ p.Phi)
    tail = {"tail": Tail("lower", threshold=0.0)}
    return {
        "audit": Call(paris_core.audit, auditing()),
        "audit rows": Call(paris_core.audit, auditing(groups=None, X_val=None, y_val=None)),
        "auditing.trainings": Call(
            importlib.import_module("paris_core.auditing").trainings,
            {"folds": 4, "divisions": 3, "validation": True, "rows": False},
        ),
        "prune": Call(paris_core.prune, pruning()),
        "prune mean": Call(
            paris_core.prune, pruning(objective="mean", engine="exhaustive", stop="k")
        ),
        "Pruner": Call(
            stepwise,
            {**pruning(), "n": 5, "seconds": None},
        ),
        "Pruner.replay": Call(replayed, {"result": paris_core.prune(*p.arrays, 5, lam=0.5)}),
        "PruneResult.truncate": Call(a_result().truncate, {"k": 2, "Phi": p.Phi, "y": p.y}),
        "PruneResult.fewest_k": Call(a_result().fewest_k, {"tolerance": 0.01}),
        "prune_groups": Call(
            paris_core.prune_groups,
            {
                **tables(),
                "groups": GROUPS,
                "k": 1,
                "lam": 0.5,
                "sample_weight": np.ones(N),
                "val_weight": np.ones(V),
                "monitor": (p.Phi_val[:5], p.y_val[:5]),
            },
        ),
        "GroupPruneResult.truncate": Call(a_group_result().truncate, {"k": 1}),
        "GroupPruneResult.fewest_k": Call(a_group_result().fewest_k, {"tolerance": 0.01}),
        "deletion_effects": Call(
            paris_core.deletion_effects,
            {
                **tables(),
                "lam": 0.5,
                "criterion": "refit",
                "objective": "worst",
                "v": 1,
                "sample_weight": np.ones(N),
                "val_weight": np.ones(V),
                "n_threads": 1,
            },
        ),
        "deletion_residuals": Call(
            paris_core.deletion_residuals,
            {**tables(), "lam": 0.5, "v": 1, "sample_weight": np.ones(N)},
        ),
        "influence_matrix": Call(
            paris_core.influence_matrix,
            {**rows(), "Phi_val": p.Phi_val, "lam": 0.5, "sample_weight": np.ones(N)},
        ),
        "representer_weights": Call(
            paris_core.representer_weights, {**rows(), "lam": 0.5, "sample_weight": np.ones(N)}
        ),
        "explain": Call(
            paris_core.explain,
            {
                **rows(),
                "phi": p.Phi_val[0],
                "lam": 0.5,
                "k": 2,
                "kept": np.arange(5, N),
                "sample_weight": np.ones(N),
                "n_threads": 1,
            },
        ),
        "one_hot": Call(
            paris_core.one_hot, {"labels": ["a", "b", "a"], "classes": ["a", "b", "c"]}
        ),
        "one_hot integers": Call(paris_core.one_hot, {"labels": [1, 2, 1]}),
        "show_config": Call(paris_core.show_config, {"mode": "dict"}),
        "PARISRegressor": estimator("PARISRegressor", Y, tail=Tail(quantile=0.3)),
        "PARISClassifier": estimator("PARISClassifier", LABELS, min_per_class=1),
        "PARISUnderSampler": Call(
            sampled,
            {
                "estimator": paris_core.PARISRegressor(**estimator_options()),
                "X": X[:30],
                "y": Y[:30],
                "X_val": X[30:],
                "y_val": Y[30:],
                "sample_weight": np.ones(30),
                "sample_weight_val": np.ones(30),
                "groups": None,
            },
        ),
        "PARISRegressor.predict": Call(a_model().predict, {"X": X}),
        "PARISRegressor.features": Call(a_model().features, {"X": X}),
        "PARISClassifier.predict": Call(a_model("PARISClassifier").predict, {"X": X}),
        "PARISClassifier.predict_proba": Call(a_model("PARISClassifier").predict_proba, {"X": X}),
        "compare": Call(paris_core.compare, comparing()),
        "comparison.Comparison.fit": Call(a_comparison()[0].fit, {"remedy": "own"}),
        "comparison.Comparison.plot": Call(a_comparison()[0].plot, {"ax": axes()}),
        "comparison.Task.fit": Call(
            a_comparison()[1].fit,
            {"removed": [1, 2], "validation": False, "sample_weight": np.ones(28)},
        ),
        "comparison.Task.fewest": Call(
            a_comparison()[1].fewest, {"candidates": [np.arange(3), [5]]}
        ),
        "comparison.Task.reference": Call(a_comparison()[1].reference, {"removed": [1, 2]}),
        "comparison.Task.paris": Call(a_comparison()[1].paris, {"delete": "rows"}),
        "linalg.RidgeFactor": Call(
            ridge_factor, {**rows(), "lam": 0.5, "n_threads": 1, "row": 3, "b": np.ones(D)}
        ),
        "linalg.cholesky_update": Call(
            linalg.cholesky_update, {"L": L, "x": p.Phi[0], "overwrite": False}
        ),
        "linalg.cholesky_downdate": Call(
            linalg.cholesky_downdate, {"L": L, "x": p.Phi[0], "overwrite": False}
        ),
        "regularization.select_lambda": Call(
            regularization.select_lambda,
            {**rows(), "method": "gcv", "n_threads": 1, "sample_weight": np.ones(N)},
        ),
        "choose_k": Call(
            choose_k,
            {
                **tables(),
                "k": 5,
                "folds": 2,
                "random_state": 0,
                "sample_weight": np.ones(N),
                "val_weight": np.ones(V),
                "lam": 0.5,
                "patience": 3,
                "criterion": "refit",
                "protect": np.arange(N) < 2,
                "cache_bytes": 2**20,
                "n_threads": 1,
            },
        ),
        "choose_k_groups": Call(
            choose_k_groups,
            {
                **tables(),
                "groups": GROUPS,
                "k": 1,
                "folds": 2,
                "random_state": 0,
                "sample_weight": np.ones(N),
                "val_weight": np.ones(V),
                "lam": 0.5,
            },
        ),
        "pruning.CrossValidation.fewest_k": Call(over_folds().fewest_k, {"tolerance": 0.01}),
        "pruning.CrossValidation.gain": Call(over_folds().gain, {"k": 1}),
        "datasets.coupling_field": Call(
            datasets.coupling_field, {"speed": [500.0, 400.0], "bz": [-10.0, 3.0]}
        ),
        "datasets.ring_current": Call(datasets.ring_current, {"vbs": np.ones(9), "initial": 0.0}),
        "datasets.make_storms": Call(datasets.make_storms, {"n_hours": 20, "random_state": 0}),
        "datasets.make_stations": Call(
            datasets.make_stations,
            {
                "n_stations": 4,
                "n_wrong": 1,
                "n_readings": 3,
                "n_val": 2,
                "n_test": 2,
                "random_state": 0,
            },
        ),
        "datasets.storm_drivers": Call(datasets.storm_drivers, {"series": series()}),
        "datasets.StormSeries": Call(
            datasets.StormSeries,
            {
                **dict.fromkeys(("time", "bz", "speed", "density", "pressure", "dst"), np.ones(9)),
                "start": None,
                "extra": {"kp": np.ones(9)},
            },
        ),
        "datasets.load_omni": Call(load_omni, {"path": None}),
        "features.lagged_features": Call(
            features.lagged_features,
            {"drivers": {"a": np.arange(9.0)}, "target": np.arange(9.0), "lags": [0, 1]}
            | {"horizon": 2},
        ),
        "features.last_hidden_layer": Call(
            features.last_hidden_layer, {"mlp": a_network(), "X": X}
        ),
        "features.as_extractor": Call(features.as_extractor, {"model": network()}),
        "features.default_network": Call(features.default_network, {"classes": False}),
        "features.StoppedMLPRegressor": Call(
            stopped("StoppedMLPRegressor"), {"X": X, "y": Y, "sample_weight": None}
        ),
        "features.StoppedMLPClassifier": Call(
            stopped("StoppedMLPClassifier"), {"X": X, "y": LABELS, "sample_weight": None}
        ),
        "features.MLPExtractor": extractor("MLPExtractor", "network", a_network()),
        "features.IdentityExtractor": extractor("IdentityExtractor", None, None),
        "features.CallableExtractor": extractor("CallableExtractor", "function", identity),
        "features.TransformerExtractor": extractor("TransformerExtractor", "transformer", scaler()),
        "features.FrozenExtractor": extractor("FrozenExtractor", "model", a_network()),
        "features.PipelineExtractor": Call(
            piped, {"steps": scaler(), "extractor": features.IdentityExtractor(lam=1.0), "X": X}
        ),
        "features.TablePreprocessor": Call(features.TablePreprocessor().fit, {"X": X, "y": None}),
        "metrics.rmse": Call(metrics.rmse, {"y": p.y, "pred": p.y + 1.0}),
        "metrics.conditional_rmse": Call(
            metrics.conditional_rmse, {"y": p.y, "pred": p.y + 1.0, **tail}
        ),
        "metrics.sera": Call(
            metrics.sera, {"y": p.y, "pred": p.y + 1.0, "relevance": np.full(N, 0.5)}
        ),
        "metrics.relevance": Call(
            metrics.relevance, {"y": p.y, "points": [(-1.0, 1.0), (1.0, 0.0)]}
        ),
        "metrics.worst_group_recall": Call(
            metrics.worst_group_recall, {"y": [1, 1, 2], "pred": [1, 2, 2], "groups": [0, 0, 1]}
        ),
        "evidence.paired_gain": Call(
            evidence.paired_gain,
            {"before": p.y, "after": p.y / 2.0, "weight": np.ones(N), "units": np.arange(N)},
        ),
        "metrics.removal_curve": Call(metrics.removal_curve, curve(removed=[3, 2, 1])),
        "metrics.random_removal_curves": Call(
            metrics.random_removal_curves, curve(k=3, n_curves=2, random_state=0)
        ),
        "plotting.new_figure": Call(plotting.new_figure, {"width": 5.0, "height": 4.0}),
        "plotting.plot_class_counts": Call(
            plotting.plot_class_counts,
            {
                "labels": ["a", "b", "a"],
                "mask": [True, False, True],
                "label": "class",
                "ax": axes(),
            },
        ),
        "plotting.plot_target_histogram": Call(
            plotting.plot_target_histogram,
            {
                "y": p.y,
                "mask": np.arange(N) < 9,
                "threshold": 0.0,
                "label": "y",
                "bins": 5,
                "ax": axes(),
            },
        ),
        "plotting.plot_errors": Call(
            plotting.plot_errors,
            {
                "labels": ["a", "b"],
                "values": [1.0, 2.0],
                "intervals": [(0.5, 1.5), (1.5, 2.5)],
                "label": "RMSE",
                "ax": axes(),
            },
        ),
        "plotting.plot_comparison": Call(
            plotting.plot_comparison, {"comparison": a_comparison()[0], "ax": axes()}
        ),
        "plotting.plot_explanation": Call(
            plotting.plot_explanation,
            {
                "explanation": paris_core.explain(**rows(), phi=p.Phi_val[0], lam=0.5, k=1),
                "names": ["up", "down"],
                "unit": "nT",
                "ax": axes(),
            },
        ),
        "plotting.plot_removal": Call(
            plotting.plot_removal,
            {
                "series": {"pruned": ([3, 2], [1.0, 0.5])},
                "random": ([3, 2], [[1.0, 0.5], [1.0, 0.6]]),
                "references": {"all": 0.7},
                "best": 2,
                "label": "error",
                "ax": axes(),
            },
        ),
        "plotting.plot_worst_residual": Call(
            plotting.plot_worst_residual,
            {"result": a_result(), "scale": 1.0, "label": "r", "ax": axes()},
        ),
        "validation.quotas.metriq": Call(
            quotas.metriq,
            {"error_per_stratum": [0.1, 0.2], "stratum_sizes": [5, 9], "density": 0.5},
        ),
        "validation.quotas.equal": Call(quotas.equal, {"stratum_sizes": [5, 9], "density": 0.5}),
        "validation.quotas.target_bins": Call(quotas.target_bins, {"y": p.y, "n_bins": 3}),
        "validation.quotas.target_bins edges": Call(
            quotas.target_bins, {"y": p.y, "edges": [-1.0, 1.0]}
        ),
        "report.answer": Call(
            reports.answer, {"model": a_model(), "X": X, "y": Y, "X_val": None, "y_val": None}
        ),
        "report.explain_row": Call(
            reports.explain_row, {"model": a_model(), "X": X, "y": Y, "row": X[:1], "k": 2}
        ),
        "report.write_report": Call(
            report,
            {
                "path": Path(tempfile.gettempdir()) / "unused.html",
                "model": a_model(),
                "X": X,
                "y": Y,
                "X_val": None,
                "y_val": None,
                "target": "y",
                "source": None,
                "remarks": (),
                "groups": np.arange(len(Y)) % 3,
                "columns": {"group": np.arange(len(Y)) % 3},
                "time": np.arange(len(Y)),
                "command": None,
                "script": None,
                "random_state": 0,
            },
        ),
        "selection.options": Call(selection.options, {"name": "el2n"}),
        "selection.select": selecting("el2n", lam=0.5, model="ridge"),
        "selection.select predictions": selecting("grand", predictions=p.y + 1.0),
        "selection.select softmax": Call(
            selection.select,
            {"name": "grand", "Phi": p.Phi, "y": GROUPS, "keep": 0.5, "lam": 1.0}
            | {"model": "softmax"},
        ),
        "selection.select leverage": selecting("leverage", lam=1.0),
        "selection.select k_center": selecting("k_center"),
        "selection.select random": selecting("random"),
        "selection.select stratified": selecting("stratified", strata=GROUPS),
        "selection.select bins": selecting("stratified", n_bins=3),
        "selection.select influence": selecting(
            "influence", Phi_val=p.Phi_val, y_val=p.y_val, val_weight=np.ones(V)
        ),
        "selection.random_with_quotas": Call(
            selection.random_with_quotas, {"strata": GROUPS, "quotas": [1, 2, 3], "random_state": 0}
        ),
        "selection.TrainingHistory": Call(
            history,
            {
                "labels": ["a", "b", "a"],
                "classes": ["a", "b"],
                "window": 2,
                "predictions": ["a", "b", "b"],
                "name": "forgetting",
                "keep": 2,
                "random_state": 0,
            },
        ),
        "selection.TrainingHistory probabilities": Call(
            history,
            {
                "labels": [0, 1, 0],
                "predictions": [[0.5, 0.5], [1.0, 0.0], [0.2, 0.8]],
                "name": "forgetting",
                "keep": 2,
                "random_state": 0,
            },
        ),
        "validation.weights.inverse_density": Call(
            weights.inverse_density,
            {"y_val": p.y, "power": 1.0, "bandwidth": 0.5, "max_ratio": 10.0},
        ),
        "validation.weights.tail": Call(weights.tail, {"y_val": p.y, **tail}),
        "validation.Tail": Call(Tail, {"side": "lower", "threshold": 0.0, "quantile": None}),
        "validation.Tail quantile": Call(Tail, {"side": "both", "quantile": (0.1, 0.8)}),
        "validation.Tail.bounds": Call(Tail().bounds, {"y": p.y}),
        "validation.Tail.mask": Call(Tail().mask, {"y": p.y}),
        "validation.TailStratifiedSplit": splitter("TailStratifiedSplit"),
        "validation.RandomSplit": splitter("RandomSplit"),
        "validation.BlockedSplit": splitter("BlockedSplit", n_blocks=10, gap=1),
        "validation.GroupedSplit": splitter("GroupedSplit", groups=np.arange(60) % 6),
        "demo.run_stations": Call(
            audited,
            {
                "stations": datasets.make_stations(4, n_readings=1, n_wrong=0, n_val=1, n_test=1),
                "random_state": 0,
                "progress": False,
                "log": lambda line: None,
            },
        ),
        "demo.run_storms": Call(
            demonstrated,
            {
                "series": series(),
                "horizon": 3,
                "keep": 0.9,
                "lam": 1.0,
                "threshold": -50.0,
                "max_hours": None,
                "random_state": 0,
                "progress": False,
                "log": lambda line: None,
            },
        ),
    }


def audited(**options: Any) -> Any:
    """The demo on too few stations: the audit says so once all else is right."""
    from paris_core import demo

    try:
        demo.run_stations(**options)
    except ValueError as error:
        if "at least two rows" not in str(error):
            raise


def demonstrated(**options: Any) -> Any:
    """Storms in a series that is too short: it says so once all else is right."""
    from paris_core import demo

    try:
        demo.run_storms(**options)
    except demo.DemoError as error:
        if "at least 2000 are needed" not in str(error):
            raise


def load_omni(path: Any) -> Any:
    from paris_core.datasets import load_omni as load

    if path is None:
        return None
    return load(path)


def scaler() -> Any:
    from sklearn.preprocessing import StandardScaler

    return StandardScaler()


@contextmanager
def quiet() -> Iterator[None]:
    """Without the warnings that so few rows and steps bring about."""
    with warnings.catch_warnings():
        for category in (
            paris_core.DuplicateRowsWarning,
            paris_core.ManyRemovedWarning,
            paris_core.ScaleWarning,
            paris_core.TailWarning,
            paris_core.WeakModelWarning,
        ):
            warnings.simplefilter("ignore", category)
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.filterwarnings("ignore", "X has feature names")
        warnings.filterwarnings("ignore", "Support for labels represented as bytes")
        yield


class Opaque:
    """What nobody expects."""

    def __repr__(self) -> str:
        return "an opaque object"


def ragged() -> list[list[float]]:
    return [[1.0, 2.0], [3.0]]


# Made anew for every call: a generator is used up.
BAD: dict[str, Callable[[], Any]] = {
    "None": lambda: None,
    "True": lambda: True,
    "0": lambda: 0,
    "-1": lambda: -1,
    "3": lambda: 3,
    "0.5": lambda: 0.5,
    "1e300": lambda: 1e300,
    "1e-320": lambda: 1e-320,
    "NaN": lambda: float("nan"),
    "inf": lambda: float("inf"),
    "10**400": lambda: 10**400,
    "10**5000": lambda: 10**5000,
    "2**63": lambda: 2**63,
    "complex": lambda: 1j,
    "Decimal": lambda: Decimal("1e999"),
    "Fraction": lambda: Fraction(10**400),
    "date": lambda: datetime.date(2003, 10, 29),
    "str": lambda: "unheard-of",
    "bytes": lambda: b"auto",
    "object": Opaque,
    "class": lambda: Opaque,
    "function": lambda: len,
    "dict": lambda: {"a": 1},
    "set": lambda: {1, 2},
    "generator": lambda: (x for x in (1.0, 2.0)),
    "empty list": list,
    "ragged": ragged,
    "deep": lambda: [[[[[1.0]]]]],
    "list of None": lambda: [None, 1.0],
    "list of str": lambda: ["1", "2", "x"],
    "huge list": lambda: [10**400] * N,
    "0-D": lambda: np.array(3.0),
    "3-D": lambda: np.ones((2, 3, 4)),
    "(0, D)": lambda: np.ones((0, D)),
    "(N, 0)": lambda: np.ones((N, 0)),
    "(0,)": lambda: np.ones(0),
    "short": lambda: np.ones(2),
    "long": lambda: np.ones(1000),
    "wide": lambda: np.ones((N, 1000)),
    "NaN array": lambda: np.full(N, np.nan),
    "NaN table": lambda: np.full((N, D), np.nan),
    "inf table": lambda: np.full((N, D), np.inf),
    "1e300 array": lambda: np.full(N, 1e300),
    "1e300 table": lambda: np.full((N, D), 1e300),
    "1e-300 table": lambda: np.full((N, D), 1e-300),
    "negative": lambda: np.full(N, -1.0),
    "negative integers": lambda: np.full(N, -1),
    "large integers": lambda: np.full(N, 2**62),
    "unsigned": lambda: np.full(N, 2**64 - 1, dtype=np.uint64),
    "bool array": lambda: np.ones(N, dtype=bool),
    "str array": lambda: np.full(N, "a"),
    "bytes array": lambda: np.full(N, b"a"),
    "object array": lambda: np.full(N, None),
    "opaque array": lambda: np.full((N, D), Opaque()),
    "complex array": lambda: np.ones(N, dtype=complex),
    "dates": lambda: np.full(N, np.datetime64("2003-10-29")),
    "durations": lambda: np.full(N, np.timedelta64(1, "h")),
    "structured": lambda: np.zeros(N, dtype=[("a", float)]),
    "longdouble": lambda: np.full(N, np.finfo(np.longdouble).max),
    "masked": lambda: np.ma.masked_array(np.ones(N), mask=np.arange(N) == 3),
    "masked table": lambda: np.ma.masked_array(np.ones((N, D)), mask=np.eye(N, D) == 1),
    "sparse": lambda: sparse.csr_matrix(np.eye(N, D)),
    "sparse array": lambda: sparse.coo_array(np.eye(N, D)),
    "matrix": lambda: np.ones((N, 2)).view(np.matrix),
    "Series with NA": lambda: pd.Series([1.0, None] * 12, dtype="Float64")[:N],
    "integers with NA": lambda: pd.Series([1, None] * 12, dtype="Int64")[:N],
    "bools with NA": lambda: pd.Series([True, None] * 12, dtype="boolean")[:N],
    "text with NA": lambda: pd.Series(["a", None] * 12, dtype="string")[:N],
    "categories with NA": lambda: pd.Series(["a", None] * 12, dtype="category")[:N],
    "frame with NA": lambda: pd.DataFrame({"a": [1.0, None], "b": [2.0, 3.0]}, dtype="Float64"),
    "frame of text": lambda: pd.DataFrame({"a": ["x", "y"], "b": ["u", "v"]}),
    "mixed frame": lambda: pd.DataFrame({"a": [1.0, 2.0], "b": ["u", "v"]}),
    "NA": lambda: pd.NA,
    "NaT": lambda: pd.NaT,
    "numpy int": lambda: np.int64(-5),
    "numpy float": lambda: np.float64(-0.5),
    "numpy bool": lambda: np.True_,
    "numpy str": lambda: np.str_("x"),
    "numpy date": lambda: np.datetime64("2003-10-29"),
    "tuple": lambda: (1.0, "a"),
    "pair": lambda: (2.0, 1.0),
}


def cases() -> Iterator[tuple[str, str, str]]:
    """Every callable, argument and value."""
    for name, call in registry().items():
        for argument in call.good:
            if argument not in call.skip:
                for value in BAD:
                    yield name, argument, value
