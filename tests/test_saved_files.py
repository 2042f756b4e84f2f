"""Files of results: damaged, forged, of another kind; writing that fails."""

import contextlib
import hashlib
import io
import json
import math
import os
import resource
import stat
import zipfile

import numpy as np
import pytest

import paris_core
from damage import damaged
from paris_core import GroupPruneResult, PruneResult
from paris_core._support.storage import archive, files
from problems import make_problem


def make_result(k=25):
    problem = make_problem(50, 9, 4, seed=1)
    monitor = problem.Phi[:20], problem.y[:20]
    return paris_core.prune(*problem.arrays, k, lam=0.5, monitor=monitor)


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "result.npz"
    make_result().save(path)
    return path


def refused(path, content):
    """The message with which a file of this content is refused."""
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"result\.npz") as caught:
        PruneResult.load(path)
    return str(caught.value)


def test_equal_results_give_equal_bytes(tmp_path):
    result = make_result()
    for name in ("one", "two"):
        result.save(tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_every_flipped_bit_and_every_cut_is_noticed(saved):
    whole = saved.read_bytes()
    for content in damaged(whole, flips=400, last=150, cuts=100):
        refused(saved, content)
    refused(saved, whole + b"\0")
    refused(saved, b"\0" + whole)
    saved.write_bytes(whole)
    assert len(PruneResult.load(saved).removed) == 25


def test_what_is_no_result_is_named(saved):
    assert "its seal is missing" in refused(saved, b"")
    assert "its seal is missing" in refused(saved, b"a text")
    assert "of format 7, this version" in refused(
        saved, saved_again := resealed({}, {}, seal_format=7)
    )
    assert saved_again.endswith(b"\n")
    archive.save(saved, "checkpoint", {}, {})
    assert "holds a checkpoint, not a PruneResult" in refused(saved, saved.read_bytes())


def resealed(
    document, arrays, *, kind="PruneResult", seal_format=archive.FORMAT, raw=None, compression=0
):
    """A file with a seal that is right, whatever it holds: what a forger would write."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        seal = f"paris_core {kind} format {seal_format} sha256 {'0' * 64}\n"
        archive.comment = seal.encode()
        for name, array in arrays.items():
            content = io.BytesIO()
            np.lib.format.write_array(content, np.asarray(array))
            archive.writestr(f"{name}.npy", content.getvalue())
        for name, content in (raw or {}).items():
            archive.writestr(name, content)
        if document is not None:
            archive.writestr("document.json", json.dumps(document))
    content = file.getvalue()[:-65]
    return content + hashlib.sha256(content).hexdigest().encode() + b"\n"


def forged(saved, name, value, kind="PruneResult"):
    """The file with one of its parts replaced; None leaves it out."""
    document, arrays = archive.load(saved, kind)
    part = document if name in document else arrays
    if value is None:
        del part[name]
    else:
        part[name] = value(part[name]) if callable(value) else value
    return resealed(document, arrays, kind=kind)


def changed(**places):
    """A function that writes to places, `at_3=7`, of a copy of an array."""

    def change(array):
        copy = array.copy()
        for place, value in places.items():
            copy[int(place.removeprefix("at_"))] = value
        return copy

    return change


FORGERIES = {
    "a row out of range": ("removed", changed(at_3=50)),
    "a negative row": ("removed", changed(at_3=-1)),
    "a row twice": ("removed", lambda rows: np.r_[rows[:1], rows[:-1]]),
    "rows as float": ("removed", lambda rows: rows.astype(float)),
    "rows in the other byte order": ("removed", lambda rows: rows.astype(">i8")),
    "rows in two dimensions": ("removed", lambda rows: rows[:, np.newaxis]),
    "too few rows": ("removed", lambda rows: rows[:-1]),
    "no array of rows": ("removed", None),
    "a mask that keeps a removed row": ("mask", lambda mask: mask | True),
    "a mask that drops a kept row": ("mask", lambda mask: mask & False),
    "an empty mask": ("mask", lambda mask: mask[:0]),
    "a NaN loss": ("loss", changed(at_2=math.nan)),
    "an infinite loss": ("loss", changed(at_0=math.inf)),
    "a loss too few": ("loss", lambda loss: loss[:-1]),
    "an infinite loss of the monitor": ("monitor_loss", changed(at_1=-math.inf)),
    "a monitor's loss too many": ("monitor_loss", lambda loss: np.r_[loss, 1.0]),
    "a NaN residual": ("delta_loss", changed(at_1=math.nan)),
    "a validation row of -2": ("val_index", changed(at_1=-2)),
    "a NaN weight": ("weights", changed(at_0=math.nan)),
    "no weights": ("weights", lambda weights: weights[:0]),
    "weights of three dimensions": ("weights", lambda weights: weights.reshape(-1, 1, 1)),
    "a number as weights": ("weights", lambda weights: weights[0]),
    "lam of 0": ("lam", 0.0),
    "lam of 1e200": ("lam", 1e200),
    "lam of NaN": ("lam", math.nan),
    "lam as text": ("lam", "0.5"),
    "an unknown stop_reason": ("stop_reason", "bored"),
    "a list as stop_reason": ("stop_reason", ["completed"]),
    "a negative count of rebuilds": ("n_refactorizations", -1),
    "a flag as count": ("n_refactorizations", True),
    "a negative time": ("elapsed", -1.0),
    "a fraction in the statistics": ("stats", {"full_scans": 0.5}),
    "a list of statistics": ("stats", [1]),
    "a record that is none": ("record", {"version": "1"}),
    "a record of nested options": (
        "record",
        lambda record: {**record, "options": {"lam": [1.0]}},
    ),
    "no lam": ("lam", None),
}


@pytest.mark.parametrize("case", FORGERIES)
def test_a_forged_result_is_refused(saved, case):
    assert "result.npz is no whole PruneResult: " in refused(saved, forged(saved, *FORGERIES[case]))


def test_the_forger_can_write_a_whole_one(saved):
    """Otherwise the test before says nothing."""
    saved.write_bytes(forged(saved, "lam", 0.25))
    assert PruneResult.load(saved).lam == 0.25


GROUP_FORGERIES = {
    "a group that is none": ("removed_groups", changed(at_1="x"), "removed_groups names a group"),
    "a group twice": ("removed_groups", lambda g: np.r_[g[:1], g[:-1]], "names a group twice"),
    "a group too few": ("removed_groups", lambda g: g[:-1], "mask is not True"),
    "all groups": ("removed_groups", lambda g: np.array(list("abcdef")), "mask is not True"),
    "groups in two dimensions": (
        "removed_groups",
        lambda g: g[:, None],
        "removed_groups has shape",
    ),
    "groups of another dtype": ("removed_groups", lambda g: np.arange(len(g)), "is not of dtype"),
    "labels of floats": ("groups", lambda g: np.zeros(len(g)), "groups are of dtype float64"),
    "labels in the other byte order": ("groups", lambda g: g.astype(">U1"), "groups are of dtype"),
    "a label too few": ("groups", lambda g: g[:-1], "groups has shape"),
    "another label": ("groups", changed(at_0="f"), "mask is not True"),
    "no labels": ("groups", None, "it holds the arrays"),
    "a mask that keeps a removed row": ("mask", lambda mask: mask | True, "mask is not True"),
    "an empty mask": ("mask", lambda mask: mask[:0], "mask has shape"),
    "a NaN loss": ("loss", changed(at_2=math.nan), "loss is not finite"),
    "a loss too many": ("loss", lambda loss: np.r_[loss, 1.0], "loss has shape"),
    "a NaN loss of the monitor": ("monitor_loss", changed(at_0=math.nan), "monitor_loss is not"),
    "a monitor's loss too few": ("monitor_loss", lambda loss: loss[1:], "monitor_loss has shape"),
    "a NaN weight": ("weights", changed(at_0=math.nan), "weights are not finite"),
    "other weights": ("weights", changed(at_0=7.0), "weight_path does not end with weights"),
    "weights of another shape": ("weights", lambda w: w[:-1], "weight_path has shape"),
    "a path too short": ("weight_path", lambda path: path[:-1], "weight_path has shape"),
    "a NaN on the path": ("weight_path", changed(at_0=math.nan), "weight_path is not finite"),
    "lam of NaN": ("lam", math.nan, "lam is nan"),
    "an unknown stop_reason": ("stop_reason", "bored", "stop_reason is 'bored'"),
    "a negative time": ("elapsed", -1.0, "elapsed is -1.0"),
    "a fraction in the statistics": ("stats", {"fits": 0.5}, "the count 'fits' is 0.5"),
    "a record that is none": ("record", {"version": "1"}, "its record is none"),
    "no lam": ("lam", None, "its document has other entries"),
}


@pytest.fixture
def saved_groups(tmp_path):
    problem = make_problem(50, 9, 4, seed=1)
    monitor = problem.Phi[:20], problem.y[:20]
    labels = np.array(list("abcdef"))[np.arange(50) % 6]
    result = paris_core.prune_groups(*problem.arrays, labels, 3, lam=0.5, monitor=monitor)
    result.save(tmp_path / "groups.npz")
    return tmp_path / "groups.npz"


@pytest.mark.parametrize("case", GROUP_FORGERIES)
def test_a_forged_result_of_groups_is_refused(saved_groups, case):
    name, value, said = GROUP_FORGERIES[case]
    saved_groups.write_bytes(forged(saved_groups, name, value, "GroupPruneResult"))
    with pytest.raises(ValueError, match="is no whole GroupPruneResult: ") as caught:
        GroupPruneResult.load(saved_groups)
    assert str(saved_groups) in str(caught.value)
    assert said in str(caught.value)


def test_no_group_may_be_left_out(saved_groups):
    """A mask and labels that agree, and keep nothing."""
    document, arrays = archive.load(saved_groups, "GroupPruneResult")
    arrays["groups"] = arrays["removed_groups"][np.arange(50) % 3]
    arrays["mask"] = np.zeros(50, dtype=bool)
    archive.save(saved_groups, "GroupPruneResult", document, arrays)
    with pytest.raises(ValueError, match="removed_groups leaves no group"):
        GroupPruneResult.load(saved_groups)


def test_the_forger_can_write_whole_groups(saved_groups):
    """Otherwise the tests before say nothing."""
    saved_groups.write_bytes(forged(saved_groups, "lam", 0.25, "GroupPruneResult"))
    assert GroupPruneResult.load(saved_groups).lam == 0.25


def test_every_damage_to_groups_is_noticed(saved_groups):
    whole = saved_groups.read_bytes()
    for content in damaged(whole, flips=200, last=0, cuts=200):
        saved_groups.write_bytes(content)
        with pytest.raises(ValueError, match=r"groups\.npz"):
            GroupPruneResult.load(saved_groups)


def header(shape, dtype="<f8"):
    """An array that claims to have this shape and dtype, and holds nothing."""
    content = io.BytesIO()
    description = {"descr": dtype, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_2_0(content, description)
    return content.getvalue()


STRANGE = {
    "a petabyte": {"weights.npy": header((10**15,))},
    "more than an integer holds": {"weights.npy": header((10**12, 10**12))},
    "objects": {"weights.npy": header((1,), "|O") + b"\x80\x04N."},
    "records": {"weights.npy": header((1,), [("a", "<f8")]) + bytes(8)},
    "entries of no size": {"weights.npy": header((10**18,), "<U0")},
    "negative lengths": {"weights.npy": header((-2, -1)) + bytes(16)},
    "no header": {"weights.npy": b"\x93NUMPY"},
    "an endless header": {"weights.npy": b"\x93NUMPY\x02\x00\xff\xff\xff\xff{"},
    "a document that is none": {"document.json": b"{"},
    "a document without end": {"document.json": b"[" * 100_000},
    "a bool of 2": {"mask.npy": header((1,), "|b1") + b"\2"},
    "a character that is none": {"mask.npy": header((1,), "<U1") + b"\xff" * 4},
}


@pytest.mark.parametrize("case", STRANGE)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_strange_members_are_refused_before_memory_is_asked_for(saved, case):
    document = None if "document.json" in STRANGE[case] else {}
    refused(saved, resealed(document, {}, raw=STRANGE[case]))


def test_compressed_and_overlapping_members_are_refused(saved):
    zeros = {"weights": np.zeros(10**6)}
    bomb = resealed({}, zeros, compression=zipfile.ZIP_DEFLATED)
    assert "a member is compressed" in refused(saved, bomb)
    content = bytearray(resealed({}, {"a": np.zeros(1000), "b": np.zeros(1000)})[:-65])
    directory = content.index(b"PK\x01\x02")
    second = content.index(b"PK\x01\x02", directory + 1)
    content[second + 42 : second + 46] = content[directory + 42 : directory + 46]
    both = bytes(content) + hashlib.sha256(content).hexdigest().encode() + b"\n"
    refused(saved, both)


def test_fuzzed_contents_under_a_right_seal(saved):
    """Whatever is forged, nothing but ValueError."""
    rng = np.random.default_rng(1)
    whole = saved.read_bytes()[:-65]
    read = 0
    for _ in range(300):
        content = bytearray(whole)
        for place in rng.integers(len(whole), size=rng.integers(1, 4)):
            content[place] = rng.integers(256)
        sealed = bytes(content) + hashlib.sha256(content).hexdigest().encode() + b"\n"
        saved.write_bytes(sealed)
        with contextlib.suppress(ValueError):
            PruneResult.load(saved)
            read += 1  # zip does not look at every byte; or a date has changed
    assert read < 100


@contextlib.contextmanager
def short_files():
    """A limit of 2,000 bytes on what this process may write to a file: not while pytest writes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_failed_save_leaves_what_was_there(tmp_path):
    path = tmp_path / "result.npz"
    path.write_bytes(b"before")
    result = make_result()
    with short_files(), pytest.raises(OSError, match="File too large"):
        result.save(path)
    assert path.read_bytes() == b"before"
    assert os.listdir(tmp_path) == ["result.npz"]


def write(path, text="new"):
    with files.replacing(path) as part:
        part.write_text(text)


def test_a_replaced_file_keeps_its_mode(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")
    path.chmod(0o640)
    write(path)
    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_new_file_has_the_usual_mode(tmp_path):
    write(tmp_path / "file")
    (tmp_path / "usual").touch()
    assert (tmp_path / "file").stat().st_mode == (tmp_path / "usual").stat().st_mode


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_a_replaced_file_keeps_its_owner(tmp_path):
    (tmp_path / "file").touch()
    os.chown(tmp_path / "file", 12345, 23456)
    write(tmp_path / "file")
    status = (tmp_path / "file").stat()
    assert (status.st_uid, status.st_gid) == (12345, 23456)


def test_a_link_stays_and_its_target_is_replaced(tmp_path):
    (tmp_path / "far").mkdir()
    (tmp_path / "link").symlink_to("far/file")
    write(tmp_path / "link", "first")  # the target was not there
    write(tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "far" / "file").read_text() == "new"
    assert os.listdir(tmp_path / "far") == ["file"]


def refusals(tmp_path):
    (tmp_path / "read-only").write_text("old")
    (tmp_path / "read-only").chmod(0o444)
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "circle").symlink_to("circle")
    (tmp_path / "far").symlink_to("read-only")
    return {
        "read-only": "the file is read-only",
        "far": "the file is read-only",
        "folder": "Is a directory",
        "pipe": "not a regular file",
        "circle": "Too many levels of symbolic links",
        "missing/file": "No such file or directory",
        "read-only/file": "Not a directory",
    }


def test_what_cannot_be_replaced_is_known_before(tmp_path):
    for name, reason in refusals(tmp_path).items():
        for attempt in (files.check_writable, write):
            with pytest.raises(OSError, match=reason):
                attempt(tmp_path / name)
    assert (tmp_path / "read-only").read_text() == "old"
    before = sorted(os.listdir(tmp_path))
    files.check_writable(tmp_path / "new")
    assert sorted(os.listdir(tmp_path)) == before


def fail(part):
    part.write_text("half")
    raise RuntimeError


def test_an_error_while_writing_leaves_nothing(tmp_path):
    with pytest.raises(RuntimeError), files.replacing(tmp_path / "file") as part:
        fail(part)
    assert os.listdir(tmp_path) == []
