"""`explain`: the training rows behind one prediction."""

import builtins

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import paris_core
import reference
from problems import make_problem, penalties, problems

PROBLEM = make_problem(80, 9, 6)


def refitted(problem, phi, lam, row):
    """Change of the prediction at phi when a row is really deleted."""
    keep = np.arange(problem.n_rows) != row
    before = phi @ reference.ridge_weights(problem.Phi, problem.y, lam)
    if not keep.any():
        return -before
    return phi @ reference.ridge_weights(problem.Phi[keep], problem.y[keep], lam) - before


ordinary = problems(kinds=("relu", "gaussian", "integers", "duplicates", "deficient", "offset"))


@given(st.data(), ordinary, penalties())
def test_by_formula_and_by_refitting(data, problem, lam):
    phi = problem.Phi_val[0]
    k = data.draw(st.sampled_from([1, 2, 5, 100]))
    shown = paris_core.explain(problem.Phi, problem.y, phi, lam=lam, k=k)
    S = paris_core.influence_matrix(problem.Phi, problem.y, phi[None], lam=lam)[0]
    scale = np.abs(S).max() + 1e-12
    w = reference.ridge_weights(problem.Phi, problem.y, lam)
    assert shown.prediction == pytest.approx(phi @ w, rel=1e-9, abs=1e-9)
    assert shown.lam == lam

    np.testing.assert_allclose(shown.contribution, S[shown.row], rtol=1e-8, atol=1e-9 * scale)
    others = np.setdiff1d(np.arange(problem.n_rows), shown.row)
    assert shown.n_rest == len(others)
    assert shown.rest == pytest.approx(S[others].sum(), rel=1e-6, abs=1e-8 * scale)
    np.testing.assert_array_equal(shown.target, problem.y[shown.row])
    np.testing.assert_allclose(
        shown.similarity, problem.Phi[shown.row] @ phi, rtol=1e-10, atol=1e-10
    )

    up, down = (
        shown.contribution[shown.contribution > 0],
        shown.contribution[shown.contribution < 0],
    )
    np.testing.assert_array_equal(shown.contribution, np.concatenate([up, down]))
    assert (np.diff(up) <= 0).all()
    assert (np.diff(down) >= 0).all()
    assert len(up) == min(k, (S > 0).sum()) or np.abs(S).min() < 1e-9 * scale
    assert len(down) == min(k, (S < 0).sum()) or np.abs(S).min() < 1e-9 * scale
    if len(up) == k:
        assert S[others].max(initial=-np.inf) <= up[-1] + 1e-9 * scale
    if len(down) == k:
        assert S[others].min(initial=np.inf) >= down[-1] - 1e-9 * scale

    for row, change in zip(shown.row, shown.change_on_deletion, strict=True):
        expected = refitted(problem, phi, lam, row)
        size = np.abs(phi @ w) + np.abs(problem.y).max()
        assert change == pytest.approx(expected, rel=1e-6, abs=1e-8 * size)


def test_what_is_shown_sums_to_the_prediction():
    for lam in (1e-5, 1.0, 1e3):
        for phi in PROBLEM.Phi_val:
            shown = paris_core.explain(PROBLEM.Phi, PROBLEM.y, phi, lam=lam, k=7)
            total = shown.contribution.sum() + shown.rest
            rounding = 1e-14 * np.abs(shown.contribution).sum()
            assert total == pytest.approx(shown.prediction, rel=1e-14, abs=rounding)


@pytest.mark.parametrize("size", [1e3, 1e5])
def test_a_row_that_alone_decides_is_deleted_by_refitting(size):
    Phi = PROBLEM.Phi.copy()
    Phi[0] = 0.0
    Phi[:, 2] = 0.0
    Phi[0, 2] = size  # leverage 1 - lam/size²
    phi = PROBLEM.Phi_val[0] + 1.0
    shown = paris_core.explain(Phi, PROBLEM.y, phi, lam=1e-3, k=40)
    place = np.flatnonzero(shown.row == 0)[0]
    # No other row has this feature, so that its weight vanishes.
    expected = -phi[2] * size * PROBLEM.y[0] / (size**2 + 1e-3)
    assert shown.change_on_deletion[place] == pytest.approx(expected, rel=1e-9)


def test_kept_rows_are_named_by_their_positions_in_all():
    result = paris_core.prune(*PROBLEM.arrays, 30, lam=0.5)
    phi = PROBLEM.Phi_val[3]
    kept = result.kept
    part = paris_core.explain(PROBLEM.Phi[kept], PROBLEM.y[kept], phi, lam=0.5)
    for given_rows in (kept, result.mask, kept[::-1].tolist()):
        whole = paris_core.explain(PROBLEM.Phi, PROBLEM.y, phi, lam=0.5, kept=given_rows)
        np.testing.assert_array_equal(whole.row, kept[part.row])
        np.testing.assert_array_equal(whole.change_on_deletion, part.change_on_deletion)
        assert whole.prediction == part.prediction
        assert whole.n_rest == part.n_rest
    assert part.prediction == pytest.approx(phi @ result.weights, rel=1e-9)


def test_lam_is_chosen_as_in_prune():
    shown = paris_core.explain(PROBLEM.Phi, PROBLEM.y, PROBLEM.Phi_val[0], lam="auto")
    assert shown.lam == paris_core.regularization.select_lambda(PROBLEM.Phi, PROBLEM.y)


def test_equal_rows_come_in_their_order_and_idle_ones_not_at_all():
    Phi, y = np.ones((6, 1)), np.array([3.0, 3.0, 0.0, 3.0, 0.0, 3.0])
    shown = paris_core.explain(Phi, y, [1.0], lam=1.0, k=3)
    assert shown.row.tolist() == [0, 1, 3, 2, 4]
    many = paris_core.explain(np.ones((600, 1)), np.tile(y, 100), [1.0], lam=1.0, k=1000)
    assert many.row.tolist() == sorted(range(600), key=lambda row: (y[row % 6] == 0, row))
    nothing = paris_core.explain(Phi, y, [0.0], lam=1.0)
    assert nothing.row.tolist() == []
    assert (nothing.prediction, nothing.rest, nothing.n_rest) == (0.0, 0.0, 6)
    assert str(nothing).splitlines()[1].split() == ["6", "others", "0"]


def test_outputs_can_be_explained_one_by_one():
    both = make_problem(60, 5, 4, n_outputs=2)
    w = paris_core.linalg.RidgeFactor(both.Phi, both.y, 0.7).weights
    for output in range(2):
        shown = paris_core.explain(both.Phi, both.y[:, output], both.Phi_val[0], lam=0.7)
        assert shown.prediction == pytest.approx(both.Phi_val[0] @ w[:, output], rel=1e-9)


def test_the_table_and_the_frame(monkeypatch):
    shown = paris_core.explain(PROBLEM.Phi, PROBLEM.y, PROBLEM.Phi_val[0], lam=0.5, k=2)
    header, *lines = str(shown).splitlines()
    assert header.split() == [
        "row",
        "target",
        "similarity",
        "contribution",
        "change",
        "on",
        "deletion",
    ]
    assert len(lines) == 6
    for line, row, contribution in zip(lines, shown.row, shown.contribution, strict=False):
        assert line.split()[0] == str(row)
        assert float(line.split()[3]) == pytest.approx(contribution, rel=1e-3)
    assert lines[-2].split()[:2] == ["76", "others"]
    assert float(lines[-1].split()[1]) == pytest.approx(shown.prediction, rel=1e-3)
    assert len(repr(shown)) < 120

    frame = shown.to_frame()
    assert frame.index.name == "row"
    for name in ("target", "similarity", "contribution", "change_on_deletion"):
        np.testing.assert_array_equal(frame[name], getattr(shown, name))
    np.testing.assert_array_equal(frame.index, shown.row)

    real = builtins.__import__

    def without_pandas(name, *arguments):
        if name == "pandas":
            raise ImportError(name)
        return real(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", without_pandas)
    with pytest.raises(ImportError, match="to_frame needs pandas"):
        shown.to_frame()


def test_results_are_frozen_and_inputs_left_alone():
    copy = PROBLEM.copy()
    shown = paris_core.explain(*PROBLEM.arrays[:2], PROBLEM.Phi_val[0], lam=0.5)
    PROBLEM.assert_equal(copy)
    with pytest.raises(ValueError, match="read-only"):
        shown.contribution[0] = 0.0
    with pytest.raises(AttributeError):
        shown.rest = 0.0
    assert PROBLEM.y.flags.writeable


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"phi": PROBLEM.Phi_val[:1]}, ValueError, r"phi must be one row.*\(6,\).*got .*\(1, 6\)"),
        ({"phi": [1.0]}, ValueError, "phi must be one row"),
        ({"phi": np.full(6, np.nan)}, ValueError, "phi must be finite"),
        ({"y": PROBLEM.y[1:]}, ValueError, "y must have shape"),
        ({"y": PROBLEM.y[:, None]}, ValueError, "y must have shape"),
        ({"lam": -1.0}, ValueError, "lam must be in"),
        ({"lam": "best"}, ValueError, "lam must be one of"),
        ({"k": 0}, ValueError, "k must be >= 1"),
        ({"k": 2.0}, TypeError, "k must be an integer"),
        ({"kept": []}, ValueError, "kept must hold at least one row"),
        ({"kept": np.zeros(80, dtype=bool)}, ValueError, "kept must hold at least one row"),
        ({"kept": [1, 1]}, ValueError, "kept must be distinct rows, got 1 twice"),
        ({"kept": [80]}, ValueError, r"kept must be in \[0, 79\]"),
        ({"kept": [True]}, ValueError, r"kept must have shape \(80,\)"),
        ({"kept": [0.5]}, TypeError, "kept must be integers"),
        ({"n_threads": 0}, ValueError, "n_threads must be in"),
    ],
    ids=str,
)
def test_explain_refuses_bad_arguments(changes, error, message):
    arguments = {"Phi": PROBLEM.Phi, "y": PROBLEM.y, "phi": PROBLEM.Phi_val[0], "lam": 0.5}
    with pytest.raises(error, match=message):
        paris_core.explain(**(arguments | changes))
