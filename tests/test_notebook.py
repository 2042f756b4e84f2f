"""What notebooks show of results, and what results draw."""

import html
import re
import xml.dom.minidom

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, Ridge

import paris_core
from paris_core import PARISRegressor
from paris_core.plotting import new_figure
from paris_core.validation import Tail

RNG = np.random.default_rng(0)
X = RNG.normal(size=(320, 4))
Y = X.sum(axis=1) + 0.3 * RNG.normal(size=320)
X_VAL = RNG.normal(size=(60, 4))
Y_VAL = X_VAL.sum(axis=1) + 0.3 * RNG.normal(size=60)
EVIL = "<script>alert('1')</script> & \"x\""
STATION = np.repeat(["A", "B", "C", EVIL, "E", "F", "G", "H"], 40)
Y[STATION == EVIL] *= -1.0
DATA = X, Y, X_VAL, Y_VAL


def a_fit():
    options = {"retrain": "head", "keep": 0.5, "rounds": 2, "random_state": 0}
    options["tail"] = Tail(quantile=0.2)
    return PARISRegressor(lambda X: X, **options).fit(X, Y).history_


SHOWN = {
    "rows": lambda: paris_core.prune(*DATA, 50, lam=1.0, monitor=(X_VAL, Y_VAL)),
    "no deletion": lambda: paris_core.prune(*DATA, 0, lam=1.0),
    "groups": lambda: paris_core.prune_groups(*DATA, STATION, lam=1.0),
    "rounds": a_fit,
    "round": lambda: a_fit()[1],
    "explanation": lambda: paris_core.explain(X, Y, X_VAL[0], lam=1.0, k=3),
    "audit": lambda: paris_core.audit(
        *DATA, groups=STATION, estimator=Ridge(), divisions=1, random_state=0
    ),
    "comparison": lambda: paris_core.compare(
        *DATA,
        estimator=LinearRegression(),
        remedies={"validation only": None, EVIL: lambda task: task.fit()},
        random_state=0,
    ),
}


@pytest.fixture(scope="module")
def results():
    return {name: make() for name, make in SHOWN.items()}


def text_of(page):
    return html.unescape(re.sub(r"<[^>]+>", "|", page))


@pytest.mark.parametrize("name", SHOWN)
def test_html_is_sound_and_escaped(results, name):
    page = results[name]._repr_html_()
    xml.dom.minidom.parseString(page)  # every element is closed
    assert "<script" not in page
    if name in ("groups", "audit", "comparison"):
        assert EVIL in text_of(page)


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("rows", ["PruneResult: 270 of 320 rows kept", "monitor", "and 30 more", "|20|"]),
        ("no deletion", ["320 of 320 rows kept", "completed"]),
        ("groups", ["GroupPruneResult: 40 of 320 rows kept", "|n rows|"]),
        ("rounds", ["2 rounds", "|rows kept|", "|168|", "|112|"]),
        ("round", ["Round 1", "|168|"]),
        ("explanation", ["|change on deletion|", "314 others", "|prediction|"]),
        ("audit", ["1 of 8 groups are wrong", "|wrong|", "sign", "trainings"]),
        ("comparison", ["|95 % interval|", "Root mean squared errors"]),
    ],
)
def test_what_is_shown(results, name, texts):
    shown = text_of(results[name]._repr_html_())
    for text in texts:
        assert text in shown


def test_a_history_is_a_list(results):
    import pandas as pd

    rounds = results["rounds"]
    assert isinstance(rounds, list)
    assert list(pd.DataFrame(rounds)["n_kept"]) == [one.n_kept for one in rounds]


def test_a_run_is_drawn_with_the_losses_of_both_kinds_of_rows(results):
    result = results["rows"]
    ax = result.plot(ax=new_figure().subplots())
    of_validation, of_monitor = ax.lines[:2]
    np.testing.assert_array_equal(of_validation.get_xdata(), 320 - np.arange(51))
    np.testing.assert_allclose(of_validation.get_ydata(), np.sqrt(result.loss))
    np.testing.assert_allclose(of_monitor.get_ydata(), np.sqrt(result.monitor_loss))
    assert f"{320 - result.best_k} rows kept" in ax.get_legend_handles_labels()[1]


def test_a_run_of_groups_is_drawn_by_rows(results):
    result = results["groups"]
    ax = result.plot(ax=new_figure().subplots())
    np.testing.assert_array_equal(ax.lines[0].get_xdata(), 320 - 40 * np.arange(8))


def test_a_long_run_is_drawn_at_some_places_and_its_best(results):
    wide = RNG.normal(size=(900, 2))
    y = wide.sum(axis=1) + RNG.normal(size=900)
    held_out = RNG.normal(size=(50, 2))
    monitor = held_out, held_out.sum(axis=1)
    result = paris_core.prune(wide, y, *monitor, 850, lam=1.0, monitor=monitor)
    ax = result.plot(ax=new_figure().subplots())
    drawn = ax.lines[0].get_xdata()
    assert len(drawn) <= 401
    assert {900, 50, 900 - result.best_k} <= set(drawn)


def test_an_explanation_and_a_comparison_are_drawn(results):
    ax = results["explanation"].plot(list("abcdef"), unit="nT", ax=new_figure().subplots())
    assert [text.get_text() for text in ax.get_yticklabels()] == list("abcdef")
    ax = results["comparison"].plot(ax=new_figure().subplots())
    assert "validation only" in [text.get_text() for text in ax.get_yticklabels()]
