"""Ctrl-C: it ends what runs, whatever others make of it, and leaves nothing half done.

Most tests send the signal from within what is interrupted, so that they do not depend on time;
``python -m tests.stress interrupts`` sends it at random moments.
"""

import contextlib
import os
import random
import signal
import subprocess
import sys
import textwrap
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from sklearn.ensemble import BaggingRegressor
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import paris_core
from paris_core import PARISClassifier, PARISRegressor, PARISUnderSampler
from paris_core import cli as cli
from paris_core._support.signals.ctrl_c import heeded
from paris_core.features import CallableExtractor, MLPExtractor, TransformerExtractor
from stress.interrupted import Networks
from stress.interrupts import in_worker

pytestmark = [
    pytest.mark.usefixtures("heeding_ctrl_c"),
    pytest.mark.filterwarnings("ignore:Stochastic Optimizer", "ignore:lbfgs failed"),
    pytest.mark.filterwarnings("ignore::paris_core.TailWarning"),
    pytest.mark.filterwarnings("ignore::paris_core.errors.WeakModelWarning"),  # few rows and steps
    pytest.mark.skipif(sys.platform == "win32", reason="SIGINT cannot be sent to one process"),
]

RNG = np.random.default_rng(0)
X = RNG.standard_normal((400, 3))
Y = X[:, 0] * X[:, 1] + 0.2 * RNG.standard_normal(400)
CLASSES = np.digitize(Y, [-0.3, 0.3])


def ctrl_c():
    signal.raise_signal(signal.SIGINT)


# --- code of others that hides an interrupt ---


def carries_on():
    """Caught, and gone on without it."""
    with contextlib.suppress(KeyboardInterrupt):
        ctrl_c()
    return "half done"


def changes_it():
    try:
        ctrl_c()
    except KeyboardInterrupt as error:
        raise ValueError("failed") from error


def loses_it():
    """What is raised in a weak reference's callback Python can only report."""
    thing = threading.Event()
    weakref.finalize(thing, ctrl_c)
    del thing
    return "half done"


@pytest.mark.parametrize("hide", [carries_on, changes_it, loses_it])
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_hidden_interrupt_is_raised_at_the_end(hide, monkeypatch):
    monkeypatch.setattr(sys, "unraisablehook", lambda report: None)
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), heeded():
        hide()
    assert signal.getsignal(signal.SIGINT) is before


def test_a_hidden_interrupt_is_raised_where_it_is_asked_for():
    def block(heed):
        heed()
        carries_on()
        heed()
        pytest.fail("gone on")

    with pytest.raises(KeyboardInterrupt), heeded() as heed:
        block(heed)


def test_one_that_is_not_hidden_is_raised_as_it_is():
    with pytest.raises(KeyboardInterrupt) as found, heeded():
        ctrl_c()
    assert type(found.value) is KeyboardInterrupt
    assert found.value.__cause__ is None


def test_the_second_one_cannot_be_hidden():
    steps = []

    def block():
        for step in range(3):
            carries_on()
            steps.append(step)

    with pytest.raises(KeyboardInterrupt), heeded():
        block()
    assert steps == [0]


def test_without_an_interrupt_nothing_changes():
    before = signal.getsignal(signal.SIGINT)
    with heeded() as heed:
        heed()
    with pytest.raises(ZeroDivisionError), heeded():
        1 / 0  # noqa: B018
    assert signal.getsignal(signal.SIGINT) is before


def test_within_one_another():
    before = signal.getsignal(signal.SIGINT)

    def block():
        with contextlib.suppress(KeyboardInterrupt), heeded():
            carries_on()

    with pytest.raises(KeyboardInterrupt), heeded():
        block()
    assert signal.getsignal(signal.SIGINT) is before


@pytest.fixture
def install():
    """A handler of SIGINT for the test."""
    before = signal.getsignal(signal.SIGINT)
    yield lambda handler: signal.signal(signal.SIGINT, handler)
    signal.signal(signal.SIGINT, before)


def test_a_handler_that_raises_nothing_is_called_and_all_goes_on(install):
    calls = []
    install(lambda number, frame: calls.append(number))
    with heeded():
        ctrl_c()
        time.sleep(0)
        calls.append("gone on")
    assert calls == [signal.SIGINT, "gone on"]


def test_what_another_handler_raises_is_raised(install):
    class Stop(Exception):
        pass

    def handler(number, frame):
        raise Stop

    def block():
        with contextlib.suppress(Stop):
            ctrl_c()

    install(handler)
    with pytest.raises(Stop), heeded():
        block()
    assert signal.getsignal(signal.SIGINT) is handler


@pytest.mark.parametrize("action", [signal.SIG_IGN, signal.SIG_DFL])
def test_what_the_system_does_stays(install, action):
    install(action)
    with heeded():
        assert signal.getsignal(signal.SIGINT) is action
        if action == signal.SIG_IGN:
            ctrl_c()


def test_a_handler_that_the_block_installs_stays(install):
    def handler(number, frame):
        pass

    with heeded():
        install(handler)
    assert signal.getsignal(signal.SIGINT) is handler


def in_thread(function):
    """What `function` returns in a thread of its own."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(function).result(60)


def test_another_thread_leaves_the_handler_alone():
    def handler_within():
        with heeded():
            return signal.getsignal(signal.SIGINT)

    assert in_thread(handler_within) is signal.getsignal(signal.SIGINT)
    fit = PARISRegressor(LinearlyPruned(), keep=0.9, rounds=1, random_state=0).fit
    assert isinstance(in_thread(lambda: fit(X, Y)), PARISRegressor)


class LinearlyPruned(TransformerExtractor):
    """Any quick extractor."""

    def __init__(self):
        super().__init__(StandardScaler(), lam=1.0)


# --- estimators ---

CALLS = []  # of `count`
ARMED = []  # at which one Ctrl-C comes


def count():
    CALLS.append(None)
    if [len(CALLS)] == ARMED:
        ARMED.clear()
        ctrl_c()


def arm(call):
    """Have Ctrl-C come at this call of `count` from now on."""
    CALLS.clear()
    ARMED[:] = [call]


class Regressor(MLPRegressor):
    """Scikit-learn's, with Ctrl-C in the middle of its training."""

    def _backprop(self, *args):
        count()
        return super()._backprop(*args)


class Classifier(MLPClassifier):
    def _backprop(self, *args):
        count()
        return super()._backprop(*args)


class Impatient(LinearRegression):
    """A learner that takes Ctrl-C for the end of its training, as others than scikit-learn's do."""

    def fit(self, X, y, sample_weight=None):
        try:
            for _ in range(10):
                super().fit(X, y)
                count()
        except KeyboardInterrupt:
            self.coef_ = self.coef_ + 1.0
        return self

    def transform(self, X):
        return np.column_stack([np.ones(len(X)), X @ self.coef_])


def quick(kind, **options):
    settings = {"hidden_layer_sizes": (4,), "max_iter": 6, "tol": 0, "n_iter_no_change": 100}
    return kind(**settings | options)


def regressor(estimator, **options):
    return PARISRegressor(estimator, **PRUNED, **options)


def hidden_in_features(X):
    Phi = np.column_stack([np.ones(len(X)), X])
    try:
        count()
    except KeyboardInterrupt:
        Phi[:, 0] = 7.0
    return Phi


PRUNED = {"keep": 0.6, "rounds": 2, "random_state": 0}
SCALED = make_pipeline(StandardScaler(), quick(Regressor, early_stopping=True))
BAGGING = BaggingRegressor(quick(Regressor), 2, random_state=0)
SEARCH = GridSearchCV(quick(Regressor, random_state=0), {"alpha": [0.1, 1.0]}, cv=2)
MODELS = {
    "network": lambda path: regressor(quick(Regressor), checkpoint=path),
    "lbfgs": lambda path: regressor(quick(Regressor, solver="lbfgs"), checkpoint=path),
    "early stopping": lambda path: regressor(SCALED, checkpoint=path),
    "warm start": lambda path: regressor(quick(Regressor), checkpoint=path, retrain="continue"),
    "head": lambda path: regressor(quick(Regressor), checkpoint=path, retrain="head"),
    "bagging": lambda path: regressor(Networks(BAGGING), checkpoint=path),
    "grid search": lambda path: regressor(Networks(SEARCH), checkpoint=path),
    "learner of another library": lambda path: regressor(Impatient(), checkpoint=path),
    "function": lambda path: regressor(hidden_in_features, checkpoint=path),
    "classifier": lambda path: PARISClassifier(quick(Classifier), checkpoint=path, **PRUNED),
    "sampler": lambda path: PARISUnderSampler(regressor(quick(Regressor), checkpoint=path)),
}


@pytest.mark.parametrize("name", MODELS)
def test_fit_ends_and_goes_on_from_its_checkpoint(name, tmp_path):
    make, y = MODELS[name], CLASSES if name == "classifier" else Y
    CALLS.clear()
    whole = make(None).fit(X, y)
    n_calls = len(CALLS)
    for call in (1, n_calls // 2, n_calls):
        path = tmp_path / f"checkpoint {call}"
        model = make(path)
        arm(call)
        with pytest.raises(KeyboardInterrupt):
            model.fit(X, y)
        assert not ARMED
        assert not [attribute for attribute in vars(model) if attribute.endswith("_")]
        if call == 1 or (name == "head" and call < n_calls):  # the only fit of the rounds
            assert not path.exists()
        if call == n_calls:  # in the last fit
            assert path.exists()
        model.fit(X, y)
        if name == "sampler":
            np.testing.assert_array_equal(model.ranking_, whole.ranking_)
            continue
        np.testing.assert_array_equal(model.removed_, whole.removed_)
        np.testing.assert_array_equal(model.predict(X), whole.predict(X))


def test_features_that_hide_an_interrupt_while_they_are_stored(tmp_path):
    """Features are tried when a checkpoint is written, too."""
    whole = MODELS["function"](None).fit(X, Y)
    CALLS.clear()
    MODELS["function"](tmp_path / "counted").fit(X, Y)
    for call in range(1, len(CALLS) + 1):
        model = MODELS["function"](tmp_path / f"checkpoint {call}")
        arm(call)
        with pytest.raises(KeyboardInterrupt):
            model.fit(X, Y)
        model.fit(X, Y)
        np.testing.assert_array_equal(model.predict(X), whole.predict(X))


def test_an_interrupted_fit_leaves_the_fit_before_it():
    model = regressor(quick(Regressor)).fit(X, Y)
    before, attributes = model.predict(X), dict(vars(model))
    arm(4)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X[:, :2], Y)
    assert vars(model) == attributes
    np.testing.assert_array_equal(model.predict(X), before)


@pytest.mark.parametrize("warm", [False, True])
def test_an_extractor_keeps_its_network(warm):
    extractor = MLPExtractor(quick(Regressor, warm_start=warm, random_state=0)).fit(X, Y)
    before = extractor.transform(X)
    arm(3)
    with pytest.raises(KeyboardInterrupt):
        extractor.fit(X, -Y)
    np.testing.assert_array_equal(extractor.transform(X), before)


def test_a_head_goes_with_its_features():
    extractor = TransformerExtractor(StandardScaler(), lam=1.0).fit(X, Y)
    before = extractor.predict(X)
    extractor.transformer = quick_transformer()
    arm(1)
    with pytest.raises(KeyboardInterrupt):
        extractor.fit(X, Y)
    np.testing.assert_array_equal(extractor.predict(X), before)


def quick_transformer():
    from sklearn.preprocessing import FunctionTransformer

    return FunctionTransformer(hidden_in_features)


def test_a_torch_module_that_goes_on_training_gets_its_parameters_back():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    from paris_core.features.torch import TorchExtractor

    def hides(module, X, y, sample_weight):
        with torch.no_grad():
            for parameter in module.parameters():
                parameter += 1.0
        with contextlib.suppress(KeyboardInterrupt):
            count()

    module = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1))
    extractor = TorchExtractor(module, fit_function=hides, warm_start=True).fit(X, Y)
    before = extractor.transform(X)
    arm(1)
    with pytest.raises(KeyboardInterrupt):
        extractor.fit(X, Y)
    np.testing.assert_array_equal(extractor.transform(X), before)


def test_a_callable_extractor():
    arm(1)
    extractor = CallableExtractor(hidden_in_features, lam=1.0)
    with pytest.raises(KeyboardInterrupt):
        extractor.fit(X, Y)
    assert not hasattr(extractor, "coef_")


def run_script(script, *arguments, **variables):
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, **variables},
    )


# --- the program ---

STOPS = "import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(10)\n"
STOPS_BADLY = f"""
try:
    {STOPS.replace(chr(10), chr(10) + "    ")}
except KeyboardInterrupt as error:
    raise ImportError("half imported") from error
"""


def run_program(tmp_path, module, text, *words):
    """``python -m paris_core`` with a module that does something else when it is imported."""
    shadow = tmp_path / "shadow"
    shadow.mkdir()
    (shadow / f"{module}.py").write_text(text)
    paths = [str(shadow), *filter(None, [os.environ.get("PYTHONPATH")])]
    return subprocess.run(
        [sys.executable, "-m", "paris_core", *words],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
    )


@pytest.mark.parametrize("text", [STOPS, STOPS_BADLY], ids=["stops", "stops badly"])
@pytest.mark.parametrize("module", ["numpy", "argparse", "pandas", "tqdm", "sklearn"])
def test_ctrl_c_while_the_program_starts(tmp_path, module, text):
    np.savetxt(tmp_path / "train.csv", X, delimiter=",", header="a,b,y", comments="")
    words = ["prune", "train.csv", "--target", "y", "--out", "kept.csv"]
    process = run_program(tmp_path, module, text, *words)
    assert process.returncode == 130, process.stderr
    assert process.stderr == "paris prune: interrupted\n"
    assert process.stdout == ""
    assert not (tmp_path / "kept.csv").exists()


def test_ctrl_c_while_another_program_imports_the_package(tmp_path):
    (tmp_path / "numpy.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n")
    script = """
        import sys
        sys.path.insert(0, sys.argv[1])
        try:
            import paris_core
        except KeyboardInterrupt:
            print("as usual")
        sys.path.pop(0)
        sys.modules.pop("numpy", None)
        import paris_core
        print(paris_core.show_config("dict")["version"])
    """
    process = run_script(script, str(tmp_path))
    assert process.stdout.split("\n")[:2] == ["as usual", paris_core.__version__], process.stderr


@pytest.mark.parametrize("hide", [ctrl_c, carries_on, changes_it])
def test_ctrl_c_in_a_command_that_is_called(hide, monkeypatch, capsys):
    from paris_core.cli.commands import prune

    monkeypatch.setattr(prune, "run", lambda args: hide() and 0)
    assert cli.main(["prune", "train.csv", "--target", "y"]) == 130
    assert capsys.readouterr().err == "paris prune: interrupted\n"


# --- at random moments ---


@pytest.mark.parametrize(("case", "times"), [("fit: MLP", 2), ("Pruner.run", 1)])
def test_at_a_few_random_moments(case, times):
    tally = in_worker(case, times, random.Random(0))
    assert not tally.faults
    assert len(tally.latency) == times
    assert max(tally.latency) < 20  # it does not hang
