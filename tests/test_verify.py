"""`PruneResult.record` and `verify`: a run that is made again, and what is not as it was."""

import json
from fractions import Fraction

import numpy as np
import pytest

import paris_core
from paris_core import PruneResult
from paris_core.results.record import CHANGED, as_json, digest, parse
from problems import PAIRS, make_problem

PROBLEM = make_problem(120, 20, 5, seed=3)


def options(**changes):
    """Options of every kind."""
    return {
        "lam": 0.5,
        "criterion": "refit",
        "objective": "mean",
        "val_weight": np.linspace(0.5, 2.0, 20),
        "protect": np.arange(120) % 7 == 0,
        "strata": np.arange(120) % 3,
        "quotas": [5, 6, 7],
        "monitor": (PROBLEM.Phi[:30], PROBLEM.y[:30]),
        **changes,
    }


ARRAYS = ("val_weight", "protect", "strata", "quotas", "monitor")


def arrays_of(settings):
    return {name: settings[name] for name in ARRAYS if name in settings}


def test_the_record_says_what_the_run_was_made_of():
    record = paris_core.prune(*PROBLEM.arrays, 0.5, **options()).record
    config = paris_core.show_config("dict")
    assert (record.version, record.simd) == (paris_core.__version__, config["simd"])
    assert record.numpy == np.__version__
    assert record.options == {
        "lam": 0.5,
        "criterion": "refit",
        "objective": "mean",
        "n_worst": 1,
        "stop": "k",
        "tolerance": None,
        "patience": 100,
        "engine": "auto",
        "k": 60,
    }
    assert record.inputs["Phi"] == digest(PROBLEM.Phi)
    assert record.inputs["protect"] == digest(options()["protect"])
    assert {"y", "Phi_val", "y_val", "val_weight", "strata", "quotas", "monitor[0]"} <= {
        *record.inputs
    }


def test_digests_tell_dtype_shape_and_bytes_apart():
    zeros = [np.zeros(4), np.zeros((2, 2)), np.zeros(4, int), np.zeros(8, np.float32), np.ones(4)]
    assert len({digest(array) for array in zeros}) == len(zeros)


@pytest.mark.parametrize("pair", PAIRS, ids=str)
@pytest.mark.parametrize("search", [True, False])
def test_the_same_run_is_the_same(pair, search, tmp_path):
    criterion, objective = pair[:2]
    settings = options(
        criterion=criterion, objective=("worst", 2) if objective == "worst" else objective
    )
    result = paris_core.prune(*PROBLEM.arrays, 40, **settings)
    result.save(tmp_path / "result.npz")
    for one in (result, PruneResult.load(tmp_path / "result.npz")):
        found = one.verify(*PROBLEM.arrays, search=search, **arrays_of(settings))
        assert found.same, found
        assert (found.notes, found.first_deletion, found.weights_change) == ((), None, 0.0)


@pytest.mark.parametrize(
    "changes",
    [
        {"stop": "monitor", "patience": 3},
        {"stop": "stalled"},
        {"stop": ("monitor", "converged"), "patience": 3, "tolerance": 1e-3},
        {"stop": "converged", "tolerance": 0.1},
        {"stop": lambda deletion: deletion.n_removed == 9},
        {"callback": lambda deletion: deletion.n_removed == 9},
        {"lam": "auto"},
        {"lam": "evidence"},
        {"lam": Fraction(1, 2)},
        {"tolerance": np.float32(0.5), "stop": "stalled"},
        {"objective": ("worst", np.int64(2)), "stop": "stalled"},
    ],
    ids=str,
)
def test_however_the_run_ended(changes, tmp_path):
    settings = options(**changes)
    result = paris_core.prune(*PROBLEM.arrays, 80, **settings)
    assert len(result.removed) < 80 or "lam" in changes
    result.save(tmp_path / "result.npz")
    found = PruneResult.load(tmp_path / "result.npz").verify(*PROBLEM.arrays, **arrays_of(settings))
    assert found.same, found


def test_a_truncated_result_and_one_of_several_runs():
    settings = options()
    result = paris_core.prune(*PROBLEM.arrays, 40, **settings).truncate(11)
    assert result.verify(*PROBLEM.arrays, **arrays_of(settings)).same
    pruner = paris_core.Pruner(*PROBLEM.arrays, **settings)
    pruner.run(7)
    pruner.run(4)
    assert pruner.result().record.options["k"] is None
    assert pruner.result().verify(*PROBLEM.arrays, **arrays_of(settings)).same
    pruner.run(120)
    assert pruner.result().stop_reason == "exhausted"
    assert pruner.result().verify(*PROBLEM.arrays, **arrays_of(settings)).same


def disturbed(array, places=1e-3):
    array = np.array(array, dtype=float)
    array.flat[3] += places
    return array


def test_every_array_that_differs_is_named():
    settings = options()
    result = paris_core.prune(*PROBLEM.arrays, 40, **settings)
    for place, name in enumerate(("Phi", "y", "Phi_val", "y_val")):
        arrays = list(PROBLEM.arrays)
        arrays[place] = disturbed(arrays[place])
        found = result.verify(*arrays, **arrays_of(settings))
        assert not found.same
        assert f"{name} is not the array of the run" in found.differences
        assert found.first_deletion is not None
    other = {
        "val_weight": np.ones(20),
        "protect": np.zeros(120, dtype=bool),
        "strata": np.arange(120) // 40,
        "quotas": [5, 6, 8],
        "monitor": (PROBLEM.Phi[:30], PROBLEM.y[1:31]),
    }
    names = {name: name for name in ARRAYS} | {"monitor": "monitor[1]"}
    for name, value in other.items():
        found = result.verify(*PROBLEM.arrays, **arrays_of(settings) | {name: value})
        assert [f"{names[name]} is not the array of the run"] == [
            line for line in found.differences if "array" in line
        ]


def test_what_is_missing_and_what_is_new_is_named():
    settings = options()
    result = paris_core.prune(*PROBLEM.arrays, 40, **settings)
    left = {name: settings[name] for name in ("val_weight", "protect", "strata", "quotas")}
    found = result.verify(*PROBLEM.arrays, **left)
    assert "monitor[0] is missing: the run had it" in found.differences
    del settings["monitor"]
    result = paris_core.prune(*PROBLEM.arrays, 40, **settings)
    found = result.verify(*PROBLEM.arrays, **arrays_of(options()))
    assert "monitor[0] is given: the run had none" in found.differences


def test_options_that_differ_are_named():
    result = paris_core.prune(*PROBLEM.arrays, 40, lam=0.5)
    found = result.verify(*PROBLEM.arrays, criterion="refit", k=30, engine="auto")
    assert "criterion is 'refit', it was 'representer'" in found.differences
    assert "k is 30, it was 40" in found.differences
    assert not any("engine" in line for line in found.differences)
    found = result.verify(*PROBLEM.arrays, lam=1.0)
    assert "lam is 1.0, it was 0.5" in found.differences
    for name in ("callback", "progress", "krit"):
        with pytest.raises(TypeError, match=f"{name} is no option of prune that decides"):
            result.verify(*PROBLEM.arrays, **{name: None})


def edited(result, path, change):
    """The result from a file in which something was edited, as one who knows the format can."""
    from paris_core._support.storage import archive

    result.save(path)
    document, arrays = archive.load(path, "PruneResult")
    change(document, arrays)
    archive.save(path, "PruneResult", document, arrays)
    return PruneResult.load(path)


def test_the_first_deletion_that_differs(tmp_path):
    result = paris_core.prune(*PROBLEM.arrays, 40, lam=0.5)

    def swap(document, arrays):
        arrays["removed"][[17, 18]] = arrays["removed"][[18, 17]]

    found = edited(result, tmp_path / "file", swap).verify(*PROBLEM.arrays)
    assert found.first_deletion == 17
    assert found.differences == (
        f"deletion 18: its row is {result.removed[17]}, it was {result.removed[18]}",
    )

    def lie(document, arrays):
        arrays["loss"][5] *= 1.0 + 1e-12

    lying = edited(result, tmp_path / "file", lie)
    for search in (True, False):
        found = lying.verify(*PROBLEM.arrays, search=search)
        assert found.first_deletion == 4
        assert found.differences[0].startswith("deletion 5: its loss is ")
        assert len(found.differences) == 1
        assert str(found).splitlines() == ["not the same", *found.differences]

    def heavier(document, arrays):
        arrays["weights"][0] += 1e-9

    found = edited(result, tmp_path / "file", heavier).verify(*PROBLEM.arrays)
    assert found.weights_change == pytest.approx(1e-9, rel=1e-3)
    assert found.differences == ("the weights differ by up to 1e-09",)

    def otherwise(document, arrays):
        document["stop_reason"] = "stalled"

    found = edited(result, tmp_path / "file", otherwise).verify(*PROBLEM.arrays)
    assert found.differences == ("the run is 'completed', it was 'stalled'",)


def test_without_search_a_worse_row_is_seen_by_its_loss_alone(tmp_path):
    """Of the two ways, only one asks whether each deletion was the best one."""
    pruner = paris_core.Pruner(*PROBLEM.arrays, lam=0.5, protect=np.arange(120) < 60)
    pruner.run(10)
    result = pruner.result()

    def allow(document, arrays):
        document["record"]["inputs"]["protect"] = digest(np.zeros(120, dtype=bool))

    edited_one = edited(result, tmp_path / "file", allow)
    assert edited_one.verify(*PROBLEM.arrays, search=False).same
    assert not edited_one.verify(*PROBLEM.arrays).same


def test_another_version_or_cpu_is_noted_and_rounding_allowed(tmp_path):
    result = paris_core.prune(*PROBLEM.arrays, 40, lam=0.5)

    def elsewhere(document, arrays):
        document["record"]["simd"] = "x86-64-v9"
        document["record"]["version"] = "99.0"
        arrays["loss"][5] *= 1.0 + 1e-9
        arrays["weights"][0] *= 1.0 + 1e-9

    found = edited(result, tmp_path / "file", elsewhere).verify(*PROBLEM.arrays)
    assert found.same
    assert found.notes == (
        f"version of paris_core: {paris_core.__version__}, it was 99.0",
        f"instruction-set level: {paris_core.show_config('dict')['simd']}, it was x86-64-v9",
    )


def test_another_choice_of_lam_is_named(tmp_path):
    result = paris_core.prune(*PROBLEM.arrays, 40)

    def otherwise(document, arrays):
        document["record"]["options"]["lam"] = "evidence"

    found = edited(result, tmp_path / "file", otherwise).verify(*PROBLEM.arrays)
    assert len(found.differences) == 1
    assert found.differences[0].startswith("lam is ")


def test_rows_of_another_shape(tmp_path):
    result = paris_core.prune(*PROBLEM.arrays, 40, lam=0.5)
    fewer = PROBLEM.Phi[1:], PROBLEM.y[1:], PROBLEM.Phi_val, PROBLEM.y_val
    found = result.verify(*fewer)
    assert "Phi is not the array of the run" in found.differences
    assert found.first_deletion is None
    assert np.isnan(found.weights_change)


def test_a_result_without_record():
    from dataclasses import replace

    result = replace(paris_core.prune(*PROBLEM.arrays, 40, lam=0.5), recorder=None)
    assert result.record is None
    with pytest.raises(ValueError, match="has no record of its run"):
        result.verify(*PROBLEM.arrays)


def test_inputs_that_change_before_their_digests_are_taken():
    """A large array is hashed when the record is asked for, and may be another one by then."""
    problem = make_problem(3000, 20, 8, seed=0)
    Phi = problem.Phi.copy()
    rest = problem.y, problem.Phi_val, problem.y_val
    result = paris_core.prune(Phi, *rest, 20, lam=1.0)
    np.random.default_rng(0).shuffle(Phi)
    assert result.record.inputs["Phi"] == CHANGED
    found = result.verify(problem.Phi, *rest)
    assert found.same
    assert found.notes == ("Phi cannot be compared: it was changed after the run began",)
    untouched = paris_core.prune(problem.Phi, *rest, 20, lam=1.0)
    assert untouched.record.inputs["Phi"] == digest(problem.Phi)


def test_pickles_carry_the_record():
    import pickle

    result = paris_core.prune(*PROBLEM.arrays, 40, lam=0.5)
    again = pickle.loads(pickle.dumps(result))
    assert again.record == result.record
    assert again.verify(*PROBLEM.arrays).same


def test_the_record_is_plain_json(tmp_path):
    record = paris_core.prune(*PROBLEM.arrays, 40, lam=Fraction(1, 4)).record
    assert parse(json.loads(json.dumps(as_json(record)))) == record


MONTH = np.arange(120) // 15


def of_groups(k=4, **changes):
    settings = {
        "lam": 0.5,
        "val_weight": np.linspace(0.5, 2.0, 20),
        "monitor": (PROBLEM.Phi[:30], PROBLEM.y[:30]),
        **changes,
    }
    return paris_core.prune_groups(*PROBLEM.arrays, MONTH, k, **settings), settings


def again(result, settings, groups=MONTH, **changes):
    arrays = {name: settings[name] for name in ("val_weight", "monitor")} | changes
    return result.verify(*PROBLEM.arrays, groups, **arrays)


@pytest.mark.parametrize("lam", [0.5, "auto", "evidence"])
def test_the_same_groups_are_the_same(lam, tmp_path):
    result, settings = of_groups(lam=lam)
    assert result.record.options == {"lam": lam, "k": 4}
    assert result.record.inputs["groups"] == digest(MONTH)
    result.save(tmp_path / "groups.npz")
    loaded = paris_core.GroupPruneResult.load(tmp_path / "groups.npz")
    for one in (result, loaded, loaded.truncate(2)):
        found = again(one, settings)
        assert found.same, found
        assert found.first_deletion is None


def test_what_differs_of_groups_is_named():
    result, settings = of_groups()
    for place, name in enumerate(("Phi", "y", "Phi_val", "y_val")):
        arrays = list(PROBLEM.arrays)
        arrays[place] = disturbed(arrays[place])
        found = result.verify(*arrays, MONTH, **{n: settings[n] for n in ("val_weight", "monitor")})
        assert f"{name} is not the array of the run" in found.differences
    for name, value in {"groups": MONTH[::-1], "val_weight": np.ones(20)}.items():
        found = again(result, settings, **{name: value})
        assert f"{name} is not the array of the run" in found.differences
        assert found.first_deletion is not None
    assert "k is 3, it was 4" in again(result, settings, k=3).differences
    assert "lam is 1.0, it was 0.5" in again(result, settings, lam=1.0).differences
    found = again(result, settings, MONTH // 3)  # fewer groups than were removed
    assert "groups is not the array of the run" in found.differences
    with pytest.raises(TypeError, match="engine is no option of prune_groups that decides"):
        again(result, settings, engine="lazy")
    fewer = PROBLEM.Phi[1:], PROBLEM.y[1:], PROBLEM.Phi_val, PROBLEM.y_val, MONTH[1:]
    found = result.verify(*fewer)
    assert np.isnan(found.weights_change)
    assert "monitor[0] is missing: the run had it" in found.differences


def test_numbers_of_groups_that_differ(tmp_path):
    from paris_core._support.storage import archive

    result, settings = of_groups()
    path = tmp_path / "groups.npz"

    def edited_groups(change):
        result.save(path)
        document, arrays = archive.load(path, "GroupPruneResult")
        change(document, arrays)
        archive.save(path, "GroupPruneResult", document, arrays)
        return again(paris_core.GroupPruneResult.load(path), settings)

    def swap(document, arrays):
        arrays["removed_groups"][[1, 2]] = arrays["removed_groups"][[2, 1]]

    found = edited_groups(swap)
    first, second = result.removed_groups[1:3]
    assert found.differences == (f"deletion 2: its group is {first}, it was {second}",)
    assert found.first_deletion == 1

    def lie(document, arrays):
        arrays["loss"][3] *= 1.001

    found = edited_groups(lie)
    assert found.differences[0].startswith("deletion 3: its loss is ")

    def heavier(document, arrays):
        arrays["weights"][0] += 1.0
        arrays["weight_path"][-1, 0] = arrays["weights"][0]

    assert edited_groups(heavier).differences == ("the weights differ by up to 1",)

    def otherwise(document, arrays):
        document["record"]["options"]["lam"] = "gcv"

    assert edited_groups(otherwise).differences[0].startswith("lam is ")

    def without(document, arrays):
        document["record"] = None

    with pytest.raises(ValueError, match="has no record of its run"):
        edited_groups(without)
