"""Rank-one changes of a Cholesky factor, and the ridge that loses rows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import paris_core
import reference
from paris_core.linalg import RidgeFactor, cholesky_downdate, cholesky_update
from problems import make_problem, penalties, problems

SIZES = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100, 128, 200, 255, 300]
CHANGES = {"update": cholesky_update, "downdate": cholesky_downdate}
both_changes = pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())


def random_factor(size, condition=10.0, seed=0):
    """Lower factor of a matrix whose eigenvalues are spread over `condition`."""
    rng = np.random.default_rng(seed)
    Q, _ = np.linalg.qr(rng.standard_normal((size, size)))
    A = (Q * np.geomspace(1, 1 / condition, size)) @ Q.T
    return np.linalg.cholesky((A + A.T) / 2)


def removable(L, leverage, seed=1):
    """A vector x with |L^-1 x|^2 = leverage."""
    p = np.random.default_rng(seed).standard_normal(len(L))
    return L @ (p * np.sqrt(leverage) / np.linalg.norm(p))


def assert_factor_of(L_new, A, tolerance):
    """L_new is lower triangular with a positive diagonal, and its square is A."""
    np.testing.assert_array_equal(L_new, np.tril(L_new))
    assert np.all(np.diag(L_new) > 0)
    assert np.abs(L_new @ L_new.T - A).max() <= tolerance * np.abs(A).max()


# -------------------------------------------------------------------- against refactorisation


@pytest.mark.parametrize("condition", [1e0, 1e4, 1e8], ids="cond={:g}".format)
@pytest.mark.parametrize("size", SIZES)
def test_downdate_equals_refactorisation(size, condition):
    L = random_factor(size, condition)
    for leverage in (0.0, 0.1, 0.9, 0.999):
        x = removable(L, leverage)
        A_new = L @ L.T - np.outer(x, x)
        L_new = cholesky_downdate(L, x)
        assert_factor_of(L_new, A_new, tolerance=1e-15 * (size + 10))
        # The factor itself is as sensitive as the problem is ill-conditioned.
        expected = np.linalg.cholesky(A_new)
        sensitivity = 1e-15 * (size + 10) * condition / (1 - leverage)
        assert np.abs(L_new - expected).max() <= sensitivity * np.abs(expected).max()


@pytest.mark.parametrize("condition", [1e0, 1e4, 1e8], ids="cond={:g}".format)
@pytest.mark.parametrize("size", SIZES)
def test_update_equals_refactorisation(size, condition):
    L = random_factor(size, condition)
    for length in (0.0, 1e-3, 1.0, 1e3):
        x = length * np.random.default_rng(2).standard_normal(size)
        A_new = L @ L.T + np.outer(x, x)
        L_new = cholesky_update(L, x)
        assert_factor_of(L_new, A_new, tolerance=1e-15 * (size + 10))


@pytest.mark.parametrize("size", [1, 2, 5, 16, 33])
def test_textbook_loops_agree(size):
    L, sizes = random_factor(size, 100.0), (size, size)
    x = removable(L, 0.6)
    for change, textbook in [
        (cholesky_downdate, reference.cholesky_downdate),
        (cholesky_update, reference.cholesky_update),
    ]:
        L_new = change(L, x)
        assert L_new.shape == sizes
        assert L_new.dtype == np.float64
        np.testing.assert_allclose(L_new, textbook(L, x), rtol=1e-10, atol=1e-13)


@given(
    st.integers(1, 40),
    st.floats(1, 1e8),
    st.floats(1e-3, 1e2),
    st.integers(0, 2**32 - 1),
)
def test_update_then_downdate_is_a_round_trip(size, condition, length, seed):
    L = random_factor(size, condition, seed)
    x = length * np.random.default_rng(seed).standard_normal(size)
    back = cholesky_downdate(cholesky_update(L, x), x)
    # What x covers is lost to rounding: relative to A + x x', not to A.
    scale = np.abs(L @ L.T + np.outer(x, x)).max()
    assert np.abs(back @ back.T - L @ L.T).max() <= 1e-13 * (size + 10) * scale


def test_known_factors():
    np.testing.assert_allclose(cholesky_downdate([[5.0]], [3.0]), [[4.0]], rtol=1e-15)
    np.testing.assert_allclose(cholesky_update([[4.0]], [3.0]), [[5.0]], rtol=1e-15)
    # [[4, 2], [2, 5]] -/+ [1, 1]' [1, 1]
    L = np.array([[2.0, 0.0], [1.0, 2.0]])
    np.testing.assert_allclose(
        cholesky_downdate(L, [1, 1]),
        [[np.sqrt(3), 0], [1 / np.sqrt(3), np.sqrt(11 / 3)]],
        rtol=1e-14,
    )
    np.testing.assert_allclose(
        cholesky_update(L, [1, 1]),
        [[np.sqrt(5), 0], [3 / np.sqrt(5), np.sqrt(21 / 5)]],
        rtol=1e-14,
    )


def test_rows_leave_one_after_another():
    rng = np.random.default_rng(0)
    Phi = rng.standard_normal((500, 20))
    L = np.linalg.cholesky(Phi.T @ Phi + np.eye(20))
    for k in range(490):
        L = cholesky_downdate(L, Phi[k])
    assert_factor_of(L, Phi[490:].T @ Phi[490:] + np.eye(20), tolerance=1e-10)


# ------------------------------------------------------------------------------ memory and layout


@both_changes
def test_new_array_unless_asked(change):
    L, x = random_factor(6), np.full(6, 0.01)
    L_copy, x_copy = L.copy(), x.copy()
    L_new = change(L, x)
    assert not np.shares_memory(L_new, L)
    np.testing.assert_array_equal(L, L_copy)
    np.testing.assert_array_equal(x, x_copy)


@both_changes
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("size", [1, 7, 64])
def test_overwrite(change, order, size):
    L, x = random_factor(size), 0.1 * removable(random_factor(size), 0.5)
    expected = change(L, x)
    x_copy = x.copy()
    junk = np.triu(np.full((size, size), np.nan), 1)  # never read, never written
    target = np.array(L + junk, order=order)
    returned = change(target, x, overwrite=True)
    assert returned is target
    assert target.flags.c_contiguous if order == "C" else target.flags.f_contiguous
    np.testing.assert_array_equal(np.tril(target), expected)
    assert np.isnan(target[np.triu_indices(size, 1)]).all()
    np.testing.assert_array_equal(x, x_copy)


@both_changes
@pytest.mark.parametrize("junk", [np.nan, 7.0], ids=str)
def test_upper_triangle_is_not_read(change, junk):
    L, x = random_factor(9), 0.1 * removable(random_factor(9), 0.5)
    soiled = L + np.triu(np.full((9, 9), junk), 1)
    np.testing.assert_array_equal(np.tril(change(soiled, x)), np.tril(change(L, x)))


@both_changes
@pytest.mark.parametrize(
    "L",
    [
        [[2.0, 0.0], [1.0, 2.0]],
        np.array([[2, 0], [1, 2]]),
        np.array([[2, 0], [1, 2]], dtype=np.float32),
        np.array([[2, 0], [1, 2]], dtype=">f8"),
        np.broadcast_to(np.array([[2.0, 0.0], [1.0, 2.0]]), (2, 2)),
    ],
    ids=["list", "int", "float32", "big-endian", "read-only"],
)
def test_overwrite_impossible(change, L):
    before = np.array(L, copy=True)
    with pytest.raises((TypeError, ValueError), match=r"\bL\b|overwrite"):
        change(L, [0.1, 0.1], overwrite=True)
    np.testing.assert_array_equal(L, before)
    # Without overwrite all of them will do.
    np.testing.assert_allclose(
        np.tril(change(L, [0.1, 0.1])),
        change(np.array([[2.0, 0.0], [1.0, 2.0]]), np.array([0.1, 0.1])),
        rtol=1e-14,
    )


@both_changes
def test_overwrite_of_a_strided_view_is_done_or_refused(change):
    base = np.zeros((12, 12))
    L, x = random_factor(6), 0.1 * removable(random_factor(6), 0.5)
    view = base[::2, ::2]
    view[...] = L
    before = base.copy()
    try:
        returned = change(view, x, overwrite=True)
    except (TypeError, ValueError):
        np.testing.assert_array_equal(base, before)
    else:
        assert np.shares_memory(returned, base)
        np.testing.assert_array_equal(np.tril(view), change(L, x))
        assert not base[1::2].any()
        assert not base[:, 1::2].any()


@both_changes
@pytest.mark.parametrize("dtype", [np.float32, np.int64, ">f8", np.longdouble], ids=str)
def test_other_dtypes_equal_their_float64_copy(change, dtype):
    L = np.tril(np.array([[4, 0, 0], [1, 5, 0], [2, 3, 6]])).astype(dtype)
    x = np.array([1, 2, 1]).astype(dtype)
    np.testing.assert_array_equal(change(L, x), change(L.astype(np.float64), x.astype(np.float64)))


def test_x_may_lie_within_L():
    L = random_factor(8)
    for order in "CF":
        for view in (lambda a: a[-1], lambda a: a[:, 0]):
            target = np.array(L, order=order)
            expected = cholesky_update(L, view(L).copy())
            cholesky_update(target, view(target), overwrite=True)
            np.testing.assert_array_equal(np.tril(target), expected)


# ------------------------------------------------------------------------- loss of definiteness


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize(
    ("size", "pivot"), [(1, 0), (2, 1), (6, 0), (6, 3), (6, 5), (70, 0), (70, 64), (70, 69)]
)
def test_failing_downdate(size, pivot, order, overwrite):
    L = np.array(random_factor(size, 100.0), order=order)
    # The leading minors stay positive up to `pivot`, however large the entries behind it.
    p = np.full(size, 3.0)
    p[:pivot] = 0.5 / np.sqrt(size)
    p[pivot] = 1.2
    x = L @ p
    assert reference.downdate_pivot(L, x) == pivot
    L_copy, x_copy = L.copy(), x.copy()
    with pytest.raises(paris_core.NotPositiveDefiniteError) as caught:
        cholesky_downdate(L, x, overwrite=overwrite)
    assert caught.value.pivot == pivot
    assert type(caught.value.pivot) is int
    assert str(pivot) in str(caught.value)
    np.testing.assert_array_equal(L, L_copy)
    np.testing.assert_array_equal(x, x_copy)


def test_error_is_caught_by_handlers_of_numpy():
    assert issubclass(paris_core.NotPositiveDefiniteError, np.linalg.LinAlgError)
    assert paris_core.NotPositiveDefiniteError is paris_core.linalg.NotPositiveDefiniteError
    with pytest.raises(np.linalg.LinAlgError):
        cholesky_downdate(np.eye(3), [0, 2, 0])


@pytest.mark.parametrize("size", [1, 5, 64])
def test_edge_of_definiteness(size):
    L = random_factor(size)
    for excess in (1e-2, 1e-6, 1e-10):
        L_new = cholesky_downdate(L, removable(L, 1 - excess))
        assert np.all(np.diag(L_new) > 0)
        # det(A - x x') = det(A) (1 - h)
        ratio = np.prod((np.diag(L_new) / np.diag(L)) ** 2)
        assert ratio == pytest.approx(excess, rel=1e-13 * size / excess)
        with pytest.raises(paris_core.NotPositiveDefiniteError):
            cholesky_downdate(L, removable(L, 1 + excess))


def test_exactly_singular():
    with pytest.raises(paris_core.NotPositiveDefiniteError) as caught:
        cholesky_downdate(np.diag([2.0, 3.0, 4.0]), [0.0, 3.0, 0.0])
    assert caught.value.pivot == 1


# ------------------------------------------------------------------------------------ RidgeFactor


def assert_ridge(factor, Phi, y, lam, kept, tolerance):
    """Everything that the factor shows belongs to the kept rows."""
    Phi, y = Phi[kept], y[kept]
    A = Phi.T @ Phi + lam * np.eye(Phi.shape[1])
    assert_factor_of(factor.lower, A, tolerance)
    w = reference.ridge_weights(Phi, y, lam)
    scale = max(np.abs(w).max(), 1e-10)
    assert factor.weights.shape == (Phi.shape[1], *y.shape[1:])
    np.testing.assert_allclose(factor.weights, w, rtol=0, atol=tolerance * 1e3 * scale)
    b = np.arange(1.0, len(A) + 1)
    x = factor.solve(b)
    scale = np.abs(A).max() * np.abs(x).max() + np.abs(b).max()
    np.testing.assert_allclose(A @ x, b, rtol=0, atol=tolerance * 10 * scale)
    assert factor.n_kept == np.count_nonzero(kept)


followed = problems(kinds=("relu", "gaussian", "duplicates", "deficient"), outputs=(None, 1, 3))


@given(st.data(), followed, penalties())
def test_ridge_factor_follows_the_kept_rows(data, problem, lam):
    Phi, y = problem.Phi, problem.y
    factor = RidgeFactor(Phi, y, lam)
    kept = np.ones(len(y), dtype=bool)
    rows = data.draw(st.permutations(range(len(y))), label="rows")
    for row in rows[: max(1, len(y) - 1)]:
        assert_ridge(factor, Phi, y, lam, kept, tolerance=1e-11)
        factor.remove(row)
        kept[row] = False
    assert factor.n_kept == np.count_nonzero(kept)


@pytest.mark.parametrize("n_outputs", [None, 3], ids="C={}".format)
def test_ridge_factor_loses_nearly_all_rows(n_outputs):
    problem = make_problem(2000, 1, 24, kind="gaussian", n_outputs=n_outputs)
    factor = RidgeFactor(problem.Phi, problem.y, 0.01)
    kept = np.ones(2000, dtype=bool)
    for row in np.random.default_rng(0).permutation(2000)[:1990]:
        factor.remove(row)
        kept[row] = False
    assert_ridge(factor, problem.Phi, problem.y, 0.01, kept, tolerance=1e-10)


@pytest.mark.parametrize("n_outputs", [None, 3], ids="C={}".format)
def test_ridge_factor_without_rows_is_the_penalty(n_outputs):
    problem = make_problem(5, 1, 3, kind="gaussian", n_outputs=n_outputs)
    factor = RidgeFactor(problem.Phi, problem.y, 4.0)
    for row in range(5):
        factor.remove(row)
    assert factor.n_kept == 0
    np.testing.assert_allclose(factor.lower, 2 * np.eye(3), atol=1e-13)
    np.testing.assert_allclose(factor.weights, 0, atol=1e-13)


@pytest.mark.parametrize("scale", [1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8], ids="{:g}".format)
@pytest.mark.parametrize("n_outliers", [1, 3])
def test_giant_row_leaves_nothing_behind(scale, n_outliers):
    # Its square swallows the digits of all others; the factor must be rebuilt when it is gone.
    problem = make_problem(300, 1, 8, kind="gaussian")
    Phi, y = problem.Phi.copy(), problem.y.copy()
    Phi[:n_outliers] *= scale
    y[:n_outliers] *= scale
    factor = RidgeFactor(Phi, y, 1.0)
    kept = np.ones(300, dtype=bool)
    for row in range(n_outliers):
        factor.remove(row)
        kept[row] = False
    assert_ridge(factor, Phi, y, 1.0, kept, tolerance=1e-9)
    if scale >= 1e6:
        assert factor.n_refactorizations >= 1


def test_a_column_that_fades_among_larger_ones():
    # Its rounding errors are those of the large entries that have left; the trace does not tell.
    problem = make_problem(400, 1, 6, kind="gaussian")
    Phi = problem.Phi * np.where(np.arange(6) > 0, 1e8, 1.0)
    Phi[:200, 0] *= 1e4
    factor = RidgeFactor(Phi, problem.y, 1e-3)
    for row in range(200):
        factor.remove(row)
    w = reference.ridge_weights(Phi[200:], problem.y[200:], 1e-3)
    np.testing.assert_allclose(factor.weights, w, rtol=1e-10)


def test_rebuilds_are_rare():
    problem = make_problem(300, 1, 8, kind="gaussian")
    factor = RidgeFactor(problem.Phi, problem.y, 1.0)
    assert factor.n_refactorizations == 0
    for row in range(290):
        factor.remove(row)
    # Some as the rows dwindle; far from one a removal.
    assert factor.n_refactorizations <= 10


def test_ridge_factor_refuses_rows():
    problem = make_problem(20, 1, 3)
    factor = RidgeFactor(problem.Phi, problem.y, 1.0)
    factor.remove(np.int64(4))
    before = factor.weights.copy()
    for row in (20, 10**30, -21):
        with pytest.raises(IndexError, match=r"\brow\b"):
            factor.remove(row)
    with pytest.raises(ValueError, match=r"\brow\b.*\b4\b|\b4\b.*\brow\b"):
        factor.remove(4)
    for row in (1.0, "1", None, True, [1]):
        with pytest.raises(TypeError, match=r"\brow\b"):
            factor.remove(row)
    np.testing.assert_array_equal(factor.weights, before)
    assert factor.n_kept == 19


def test_what_ridge_factor_shows_is_not_its_state():
    problem = make_problem(20, 1, 3)
    factor = RidgeFactor(problem.Phi, problem.y, 1.0)
    weights, lower = factor.weights, factor.lower
    copies = weights.copy(), lower.copy()
    for shown in (weights, lower):
        if shown.flags.writeable:
            shown[...] = np.nan
    np.testing.assert_array_equal(factor.weights, copies[0])
    np.testing.assert_array_equal(factor.lower, copies[1])
    factor.remove(0)
    assert np.isfinite(factor.weights).all()


@pytest.mark.parametrize("n_features", [3, 40])
def test_ridge_factor_of_other_layouts(n_features):
    problem = make_problem(20, 1, n_features)
    plain = RidgeFactor(problem.Phi, problem.y, 1.0)
    others = [
        RidgeFactor(np.asfortranarray(problem.Phi), problem.y, 1.0),
        RidgeFactor(np.repeat(problem.Phi, 2, axis=1)[:, ::2], np.repeat(problem.y, 2)[::2], 1),
        RidgeFactor(problem.Phi.tolist(), problem.y.tolist(), np.float32(1)),
    ]
    for factor in (plain, *others):
        factor.remove(7)
        np.testing.assert_array_equal(factor.weights, plain.weights)
        np.testing.assert_array_equal(factor.lower, plain.lower)


@pytest.mark.parametrize("b", [[1, 2, 3], np.array([1.0, 2.0, 3.0], dtype=np.float32)], ids=type)
def test_solve_takes_what_converts(b):
    problem = make_problem(20, 1, 3)
    factor = RidgeFactor(problem.Phi, problem.y, 1.0)
    np.testing.assert_array_equal(factor.solve(b), factor.solve(np.array([1.0, 2.0, 3.0])))


@pytest.mark.parametrize(
    ("b", "error"),
    [
        ([1.0, 2.0], ValueError),
        (1.0, ValueError),
        ([1.0, np.nan, 2.0], ValueError),
        ([1.0, 2.0, np.inf], ValueError),
        ([1j, 2.0, 3.0], TypeError),
        (["a", "b", "c"], TypeError),
    ],
    ids=["short", "scalar", "nan", "inf", "complex", "string"],
)
def test_solve_refuses(b, error):
    problem = make_problem(20, 1, 3)
    factor = RidgeFactor(problem.Phi, problem.y, 1.0)
    with pytest.raises(error, match=r"\bb\b"):
        factor.solve(b)
