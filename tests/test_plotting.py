import sys

import numpy as np
import pytest

from paris_core import plotting


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
    with pytest.raises(TypeError, match="mask must be boolean"):
        plotting.plot_target_histogram([1.0, 2.0], [0, 1], ax=ax)
    with pytest.raises(ValueError, match="equal length"):
        plotting.plot_target_histogram([1.0, 2.0], [True], ax=ax)
    with pytest.raises(ValueError, match="row 1"):
        plotting.plot_target_histogram([1.0, np.nan], [True, True], ax=ax)
    with pytest.raises(ValueError, match="values must have shape"):
        plotting.plot_errors(["a"], [1.0, 2.0], ax=ax)
    with pytest.raises(ValueError, match="intervals must have shape"):
        plotting.plot_errors(["a"], [1.0], intervals=[1.0], ax=ax)


@pytest.mark.parametrize(
    "call",
    [
        plotting.new_figure,
        lambda: plotting.plot_errors(["a"], [1.0]),
        lambda: plotting.plot_target_histogram([1.0], [True]),
    ],
    ids=["new_figure", "plot_errors", "plot_target_histogram"],
)
def test_without_matplotlib_the_error_says_what_to_install(monkeypatch, call):
    for name in ("matplotlib", "matplotlib.figure", "matplotlib.pyplot"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match=r"pip install 'paris-core\[plot\]'"):
        call()
