import sys

import numpy as np
import pytest

import paris_core
from paris_core import metrics, plotting
from problems import make_problem


@pytest.fixture
def ax():
    pytest.importorskip("matplotlib", reason="matplotlib (the extra `plot`) is not installed")
    return plotting.new_figure().subplots()


def test_histogram_counts_before_and_after(ax):
    y = np.array([-150.0, -30.0, -10.0, -10.0, 0.0])
    mask = np.array([True, True, False, True, False])
    assert plotting.plot_target_histogram(y, mask, threshold=-100.0, bins=3, ax=ax) is ax
    before = [bar.get_height() for bar in ax.patches[:3]]
    assert before == [1.0, 0.0, 4.0]
    outline = ax.patches[3].get_xy()
    assert {height for _, height in outline if height >= 1.0} == {1.0, 2.0}
    text = [label.get_text() for label in ax.get_legend().get_texts()]
    assert text == ["all 5 rows", "kept 3 rows", "tail bound -100"]
    assert ax.lines[0].get_xdata()[0] == -100.0


def test_histogram_of_two_tails_has_two_bounds_and_one_name(ax):
    plotting.plot_target_histogram([0.0, 1.0, 2.0], [True] * 3, threshold=(0.5, 1.5), ax=ax)
    assert [line.get_xdata()[0] for line in ax.lines] == [0.5, 1.5]
    assert ax.get_legend().get_texts()[-1].get_text() == "tail bound 0.5 and 1.5"


def test_class_counts_before_and_after(ax):
    labels = ["b", "a", "b", "c"]
    assert plotting.plot_class_counts(labels, [True, False, True, True], ax=ax) is ax
    assert [bar.get_height() for bar in ax.patches] == [1.0, 2.0, 1.0, 0.0, 2.0, 1.0]
    assert [text.get_text() for text in ax.get_xticklabels()] == ["a", "b", "c"]


def test_removal_shows_the_series_and_the_spread_of_random_rows(ax):
    rows = [30, 20, 10]
    shown = plotting.plot_removal(
        {"pruned": (rows, [3.0, 2.0, 2.5]), "other": (rows[:2], [3.0, 4.0])},
        random=(rows, [[3.0, 3.5, 5.0], [3.0, 3.1, 4.0]]),
        references={"validation rows only": 2.2},
        best=20,
        ax=ax,
    )
    assert shown is ax
    mean, pruned, other, reference, best = ax.lines
    np.testing.assert_array_equal(mean.get_ydata(), [3.0, 3.3, 4.5])
    np.testing.assert_array_equal(pruned.get_xydata(), [[30, 3.0], [20, 2.0], [10, 2.5]])
    np.testing.assert_array_equal(other.get_ydata(), [3.0, 4.0])
    assert reference.get_ydata()[0] == 2.2
    assert best.get_xdata()[0] == 20
    band = {tuple(corner) for corner in ax.collections[0].get_paths()[0].vertices.tolist()}
    assert band == {(30.0, 3.0), (20.0, 3.1), (20.0, 3.5), (10.0, 4.0), (10.0, 5.0)}
    left, right = ax.get_xlim()
    assert left > 30 > 10 > right


def test_random_curves_are_removal_curves_of_the_seeded_orders():
    problem = make_problem(60, 20, 4, seed=3)
    curves = metrics.random_removal_curves(
        *problem.arrays[:2], 40, *problem.arrays[2:], lam=2.0, n_curves=3, random_state=5
    )
    rng = np.random.default_rng(5)
    for scores in curves.scores:
        order = rng.permutation(60)[:40]
        one = metrics.removal_curve(*problem.arrays[:2], order, *problem.arrays[2:], lam=2.0)
        np.testing.assert_array_equal(curves.n_removed, one.n_removed)
        np.testing.assert_array_equal(scores, one.scores)
    assert curves.n_removed[-1] == 40
    with pytest.raises(ValueError, match="n_curves must be >= 1"):
        metrics.random_removal_curves(
            *problem.arrays[:2], 40, *problem.arrays[2:], lam=2.0, n_curves=0
        )


def test_path_of_the_worst_residual(ax):
    result = paris_core.prune(*make_problem(60, 12, 5, seed=1).arrays, 30, lam=1.0)
    assert plotting.plot_worst_residual(result, scale=10.0, ax=ax) is ax
    (line,) = ax.lines
    np.testing.assert_array_equal(line.get_xdata(), np.arange(31))
    np.testing.assert_allclose(line.get_ydata(), 10 * np.sqrt(result.loss))
    (points,) = ax.figure.axes[-1].lines
    np.testing.assert_array_equal(points.get_xdata(), np.arange(1, 31))
    np.testing.assert_array_equal(points.get_ydata(), result.val_index)


def test_rounds_follow_each_other(ax):
    problem = make_problem(60, 12, 5, seed=1)
    rounds = [paris_core.prune(*problem.arrays, k, lam=1.0) for k in (5, 7)]
    plotting.plot_worst_residual(rounds, ax=ax)
    first, second, boundary = ax.lines
    assert first.get_xdata()[[0, -1]].tolist() == [0, 5]
    assert second.get_xdata()[[0, -1]].tolist() == [5, 12]
    assert boundary.get_xdata()[0] == 5
    assert [line.get_xdata()[0] for line in ax.figure.axes[-1].lines] == [1, 6]


def test_mean_has_no_worst_row_to_draw(ax):
    problem = make_problem(60, 12, 5, seed=1)
    result = paris_core.prune(*problem.arrays, 30, lam=1.0, objective="mean")
    plotting.plot_worst_residual(result, ax=ax)
    assert ax.figure.axes == [ax]
    assert ax.get_ylabel() == "root of the loss"


@pytest.mark.parametrize("placed", [False, True], ids=["subplot", "by hand"])
def test_explanation_has_a_bar_for_every_row_and_its_deletion(ax, placed):
    if placed:
        ax = ax.figure.add_axes((0.1, 0.1, 0.5, 0.8))
    problem = make_problem(40, 3, 5, seed=2)
    explanation = paris_core.explain(*problem.arrays[:2], problem.Phi_val[0], lam=1.0, k=4)
    assert plotting.plot_explanation(explanation, unit="nT", ax=ax) is ax
    beside = ax.figure.axes[-1]
    assert beside is not ax
    for axes, values in (
        (ax, explanation.contribution),
        (beside, explanation.change_on_deletion),
    ):
        np.testing.assert_array_equal([bar.get_width() for bar in axes.patches], values)
        colors = {bar.get_facecolor() for bar in axes.patches if bar.get_width() > 0}
        assert len(colors) <= 1
    assert ax.get_xlabel() == "contribution, nT"
    first = explanation.row[0], explanation.target[0]
    assert ax.get_yticklabels()[0].get_text() == f"row {first[0]}, target {first[1]:.4g}"
    assert f"{explanation.prediction:.4g}" in ax.get_title(loc="left")


def test_error_bars_show_values_and_intervals(ax):
    assert plotting.plot_errors(["a", "b"], [2.0, 3.0], intervals=[[1, 4], [2, 5]], ax=ax) is ax
    assert [bar.get_width() for bar in ax.patches] == [2.0, 3.0]
    ends = [segment[:, 0].tolist() for segment in ax.collections[0].get_segments()]
    assert ends == [[1.0, 4.0], [2.0, 5.0]]


def test_a_figure_is_made_when_no_axes_are_given(ax):
    from matplotlib import pyplot

    pyplot.switch_backend("Agg")
    made = plotting.plot_errors(["a"], [1.0])
    assert made is not ax
    assert len(made.patches) == 1
    pyplot.close(made.figure)


def test_bad_arguments_are_named(ax):
    with pytest.raises(TypeError, match="mask must be a boolean mask, got dtype int64"):
        plotting.plot_target_histogram([1.0, 2.0], [0, 1], ax=ax)
    with pytest.raises(ValueError, match=r"mask must have shape \(2,\)"):
        plotting.plot_target_histogram([1.0, 2.0], [True], ax=ax)
    with pytest.raises(ValueError, match="y must be finite, got NaN in row 1"):
        plotting.plot_target_histogram([1.0, np.nan], [True, True], ax=ax)
    with pytest.raises(ValueError, match="values must have shape"):
        plotting.plot_errors(["a"], [1.0, 2.0], ax=ax)
    with pytest.raises(ValueError, match="intervals must have shape"):
        plotting.plot_errors(["a"], [1.0], intervals=[1.0], ax=ax)
    with pytest.raises(ValueError, match="series must hold at least one"):
        plotting.plot_removal({}, ax=ax)
    with pytest.raises(ValueError, match=r"series\['a'\] must be a pair"):
        plotting.plot_removal({"a": [1.0]}, ax=ax)
    with pytest.raises(ValueError, match=r"series\['a'\]\[1\] must have shape \(2,\)"):
        plotting.plot_removal({"a": ([2, 1], [1.0])}, ax=ax)
    with pytest.raises(ValueError, match=r"random\[1\] must have shape .* or \(n_curves, 2\)"):
        plotting.plot_removal({"a": ([2, 1], [1, 1])}, random=([2, 1], [[1.0]]), ax=ax)
    with pytest.raises(TypeError, match="result must be PruneResult, got int"):
        plotting.plot_worst_residual([1], ax=ax)
    with pytest.raises(ValueError, match="result must hold at least one"):
        plotting.plot_worst_residual([], ax=ax)
    with pytest.raises(TypeError, match=r"explanation must be a paris_core.Explanation, got int"):
        plotting.plot_explanation(3, ax=ax)
    explanation = paris_core.explain([[1.0], [2.0]], [1.0, 2.0], [1.0], lam=1.0)
    with pytest.raises(ValueError, match="names must have an entry for each of 2 rows, got 1"):
        plotting.plot_explanation(explanation, names=["a"], ax=ax)


@pytest.mark.parametrize(
    "call",
    [
        plotting.new_figure,
        lambda: plotting.plot_errors(["a"], [1.0]),
        lambda: plotting.plot_target_histogram([1.0], [True]),
        lambda: plotting.plot_class_counts(["a"], [True]),
        lambda: plotting.plot_removal({"a": ([1], [1.0])}),
    ],
    ids=["new_figure", "errors", "target_histogram", "class_counts", "removal"],
)
def test_without_matplotlib_the_error_says_what_to_install(monkeypatch, call):
    for name in ("matplotlib", "matplotlib.axes", "matplotlib.figure", "matplotlib.pyplot"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match=r"pip install 'paris-core\[plot\]'"):
        call()


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("width", lambda: plotting.new_figure(0.0)),
        ("height", lambda: plotting.new_figure(1.0, "tall")),
        ("ax", lambda: plotting.plot_errors(["a"], [1.0], ax=3)),
        ("labels", lambda: plotting.plot_errors("a", [1.0])),
        (r"labels\[1\]", lambda: plotting.plot_errors(["a", 3], [1.0, 2.0])),
        ("values", lambda: plotting.plot_errors(["a"], "a")),
        ("values", lambda: plotting.plot_errors(["a"], [np.nan])),
        ("intervals", lambda: plotting.plot_errors(["a"], [1.0], intervals=[[1.0]])),
        ("label", lambda: plotting.plot_errors(["a"], [1.0], label=None)),
        ("threshold", lambda: plotting.plot_target_histogram([1.0], [True], threshold="low")),
        ("threshold", lambda: plotting.plot_target_histogram([1.0], [True], threshold=[1, 2, 3])),
        ("bins", lambda: plotting.plot_target_histogram([1.0], [True], bins="auto")),
        ("mask", lambda: plotting.plot_class_counts(["a"], [1.0])),
        ("series", lambda: plotting.plot_removal([1.0])),
        ("series", lambda: plotting.plot_removal({})),
        (r"series\['a'\]", lambda: plotting.plot_removal({"a": 3})),
        ("references", lambda: plotting.plot_removal({"a": ([1], [1.0])}, references=3)),
        (
            r"references\['b'\]",
            lambda: plotting.plot_removal({"a": ([1], [1.0])}, references={"b": np.inf}),
        ),
        ("best", lambda: plotting.plot_removal({"a": ([1], [1.0])}, best=1.5)),
    ],
)
def test_errors_name_the_argument(name, call):
    with pytest.raises((TypeError, ValueError), match=f"^{name} must"):
        call()
