"""`PruneResult`: frozen, readable, saved and loaded; test_saved_files.py has files that are not."""

import dataclasses

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
    assert fields == {*ARRAYS, *SCALARS, "stats", "monitor_loss"}


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
