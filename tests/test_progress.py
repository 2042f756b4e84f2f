"""What a long call is at, as it is shown."""

import io
import re
import threading
import time
import warnings
from contextlib import redirect_stdout
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import Ridge
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

import paris_core
from paris_core import PARISRegressor
from paris_core.progress import Stage, aside, display, say, showing, training
from paris_core.progress.bars import Bars
from paris_core.progress.lines import Lines

RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, 3))
Y = X.sum(axis=1) + 0.3 * RNG.normal(size=300)
Y[:60] += 9.0


class Terminal(io.StringIO):
    def isatty(self):
        return True


def as_stderr(monkeypatch, stream):
    """Have displays go there; sys.stderr itself is pytest's."""
    monkeypatch.setattr(display, "sys", SimpleNamespace(stderr=stream, modules={}))
    return stream


@pytest.fixture
def terminal(monkeypatch):
    """Stderr as a terminal of 120 columns, looked at often."""
    stream = as_stderr(monkeypatch, Terminal())
    monkeypatch.setattr(Bars, "interval", 0.01)
    monkeypatch.setattr("paris_core.progress.bars._SETTLED", 0.0)
    monkeypatch.setenv("COLUMNS", "120")
    return stream


@pytest.fixture
def lines(monkeypatch):
    """Stderr as a file, with lines that come often."""
    stream = as_stderr(monkeypatch, io.StringIO())
    monkeypatch.setattr(Lines, "interval", 0.01)
    return stream


def until(stream, text):
    """Wait until it is shown."""
    end = time.monotonic() + 60
    while text not in stream.getvalue():
        assert time.monotonic() < end, stream.getvalue()
        time.sleep(0.005)


# --- what is shown ---


def test_a_line_says_what_is_done_and_how_long_it_takes(lines):
    with showing(name="paris prune"), Stage("fit", 5, "rounds") as fit:
        fit.step()
        fit.note = "tail error 2"
        with Stage("training", 40, "epochs", at_most=True) as epochs:
            for _ in range(10):
                epochs.step()
            until(lines, "left); ")
    line = lines.getvalue().splitlines()[-1]
    assert re.fullmatch(
        r"paris prune: fit 1 of 5 rounds \(tail error 2, about \d+ s left\); "
        r"training 10 of at most 40 epochs \(at most \d+ s left\); \d+ s",
        line,
    )


def test_bars_say_the_same(terminal):
    with showing(), Stage("fit", 5, "rounds") as fit:
        fit.step()
        with Stage("training", 40, "epochs", at_most=True) as epochs:
            epochs.step()
            until(terminal, "1 of at most 40 epochs [")
        until(terminal, "1 of 5 rounds [")
    assert re.search(r"at most \d+ s left\]", terminal.getvalue())
    assert terminal.getvalue().rstrip(" \r")[-1:] != "]"  # nothing is left of them


def test_a_stage_without_counts_shows_that_time_goes_by(lines):
    with showing(), Stage("reading"):
        until(lines, "paris_core: reading; ")
        n_lines = lines.getvalue().count("\n")
        while lines.getvalue().count("\n") <= n_lines:
            time.sleep(0.005)


def test_stages_between_the_whole_and_the_part_are_named(terminal):
    with showing(), Stage("fit"), Stage("draw 2 of 3"), Stage("training"):
        until(terminal, "draw 2 of 3; training [")


def test_a_stage_takes_the_place_of_one_of_the_same_name_around_it(lines):
    with showing(), Stage("fit"), Stage("fit", 3, "rounds"):
        until(lines, "paris_core: fit 0 of 3 rounds; ")


def test_what_counts_the_same_units_is_a_part(lines):
    with showing(), Stage("deleting in 2 folds", 8, "groups") as both:
        for _ in range(2):
            with Stage("deleting", 4, "groups") as one:
                one.step()
        assert both.done == 2
        until(lines, "deleting in 2 folds 2 of 8 groups")
    assert "; deleting" not in lines.getvalue()


def test_the_time_left_grows_shorter_between_two_steps():
    stage = Stage("fit", 4, "rounds")
    assert stage.left(0.0) is None
    stage.began = 0.0
    stage.step()
    assert [stage.left(now) for now in (10.0, 15.0, 100.0)] == [30.0, 25.0, 0.0]


def test_nothing_is_shown_unless_asked_for(lines):
    with showing(False), Stage("fit"):
        time.sleep(0.05)
    with Stage("fit"):
        time.sleep(0.05)
    assert lines.getvalue() == ""


def test_one_display_within_another_is_that_one(lines):
    with showing(name="outer"), Stage("fit"), showing(name="inner"), Stage("training"):
        until(lines, "outer: fit; training; ")
    assert "inner" not in lines.getvalue()


def test_another_thread_has_its_own(lines):
    def work():
        with Stage("elsewhere"):
            time.sleep(0.05)

    with showing(), Stage("here"):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert "elsewhere" not in lines.getvalue()


def test_its_thread_ends_with_it(lines):
    def interrupted():
        with showing(), Stage("fit"):
            until(lines, "fit")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    for thread in threading.enumerate():
        if thread.name == "paris_core progress":
            thread.join(60)
            assert not thread.is_alive()


@pytest.mark.parametrize("failure", [OSError(28, "No space left on device"), ValueError("closed")])
def test_what_cannot_be_written_ends_nothing(monkeypatch, failure):
    class Broken(Terminal):
        def write(self, text):
            raise failure

    for interval, kind in ((0.01, Bars), (0.01, Lines)):
        monkeypatch.setattr(kind, "interval", interval)
        stream = Broken()
        stream.isatty = lambda kind=kind: kind is Bars
        as_stderr(monkeypatch, stream)
        with showing(), Stage("fit", 3, "rounds"):
            time.sleep(0.1)
            with aside():
                pass


def test_without_a_console(monkeypatch):
    as_stderr(monkeypatch, None)
    with showing(), Stage("fit"):
        pass


# --- beside others ---


def test_lines_and_warnings_take_the_place_of_bars(terminal):
    def usual(message, *_):
        terminal.write(f"UserWarning: {message}\n")

    with redirect_stdout(terminal), warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = usual
        with showing(), Stage("fit", 3, "rounds"):
            until(terminal, "0 of 3 rounds")
            say("a round is over")
            n_bars = terminal.getvalue().count("0 of 3 rounds")
            warnings.warn("something is odd", UserWarning, stacklevel=1)
            while terminal.getvalue().count("0 of 3 rounds") == n_bars:
                time.sleep(0.005)
        assert warnings.showwarning is usual
    text = terminal.getvalue()
    for line in ("a round is over\n", "UserWarning: something is odd\n"):
        drawn = text[: text.index(line)].rpartition("\r")  # what stands on the line before it
        assert "rounds" not in drawn[2], drawn


def test_warnings_are_still_recorded(terminal):
    with showing(), Stage("fit"), pytest.warns(UserWarning, match="odd"):
        warnings.warn("odd", UserWarning, stacklevel=1)


# --- epochs of others ---


def slow(X):
    time.sleep(0.05)
    return X


OPTIONS = {
    "hidden_layer_sizes": (4,),
    "max_iter": 30,
    "tol": 0.0,
    "n_iter_no_change": 99,
    "random_state": 0,
}
NETWORK = MLPRegressor(**OPTIONS)


class Slow(MLPRegressor):
    def _backprop(self, *args):
        time.sleep(0.002)
        return super()._backprop(*args)


SLOW = Slow(**OPTIONS)


@pytest.mark.parametrize(
    ("model", "shown"),
    [
        (SLOW, r"training \d+ of at most 30 epochs"),
        (make_pipeline(StandardScaler(), SLOW), r"training \d+ of at most 30 epochs"),
        (TransformedTargetRegressor(SLOW), r"training \d+ of at most 30 epochs"),
        (HistGradientBoostingRegressor(max_iter=300), r"training \d+ of at most 300 iterations"),
        (make_pipeline(FunctionTransformer(slow), Ridge()), r"training; \d+ s"),
    ],
    ids=["network", "pipeline", "scaled target", "boosting", "no epochs"],
)
@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_epochs(lines, model, shown):
    with showing(), training(model):
        model.fit(X, Y)
    assert re.search(shown, lines.getvalue())


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_the_epochs_of_an_earlier_fit_are_not_shown():
    model = MLPRegressor(**OPTIONS, warm_start=True)
    model.fit(X, Y)
    stage = training(model)
    assert stage.done is None
    model.set_params(max_iter=7).fit(X, Y)
    assert stage.done == 7


# --- who reports ---


def seen(monkeypatch):
    """The names of all stages from now on."""
    names = []
    enter = Stage.__enter__

    def note(stage):
        names.append(f"{stage.what} {stage.total} {stage.unit}")
        return enter(stage)

    monkeypatch.setattr(Stage, "__enter__", note)
    return names


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_fit_says_what_it_is_at(monkeypatch, lines, capsys):
    names = seen(monkeypatch)
    model = PARISRegressor(NETWORK, monitor=3, rounds=1, random_state=0, verbose=1).fit(X, Y)
    wanted = ["fit 3 rounds", "training 30 epochs", "features None ", "setting up None "]
    wanted += ["judging None ", "last fit None "]
    assert set(wanted) <= set(names)
    assert any(re.fullmatch(r"deleting in 3 folds \d+ rows", name) for name in names)
    assert len(capsys.readouterr().out.splitlines()) == len(model.history_)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_fit_to_groups_says_what_it_is_at(monkeypatch):
    names = seen(monkeypatch)
    groups = np.repeat(np.arange(10), 30)
    PARISRegressor(StandardScaler(), delete="groups", rounds=1, random_state=0).fit(
        X, Y, X_val=X[::3] + 0.01, y_val=X[::3].sum(axis=1), groups=groups
    )
    assert any(re.fullmatch(r"deleting in \d folds \d+ groups", name) for name in names)


def test_prune_shows_its_deletions_and_changes_no_number(terminal):
    data = X, Y, X[::2], Y[::2]
    plain = paris_core.prune(*data, 200, lam=1.0)

    def wait(deletion):
        time.sleep(0.001)

    shown = paris_core.prune(*data, 200, lam=1.0, progress=True, callback=wait)
    np.testing.assert_array_equal(plain.removed, shown.removed)
    assert re.search(r"deleting: \|.*\| \d+ of 200 rows", terminal.getvalue())
