"""`prune`: every deletion is the reference's best one, and every number is right."""

import dataclasses
import itertools
import math
import subprocess
import sys
import textwrap

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import paris_core
from paris_core.regularization import select_lambda
from problems import KINDS, ORDINARY, make_problem, penalties, problems, protections, val_weights
from reference import normal_equations_error, representer_prune
from replay import assert_greedy, assert_same, pruned_up_to, refitted_weights_backwards


def check_invariants(result, n_rows):
    """What holds for every result, whatever was pruned."""
    k = len(result.removed)
    assert result.removed.dtype == result.kept.dtype == result.val_index.dtype == np.int64
    assert result.mask.dtype == np.bool_
    assert result.delta_loss.dtype == result.loss.dtype == result.weights.dtype == np.float64
    assert len(result.delta_loss) == len(result.val_index) == k
    assert len(result.loss) == k + 1
    np.testing.assert_array_equal(
        np.sort(np.concatenate([result.removed, result.kept])), np.arange(n_rows)
    )
    assert np.all(np.diff(result.kept) > 0)
    assert result.mask.shape == (n_rows,)
    np.testing.assert_array_equal(np.flatnonzero(result.mask), result.kept)
    assert isinstance(result.lam, float)
    assert isinstance(result.n_refactorizations, int)
    assert result.n_refactorizations >= 0
    assert isinstance(result.elapsed, float)
    assert result.elapsed >= 0
    assert result.stop_reason in ("completed", "callback", "exhausted")
    assert result.monitor_loss is None
    assert result.best_k is None


# -------------------------------------------------------------------------------- correctness


@settings(max_examples=150)
@given(st.data(), problems(kinds=ORDINARY), penalties())
def test_every_deletion_is_the_best_one(data, problem, lam):
    val_weight = data.draw(val_weights(len(problem.y_val)), label="val_weight")
    protect = data.draw(protections(problem.n_rows), label="protect")
    k = data.draw(st.integers(0, problem.n_rows - 1), label="k")

    result = pruned_up_to(problem, k, lam=lam, val_weight=val_weight, protect=protect)

    check_invariants(result, problem.n_rows)
    n_deletable = problem.n_rows - (0 if protect is None else np.count_nonzero(protect))
    assert len(result.removed) == min(k, n_deletable)
    assert result.stop_reason == ("completed" if k <= n_deletable else "exhausted")
    assert result.lam == lam
    assert_greedy(result, problem, lam, val_weight=val_weight, protect=protect)


@given(st.data(), problems(kinds=("outlier",)), penalties())
def test_with_one_giant_row(data, problem, lam):
    # Its square drowns digits of the others in the normal equations, and lam cannot be seen.
    k = data.draw(st.integers(0, problem.n_rows - 1), label="k")
    result = paris_core.prune(*problem.arrays, k, lam=lam)
    # Two digits more, because residuals may be much smaller than predictions.
    error = max(1e-8, 100 * normal_equations_error(problem.Phi, lam))
    assert_greedy(result, problem, lam, rtol=error, tie=error)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lam", [1e-3, 1.0, 100.0])
def test_nearly_everything_deleted(kind, lam):
    # Long enough for several looks at the drift of the factor, and down to the last row, where
    # what is left of A is tiny against what it was.
    problem = make_problem(700, 30, 6, seed=5, kind=kind)
    result = paris_core.prune(*problem.arrays, 699, lam=lam)
    check_invariants(result, 700)
    assert_greedy(result, problem, lam, rtol=1e-6 if kind == "outlier" else 1e-8)


@pytest.mark.parametrize("lam", [1e-3, 1.0, 100.0])
def test_synthetic_of_medium_size(lam):
    problem = make_problem(2000, 500, 32, seed=1)
    result = paris_core.prune(*problem.arrays, 1000, lam=lam)
    assert result.stop_reason == "completed"
    assert_greedy(result, problem, lam, rtol=1e-6, refit=refitted_weights_backwards)
    # A shorter run is compared with the plain restatement, refitted from scratch.
    start = representer_prune(*problem.arrays, 30, lam)
    np.testing.assert_array_equal(result.removed[:30], start.removed)
    np.testing.assert_allclose(result.delta_loss[:30], start.delta_loss, rtol=1e-6)
    np.testing.assert_allclose(result.loss[:31], start.loss, rtol=1e-6)


@pytest.mark.parametrize("n_features", [1, 2, 3, 5, 8, 13, 31, 64, 100])
def test_every_number_of_features(n_features):
    problem = make_problem(90, 15, n_features, seed=n_features, kind="gaussian")
    result = paris_core.prune(*problem.arrays, 60, lam=0.5)
    assert_greedy(result, problem, 0.5)


@pytest.mark.parametrize("n_rows", [1, 2, 4095, 4096, 4097, 9000])
def test_every_number_of_rows(n_rows):
    problem = make_problem(n_rows, 10, 3, seed=n_rows)
    k = min(n_rows - 1, 25)
    result = paris_core.prune(*problem.arrays, k, lam=0.5)
    assert_greedy(result, problem, 0.5, refit=refitted_weights_backwards)


def test_one_training_and_one_validation_row():
    result = paris_core.prune([[2.0]], [3.0], [[1.0]], [5.0], 0, lam=1.0)
    # w = 2 * 3 / (4 + 1), loss = (5 - w)^2
    assert result.weights == pytest.approx([1.2])
    assert result.loss == pytest.approx([3.8**2])
    assert result.kept.tolist() == [0]
    assert result.removed.tolist() == []


def test_by_hand():
    # A = 2 + 2 = 4, w = (1 + 3) / 4 = 1, e = (0, 2), alpha = (0, 1), with nothing to be rounded.
    # With phi_v = 2 and y_v = 1: r = -1, S = (0, 2), |r + S| = (1, 1): a tie.
    result = paris_core.prune([[1.0], [1.0]], [1.0, 3.0], [[2.0]], [1.0], 1, lam=2.0)
    assert result.removed.tolist() == [0]
    assert result.delta_loss.tolist() == [0.0]
    # With y = 3 alone: w = 3 / (1 + 2).
    assert result.weights == pytest.approx([1.0])
    assert result.loss == pytest.approx([1.0, 1.0])
    # With y_v = 1.5: |r + S| = (0.5, 1.5) and 2 r S + S^2 = (0, 2).
    result = paris_core.prune([[1.0], [1.0]], [1.0, 3.0], [[2.0]], [1.5], 1, lam=2.0)
    assert result.removed.tolist() == [0]
    # With y_v = 4: r = 2, |r + S| = (2, 4). With y_v = 0.5: r = -1.5, |r + S| = (1.5, 0.5).
    result = paris_core.prune([[1.0], [1.0]], [1.0, 3.0], [[2.0]], [4.0], 1, lam=2.0)
    assert result.removed.tolist() == [0]
    result = paris_core.prune([[1.0], [1.0]], [1.0, 3.0], [[2.0]], [0.5], 1, lam=2.0)
    assert result.removed.tolist() == [1]
    assert result.delta_loss.tolist() == [2 * -1.5 * 2 + 2**2]
    assert result.weights == pytest.approx([1 / 3])
    assert result.loss == pytest.approx([1.5**2, (0.5 - 2 / 3) ** 2])


def test_rows_next_to_the_optimum_are_told_apart():
    # w = 41 / (41 + 23), e_k = 23 / 64 + delta_k, r = -1 / 64: |r + S_k| = |delta_k| / 23, while
    # the differences of 2 r S + S^2 are far below its rounding.
    steps = np.random.default_rng(0).permutation(41) - 20
    y = 1 + steps * 2.0**-30
    Phi, Phi_val, y_val = np.ones((41, 1)), np.ones((1, 1)), np.array([40 / 64])
    result = paris_core.prune(Phi, y, Phi_val, y_val, 1, lam=23.0)
    assert steps[0] != 0
    assert result.removed.tolist() == [np.flatnonzero(steps == 0)[0]]


# --------------------------------------------------------------------------------------- ties


def assert_smallest_index_first(result, table, deletable):
    """Rows that are equal in every entry leave in ascending order."""
    kept = deletable.copy()
    _, group = np.unique(table, axis=0, return_inverse=True)
    group = group.ravel()
    for j in result.removed:
        twins = np.flatnonzero(kept & (group == group[j]))
        assert twins[0] == j, f"row {j} left before its twin {twins[0]}"
        kept[j] = False


@pytest.mark.parametrize("arrangement", ["interleaved", "stacked"])
@pytest.mark.parametrize("n_features", [1, 3, 8, 17])
@pytest.mark.parametrize("n_threads", [1, 2])
def test_exact_duplicates_leave_in_order(arrangement, n_features, n_threads):
    base = make_problem(101, 20, n_features, seed=2, kind="gaussian")
    copies = np.repeat(np.arange(101), 3) if arrangement == "interleaved" else np.arange(303) % 101
    Phi, y = base.Phi[copies], base.y[copies]
    result = paris_core.prune(Phi, y, base.Phi_val, base.y_val, 250, lam=0.7, n_threads=n_threads)
    assert_smallest_index_first(result, np.column_stack([Phi, y]), np.ones(303, dtype=bool))


def test_protected_duplicates_are_passed_over():
    base = make_problem(50, 20, 4, seed=2, kind="gaussian")
    copies = np.repeat(np.arange(50), 2)
    protect = np.arange(100) % 6 == 0
    result = paris_core.prune(
        base.Phi[copies], base.y[copies], base.Phi_val, base.y_val, 60, lam=0.7, protect=protect
    )
    assert not protect[result.removed].any()
    table = np.column_stack([base.Phi, base.y])[copies]
    assert_smallest_index_first(result, table, ~protect)


def test_ties_far_apart_go_to_the_smallest_index():
    # One table many times over, longer than any block in which rows may be searched.
    base = make_problem(7, 3, 4, seed=1, kind="gaussian")
    copies = np.tile(np.arange(7), 3000)
    for n_threads in (1, 2):
        result = paris_core.prune(
            base.Phi[copies],
            base.y[copies],
            base.Phi_val,
            base.y_val,
            40,
            lam=1.0,
            n_threads=n_threads,
        )
        table = np.column_stack([base.Phi, base.y])[copies]
        assert_smallest_index_first(result, table, np.ones(len(table), dtype=bool))


def test_rows_that_do_not_matter_leave_in_order():
    problem = make_problem(40, 6, 5, kind="zero")
    result = paris_core.prune(*problem.arrays, 39, lam=1.0)
    np.testing.assert_array_equal(result.removed, np.arange(39))
    np.testing.assert_array_equal(result.val_index, 0)
    np.testing.assert_array_equal(result.loss, 0)


def test_worst_validation_row_of_equals_is_the_first():
    base = make_problem(30, 8, 4, seed=4)
    Phi_val, y_val = np.tile(base.Phi_val, (3, 1)), np.tile(base.y_val, 3)
    result = paris_core.prune(base.Phi, base.y, Phi_val, y_val, 29, lam=0.3)
    assert result.val_index.max() < 8
    assert len(np.unique(result.val_index)) > 1


# ------------------------------------------------------------------------------------- options


def test_five_arguments_suffice():
    problem = make_problem(80, 20, 6)
    result = paris_core.prune(*problem.arrays, 40)
    assert result.lam >= 1e-5
    assert_greedy(result, problem, result.lam)


@pytest.mark.parametrize(
    ("lam", "method"), [("auto", "gcv"), ("gcv", "gcv"), ("evidence", "evidence")]
)
def test_lam_by_name(lam, method):
    problem = make_problem(80, 20, 6)
    result = paris_core.prune(*problem.arrays, 5, lam=lam)
    assert result.lam == select_lambda(problem.Phi, problem.y, method=method)


@pytest.mark.parametrize("k", [0, 0.01, np.int64(0)], ids=repr)
def test_nothing_to_delete(k):
    problem = make_problem(60, 9, 4)
    result = paris_core.prune(*problem.arrays, k, lam=0.5)
    check_invariants(result, 60)
    assert result.removed.shape == (0,)
    assert result.mask.all()
    assert result.stop_reason == "completed"
    assert_greedy(result, problem, 0.5)


@pytest.mark.parametrize(
    "k", [0.5, 0.25, 0.29, 0.999, np.float64(0.5), np.float32(0.25), np.int32(7)], ids=repr
)
def test_k_as_fraction_or_numpy_scalar(k):
    problem = make_problem(100, 9, 4)
    expected = int(k) if isinstance(k, np.integer) else math.floor(float(k) * 100)
    assert len(paris_core.prune(*problem.arrays, k, lam=0.5).removed) == expected


def test_a_shorter_run_is_the_beginning_of_a_longer_one():
    problem = make_problem(400, 40, 7)
    short = paris_core.prune(*problem.arrays, 60, lam=0.1)
    long = paris_core.prune(*problem.arrays, 390, lam=0.1)
    np.testing.assert_array_equal(short.removed, long.removed[:60])
    np.testing.assert_array_equal(short.delta_loss, long.delta_loss[:60])
    np.testing.assert_array_equal(short.loss, long.loss[:61])


def test_val_weight_of_zero_takes_a_row_out():
    problem = make_problem(60, 12, 5, seed=8)
    free = paris_core.prune(*problem.arrays, 30, lam=0.2)
    ignored = int(np.bincount(free.val_index).argmax())
    val_weight = np.ones(12)
    val_weight[ignored] = 0
    result = paris_core.prune(*problem.arrays, 30, lam=0.2, val_weight=val_weight)
    assert ignored not in result.val_index
    others = np.flatnonzero(val_weight)
    without = paris_core.prune(
        problem.Phi, problem.y, problem.Phi_val[others], problem.y_val[others], 30, lam=0.2
    )
    np.testing.assert_array_equal(result.removed, without.removed)
    np.testing.assert_array_equal(result.val_index, others[without.val_index])


def test_only_ratios_of_val_weight_matter():
    problem = make_problem(60, 12, 5, seed=8)
    plain = paris_core.prune(*problem.arrays, 30, lam=0.2)
    assert_same(plain, paris_core.prune(*problem.arrays, 30, lam=0.2, val_weight=np.ones(12)))
    # Powers of two are exact.
    doubled = paris_core.prune(*problem.arrays, 30, lam=0.2, val_weight=[2] * 12)
    np.testing.assert_array_equal(doubled.removed, plain.removed)
    np.testing.assert_array_equal(doubled.delta_loss, plain.delta_loss)
    np.testing.assert_array_equal(doubled.loss, plain.loss)
    np.testing.assert_array_equal(doubled.weights, plain.weights)


@pytest.mark.parametrize("factor", [-1.0, 4.0, 2.0**-20])
def test_targets_times_a_power_of_two(factor):
    problem = make_problem(400, 30, 5, seed=9)
    plain = paris_core.prune(*problem.arrays, 350, lam=0.2)
    scaled = paris_core.prune(
        problem.Phi, problem.y * factor, problem.Phi_val, problem.y_val * factor, 350, lam=0.2
    )
    np.testing.assert_array_equal(scaled.removed, plain.removed)
    np.testing.assert_array_equal(scaled.val_index, plain.val_index)
    np.testing.assert_array_equal(scaled.delta_loss, plain.delta_loss * factor**2)
    np.testing.assert_array_equal(scaled.weights, plain.weights * factor)


@pytest.mark.parametrize("n_protected", [1, 30, 59, 60])
def test_protected_rows_stay(n_protected):
    problem = make_problem(60, 9, 4)
    protect = np.zeros(60, dtype=bool)
    protect[np.random.default_rng(0).permutation(60)[:n_protected]] = True
    result = pruned_up_to(problem, 59, lam=0.5, protect=protect)
    check_invariants(result, 60)
    assert result.mask[protect].all()
    assert len(result.removed) == min(59, 60 - n_protected)
    assert result.stop_reason == ("completed" if n_protected == 1 else "exhausted")
    assert_greedy(result, problem, 0.5, protect=protect)


def test_protecting_nothing_changes_nothing():
    problem = make_problem(60, 9, 4)
    assert_same(
        paris_core.prune(*problem.arrays, 50, lam=0.5),
        paris_core.prune(*problem.arrays, 50, lam=0.5, protect=np.zeros(60, dtype=bool)),
    )


def test_engine_by_name():
    problem = make_problem(60, 9, 4)
    assert_same(
        paris_core.prune(*problem.arrays, 50, lam=0.5),
        paris_core.prune(*problem.arrays, 50, lam=0.5, engine="exhaustive"),
    )


# ------------------------------------------------------------------------------------ callback


def test_callback_sees_every_deletion():
    problem = make_problem(60, 9, 4)
    steps = []
    result = paris_core.prune(*problem.arrays, 30, lam=0.5, callback=steps.append)
    assert result.stop_reason == "completed"
    n_removed, row, delta_loss, val_index, loss, monitor_loss = zip(*steps, strict=True)
    assert n_removed == tuple(range(1, 31))
    np.testing.assert_array_equal(row, result.removed)
    np.testing.assert_array_equal(delta_loss, result.delta_loss)
    np.testing.assert_array_equal(val_index, result.val_index)
    np.testing.assert_array_equal(loss, result.loss[1:])
    assert np.isnan(monitor_loss).all()
    for number, kind in zip(steps[0], (int, int, float, int, float, float), strict=True):
        assert isinstance(number, kind)


@pytest.mark.parametrize("truthy", [True, 1, "stop", np.True_], ids=repr)
def test_callback_stops(truthy):
    problem = make_problem(60, 9, 4)
    result = paris_core.prune(
        *problem.arrays, 30, lam=0.5, callback=lambda step: truthy if step.n_removed == 7 else None
    )
    check_invariants(result, 60)
    assert result.stop_reason == "callback"
    assert len(result.removed) == 7
    assert_greedy(result, problem, 0.5)


def test_callback_changes_no_number():
    problem = make_problem(600, 20, 4)
    assert_same(
        paris_core.prune(*problem.arrays, 500, lam=0.5),
        paris_core.prune(*problem.arrays, 500, lam=0.5, callback=lambda step: False),
    )


def test_exception_of_the_callback_arrives():
    problem = make_problem(60, 9, 4)
    counter = itertools.count(1)

    def callback(step):
        if next(counter) == 3:
            raise RuntimeError("from the callback")

    with pytest.raises(RuntimeError, match="from the callback"):
        paris_core.prune(*problem.arrays, 30, lam=0.5, callback=callback)
    assert next(counter) == 4


# ---------------------------------------------------------------------- the same whatever happens


def test_repeated_run_is_identical():
    problem = make_problem(500, 40, 9)
    assert_same(paris_core.prune(*problem.arrays, 400), paris_core.prune(*problem.arrays, 400))


@pytest.mark.parametrize("shape", [(500, 40, 9, 450), (20_000, 3000, 17, 60)], ids=str)
def test_number_of_threads_changes_nothing(shape):
    *sizes, k = shape
    problem = make_problem(*sizes, seed=6)
    one = paris_core.prune(*problem.arrays, k, n_threads=1)
    for n_threads in (2, 3, None):
        assert_same(one, paris_core.prune(*problem.arrays, k, n_threads=n_threads))


@pytest.mark.parametrize("cache_bytes", [0, 1, 8 * 500, 3 * 8 * 500 + 5, np.int64(10**6)], ids=repr)
def test_size_of_the_cache_changes_nothing(cache_bytes):
    problem = make_problem(500, 40, 9, seed=6, kind="gaussian")
    default = paris_core.prune(*problem.arrays, 480, lam=30.0)
    # Rows must leave the smaller caches and come back.
    assert np.count_nonzero(np.diff(default.val_index)) > 20
    assert len(np.unique(default.val_index)) > 4
    assert_same(default, paris_core.prune(*problem.arrays, 480, lam=30.0, cache_bytes=cache_bytes))


def strided(array):
    padded = np.full([2 * n for n in array.shape], np.nan)
    view = padded[tuple(slice(None, None, 2) for _ in array.shape)]
    view[...] = array
    return view


def read_only(array):
    array = array.copy()
    array.flags.writeable = False
    return array


def reversed_in_memory(array):
    return array[::-1].copy()[::-1]


def unaligned(array):
    raw = np.empty(array.nbytes + 1, dtype=np.uint8)[1:]
    view = raw.view(np.float64).reshape(array.shape)
    view[...] = array
    return view


LAYOUTS = {
    "float32": lambda a: a.astype(np.float32),
    "float16": lambda a: a.astype(np.float16),
    "big-endian": lambda a: a.astype(">f8"),
    "longdouble": lambda a: a.astype(np.longdouble),
    "integer": lambda a: np.rint(3 * a).astype(np.int32),
    "unsigned": lambda a: np.rint(3 * np.abs(a)).astype(np.uint8),
    "bool": lambda a: a > 0,
    "list": lambda a: a.tolist(),
    "Fortran": np.asfortranarray,
    "strided": strided,
    "read-only": read_only,
    "negative stride": reversed_in_memory,
    "unaligned": unaligned,
}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS.keys())
def test_layout_and_dtype_change_nothing(layout):
    problem = make_problem(90, 20, 7, seed=11)
    inputs = [layout(a) for a in problem.arrays]
    before = [np.array(a, copy=True) for a in inputs]
    plain = [np.array(a, dtype=np.float64, order="C") for a in inputs]
    assert_same(paris_core.prune(*inputs, 60), paris_core.prune(*plain, 60))
    for array, copy in zip(inputs, before, strict=True):
        np.testing.assert_array_equal(array, copy)
        assert np.asarray(array).dtype == copy.dtype


def test_inputs_are_not_modified():
    problem = make_problem(90, 20, 7, seed=11)
    copy = problem.copy()
    val_weight, protect = np.linspace(0, 1, 20), np.arange(90) % 5 == 0
    for array in (*problem.arrays, val_weight, protect):
        array.flags.writeable = False
    paris_core.prune(*problem.arrays, 60, val_weight=val_weight, protect=protect)
    problem.assert_equal(copy)
    np.testing.assert_array_equal(val_weight, np.linspace(0, 1, 20))
    np.testing.assert_array_equal(protect, np.arange(90) % 5 == 0)


def test_result_does_not_refer_to_the_inputs():
    problem = make_problem(90, 20, 7, seed=11)
    result = paris_core.prune(*problem.arrays, 60, lam=1.0)
    aside = ("training_rows", "recorder")  # these do, for truncate and the record
    names = [f.name for f in dataclasses.fields(result) if f.name not in aside]
    kept_copy = {name: np.copy(getattr(result, name)) for name in names}
    for array in problem.arrays:
        array[...] = np.nan
    for name, value in kept_copy.items():
        np.testing.assert_array_equal(getattr(result, name), value)


def test_pandas_in():
    pd = pytest.importorskip("pandas")
    problem = make_problem(90, 20, 7, seed=11)
    frames = [
        pd.DataFrame(problem.Phi, index=np.arange(90) + 1000),
        pd.Series(problem.y, index=np.arange(90)[::-1]),
        pd.DataFrame(problem.Phi_val),
        pd.Series(problem.y_val),
    ]
    # Positions count, labels do not.
    assert_same(paris_core.prune(*frames, 60), paris_core.prune(*problem.arrays, 60))


def test_large_Phi_is_not_copied():
    pytest.importorskip("resource")
    if not sys.platform.startswith("linux"):
        pytest.skip("ru_maxrss is counted in KiB on Linux only")
    script = textwrap.dedent(
        """
        import resource
        import numpy as np
        import paris_core

        def peak():
            return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

        rng = np.random.default_rng(0)
        small = rng.standard_normal((300, 64))
        paris_core.prune(small, small[:, 0], small[:20], small[:20, 1], 3)  # imports, threads
        Phi = np.empty((200_000, 64))
        rng.standard_normal(out=Phi)
        y, Phi_val, y_val = Phi[:, 0] + Phi[:, 1] ** 2, Phi[:50].copy(), np.ones(50)
        before = peak()
        paris_core.prune(Phi, y, Phi_val, y_val, 3)
        print(Phi.nbytes, peak() - before)
        """
    )
    process = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    size, growth = map(int, process.stdout.split())
    assert growth < size / 2, f"memory grew by {growth} bytes, Phi has {size}"
