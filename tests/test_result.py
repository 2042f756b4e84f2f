"""Results: frozen, readable, saved and loaded; test_saved_files.py has files that are not."""

import dataclasses
import pickle

import numpy as np
import pytest

import paris_core
from problems import make_problem

ARRAYS = ("removed", "kept", "mask", "delta_loss", "val_index", "loss", "weights")
SCALARS = ("lam", "stop_reason", "n_refactorizations", "elapsed")


@pytest.fixture(
    params=[(0, None), (1, None), (25, None), (25, 1), (25, 3)], ids="k={0[0]} C={0[1]}".format
)
def result(request):
    k, n_outputs = request.param
    problem = make_problem(50, 9, 4, n_outputs=n_outputs)
    protect = np.arange(50) % 2 == 0 if k == 25 else None
    return paris_core.prune(*problem.arrays, k, lam=0.5, protect=protect)


def test_fields(result):
    fields = {field.name for field in dataclasses.fields(result) if field.name[0] != "_"}
    more = {"stats", "monitor_loss", "sample_weight", "training_rows", "recorder"}
    assert fields == {*ARRAYS, *SCALARS, *more}


@pytest.mark.parametrize("name", [*ARRAYS, *SCALARS])
def test_frozen(result, name):
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(result, name, None)


@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_are_read_only(result, name):
    with pytest.raises(ValueError, match="read-only"):
        getattr(result, name)[...] = 0


@pytest.mark.parametrize("as_string", [True, False], ids=["str", "Path"])
def test_round_trip(result, tmp_path, as_string):
    path = tmp_path / "result.npz"
    path = str(path) if as_string else path
    result.save(path)
    loaded = paris_core.PruneResult.load(path)
    assert type(loaded) is paris_core.PruneResult
    for name in ARRAYS:
        mine, theirs = getattr(result, name), getattr(loaded, name)
        assert mine.dtype == theirs.dtype
        np.testing.assert_array_equal(mine, theirs)
    for name in SCALARS:
        assert getattr(result, name) == getattr(loaded, name)
        assert type(getattr(result, name)) is type(getattr(loaded, name))


def test_numpy_reads_the_file_without_pickle(result, tmp_path):
    result.save(tmp_path / "result.npz")
    with np.load(tmp_path / "result.npz", allow_pickle=False) as archive:
        assert {*archive.files} >= {"removed", "mask", "loss", "document.json"}
        np.testing.assert_array_equal(archive["removed"], result.removed)
        assert b'"lam": 0.5' in archive["document.json"]


def test_load_refuses_another_file(tmp_path):
    np.savez(tmp_path / "other.npz", something=np.arange(3))
    with pytest.raises(ValueError, match=r"other\.npz is not a file that paris_core has written"):
        paris_core.PruneResult.load(tmp_path / "other.npz")


def test_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        paris_core.PruneResult.load(tmp_path / "nowhere.npz")


def test_to_frame(result):
    pytest.importorskip("pandas")
    frame = result.to_frame()
    assert len(frame) == len(result.removed)
    np.testing.assert_array_equal(frame["row"], result.removed)
    np.testing.assert_array_equal(frame["delta_loss"], result.delta_loss)
    np.testing.assert_array_equal(frame["val_index"], result.val_index)
    np.testing.assert_array_equal(frame["loss"], result.loss[1:])


def test_repr_is_short_and_telling(result):
    text = repr(result)
    assert text.startswith("PruneResult(")
    assert len(text) < 500
    assert result.stop_reason in text
    assert str(len(result.removed)) in text
    assert "0.5" in text


def test_truncating_to_no_rows_at_all():
    """`Pruner` may remove the last row, unlike `prune`."""
    problem = make_problem(9, 5, 3)
    pruner = paris_core.Pruner(*problem.arrays, lam=1.0)
    assert pruner.run(9) == 9
    result = pruner.result()
    truncated = result.truncate(9)
    np.testing.assert_allclose(truncated.weights, result.weights, atol=1e-12)
    assert truncated.kept.size == 0


OF_GROUPS = ("removed_groups", "groups", "kept", "mask", "loss", "weights", "weight_path")


@pytest.fixture(
    params=[(0, None, int), (3, None, str), (5, 1, int), (5, 3, bool)],
    ids="k={0[0]} C={0[1]} {0[2].__name__}".format,
)
def of_groups(request):
    k, n_outputs, kind = request.param
    problem = make_problem(50, 9, 4, n_outputs=n_outputs, seed=2)
    groups = (np.arange(50) % (2 if kind is bool else 7)).astype(kind)
    monitor = (problem.Phi[:20], problem.y[:20]) if k == 5 else None
    k = min(k, len(np.unique(groups)) - 1)
    return paris_core.prune_groups(*problem.arrays, groups, k, lam=0.5, monitor=monitor)


@pytest.mark.parametrize("name", [*OF_GROUPS, "lam", "stop_reason", "elapsed", "stats"])
def test_groups_frozen(of_groups, name):
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(of_groups, name, None)
    if name in OF_GROUPS:
        with pytest.raises(ValueError, match="read-only"):
            getattr(of_groups, name)[...] = 0


def assert_same_groups(result, other):
    for name in (*OF_GROUPS, "monitor_loss", "removed"):
        mine, theirs = getattr(result, name), getattr(other, name)
        assert (mine is None) == (theirs is None)
        assert mine is None or mine.dtype == theirs.dtype
        np.testing.assert_array_equal(mine, theirs)
    for name in ("lam", "stop_reason", "elapsed", "stats", "record"):
        assert getattr(result, name) == getattr(other, name)


def test_groups_round_trip(of_groups, tmp_path):
    of_groups.save(tmp_path / "groups.npz")
    loaded = paris_core.GroupPruneResult.load(tmp_path / "groups.npz")
    assert type(loaded) is paris_core.GroupPruneResult
    assert_same_groups(loaded, of_groups)
    for k in range(len(of_groups.removed_groups) + 1):
        assert_same_groups(loaded.truncate(k), of_groups.truncate(k))
    assert_same_groups(pickle.loads(pickle.dumps(of_groups)), of_groups)
    with np.load(tmp_path / "groups.npz", allow_pickle=False) as archive:
        np.testing.assert_array_equal(archive["removed_groups"], of_groups.removed_groups)


def test_groups_say_what_was_done(of_groups):
    n_groups, k = len(np.unique(of_groups.groups)), len(of_groups.removed_groups)
    fits = 1 + sum(left + 1 for left in range(n_groups, n_groups - k, -1))
    assert of_groups.stats == {"fits": fits}
    assert of_groups.stop_reason == "completed"
    assert of_groups.elapsed >= 0.0
    assert of_groups.truncate(0).stop_reason == "truncated"
    assert "stop_reason='completed'" in repr(of_groups)
    assert len(repr(of_groups)) < 300


def test_groups_to_frame(of_groups):
    pytest.importorskip("pandas")
    frame = of_groups.to_frame()
    np.testing.assert_array_equal(frame["group"], of_groups.removed_groups)
    np.testing.assert_array_equal(frame["loss"], of_groups.loss[1:])
    assert frame["n_rows"].sum() == 50 - len(of_groups.kept)
    assert ("monitor_loss" in frame) == (of_groups.monitor_loss is not None)


def test_each_class_refuses_the_others_file(of_groups, result, tmp_path):
    of_groups.save(tmp_path / "groups.npz")
    result.save(tmp_path / "rows.npz")
    with pytest.raises(
        ValueError, match=r"groups\.npz holds a GroupPruneResult, not a PruneResult"
    ):
        paris_core.PruneResult.load(tmp_path / "groups.npz")
    with pytest.raises(ValueError, match=r"rows\.npz holds a PruneResult, not a GroupPruneResult"):
        paris_core.GroupPruneResult.load(tmp_path / "rows.npz")
