"""Weights of training rows in functions: against equal rows, and against NumPy."""

import numpy as np
import pytest
from tests import reference

import paris_core
from paris_core.regularization import select_lambda

LAM = 2.0
JUDGED = [
    (criterion, objective)
    for criterion in ("refit", "representer")
    for objective in ("mean", "worst", ("worst", 4))
]


@pytest.fixture
def data():
    rng = np.random.default_rng(7)
    Phi, Phi_val = rng.normal(size=(40, 4)), rng.normal(size=(15, 4))
    y, y_val = Phi.sum(axis=1) + rng.normal(size=40), Phi_val.sum(axis=1) + rng.normal(size=15)
    weight = rng.integers(0, 4, size=40).astype(float)
    return Phi, y, Phi_val, y_val, weight


def outputs(y, n):
    """`y` itself, or n outputs that differ."""
    return y if n == 1 else np.column_stack([(place + 1) * y**place for place in range(1, n + 1)])


def weighted_loss(data, kept, lam=LAM):
    """The mean validation loss of the weighted ridge on these rows, each in as many copies."""
    Phi, y, Phi_val, y_val, weight = data
    rows = np.repeat(kept, weight[kept].astype(int))
    w = reference.ridge_weights(Phi[rows], y[rows], lam)
    return np.mean(np.sum(reference.columns(y_val - Phi_val @ w) ** 2, axis=1))


@pytest.mark.parametrize("n_outputs", [1, 2])
@pytest.mark.parametrize("engine", ["lazy", "exhaustive"])
@pytest.mark.parametrize(("criterion", "objective"), JUDGED)
def test_deletions_are_those_of_the_numpy_twin(data, criterion, objective, engine, n_outputs):
    """The twin prunes rows times the roots of their weights, which the test below vouches for."""
    Phi, y, Phi_val, y_val, weight = data
    y, y_val = outputs(y, n_outputs), outputs(y_val, n_outputs)
    root = np.sqrt(weight)
    expected = reference.prune(
        Phi * root[:, None],
        (y.T * root).T,
        Phi_val,
        y_val,
        12,
        lam=LAM,
        criterion=criterion,
        objective=objective,
    )
    options = {"lam": LAM, "criterion": criterion, "objective": objective, "engine": engine}
    result = paris_core.prune(Phi, y, Phi_val, y_val, 12, sample_weight=weight, **options)
    np.testing.assert_array_equal(result.removed, expected.removed)
    np.testing.assert_allclose(result.delta_loss, expected.delta_loss, rtol=1e-8, atol=1e-12)
    np.testing.assert_allclose(result.loss, expected.loss, rtol=1e-8)
    np.testing.assert_allclose(result.weights, expected.weights, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("n_outputs", [1, 2])
def test_a_deletion_does_what_leaving_out_all_equal_rows_does(data, n_outputs):
    """Before each deletion every row is tried, in as many copies as its weight says."""
    Phi, y, Phi_val, y_val, weight = data
    data = Phi, outputs(y, n_outputs), Phi_val, outputs(y_val, n_outputs), weight
    result = paris_core.prune(
        *data[:4], 8, lam=LAM, criterion="refit", objective="mean", sample_weight=weight
    )
    kept = np.arange(len(y))
    for row, delta in zip(result.removed, result.delta_loss, strict=True):
        before = weighted_loss(data, kept)
        changes = [weighted_loss(data, kept[kept != other]) - before for other in kept]
        assert delta == pytest.approx(min(changes), rel=1e-9, abs=1e-12)
        assert changes[int(np.flatnonzero(kept == row)[0])] == pytest.approx(delta, abs=1e-12)
        kept = kept[kept != row]
    assert result.loss[-1] == pytest.approx(weighted_loss(data, kept))


def test_groups_of_equal_rows_leave_as_weighted_rows_do(data):
    Phi, y, Phi_val, y_val, weight = data
    weight = weight + 1.0
    copies = np.repeat(np.arange(40), weight.astype(int))
    rows = paris_core.prune(
        *data[:4], 10, lam=LAM, criterion="refit", objective="mean", sample_weight=weight
    )
    groups = paris_core.prune_groups(Phi[copies], y[copies], Phi_val, y_val, copies, 10, lam=LAM)
    np.testing.assert_array_equal(groups.removed_groups, rows.removed)
    np.testing.assert_allclose(groups.loss, rows.loss)


def test_weighted_groups_are_those_of_equal_rows(data):
    Phi, y, Phi_val, y_val, weight = data
    copies, month = np.repeat(np.arange(40), weight.astype(int)), np.arange(40) // 5
    monitor = Phi_val[::2], y_val[::2]
    weighted = paris_core.prune_groups(
        *data[:4], month, lam=LAM, sample_weight=weight, monitor=monitor
    )
    equal = paris_core.prune_groups(
        Phi[copies], y[copies], Phi_val, y_val, month[copies], lam=LAM, monitor=monitor
    )
    np.testing.assert_array_equal(weighted.removed_groups, equal.removed_groups)
    np.testing.assert_allclose(weighted.loss, equal.loss)
    np.testing.assert_allclose(weighted.monitor_loss, equal.monitor_loss)
    np.testing.assert_allclose(weighted.weight_path, equal.weight_path, atol=1e-12)


@pytest.mark.parametrize("criterion", ["refit", "representer"])
def test_a_row_of_weight_zero_changes_nothing(data, criterion):
    Phi, y, Phi_val, y_val, weight = data
    options = {"lam": LAM, "criterion": criterion, "objective": "mean"}
    spoilt = y.copy()
    spoilt[weight == 0] = 1e6
    first = paris_core.prune(*data[:4], 25, sample_weight=weight, **options)
    second = paris_core.prune(Phi, spoilt, Phi_val, y_val, 25, sample_weight=weight, **options)
    np.testing.assert_array_equal(first.removed, second.removed)
    gone = np.isin(first.removed, np.flatnonzero(weight == 0))
    assert gone.any()
    assert (first.delta_loss[gone] == 0).all()


def test_ones_change_nothing(data):
    plain = paris_core.prune(*data[:4], 20)
    ones = paris_core.prune(*data[:4], 20, sample_weight=np.ones(40))
    np.testing.assert_array_equal(plain.removed, ones.removed)
    np.testing.assert_array_equal(plain.weights, ones.weights)
    assert plain.lam == ones.lam
    assert plain.sample_weight is None
    assert "sample_weight" not in plain.record.inputs


@pytest.mark.parametrize("method", ["gcv", "evidence"])
def test_lambda_is_chosen_by_rows_that_count_and_follows_the_weights(data, method):
    Phi, y, _, _, weight = data
    counted = weight > 0
    chosen = select_lambda(Phi, y, method=method, sample_weight=weight)
    assert chosen == pytest.approx(
        select_lambda(Phi[counted], y[counted], method=method, sample_weight=weight[counted]),
        rel=1e-5,
    )
    twice = select_lambda(Phi, y, method=method, sample_weight=2 * weight)
    assert twice == pytest.approx(2 * chosen, rel=1e-4)


def test_choosing_k_counts_weights(data):
    Phi, y, Phi_val, y_val, weight = data
    root = np.sqrt(weight)
    scaled, options = (Phi * root[:, None], y * root, Phi_val, y_val), {"random_state": 0, "lam": 1}
    one = paris_core.choose_k(*data[:4], 15, sample_weight=weight, **options)
    other = paris_core.choose_k(*scaled, 15, **options)
    np.testing.assert_array_equal(one.fold_loss, other.fold_loss)
    month = np.arange(40) // 5
    one = paris_core.choose_k_groups(*data[:4], month, sample_weight=weight, **options)
    other = paris_core.choose_k_groups(*scaled, month, **options)
    np.testing.assert_array_equal(one.fold_loss, other.fold_loss)


@pytest.mark.parametrize("of_groups", [False, True])
def test_a_result_knows_its_weights(data, tmp_path, of_groups):
    *tables, weight = data
    given = [*tables, np.arange(40) // 4] if of_groups else tables
    run = paris_core.prune_groups if of_groups else paris_core.prune
    result = run(*given, k=5, sample_weight=weight)
    result.save(tmp_path / "result.npz")
    loaded = type(result).load(tmp_path / "result.npz")
    np.testing.assert_array_equal(loaded.sample_weight, weight)
    assert weight.flags.writeable  # the result has a copy
    assert loaded.verify(*given, sample_weight=weight).same
    assert loaded.verify(*given, sample_weight=2 * weight).differences[0].startswith("sample_wei")
    assert not loaded.verify(*given).same
    more = {} if of_groups else {"Phi": tables[0], "y": tables[1]}
    shorter = loaded.truncate(3, **more)
    expected = run(*given, k=3, sample_weight=weight).weights
    np.testing.assert_allclose(shorter.weights, expected, rtol=1e-9)


def test_replay_of_a_weighted_run(data):
    *tables, weight = data
    first = paris_core.prune(*tables, 8, lam=LAM, sample_weight=weight)
    pruner = paris_core.Pruner(*tables, lam=LAM, sample_weight=weight)
    assert (pruner.replay(first), pruner.run(4)) == (8, 4)
    whole = paris_core.prune(*tables, 12, lam=LAM, sample_weight=weight)
    np.testing.assert_array_equal(pruner.result().removed, whole.removed)
    with pytest.raises(ValueError, match="differs"):
        paris_core.Pruner(*tables, lam=LAM).replay(first)


def test_influence_of_weighted_rows(data):
    Phi, y, Phi_val, y_val, weight = data
    copies = np.repeat(np.arange(40), weight.astype(int))
    w = reference.ridge_weights(Phi[copies], y[copies], LAM)
    alpha = paris_core.representer_weights(Phi, y, lam=LAM, sample_weight=weight)
    np.testing.assert_allclose(Phi.T @ alpha, w)
    S = paris_core.influence_matrix(Phi, y, Phi_val, lam=LAM, sample_weight=weight)
    np.testing.assert_allclose(S.sum(axis=1), Phi_val @ w)
    equal = paris_core.influence_matrix(Phi[copies], y[copies], Phi_val, lam=LAM)
    together = np.zeros((15, 40))
    np.add.at(together.T, copies, equal.T)
    np.testing.assert_allclose(S, together, atol=1e-12)
    delta = paris_core.deletion_residuals(
        Phi, y, Phi_val, y_val, lam=LAM, v=3, sample_weight=weight
    )
    r = y_val[3] - Phi_val[3] @ w
    np.testing.assert_allclose(delta, (r + S[3]) ** 2 - r**2, atol=1e-12)


@pytest.mark.parametrize("kept", [None, np.arange(5, 40)])
def test_an_explanation_of_weighted_rows(data, kept):
    Phi, y, _, _, weight = data
    rows = np.arange(40) if kept is None else kept
    phi = np.array([1.0, -1.0, 0.5, 2.0])
    told = paris_core.explain(Phi, y, phi, lam=LAM, k=40, kept=kept, sample_weight=weight)

    def weights(rows):
        copies = np.repeat(rows, weight[rows].astype(int))
        return reference.ridge_weights(Phi[copies], y[copies], LAM)

    assert told.prediction == pytest.approx(phi @ weights(rows))
    assert set(told.row) == set(rows[weight[rows] > 0])
    assert told.rest == pytest.approx(0.0, abs=1e-12)
    for row, change in zip(told.row, told.change_on_deletion, strict=True):
        assert change == pytest.approx(phi @ (weights(rows[rows != row]) - weights(rows)))


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        (np.zeros(40), "sample_weight must not be zero everywhere"),
        (-np.ones(40), "sample_weight must be >= 0, got -1.0 in row 0"),
        (np.ones(39), r"sample_weight must have shape \(40,\)"),
        (np.full(40, np.nan), "sample_weight must be finite, got NaN in row 0"),
    ],
)
def test_weights_that_are_none(data, weight, message):
    for call in (
        lambda: paris_core.prune(*data[:4], 3, sample_weight=weight),
        lambda: paris_core.prune_groups(*data[:4], np.arange(40) // 4, 3, sample_weight=weight),
        lambda: paris_core.choose_k(*data[:4], 3, sample_weight=weight),
        lambda: paris_core.explain(*data[:2], data[2][0], lam=1.0, sample_weight=weight),
        lambda: select_lambda(*data[:2], sample_weight=weight),
    ):
        with pytest.raises(ValueError, match=message):
            call()
