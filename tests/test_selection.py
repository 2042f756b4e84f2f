"""The selectors against their definitions, written out slowly."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

import paris_core
from paris_core import one_hot, selection
from paris_core.regularization import select_lambda
from paris_core.validation import quotas
from problems import ORDINARY, make_problem, penalties, problems

LAM = 0.7


def ridge(Phi, y, lam, weight=None):
    """A⁻¹ and the weights (D, C), of rows with weights."""
    weight = np.ones(len(Phi)) if weight is None else weight
    inverse = np.linalg.inv(Phi.T @ (weight[:, None] * Phi) + lam * np.eye(Phi.shape[1]))
    return inverse, inverse @ Phi.T @ (weight[:, None] * y.reshape(len(y), -1))


def scores_by_definition(name, problem, lam):
    Phi, y = problem.Phi, problem.y.reshape(problem.n_rows, -1)
    inverse, w = ridge(Phi, y, lam)
    if name == "el2n":
        return [np.linalg.norm(y[k] - w.T @ Phi[k]) for k in range(len(y))]
    if name == "grand":
        return [np.linalg.norm(np.outer(Phi[k], w.T @ Phi[k] - y[k])) for k in range(len(y))]
    if name == "leverage":
        return np.diag(Phi @ inverse @ Phi.T)
    r = problem.y_val.reshape(len(problem.Phi_val), -1) - problem.Phi_val @ w
    return [
        sum(
            2 * r[v] @ (y[k] - w.T @ Phi[k]) * (problem.Phi_val[v] @ inverse @ Phi[k])
            for v in range(len(r))
        )
        for k in range(len(y))
    ]


def options_of(name, problem, **others):
    settings = {"lam": LAM, "Phi_val": problem.Phi_val, "y_val": problem.y_val, **others}
    return {key: settings[key] for key in selection.options(name) if key in settings}


def kept_by_score(scores, kept):
    """Whether `kept` are the rows with the largest scores, ties and rounding apart."""
    scores = np.asarray(scores)
    rest = np.setdiff1d(np.arange(len(scores)), kept)
    assert len(rest) + len(kept) == len(scores)
    tolerance = 1e-7 * np.abs(scores).max()
    return len(rest) == 0 or scores[kept].min() >= scores[rest].max() - tolerance


def with_outputs(problem, n_outputs, seed=0):
    """The same problem with more outputs."""
    rng = np.random.default_rng(seed)
    y = np.column_stack([problem.y, rng.normal(size=(problem.n_rows, n_outputs - 1))])
    y_val = np.column_stack([problem.y_val, rng.normal(size=(len(problem.y_val), n_outputs - 1))])
    return type(problem)(problem.Phi, y, problem.Phi_val, y_val)


@given(
    problems(kinds=ORDINARY),
    penalties(),
    st.sampled_from(["el2n", "grand", "leverage", "influence"]),
    st.sampled_from([1, 3]),
    st.data(),
)
def test_scores_by_definition(problem, lam, name, n_outputs, data):
    if n_outputs > 1:
        problem = with_outputs(problem, n_outputs)
    n_kept = data.draw(st.integers(1, problem.n_rows))
    before = problem.copy()
    chosen = options_of(name, problem, lam=lam)
    kept = selection.select(name, problem.Phi, problem.y, keep=n_kept, random_state=0, **chosen)
    assert len(kept) == n_kept
    assert kept_by_score(scores_by_definition(name, problem, lam), kept)
    problem.assert_equal(before)


@pytest.mark.parametrize("name", selection.NAMES)
@given(problems(), st.data())
def test_every_selector_keeps_the_right_number(name, problem, data):
    n_kept = data.draw(st.integers(1, problem.n_rows))
    chosen = options_of(name, problem)
    kept = selection.select(name, problem.Phi, problem.y, keep=n_kept, random_state=3, **chosen)
    assert kept.dtype == np.int64
    assert len(kept) == n_kept
    assert (np.diff(kept) > 0).all()
    assert kept[0] >= 0
    assert kept[-1] < problem.n_rows
    again = selection.select(name, problem.Phi, problem.y, keep=n_kept, random_state=3, **chosen)
    np.testing.assert_array_equal(kept, again)


def test_influence_is_the_derivative_of_the_validation_loss():
    problem = with_outputs(make_problem(25, 12, 4, seed=5), 2)
    omega = np.random.default_rng(0).uniform(0, 2, 12)

    def loss(weight):
        _, w = ridge(problem.Phi, problem.y, LAM, weight)
        return omega @ ((problem.y_val - problem.Phi_val @ w) ** 2).sum(axis=1)

    step = 1e-5
    slopes = []
    for k in range(problem.n_rows):
        change = step * (np.arange(problem.n_rows) == k)
        slopes.append((loss(1 - change) - loss(1 + change)) / (2 * step))
    assert np.ptp(slopes) > 1
    for n_kept in range(1, problem.n_rows):
        kept = selection.select(
            "influence",
            problem.Phi,
            problem.y,
            keep=n_kept,
            lam=LAM,
            Phi_val=problem.Phi_val,
            y_val=problem.y_val,
            val_weight=omega,
        )
        np.testing.assert_array_equal(kept, np.sort(np.argsort(slopes)[-n_kept:]))


def test_leverages_are_the_diagonal_of_the_hat_matrix():
    # Read off the predictions: h_k is what the fit at row k gains when y_k grows by one.
    Phi = make_problem(20, 1, 5, seed=2, kind="gaussian").Phi
    leverage = [(Phi @ ridge(Phi, np.eye(20)[k], LAM)[1])[k, 0] for k in range(20)]
    for n_kept in range(1, 20):
        kept = selection.select("leverage", Phi, Phi[:, 0], keep=n_kept, lam=LAM)
        np.testing.assert_array_equal(kept, np.sort(np.argsort(leverage)[-n_kept:]))


def test_grand_is_the_norm_of_the_gradient_of_cross_entropy():
    rng = np.random.default_rng(0)
    Phi, labels = rng.normal(size=(30, 4)), rng.integers(0, 3, 30)
    W, step = rng.normal(size=(4, 3)), 1e-6

    def loss(k, W):
        z = Phi[k] @ W
        return np.log(np.exp(z).sum()) - z[labels[k]]

    scores = []
    for k in range(30):
        gradient = [
            (loss(k, W + step * E.reshape(4, 3)) - loss(k, W - step * E.reshape(4, 3))) / (2 * step)
            for E in np.eye(12)
        ]
        scores.append(np.linalg.norm(gradient))
    p = np.exp(Phi @ W)
    p /= p.sum(axis=1, keepdims=True)
    for n_kept in (1, 10, 29):
        kept = selection.select("grand", Phi, labels, keep=n_kept, predictions=p)
        np.testing.assert_array_equal(kept, np.sort(np.argsort(scores)[-n_kept:]))


@pytest.mark.parametrize("labels", [np.arange(40) % 3, np.arange(40) % 2 == 0])
@pytest.mark.parametrize("name", ["el2n", "grand"])
def test_softmax_is_that_of_scikit_learn(name, labels):
    Phi = np.random.default_rng(1).normal(size=(40, 5)) + labels[:, None]
    model = LogisticRegression(C=1 / LAM, fit_intercept=False, tol=1e-8, max_iter=1000)
    p = model.fit(Phi, labels).predict_proba(Phi)
    for y in (labels, one_hot(labels)):
        kept = selection.select(name, Phi, y, keep=9, model="softmax", lam=LAM)
        own = selection.select(name, Phi, y, keep=9, predictions=p)
        np.testing.assert_array_equal(kept, own)


def test_softmax_with_a_class_that_does_not_occur():
    Phi = np.random.default_rng(1).normal(size=(30, 3))
    labels = np.arange(30) % 2
    kept = selection.select(
        "el2n", Phi, one_hot(labels, classes=[0, 7, 1]), keep=5, model="softmax", lam=LAM
    )
    expected = selection.select("el2n", Phi, labels, keep=5, model="softmax", lam=LAM)
    np.testing.assert_array_equal(kept, expected)


@pytest.mark.parametrize("name", ["el2n", "grand", "leverage", "influence", "stratified"])
def test_labels_are_one_hot_targets(name):
    problem = make_problem(60, 30, 5, seed=4)
    words = np.array(["no", "rather", "yes"])
    labels, labels_val = (words[np.digitize(y, [-0.5, 0.5])] for y in (problem.y, problem.y_val))

    def chosen(y, y_val):
        options = options_of(name, problem, y_val=y_val)
        return selection.select(name, problem.Phi, y, keep=0.3, random_state=0, **options)

    by_labels = chosen(labels, labels_val)
    np.testing.assert_array_equal(by_labels, chosen(one_hot(labels), one_hot(labels_val, words)))
    codes, codes_val = np.searchsorted(words, labels), np.searchsorted(words, labels_val)
    np.testing.assert_array_equal(by_labels, chosen(codes, codes_val))


@given(problems(max_rows=12, max_features=3, kinds=("gaussian", "duplicates", "integers")))
def test_k_center_is_greedy_and_within_twice_the_best_radius(problem):
    Phi = problem.Phi
    distance = np.linalg.norm(Phi[:, None] - Phi, axis=2)
    for n_kept in range(1, min(4, len(Phi)) + 1):
        kept = selection.select("k_center", Phi, problem.y, keep=n_kept, random_state=1)
        radius = distance[kept].min(axis=0).max()
        best = min(
            distance[list(centers)].min(axis=0).max()
            for centers in itertools.combinations(range(len(Phi)), n_kept)
        )
        assert radius <= 2 * best + 1e-12
        first = selection.select("k_center", Phi, problem.y, keep=1, random_state=1)
        twin = first.tolist()
        while len(twin) < n_kept:
            nearest = distance[twin].min(axis=0)
            nearest[twin] = -1
            twin.append(int(np.argmax(nearest.round(12))))
        assert radius == pytest.approx(distance[twin].min(axis=0).max(), abs=1e-9)


def test_k_center_begins_anywhere():
    Phi = np.arange(20.0)[:, None]
    first = {
        int(selection.select("k_center", Phi, Phi[:, 0], keep=1, random_state=seed)[0])
        for seed in range(30)
    }
    assert len(first) > 5


@pytest.mark.parametrize("name", ["random", "stratified"])
def test_every_row_has_its_chance(name):
    Phi = np.zeros((40, 1))
    y = np.arange(40.0)
    rng = np.random.default_rng(0)
    times = np.zeros(40)
    for _ in range(2000):
        times[selection.select(name, Phi, y, keep=10, random_state=rng)] += 1
    assert times.min() > 400  # 500 expected, standard deviation 19
    assert times.max() < 600


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=50), st.data())
def test_stratified_keeps_the_share_of_every_class(labels, data):
    labels = np.array(labels)
    n_kept = data.draw(st.integers(1, len(labels)))
    Phi, y = np.zeros((len(labels), 1)), np.zeros(len(labels))
    for arguments in ({"y": labels}, {"y": y, "strata": labels}):
        kept = selection.select("stratified", Phi, keep=n_kept, random_state=0, **arguments)
        assert len(kept) == n_kept
        for label in "abc":
            share = n_kept / len(labels) * (labels == label).sum()
            assert abs((labels[kept] == label).sum() - share) < 1 + 1e-9


def test_stratified_regression_keeps_the_share_of_every_range():
    y = np.random.default_rng(0).standard_t(2, 400)
    kept = selection.select("stratified", y[:, None], y, keep=40, n_bins=20, random_state=0)
    np.testing.assert_array_equal(np.bincount(quotas.target_bins(y, n_bins=20)[kept]), 2)
    kept = selection.select("stratified", y[:, None], y, keep=40, random_state=0)
    np.testing.assert_array_equal(np.bincount(quotas.target_bins(y, n_bins=10)[kept]), 4)


def test_equal_scores_are_kept_at_random():
    Phi, y = np.ones((50, 1)), np.zeros(50)
    kept = [
        selection.select("leverage", Phi, y, keep=10, lam=LAM, random_state=seed)
        for seed in range(2)
    ]
    assert len(np.intersect1d(*kept)) < 9


def test_lam_auto():
    problem = make_problem(200, 1, 6, seed=8)
    number = select_lambda(problem.Phi, problem.y)
    expected = selection.select("leverage", problem.Phi, problem.y, keep=0.2, lam=number)
    for lam in ("auto", "gcv", None):
        kept = selection.select("leverage", problem.Phi, problem.y, keep=0.2, lam=lam)
        np.testing.assert_array_equal(kept, expected)


@pytest.mark.parametrize("method", ["gcv", "evidence"])
def test_one_lam_serves_all_outputs(method):
    problem = make_problem(80, 1, 5, seed=8)
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(80, 2))
    y = np.column_stack([problem.y, noise])
    choose = paris_core.regularization.parse
    same = choose(method, problem.Phi, np.column_stack([problem.y, problem.y]), 1)
    assert same == pytest.approx(choose(method, problem.Phi, problem.y, 1), rel=1e-4)
    lam = choose(method, problem.Phi, y, 1)

    def score(lam):
        eigenvalues = np.linalg.eigvalsh(problem.Phi.T @ problem.Phi)
        _, w = ridge(problem.Phi, y, lam)
        if method == "gcv":
            return (
                np.sum((y - problem.Phi @ w) ** 2)
                / (80 - (eigenvalues / (eigenvalues + lam)).sum()) ** 2
            )
        scale = np.sum(y * (y - problem.Phi @ w))
        return 80 * np.log(scale) + np.log((eigenvalues + lam) / lam).sum()

    assert score(lam) <= min(score(lam * 1.01), score(lam / 1.01))


@given(st.lists(st.integers(0, 4), min_size=1, max_size=60), st.floats(0.01, 1), st.integers(0, 99))
def test_random_with_quotas(strata, density, seed):
    sizes = np.bincount(strata, minlength=6)
    numbers = quotas.equal(sizes, density)
    kept = selection.random_with_quotas(strata, numbers, random_state=seed)
    assert kept.dtype == np.int64
    assert (np.diff(kept) > 0).all()
    np.testing.assert_array_equal(np.bincount(np.array(strata)[kept], minlength=6), numbers)


def test_random_with_quotas_gives_every_row_of_a_stratum_its_chance():
    strata = np.tile([0, 1], 20)
    rng = np.random.default_rng(0)
    times = np.zeros(40)
    for _ in range(1000):
        times[selection.random_with_quotas(strata, [5, 15], rng)] += 1
    assert (np.abs(times[0::2] - 250) < 70).all()  # standard deviation 14
    assert (np.abs(times[1::2] - 750) < 70).all()


def test_metriq_by_bins_keeps_more_of_the_tail():
    rng = np.random.default_rng(0)
    y = rng.standard_t(2, 1000)
    edges = np.quantile(y, [0.05, 0.95])
    bins = quotas.target_bins(y, edges=edges)
    numbers = quotas.metriq([3.0, 0.5, 3.0], np.bincount(bins), density=0.3)
    kept = selection.random_with_quotas(bins, numbers, random_state=0)
    np.testing.assert_array_equal(np.bincount(bins[kept]), [50, 200, 50])


@pytest.mark.parametrize("name", selection.NAMES)
def test_an_option_of_another_selector_is_refused(name):
    problem = make_problem(20, 10, 3, seed=1)
    everything = {
        "lam": LAM,
        "model": "ridge",
        "predictions": problem.y,
        "strata": np.zeros(20, dtype=int),
        "n_bins": 3,
        "Phi_val": problem.Phi_val,
        "y_val": problem.y_val,
        "val_weight": np.ones(10),
    }
    own = selection.options(name)
    assert set(own) < set(everything)
    for option in set(everything) - set(own):
        with pytest.raises(ValueError, match=f"{option} is no option of '{name}'"):
            selection.select(name, problem.Phi, problem.y, keep=3, **{option: everything[option]})


@pytest.mark.parametrize("function", [selection.options, lambda name: select(name=name)])
def test_unknown_names_are_answered_with_the_known_ones(function):
    with pytest.raises(ValueError, match=r"name must be one of 'random'.*'influence', got 'best'"):
        function("best")
    with pytest.raises(TypeError, match="name must be a string"):
        function(3)


def select(name="random", **changes):
    problem = make_problem(20, 10, 3, seed=1)
    arguments = {"Phi": problem.Phi, "y": problem.y, "keep": 3, **changes}
    return selection.select(name, **arguments)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"Phi": np.ones(20)}, ValueError, "Phi must be 2-D"),
        ({"Phi": np.full((20, 2), np.nan)}, ValueError, "Phi must be finite"),
        ({"Phi": [["a"]]}, TypeError, "Phi must be real numbers"),
        ({"y": np.ones(19)}, ValueError, r"y must have shape \(20,\)"),
        ({"y": np.arange(19)}, ValueError, r"y must have shape \(20,\)"),
        ({"y": np.ones((20, 0))}, ValueError, r"y must have shape \(20,\)"),
        ({"y": np.ones((20, 1, 1))}, ValueError, r"y must have shape \(20,\)"),
        ({"y": np.full(20, np.inf)}, ValueError, "y must be finite"),
        ({"y": np.array([1j] * 20)}, TypeError, "y must be real numbers"),
        ({"y": np.array([None] * 20)}, TypeError, "y must be real numbers"),
        ({"y": [[1.0], [1.0, 2.0]]}, ValueError, "y must be an array"),
        ({"keep": 0}, ValueError, r"keep must be in \[1, 20\], got 0"),
        ({"keep": 21}, ValueError, r"keep must be in \[1, 20\], got 21"),
        ({"keep": 1.5}, ValueError, r"keep must be an int in \[1, 20\] or a fraction"),
        ({"keep": 0.0}, ValueError, "keep must be an int"),
        ({"keep": np.nan}, ValueError, "keep must be an int"),
        ({"keep": 0.02}, ValueError, "keep must leave at least one of the 20 rows, got 0.02"),
        ({"keep": True}, TypeError, "keep must be an integer"),
        ({"keep": "half"}, TypeError, "keep must be an integer"),
        ({"random_state": -1}, ValueError, "random_state must be >= 0"),
        ({"random_state": 1.0}, TypeError, "random_state must be an int"),
        ({"random_state": True}, TypeError, "random_state must be an int"),
        ({"name": "leverage", "lam": 0.0}, ValueError, "lam must be"),
        ({"name": "leverage", "lam": "best"}, ValueError, "lam must be one of"),
        ({"name": "el2n", "model": "svm"}, ValueError, "model must be one of 'ridge', 'softmax'"),
        ({"name": "el2n", "model": "softmax", "lam": 1.0}, ValueError, "model='softmax' needs"),
        (
            {"name": "el2n", "model": "softmax", "y": np.arange(20) % 2},
            ValueError,
            "lam must be a number for model='softmax'",
        ),
        (
            {"name": "el2n", "model": "softmax", "lam": 1.0, "y": np.zeros(20, dtype=int)},
            ValueError,
            "rows of two classes",
        ),
        ({"name": "el2n", "predictions": np.ones(19)}, ValueError, "predictions must have shape"),
        ({"name": "el2n", "predictions": np.full(20, np.nan)}, ValueError, "predictions must be"),
        (
            {"name": "el2n", "predictions": np.ones(20), "y": np.arange(20) % 2},
            ValueError,
            r"predictions must have shape \(20, 2\)",
        ),
        (
            {"name": "grand", "predictions": np.ones(20), "lam": 1.0},
            ValueError,
            "lam must not be given with predictions",
        ),
        ({"name": "influence"}, ValueError, "Phi_val must be given for 'influence'"),
        ({"name": "influence", "Phi_val": np.ones((4, 3))}, ValueError, "y_val must be given"),
        (
            {"name": "influence", "Phi_val": np.ones((4, 2)), "y_val": np.ones(4)},
            ValueError,
            "Phi_val must have 3 columns",
        ),
        (
            {"name": "influence", "Phi_val": np.ones((4, 3)), "y_val": np.ones(5)},
            ValueError,
            r"y_val must have shape \(4,\)",
        ),
        (
            {"name": "influence", "Phi_val": np.ones((4, 3)), "y_val": np.ones((4, 2))},
            ValueError,
            "y_val must have as many columns as y",
        ),
        (
            {
                "name": "influence",
                "y": np.arange(20) % 2,
                "Phi_val": np.ones((2, 3)),
                "y_val": [0, 5],
            },
            ValueError,
            "y_val must be in classes, got 5 in row 1",
        ),
        (
            {
                "name": "influence",
                "Phi_val": np.ones((2, 3)),
                "y_val": np.ones(2),
                "val_weight": [-1.0, 1.0],
            },
            ValueError,
            "val_weight must be >= 0",
        ),
        ({"name": "stratified", "n_bins": 0}, ValueError, "n_bins must be >= 1"),
        (
            {"name": "stratified", "n_bins": 2, "y": np.arange(20) % 2},
            ValueError,
            "n_bins must not",
        ),
        (
            {"name": "stratified", "n_bins": 2, "strata": np.arange(20)},
            ValueError,
            "n_bins must not",
        ),
        ({"name": "stratified", "strata": np.arange(19)}, ValueError, r"strata must have shape"),
        ({"name": "stratified", "strata": np.ones(20)}, TypeError, "strata must be integers"),
        ({"name": "stratified", "y": np.ones((20, 2))}, ValueError, "strata must be given"),
    ],
)
def test_bad_input(arguments, error, message):
    with pytest.raises(error, match=message):
        select(**arguments)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([0, 1], [1]), ValueError, "quotas must have an entry for every stratum, got 1"),
        (([0, 1], [1, 2]), ValueError, "quotas must not exceed.*got 2 for stratum 1 of 1 rows"),
        (([0, 1], [1, -1]), ValueError, "quotas must be in"),
        (([0, 1], [1.0, 1.0]), TypeError, "quotas must be integers"),
        (([0, -1], [1, 1]), ValueError, "strata must be >= 0, got -1 in row 1"),
        (([0.0, 1.0], [1, 1]), TypeError, "strata must be integers"),
        ((["a"], [1]), TypeError, "strata must be integers"),
        (([], [1]), ValueError, "strata must be one-dimensional and not empty"),
        (([0], [1], "seed"), TypeError, "random_state must be"),
    ],
)
def test_random_with_quotas_refuses_bad_input(arguments, error, message):
    with pytest.raises(error, match=message):
        selection.random_with_quotas(*arguments)


@pytest.mark.parametrize(("keep", "expected"), [(0.29, 29), (0.006, 1), (0.999, 100), (100, 100)])
def test_a_fraction_is_rounded(keep, expected):
    assert len(selection.select("random", np.zeros((100, 1)), np.zeros(100), keep=keep)) == expected
