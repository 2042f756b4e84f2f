"""Extractors, estimators, the sampler and the report: small tables, cheap features."""

from __future__ import annotations

import io
import math
import os
import tempfile
import warnings
from typing import Any

import numpy as np
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning, DataConversionWarning
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import KFold
from sklearn.neural_network import MLPClassifier, MLPRegressor

import paris_core
from paris_core import (
    DuplicateRowsWarning,
    ManyRemovedWarning,
    PARISClassifier,
    PARISRegressor,
    PARISUnderSampler,
    ScaleWarning,
    TailWarning,
    WeakModelWarning,
)
from paris_core.features import (
    CallableExtractor,
    FrozenExtractor,
    IdentityExtractor,
    MLPExtractor,
    PipelineExtractor,
    TablePreprocessor,
    TransformerExtractor,
    as_extractor,
    last_hidden_layer,
)
from paris_core.report import explain_row, write_report
from paris_core.validation import RandomSplit, Tail, TailStratifiedSplit

from .. import arrays, checks, spoil
from ..calls import Case
from ..oracle import State
from . import pruning

_QUIET = (
    *(DuplicateRowsWarning, ManyRemovedWarning, ScaleWarning, TailWarning, WeakModelWarning),
    *(ConvergenceWarning, DataConversionWarning),
)


def identity(X: Any) -> Any:
    """Features that are the inputs, and a constant."""
    X = np.asarray(X, dtype=float)
    return np.hstack([X, np.ones((len(X), 1))])


def extractors(case: Case) -> None:
    """Extractors are ridge regressions on their features."""
    source = case.source
    problem = arrays.problem(source, arrays.SMALL, ordinary=True)
    lam = source.pick([1.0, 0.1, "auto", "gcv", 10])
    kind = source.pick(["identity", "function", "transformer"])
    extractor: Any = IdentityExtractor(lam=lam)
    if kind == "function":
        extractor = CallableExtractor(identity, lam=lam)
    elif kind == "transformer":
        extractor = TransformerExtractor(PCA(1), lam=lam)
    weight = source.pick([None, np.ones(problem.n_rows)])
    if kind == "transformer" and problem.n_rows < 2:
        return
    excused = pruning.excuse(lam, problem, {})
    fitted = case.make(
        extractor.fit,
        (problem.Phi, problem.y),
        {"sample_weight": weight},
        allowed=(),
        excused=excused,
        quiet=(RuntimeWarning,),  # scikit-learn's, of a variance that is zero
    )
    if not fitted:
        return
    Phi = case.must(extractor.transform, problem.Phi)
    predicted = case.must(extractor.predict, problem.Phi_val)
    if Phi and predicted:
        shape = problem.y_val.shape
        case.check("wrong number", predicted.value.shape == shape, f"{predicted.value.shape}")
        own = arrays.Problem(Phi.value, problem.y, *(problem.arrays[2:] * 2))
        state = State(own, extractor.lam_, np.ones(problem.n_rows, dtype=bool))
        checks.check_weights(case, extractor.coef_, state)
    if kind == "identity":  # otherwise the function, or scikit-learn, says what is a table
        case.refused("X", extractor.transform, spoil.matrix(source, problem.Phi))
    refused_models(case)


def refused_models(case: Case) -> None:
    """What `as_extractor` takes and refuses."""
    source = case.source
    case.must(as_extractor, source.pick([PCA(1), MLPRegressor(), identity, IdentityExtractor()]))
    wrong = source.pick([None, 3, "PCA", PCA, LinearRegression(), {}, np.ones(3)])
    case.refused("model", as_extractor, wrong)
    case.refused("mlp", last_hidden_layer, source.pick([None, 3, PCA(1), MLPRegressor()]), [[1.0]])
    X = np.array([[0.0], [1.0], [2.0]])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        net = MLPRegressor(hidden_layer_sizes=(2,), max_iter=2, random_state=0).fit(X, X[:, 0])
    case.must(last_hidden_layer, net, X)
    wide = source.pick([np.hstack([X, X]), X[:, :0], X[:, 0], [1.0], X.astype(complex), X * np.nan])
    case.refused("X", last_hidden_layer, net, wide)
    for extractor in (
        MLPExtractor(net),
        FrozenExtractor(net),
        PipelineExtractor(TablePreprocessor(), IdentityExtractor()),
    ):
        case.make(extractor.fit, (X, X[:, 0]), {}, allowed=(), quiet=_QUIET)
        case.must(extractor.transform, X)
        case.must(extractor.predict, X)
    preparing = TablePreprocessor()
    case.make(preparing.fit, (wide,), {}, allowed=(ValueError, TypeError), quiet=_QUIET)


def _rows(case: Case, classes: bool) -> tuple[np.ndarray, np.ndarray]:
    """Inputs and targets of a size that can be split."""
    source = case.source
    n = source.integer(30, 150)
    p = source.integer(1, 5)
    rng = source.rng()
    X = rng.standard_normal((n, p)) * source.pick([1.0, 100.0, 1e-3])
    if source.chance(20):
        X = np.rint(X)
    y = X.sum(axis=1) + rng.standard_normal(n)
    if source.chance(20):
        y[rng.integers(n)] += source.power(2, 12)
    if classes:
        y = np.digitize(y, np.quantile(y, [0.3, 0.7]))
        if source.chance(30):
            y = np.array(["low", "middle", "high"])[y]
    elif source.chance(20):
        y = np.rint(y)
    return X, y


def _parameters(case: Case, classes: bool) -> dict[str, Any]:
    """Parameters that go together."""
    source = case.source
    chosen: dict[str, Any] = {"random_state": source.below(1000)}
    retrain = source.pick(["head", "estimator"])
    if retrain != "estimator" or source.chance(30):
        chosen["retrain"] = retrain
    how = source.pick(["auto", "fraction", "count", "groups", "folds"])
    if how == "fraction":
        chosen["keep"] = source.pick([0.5, 0.9, 0.2])
        chosen["rounds"] = source.integer(1, 3)
    elif how == "count":
        chosen["keep"] = source.integer(5, 12)
        chosen["rounds"] = source.pick([2, 20])
    elif how == "groups":
        chosen["delete"] = "groups"
    elif how == "folds":
        chosen["monitor"] = source.integer(2, 4)
    if how in ("auto", "folds", "groups") and retrain == "estimator":
        chosen["rounds"] = source.integer(1, 2)
    if how != "groups":
        chosen["criterion"] = source.pick(["refit", "representer"])
        chosen["objective"] = source.pick(["mean", "worst", ("worst", 2)])
    chosen["lam"] = source.pick(["auto", 1.0, 0.01, "evidence", 100])
    chosen["val_weight"] = source.pick([None, "inverse-density", "tail", np.ones_like])
    if classes:
        chosen["val_weight"] = None
    share = source.pick([0.3, 0.5])
    chosen["validation_split"] = source.pick(
        [share, RandomSplit(share), TailStratifiedSplit(share), "random"]
    )
    if how != "folds":
        chosen["monitor"] = source.pick(["auto", 0.33, 0.5])
    if source.chance(30):
        chosen["refit"] = False
    if not classes:
        side = source.pick(["both", "lower", "upper"])
        chosen["tail"] = Tail(side, quantile=source.pick([None, 0.2, 0.4]))
    return chosen


def _made(kind: Any, classes: bool, **parameters: Any) -> Any:
    """An estimator; for the sampler one around another."""
    if kind is not PARISUnderSampler:
        return kind(**parameters)
    return PARISUnderSampler((PARISClassifier if classes else PARISRegressor)(**parameters))


def estimators(case: Case) -> None:
    """Estimators keep some rows, name them, and do the same again."""
    source = case.source
    kind = source.pick([PARISRegressor, PARISClassifier, PARISUnderSampler])
    classes = kind is PARISClassifier or (kind is PARISUnderSampler and source.chance(50))
    X, y = _rows(case, classes)
    chosen = _parameters(case, classes)
    rng = source.rng()
    given: dict[str, Any] = {}
    if chosen.get("delete") == "groups":
        given["groups"] = rng.integers(0, 6, len(y))
    if chosen.get("delete") == "groups" or source.chance(30):
        place = rng.permutation(len(y))
        held, rest = place[: len(y) // 3], place[len(y) // 3 :]
        given |= {"X_val": X[held], "y_val": y[held]}
        X, y = X[rest], y[rest]
        if "groups" in given:
            given["groups"] = given["groups"][rest]
        if classes and len(np.unique(y)) < len(np.unique(given["y_val"])):
            return
    model = _made(kind, classes, estimator=identity, **chosen)
    resamples = kind is PARISUnderSampler
    function = model.fit_resample if resamples else model.fit
    excused = _excuse(chosen)
    outcome = case.make(function, (X, y), given, allowed=(), excused=excused, quiet=_QUIET)
    if not outcome:
        return
    kept = model.sample_indices_ if resamples else np.flatnonzero(model.support_)
    removed = np.asarray(model.ranking_ if resamples else model.removed_)
    n = len(y)
    fine = len(np.unique(removed)) == len(removed) and not np.isin(removed, kept).any()
    fine &= bool((removed < n).all() and (removed >= 0).all())
    case.check("not complementary", fine, f"{removed} of {n}, kept {kept}")
    trained = np.sort(np.concatenate([kept, removed]))
    if not resamples and not model.refit:
        same = np.array_equal(trained, np.sort(model.training_rows_))
        case.check("not complementary", same, "kept and removed are not the training rows")
    else:
        case.check("not complementary", np.array_equal(trained, np.arange(n)), "rows are missing")
    if not resamples:
        left = np.isin(removed, model.training_rows_).all()
        case.check("not complementary", bool(left), "removed rows were no training rows")
        reason = model.stop_reason_
        case.check("wrong state", len(removed) == 0 or "removed" in reason, reason)
    if resamples:
        X_left, y_left = outcome.value
        case.check("wrong number", np.array_equal(X_left, X[kept]), "other rows are returned")
        case.check("wrong number", np.array_equal(y_left, y[kept]), "other targets are returned")
    again = _made(kind, classes, estimator=identity, **chosen)
    repeated = case.make(
        again.fit_resample if resamples else again.fit,
        (X, y),
        given,
        allowed=(),
        excused=excused,
        quiet=_QUIET,
    )
    if repeated:
        left = again.ranking_ if resamples else again.removed_
        case.check("wrong state", np.array_equal(left, removed), "a second fit differs")
    if not resamples:
        use(case, model, X, y, given, classes)


def _excuse(chosen: dict[str, Any]) -> Any:
    """Errors of what chance has made: a part without rows that count."""
    names = {*chosen, "y", "X", "groups", "y_val", "threshold", "no row is in", "Phi", "lam"}

    def excused(error: Exception) -> bool:
        known = isinstance(error, (ValueError, paris_core.NotPositiveDefiniteError))
        return known and any(name in str(error) for name in names)

    return excused


def use(case: Case, model: Any, X: Any, y: Any, given: dict[str, Any], classes: bool) -> None:
    """What can be done with a fitted estimator."""
    source = case.source
    predicted = case.must(model.predict, X)
    if predicted:
        case.check("wrong number", predicted.value.shape == (len(X),), f"{predicted.value.shape}")
    if classes:
        table = case.must(model.predict_proba, X)
        if table:
            sums = np.allclose(table.value.sum(axis=1), 1)
            case.check("wrong number", sums, "probabilities do not sum to one")
    case.must(model.features, X)
    case.must(repr, model)
    bad = source.pick(
        [spoil.with_bad_number(source, X), X[:, :0], X[0], X[:, [0] * 9], None, "text"]
    )
    case.make(model.predict, (bad,), {}, names=["X", "PARIS"])
    if source.chance(5):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "report.html")
            rows = {name: given[name] for name in ("X_val", "y_val") if name in given}
            case.make(write_report, (path, model, X, y), rows, allowed=(), quiet=_QUIET)
            case.refused("model", write_report, path, None, X, y)
            case.make(write_report, (path, model, X[:-1], y[:-1]), rows, names=["X", "y", "model"])
        found = case.make(explain_row, (model, X, y, X[:1]), {"k": 2}, allowed=(), quiet=_QUIET)
        if found:
            explanation = found.value.explanation
            shares = [*explanation.contribution, explanation.rest]
            off = math.fsum(shares) - explanation.prediction
            # `rest` is a difference: shares of 1e12 round it to 1e-4.
            size = math.fsum(map(abs, shares)) + abs(explanation.prediction)
            right = abs(off) <= 1e-14 * size + 1e-9
            case.check("wrong number", right, f"contributions miss the prediction by {off}")
        case.refused("row", explain_row, model, X, y, X[:2])


def bad_parameters(case: Case) -> None:
    """One parameter of an estimator is no good."""
    source = case.source
    kind = source.pick([PARISRegressor, PARISClassifier, PARISUnderSampler])
    classes = kind is PARISClassifier
    X, y = _rows(case, classes)
    chosen: dict[str, Any] = {"random_state": 0, "keep": 0.5, "rounds": 1}
    wrong: dict[str, list[Any]] = {
        "estimator": [3, "net", PCA, LinearRegression(), {}],
        "keep": [0, -1, 1.5, 10**9, "all", None, np.nan, [1]],
        "rounds": [0, -1, 1.5, "1", True],
        "delete": ["row", 3, None],
        "retrain": ["all", 3, None],
        "criterion": ["best", 3, None],
        "objective": ["median", 3, None, ("worst", 0), ("worst", 1.5), ("mean", 2), ()],
        "lam": [0, -1, np.nan, "big", None, 10**400],
        "val_weight": ["heavy", 3, [1.0]],
        "monitor": [-0.5, 1.5, np.nan, "x", 1, 0, 2.0, True],
        "refit": [1, 0, None, "yes", np.nan],
        "validation_split": [0, 1, -0.5, 1.5, np.nan, "x", None, "time", 3, KFold],
        "n_jobs": [0, 1.5, "x"],
        "verbose": [-1, "x", None, 1.5],
        "callbacks": [3, "print", [3]],
        "checkpoint": [3, os.path.join(tempfile.gettempdir(), "no such folder", "file")],
        "random_state": [-1, "x", 1.5],
    }
    if not classes:
        wrong["tail"] = ["lower", 3, 0.05, Tail, ("lower", 0.05)]
    else:
        wrong["min_per_class"] = [0, -1, 1.5, None, "x"]
    name = source.pick(list(wrong))
    value = source.pick(wrong[name])
    model = _made(kind, False, **{"estimator": identity} | chosen | {name: value})
    fit = model.fit_resample if kind is PARISUnderSampler else model.fit
    also = {"keep": ("rounds",), "delete": ("groups",)}
    case.make(
        fit,
        (X, y),
        {},
        allowed=(TypeError, ValueError, OSError),
        names={name, *also.get(name, ())},
        quiet=_QUIET,
    )


def bad_rows(case: Case) -> None:
    """X, y, X_val, y_val or groups are no good."""
    source = case.source
    kind = source.pick([PARISRegressor, PARISClassifier, PARISUnderSampler])
    classes = kind is PARISClassifier
    X, y = _rows(case, classes)
    held: dict[str, Any] = {"X_val": X[:20], "y_val": y[:20]}
    name = source.pick(["X", "y", "X_val", "y_val", "groups"])
    arguments: dict[str, Any] = {"X": X, "y": y, **held}
    numbers = np.zeros(len(y))
    wrong = {
        "X": [spoil.with_bad_number(source, X), X[:-1], X[0], None, "text", X[:, :0], X[:0]],
        "y": [y[:-1], y[:0], None, "text", np.full(len(y), np.nan), np.ones((len(y), 2)), numbers],
        "X_val": [X[:20, :0], X[:19], X[0], None, np.full((20, X.shape[1]), np.nan)],
        "y_val": [y[:19], None, np.full(20, np.nan), np.ones((20, 2))],
        "groups": [np.arange(len(y)), np.arange(3)],
    }
    arguments[name] = source.pick(wrong[name])
    model = _made(kind, False, estimator=identity, keep=0.5, rounds=1, random_state=0)
    fit = model.fit_resample if kind is PARISUnderSampler else model.fit
    # Constant targets are all right for a regression, and infinities of the function's own making.
    case.make(
        fit,
        (),
        arguments,
        names={
            name,
            "X",
            "y",
            "X_val",
            "y_val",
            "inconsistent",
            "features of X",
            "Phi",
            "threshold",
        },
        quiet=_QUIET,
    )


def networks(case: Case) -> None:
    """The default network, trained for a moment."""
    source = case.source
    classes = source.chance(50)
    X, y = _rows(case, classes)
    net = (MLPClassifier if classes else MLPRegressor)(hidden_layer_sizes=(4,), max_iter=5)
    kind = PARISClassifier if classes else PARISRegressor
    model = kind(net, keep=0.5, rounds=2, random_state=source.below(100))
    written = io.StringIO()
    model.set_params(callbacks=lambda record: written.write(repr(record)) and None)
    excused = _excuse(model.get_params())
    if case.make(model.fit, (X, y), {}, allowed=(), excused=excused, quiet=_QUIET):
        use(case, model, X, y, {}, classes)


GENERATORS = {
    "extractors": (2, extractors),
    "estimators": (3, estimators),
    "estimators_bad": (2, bad_parameters),
    "estimators_bad_rows": (2, bad_rows),
    "networks": (1, networks),
}
