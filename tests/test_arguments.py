"""Bad input: an error that names the argument and what it got; never a crash, never an answer."""

import re

import numpy as np
import pytest

import paris_core
from paris_core.linalg import RidgeFactor, cholesky_downdate, cholesky_update
from paris_core.regularization import select_lambda
from problems import make_problem

# Sizes that no message can mention by accident.
N, V, D = 23, 19, 5
BAD_ROW = 17


def good(*names):
    """Valid arguments by name."""
    problem = make_problem(N, V, D, seed=1, kind="gaussian")
    values = {
        "Phi": problem.Phi,
        "y": problem.y,
        "Phi_val": problem.Phi_val,
        "y_val": problem.y_val,
        "groups": np.arange(N) // 4,
        "k": 3,
        "lam": 0.5,
        "L": np.linalg.cholesky(problem.Phi.T @ problem.Phi),
        "x": problem.Phi[0],
    }
    return {name: values[name] for name in names}


# Every public function that computes, and the arguments that it needs.
FUNCTIONS = {
    "prune": (paris_core.prune, ("Phi", "y", "Phi_val", "y_val", "k", "lam")),
    "Pruner": (paris_core.Pruner, ("Phi", "y", "Phi_val", "y_val", "lam")),
    "prune_groups": (
        paris_core.prune_groups,
        ("Phi", "y", "Phi_val", "y_val", "groups", "lam"),
    ),
    "deletion_residuals": (
        paris_core.deletion_residuals,
        ("Phi", "y", "Phi_val", "y_val", "lam"),
    ),
    "influence_matrix": (paris_core.influence_matrix, ("Phi", "y", "Phi_val", "lam")),
    "representer_weights": (paris_core.representer_weights, ("Phi", "y", "lam")),
    "select_lambda": (select_lambda, ("Phi", "y")),
    "RidgeFactor": (RidgeFactor, ("Phi", "y", "lam")),
    "cholesky_downdate": (cholesky_downdate, ("L", "x")),
    "cholesky_update": (cholesky_update, ("L", "x")),
}
TABLES, VECTORS = ("Phi", "Phi_val", "L"), ("y", "y_val", "x")


def pairs(*arguments):
    """Every (function, argument) of these arguments."""
    return [
        pytest.param(function, argument, id=f"{function}-{argument}")
        for function, (_, names) in FUNCTIONS.items()
        for argument in arguments
        if argument in names
    ]


def call(function, **changes):
    f, names = FUNCTIONS[function]
    return f(**{**good(*names), **changes})


def refused(function, argument, value, error, match=""):
    """The call raises `error`, whose message names the argument and matches `match`."""
    with pytest.raises(error) as caught:
        call(function, **{argument: value})
    message = str(caught.value)
    words = message.replace("`", " ").replace("'", " ").replace(",", " ").replace(":", " ")
    assert argument in words.replace(".", " ").replace("=", " ").replace("(", " ").split(), message
    assert match in message
    # A subclass, as NotImplementedError of RuntimeError, would mean something else.
    assert type(caught.value) in (error if isinstance(error, tuple) else (error,)), message


@pytest.mark.parametrize("function", FUNCTIONS)
def test_good_arguments_are_accepted(function):
    call(function)


# ---------------------------------------------------------------------------------- single arrays

entries = pairs(*TABLES, *VECTORS)


@pytest.mark.parametrize(("function", "argument"), entries)
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf], ids=str)
def test_not_finite(function, argument, bad):
    array = good(argument)[argument].copy()
    row = 3 if argument in ("L", "x") else BAD_ROW
    array[row, 0 if array.ndim == 2 else ...] = bad
    array[row + 1 :] = bad  # which must not be taken for the first
    copy = array.copy()
    refused(function, argument, array, ValueError, match=str(row))
    np.testing.assert_array_equal(array, copy)


@pytest.mark.parametrize(("function", "argument"), entries)
@pytest.mark.parametrize(
    "make",
    [
        lambda a: a.astype(complex),
        lambda a: a.astype(object),
        lambda a: a.astype(str),
        lambda a: a.astype(bytes),
        lambda a: np.full(a.shape, np.datetime64("2003-10-29")),
        lambda a: np.full(a.shape, np.timedelta64(1, "h")),
        lambda a: np.zeros(a.shape, dtype=[("a", float)]),
    ],
    ids=["complex", "object", "str", "bytes", "datetime", "timedelta", "structured"],
)
def test_dtype(function, argument, make):
    refused(function, argument, make(good(argument)[argument]), TypeError)


@pytest.mark.parametrize(("function", "argument"), entries)
@pytest.mark.parametrize(
    "value", [None, "table", {"a": 1}, object()], ids=lambda v: type(v).__name__
)
def test_no_array_at_all(function, argument, value):
    refused(function, argument, value, (TypeError, ValueError))


# Where the targets may have several columns, and where they may not.
SEVERAL_OUTPUTS = ("prune", "Pruner", "prune_groups", "RidgeFactor", "select_lambda")
ONE_OUTPUT = ("deletion_residuals", "influence_matrix", "representer_weights")


def columns_of(function, n_columns):
    """The targets that `function` takes, as tables of so many columns."""
    _, names = FUNCTIONS[function]
    targets = good(*(name for name in ("y", "y_val") if name in names))
    return {name: np.column_stack([value] * n_columns) for name, value in targets.items()}


@pytest.mark.parametrize("n_columns", [1, 2, 7])
@pytest.mark.parametrize("function", SEVERAL_OUTPUTS)
def test_targets_of_several_columns(function, n_columns):
    answer = call(function, **columns_of(function, n_columns))
    if isinstance(answer, paris_core.Pruner):
        answer = answer.result()
    if function != "select_lambda":
        assert answer.weights.shape == (D, n_columns)


@pytest.mark.parametrize("columns", [1, 2])
@pytest.mark.parametrize(
    ("function", "argument"),
    [
        (function, argument)
        for function in ONE_OUTPUT
        for argument in ("y", "y_val")
        if argument in FUNCTIONS[function][1]
    ],
)
def test_only_one_output(function, argument, columns):
    length = {"y": N, "y_val": V}[argument]
    table = np.ones((length, columns))
    refused(function, argument, table, ValueError, match=f"({length}, {columns})")


@pytest.mark.parametrize("function", ["prune", "Pruner", "prune_groups"])
@pytest.mark.parametrize(
    ("y_columns", "val_columns"), [(2, 3), (3, 2), (2, 1), (1, 2), (None, 1), (1, None), (None, 2)]
)
def test_as_many_outputs_for_validation_as_for_training(function, y_columns, val_columns):
    def ones(length, columns):
        return np.ones(length if columns is None else (length, columns))

    changes = {"y": ones(N, y_columns), "y_val": ones(V, val_columns)}
    with pytest.raises(ValueError, match=r"\by(_val)?\b") as caught:
        call(function, **changes)
    assert str(changes["y_val"].shape) in str(caught.value)


@pytest.mark.parametrize(
    ("function", "argument"),
    [
        (function, argument)
        for function in SEVERAL_OUTPUTS
        for argument in ("y", "y_val")
        if argument in FUNCTIONS[function][1]
    ],
)
@pytest.mark.parametrize("bad", [np.nan, np.inf], ids=str)
def test_not_finite_in_a_later_column(function, argument, bad):
    tables = columns_of(function, 3)
    tables[argument][BAD_ROW, 2] = bad
    with pytest.raises(ValueError, match=rf"\b{argument}\b.*{BAD_ROW}"):
        call(function, **tables)


@pytest.mark.parametrize(("function", "argument"), pairs("Phi", "Phi_val", "y", "y_val"))
def test_ragged(function, argument):
    refused(function, argument, [[1.0, 2.0], [3.0]], (TypeError, ValueError))


@pytest.mark.parametrize(("function", "argument"), pairs("Phi", "Phi_val", "y", "y_val"))
def test_masked_arrays_are_not_read_through_their_mask(function, argument):
    array = np.ma.masked_array(good(argument)[argument], mask=False)
    array[BAD_ROW] = np.ma.masked
    refused(function, argument, array, (TypeError, ValueError))


@pytest.mark.parametrize(("function", "argument"), pairs("Phi", "Phi_val"))
@pytest.mark.parametrize("shape", [(), (N,), (N, D, 1)], ids=str)
def test_tables_have_two_dimensions(function, argument, shape):
    refused(function, argument, np.ones(shape), ValueError, match=str(shape) if shape else "")


@pytest.mark.parametrize(("function", "argument"), pairs("Phi", "Phi_val"))
@pytest.mark.parametrize("shape", [(0, D), (N, 0), (0, 0)], ids=str)
def test_empty_tables(function, argument, shape):
    refused(function, argument, np.ones(shape), ValueError, match=str(shape))


@pytest.mark.parametrize(("function", "argument"), pairs("y", "y_val"))
@pytest.mark.parametrize("shape", [(), (0,), (3, 1, 1), (N, 0), (V, 0)], ids=str)
def test_shapes_that_are_no_targets(function, argument, shape):
    refused(function, argument, np.ones(shape), ValueError, match=str(shape) if shape else "")


@pytest.mark.parametrize("function", ["cholesky_downdate", "cholesky_update"])
@pytest.mark.parametrize("shape", [(D,), (D, D + 1), (D + 1, D), (0, 0), (1, D, D)], ids=str)
def test_factors_are_square(function, shape):
    refused(function, "L", np.ones(shape), ValueError, match=str(shape))


@pytest.mark.parametrize("function", ["cholesky_downdate", "cholesky_update"])
@pytest.mark.parametrize("shape", [(), (D - 1,), (D + 1,), (D, 1), (0,)], ids=str)
def test_x_is_as_long_as_the_factor(function, shape):
    refused(function, "x", np.zeros(shape), ValueError, match=str(shape) if shape else "")


@pytest.mark.parametrize("function", ["cholesky_downdate", "cholesky_update"])
@pytest.mark.parametrize("diagonal", [0.0, -1.0])
def test_factors_have_a_positive_diagonal(function, diagonal):
    L = good("L")["L"]
    L[3, 3] = diagonal
    refused(function, "L", L, ValueError, match="3")


def test_overwrite_is_a_bool():
    for value in ("yes", 1.5, None, [True]):
        refused("cholesky_update", "overwrite", value, TypeError)


# -------------------------------------------------------------------------------- lengths together


@pytest.mark.parametrize(("function", "argument"), pairs("y", "y_val"))
@pytest.mark.parametrize("change", [-1, 1])
def test_targets_are_as_many_as_rows(function, argument, change):
    length = {"y": N, "y_val": V}[argument] + change
    refused(function, argument, np.ones(length), ValueError, match=str(length))


@pytest.mark.parametrize(("function", "argument"), pairs("Phi_val"))
@pytest.mark.parametrize("change", [-1, 1])
def test_validation_rows_have_the_same_features(function, argument, change):
    refused(function, argument, np.ones((V, D + change)), ValueError, match=str(D + change))


@pytest.mark.parametrize(("function", "argument"), pairs("Phi", "Phi_val", "y", "y_val"))
def test_numbers_too_large_to_be_squared(function, argument):
    array = good(argument)[argument].copy()
    array[BAD_ROW] *= 1e250
    try:
        answer = call(function, **{argument: array})
    except (ValueError, ArithmeticError, np.linalg.LinAlgError):
        return
    # An infinity must not pass in silence.
    if isinstance(answer, paris_core.Pruner):
        answer = answer.result()
    if isinstance(answer, paris_core.PruneResult):
        shown = [answer.loss, answer.delta_loss, answer.weights]
    elif isinstance(answer, paris_core.GroupPruneResult):
        shown = [answer.loss, answer.weights]
    elif isinstance(answer, RidgeFactor):
        shown = [answer.lower, answer.weights]
    else:
        shown = [np.asarray(answer)]
    assert all(np.isfinite(numbers).all() for numbers in shown)


# -------------------------------------------------------------------------------------------- lam


@pytest.mark.parametrize(("function", "argument"), pairs("lam"))
@pytest.mark.parametrize("lam", [0, 0.0, -1.0, -0.0, np.nan, np.inf, -np.inf], ids=repr)
def test_lam_is_positive_and_finite(function, argument, lam):
    refused(function, argument, lam, ValueError, match=str(lam))


@pytest.mark.parametrize(("function", "argument"), pairs("lam"))
@pytest.mark.parametrize(
    "lam", [None, True, 1j, [1.0], np.ones(1), np.ones(2), {}, b"auto"], ids=repr
)
def test_lam_is_a_number(function, argument, lam):
    refused(function, argument, lam, TypeError)


@pytest.mark.parametrize("function", ["prune", "Pruner", "prune_groups"])
@pytest.mark.parametrize("lam", ["", "AUTO", "loocv", "0.5"])
def test_lam_by_unknown_name(function, lam):
    refused(function, "lam", lam, ValueError, match=repr(lam))


def test_lam_too_small_for_the_table():
    # Two equal columns of large numbers: rounding swallows the penalty. Either the weights are
    # right to the digits there are, or the error says which penalty would do.
    column = np.linspace(1, 2, N)[:, None] * 1e8
    Phi = np.hstack([column, column, column])
    try:
        result = paris_core.prune(Phi, column[:, 0], Phi[:V], column[:V, 0], 3, lam=1e-12)
    except paris_core.NotPositiveDefiniteError as caught:
        error = caught
    else:
        np.testing.assert_allclose(Phi @ result.weights, column[:, 0], rtol=1e-5)
        return
    sufficient = re.search(r"lam=(\S+) would do", str(error))
    assert error.pivot in (1, 2)
    lam = float(sufficient.group(1))
    result = paris_core.prune(Phi, column[:, 0], Phi[:V], column[:V, 0], 3, lam=lam)
    np.testing.assert_allclose(Phi @ result.weights, column[:, 0], rtol=1e-3)


# ---------------------------------------------------------------------------------- prune, Pruner

both = pytest.mark.parametrize("function", ["prune", "Pruner"])


@pytest.mark.parametrize(
    "k", [-1, N, N + 1, 10**30, 0.0, 1.0, 1.5, -0.5, 3.0, np.nan, np.inf, np.float64(2)], ids=repr
)
def test_k_out_of_range(k):
    refused("prune", "k", k, ValueError, match=str(k))


@pytest.mark.parametrize(
    "k", [True, False, np.True_, None, "3", "half", 1j, [3], np.array([3, 4]), {}], ids=repr
)
def test_k_of_wrong_type(k):
    refused("prune", "k", k, TypeError)


@both
@pytest.mark.parametrize(
    ("protect", "error"),
    [
        pytest.param(np.ones(N - 1, dtype=bool), ValueError, id="short"),
        pytest.param(np.ones(N + 1, dtype=bool), ValueError, id="long"),
        pytest.param(np.ones((N, 1), dtype=bool), ValueError, id="2-D"),
        pytest.param(np.ones((), dtype=bool), ValueError, id="0-D"),
        pytest.param(np.ones(0, dtype=bool), ValueError, id="empty"),
        pytest.param(np.zeros(N, dtype=int), TypeError, id="int"),
        pytest.param(np.zeros(N), TypeError, id="float"),
        pytest.param(np.array(["no"] * N), TypeError, id="str"),
        pytest.param(np.zeros(N, dtype=object), TypeError, id="object"),
        pytest.param([0, 3, 5], TypeError, id="indices"),
        pytest.param("all", TypeError, id="a string"),
    ],
)
def test_protect(function, protect, error):
    refused(function, "protect", protect, error)


@pytest.mark.parametrize("function", ["prune", "Pruner", "prune_groups"])
@pytest.mark.parametrize(
    ("val_weight", "error", "match"),
    [
        pytest.param(np.ones(V - 1), ValueError, str(V - 1), id="short"),
        pytest.param(np.ones(V + 1), ValueError, str(V + 1), id="long"),
        pytest.param(np.ones((V, 1)), ValueError, "", id="2-D"),
        pytest.param(1.0, ValueError, "", id="0-D"),
        pytest.param(
            np.where(np.arange(V) >= BAD_ROW, -0.5, 1.0), ValueError, str(BAD_ROW), id="negative"
        ),
        pytest.param(
            np.where(np.arange(V) >= BAD_ROW, np.nan, 1.0), ValueError, str(BAD_ROW), id="nan"
        ),
        pytest.param(
            np.where(np.arange(V) >= BAD_ROW, np.inf, 1.0), ValueError, str(BAD_ROW), id="inf"
        ),
        pytest.param(np.zeros(V), ValueError, "", id="all zero"),
        pytest.param(np.ones(V, dtype=complex), TypeError, "", id="complex"),
        pytest.param(np.ones(V, dtype=object), TypeError, "", id="object"),
        pytest.param(["1"] * V, TypeError, "", id="str"),
    ],
)
def test_val_weight(function, val_weight, error, match):
    refused(function, "val_weight", val_weight, error, match)


@both
@pytest.mark.parametrize("n_threads", [0, -1, 10**30])
def test_n_threads_out_of_range(function, n_threads):
    refused(function, "n_threads", n_threads, ValueError, match=str(n_threads))


@both
@pytest.mark.parametrize("n_threads", [1.0, True, "2", [2]], ids=repr)
def test_n_threads_of_wrong_type(function, n_threads):
    refused(function, "n_threads", n_threads, TypeError)


@both
@pytest.mark.parametrize("cache_bytes", [-1, -(10**30)])
def test_cache_bytes_negative(function, cache_bytes):
    refused(function, "cache_bytes", cache_bytes, ValueError, match=str(cache_bytes))


@both
@pytest.mark.parametrize("cache_bytes", [1.0, True, "256MiB", None, [2]], ids=repr)
def test_cache_bytes_of_wrong_type(function, cache_bytes):
    refused(function, "cache_bytes", cache_bytes, TypeError)


@both
def test_cache_may_be_larger_than_memory(function):
    call(function, cache_bytes=2**62)


@both
@pytest.mark.parametrize("callback", [1, "print", [print]], ids=repr)
def test_callback_is_callable(function, callback):
    refused(function, "callback", callback, TypeError)


@both
@pytest.mark.parametrize("option", ["criterion", "objective", "engine"])
def test_unknown_choices(function, option):
    refused(function, option, "unheard-of", ValueError, match="'unheard-of'")
    for value in (None, 1, ["worst"]):
        refused(function, option, value, (TypeError, ValueError))


@both
@pytest.mark.parametrize("n_worst", [0, -3, V + 1, 10**30])
def test_number_of_worst_rows_out_of_range(function, n_worst):
    refused(function, "objective", ("worst", n_worst), ValueError, match=str(n_worst))


@both
@pytest.mark.parametrize("n_worst", [1.0, True, "1", None], ids=repr)
def test_number_of_worst_rows_of_wrong_type(function, n_worst):
    refused(function, "objective", ("worst", n_worst), TypeError)


@both
@pytest.mark.parametrize("n_worst", [1, V, np.int64(2)], ids=repr)
def test_number_of_worst_rows_in_range(function, n_worst):
    call(function, objective=("worst", n_worst))


@both
@pytest.mark.parametrize("value", [("mean", 2), ("worst",), ("worst", 1, 2), (), (2, "worst")])
def test_pairs_that_are_no_objective(function, value):
    refused(function, "objective", value, ValueError, match="must be 'mean', 'worst' or")


@both
def test_the_worst_row_is_one_worst_row(function):
    runs = [call(function, objective=value) for value in ("worst", ("worst", 1))]
    if function == "Pruner":
        runs = [run.result() for run in runs if run.run(3)]
    one, other = (run.record.options for run in runs)
    assert one == other
    np.testing.assert_array_equal(runs[0].removed, runs[1].removed)


# -------------------------------------------------------------------------------- strata, quotas

STRATA = np.arange(N) % 3  # sizes 8, 8, 7
QUOTAS = np.array([2, 0, 7])


@both
@pytest.mark.parametrize(
    ("strata", "error", "match"),
    [
        pytest.param(STRATA[1:], ValueError, f"({N - 1},)", id="short"),
        pytest.param(np.append(STRATA, 0), ValueError, f"({N + 1},)", id="long"),
        pytest.param(STRATA[:, None], ValueError, f"({N}, 1)", id="2-D"),
        pytest.param(3, ValueError, "", id="0-D"),
        pytest.param(
            np.where(np.arange(N) >= BAD_ROW, -1, STRATA), ValueError, str(BAD_ROW), id="negative"
        ),
        pytest.param(STRATA.astype(float), TypeError, "float64", id="float"),
        pytest.param(STRATA > 0, TypeError, "bool", id="bool"),
        pytest.param(STRATA.astype(str), TypeError, "", id="str"),
        pytest.param(STRATA.astype(object), TypeError, "object", id="object"),
        pytest.param([[1], [1, 2]], (TypeError, ValueError), "", id="ragged"),
    ],
)
def test_strata(function, strata, error, match):
    with pytest.raises(error, match=rf"\bstrata\b.*{re.escape(match)}"):
        call(function, strata=strata, quotas=QUOTAS)


@both
@pytest.mark.parametrize(
    ("quotas", "error", "match"),
    [
        pytest.param(QUOTAS[:, None], ValueError, "(3, 1)", id="2-D"),
        pytest.param(2, ValueError, "", id="0-D"),
        pytest.param([2, 0, -7], ValueError, "-7", id="negative"),
        pytest.param([2, 0, 8], ValueError, "8", id="above the stratum"),
        pytest.param([2, 0, 7, 1], ValueError, "1", id="of an empty stratum"),
        pytest.param([0.5, 0.0, 7.0], TypeError, "float64", id="float"),
        pytest.param([True, False, True], TypeError, "bool", id="bool"),
        pytest.param(["2", "0", "7"], TypeError, "", id="str"),
        pytest.param(QUOTAS.astype(object), TypeError, "object", id="object"),
        pytest.param([[1], [1, 2]], (TypeError, ValueError), "", id="ragged"),
    ],
)
def test_quotas(function, quotas, error, match):
    with pytest.raises(error, match=rf"\bquotas\b.*{re.escape(match)}"):
        call(function, strata=STRATA, quotas=quotas)


@both
@pytest.mark.parametrize("label", [3, 2**40])
def test_labels_without_a_quota(function, label):
    strata = np.where(np.arange(N) >= BAD_ROW, label, STRATA)
    with pytest.raises(
        ValueError, match=rf"(?s)(?=.*\b(strata|quotas)\b).*\b({label}|{label + 1})\b"
    ):
        call(function, strata=strata, quotas=QUOTAS)


@both
@pytest.mark.parametrize("given", [{"strata": STRATA}, {"quotas": QUOTAS}], ids=lambda d: min(d))
def test_strata_and_quotas_come_together(function, given):
    with pytest.raises(ValueError, match=r"(?s)(?=.*\bstrata\b).*\bquotas\b"):
        call(function, **given)


# ------------------------------------------------------------------------------ stop and its rules
# The monitor is in test_monitor.py.


@both
@pytest.mark.parametrize("stop", ["", "K", "never", "completed", "callback", "k, stalled"])
def test_stop_by_unknown_name(function, stop):
    refused(function, "stop", stop, ValueError, match=repr(stop))


@both
@pytest.mark.parametrize("stop", [None, 3, True, [3], (), ("k", None), b"k"], ids=repr)
def test_stop_of_wrong_type(function, stop):
    refused(function, "stop", stop, TypeError)


# Bad values are refused whatever the rule is.
rules = pytest.mark.parametrize("stop", ["k", "stalled"])


@both
@rules
@pytest.mark.parametrize("tolerance", [-1.0, -1e-300, np.nan, np.inf, -np.inf], ids=repr)
def test_tolerance_out_of_range(function, stop, tolerance):
    with pytest.raises(ValueError, match=rf"\btolerance\b.*{re.escape(str(tolerance))}"):
        call(function, stop=stop, tolerance=tolerance)


@both
@rules
@pytest.mark.parametrize("tolerance", [True, "0", 1j, [0.0], np.zeros(1)], ids=repr)
def test_tolerance_of_wrong_type(function, stop, tolerance):
    with pytest.raises(TypeError, match=r"\btolerance\b"):
        call(function, stop=stop, tolerance=tolerance)


@both
@pytest.mark.parametrize("tolerance", [None, 0, 0.0, np.float32(0.5), 10**6], ids=repr)
def test_tolerance_is_a_number(function, tolerance):
    call(function, stop="stalled", tolerance=tolerance)


@both
@pytest.mark.parametrize("patience", [0, -1, 0.0, 1.0, 1.5, np.inf])
def test_patience_out_of_range(function, patience):
    refused(function, "patience", patience, ValueError, match=str(patience))


@both
@pytest.mark.parametrize("patience", [True, "1", None, [1]], ids=repr)
def test_patience_of_wrong_type(function, patience):
    refused(function, "patience", patience, TypeError)


# ---------------------------------------------------------------------------------- the signature


@both
def test_options_are_keyword_only(function):
    f, _ = FUNCTIONS[function]
    arguments = list(good("Phi", "y", "Phi_val", "y_val").values())
    arguments += [3] if function == "prune" else []
    with pytest.raises(TypeError, match="positional"):
        f(*arguments, 0.5)


@pytest.mark.parametrize("method", ["", "GCV", "auto", None, 3], ids=repr)
def test_unknown_method(method):
    with pytest.raises((TypeError, ValueError), match="method"):
        select_lambda(**good("Phi", "y"), method=method)


def test_errors_come_in_the_order_of_the_signature():
    with pytest.raises(ValueError, match=r"\bPhi\b"):
        call("prune", Phi=np.ones(3), y=np.ones(0), k=-1, lam=-1)
    with pytest.raises(ValueError, match=r"\bk\b"):
        call("prune", k=-1, lam=-1)
