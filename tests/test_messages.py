"""Every argument of every public function with values that it should not have.

Whatever comes in, there is a result, or a TypeError or ValueError that names the argument.
"""

import importlib
import inspect
import warnings

import pytest

import paris_core
from fuzz.calls import says
from messages import BAD, quiet, registry

CALLS = registry()
MODULES = (
    *("auditing", "comparison", "datasets", "demo", "evidence", "features", "linalg", "metrics"),
    *("plotting", "pruning"),
    *("regularization", "report", "selection", "validation"),
    *("validation.quotas", "validation.weights"),
)
#: Public names without a call of their own, and why.
NO_CALL = {
    "CheckpointWarning": "a warning",
    "NotPositiveDefiniteError": "an error",
    "DuplicateRowsWarning": "a warning",
    "ManyRemovedWarning": "a warning",
    "ScaleWarning": "a warning",
    "TailWarning": "a warning",
    "WeakModelWarning": "a warning",
    "estimators": "a module, whose classes are called",
    "auditing.AuditResult": "what audit returns",
    "Record": "what a result says of its run",
    "Verification": "what verify returns",
    "pruning.CrossValidation": "what choose_k returns",
    "comparison.Comparison": "what compare returns",
    "comparison.Line": "what a Comparison holds",
    "comparison.Outcome": "what a remedy returns",
    "comparison.REMEDIES": "a dict",
    "comparison.Remedy": "what REMEDIES holds",
    "comparison.Task": "what compare gives a remedy",
    "demo.DemoError": "an error",
    "demo.StationsReport": "what run_stations returns",
    "demo.StormsReport": "what run_storms returns",
    "demo.Score": "what a StormsReport holds",
    "datasets.Stations": "what make_stations returns",
    "report.Answer": "what answer returns",
    "selection.NAMES": "a tuple",
    "Deletion": "what a run tells its callback",
    "Explanation": "what explain returns",
    "GroupPruneResult": "what prune_groups returns",
    "PruneResult": "what prune returns",
    "__version__": "a string",
    "features.FeatureExtractor": "a protocol",
    "features.LaggedFeatures": "what lagged_features returns",
    "evidence.Change": "what an Answer holds",
    "evidence.Gain": "what paired_gain returns",
    "evidence.Losses": "what a fitted estimator holds",
    "metrics.RemovalCurve": "what removal_curve returns",
}
#: Arguments that another library judges, in its own words.
ELSEWHERE = {
    f"features.{name}Extractor": ("X", "y", "sample_weight", "X_new")
    for name in ("MLP", "Transformer", "Identity", "Callable", "Frozen", "Pipeline")
} | {
    f"features.StoppedMLP{kind}": ("X", "y", "sample_weight")
    for kind in ("Regressor", "Classifier")
}
#: Arguments that are called: anything may come of them.
CALLABLE = {
    "callback",
    "callbacks",
    "stop",
    "score",
    "relevance",
    "function",
    "estimator",
    "val_weight",
    "log",
}
#: What may be named in place of an argument that does not fit the others.
FITS = {
    "Phi": ("y", "Phi_val", "b", "phi", "groups", "strata", "protect", "labels", "Phi_test"),
    "y": ("y_val", "monitor", "y_test", "predictions", "n_bins"),
    "threshold": ("quantile",),
    "tail_threshold": ("tail_quantile",),
    "labels": ("values", "mask", "classes", "predictions"),
    "X": ("y",),
    "before": ("block", "after"),
    "after": ("block", "before"),
    "max_hours": ("block",),
    "removed": ("sample_weight",),
    "validation": ("sample_weight",),
}


def complaint(name, argument, value):
    """What is wrong with how a bad value is refused; None if nothing is."""
    call = CALLS[name]
    try:
        with quiet(), warnings.catch_warnings():
            warnings.simplefilter("error", RuntimeWarning)
            call.function(**{**call.good, argument: value})
    except (OverflowError, Warning) as error:
        return None if argument in ELSEWHERE.get(name, ()) else repr(error)
    except (TypeError, ValueError, IndexError) as error:
        if isinstance(value, (type(len), type)) and argument in CALLABLE:
            return None  # it was called, and said so itself
        named = any(says(str(error), other) for other in (argument, *FITS.get(argument, ())))
        if named or argument == "path" or argument in ELSEWHERE.get(name, ()):
            return None
        return repr(error)
    except MemoryError as error:
        return None if says(str(error), argument) else repr(error)
    except OSError as error:  # of a file, which it names
        return None if argument == "path" else repr(error)
    except Exception as error:
        return repr(error)
    return None


def test_every_public_name_is_called():
    public = set(paris_core.__all__) - set(MODULES)
    for module in MODULES:
        public |= {
            f"{module}.{name}"
            for name in importlib.import_module(f"paris_core.{module}").__all__
            if name not in paris_core.__all__ and f"{module}.{name}" not in MODULES
        }
    called = {name.split()[0] for name in CALLS} | {name.split(".")[0] for name in CALLS}
    assert public - called - NO_CALL.keys() == set()
    assert NO_CALL.keys() - public == set()


def test_every_parameter_of_a_public_function_is_tried():
    missing = {}
    for name, call in CALLS.items():
        if not getattr(call.function, "__module__", "").startswith("paris_core"):
            continue
        parameters = set(inspect.signature(call.function).parameters) - {"self", "options"}
        others = {
            a for n, c in CALLS.items() if c.function == call.function for a in {*c.good, *c.skip}
        }
        if left := parameters - others:
            missing[name] = left
    assert missing == {}


@pytest.mark.parametrize("name", CALLS)
def test_the_right_call_is_taken(name):
    with quiet():
        CALLS[name].function(**CALLS[name].good)


@pytest.mark.parametrize("name", CALLS)
def test_errors_name_the_argument(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # for what is taken for the name of a file
    call = CALLS[name]
    found = {}
    for argument in call.good:
        if argument not in call.skip:
            for value, make in BAD.items():
                said = complaint(name, argument, make())
                if said is not None:
                    found[argument, value] = said
    assert found == {}
