"""Runs whose disk is full, read-only or gone, and limits of the system."""

import argparse
import contextlib
import errno
import functools
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np

import paris_core
from paris_core import CheckpointWarning

from . import kills, runs


class NotHereError(Exception):
    """Something cannot be shown on this machine; the message says why."""


@contextlib.contextmanager
def small_disk(size="64k", options=""):
    """A folder on a file system of its own, of that size."""
    if os.geteuid() != 0:
        raise NotHereError("only root may mount a small file system")
    folder = Path(tempfile.mkdtemp())
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}{options}", "tmpfs", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    try:
        if done.returncode:
            raise NotHereError(f"mount: {done.stderr.strip()}")
        yield folder
    finally:
        if not done.returncode:
            subprocess.run(["umount", "-l", str(folder)], check=True)
        folder.rmdir()


def fill(folder):
    """Leave no space; the file that takes it."""
    ballast = folder / "ballast"
    with open(ballast, "wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(512))
    return ballast


def _warned_fit(path, callback=None):
    """The fingerprint of a run, and how many warnings there were of its checkpoint."""
    runs.often()
    make = runs.RUNS["rows"]

    def with_callback(path):
        model, n_rows, more = make(path)
        return model.set_params(callbacks=callback), n_rows, more

    runs.RUNS["rows"] = with_callback
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model, X = runs.fit("rows", path)
    seen = [one for one in caught if issubclass(one.category, CheckpointWarning)]
    return f"{runs.fingerprint(model, X)} {len(seen)}"


def said(work):
    """What `work()` returns in a child."""
    return runs.outcome(*runs.in_child(work))


@functools.cache
def _undisturbed():
    return said(lambda: _warned_fit(None)).split()[0]


def expected(n_warnings=1):
    """What such a run says where all is well, and its number of warnings."""
    return f"{_undisturbed()} {n_warnings}"


def full_disk_while_checkpointing():
    """The run goes on, warns once, and gives the same result."""
    with small_disk() as folder:
        fill(folder)
        assert said(lambda: _warned_fit(folder / "state")) == expected()
        assert os.listdir(folder) == ["ballast"], os.listdir(folder)


def full_disk_that_gets_space_again():
    """Checkpoints are written as soon as there is space."""
    with small_disk("4m") as folder:
        ballast = fill(folder)

        def make_space(record):
            if record.round == 2:
                ballast.unlink()

        assert said(lambda: _warned_fit(folder / "state", make_space)) == expected()
        assert os.listdir(folder) == ["state"], os.listdir(folder)
        # From the end of the run on, nothing is left to do.
        assert said(lambda: _warned_fit(folder / "state")) == expected(0)


def full_disk_after_some_checkpoints():
    """The older state stays, whole, and a run that is killed goes on from it."""
    with small_disk("4m") as folder:

        def stop(record):
            if record.round == 1:
                fill(folder)
            return record.round == 2

        said(lambda: _warned_fit(folder / "state", stop))
        (folder / "ballast").unlink()
        assert os.listdir(folder) == ["state"], os.listdir(folder)
        assert said(lambda: _warned_fit(folder / "state")) == expected(0)


def folder_that_is_gone():
    """The folder of the checkpoint is removed during the run."""
    folder = Path(tempfile.mkdtemp())

    def remove(record):
        if record.round == 1:
            shutil.rmtree(folder)

    assert said(lambda: _warned_fit(folder / "state", remove)) == expected()


def no_files_left():
    """The limit of open files is reached whenever a checkpoint is due."""
    with tempfile.TemporaryDirectory() as folder:

        def use_up(record):
            if record.round == 1:
                resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100))
                with contextlib.suppress(OSError):
                    while True:
                        os.open(os.devnull, os.O_RDONLY)

        work = functools.partial(_warned_fit, Path(folder) / "state", use_up)
        assert said(work) == expected()


def no_long_files():
    """A limit of the length of files: saving fails as a whole."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "result.npz"
        path.write_bytes(b"before")

        def work():
            rng = np.random.default_rng(0)
            Phi, y = rng.normal(size=(400, 5)), rng.normal(size=400)
            result = paris_core.prune(Phi, y, Phi[:50], y[:50], 200, lam=1.0)
            resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000))
            try:
                result.save(path)
            except OSError as error:
                return errno.errorcode[error.errno]
            return "saved"

        assert said(work) == "EFBIG"
        assert path.read_bytes() == b"before"
        assert os.listdir(folder) == ["result.npz"]


def _paris(folder, *words, **options):
    """Run ``paris prune`` there on train.csv; the process that has ended."""
    (folder / "train.csv").write_text(kills.table())
    fixed = ["prune", "train.csv", "--target", "y", "--keep", "0.6", "--rounds", "2", "--quiet"]
    return subprocess.run(
        [sys.executable, "-m", "paris_core", *fixed, *words],
        cwd=folder,
        text=True,
        check=False,
        timeout=300,
        **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options},
    )


def full_disk_after_the_command():
    """The file is put elsewhere, and the error says where."""
    with small_disk() as disk, tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        assert _paris(folder, "--out", "right.csv").returncode == 0
        fill(disk)
        (folder / "tmp").mkdir()
        env = {**os.environ, "TMPDIR": str(folder / "tmp")}
        process = _paris(folder, "--out", str(disk / "kept.csv"), env=env)
        assert process.returncode == 1, process.stderr
        assert len(process.stderr.splitlines()) == 1, process.stderr
        assert "No space left on device; it is in " in process.stderr, process.stderr
        elsewhere = process.stderr.partition("it is in ")[2].partition(" instead")[0]
        assert Path(elsewhere).read_bytes() == (folder / "right.csv").read_bytes()
        assert os.listdir(disk) == ["ballast"], os.listdir(disk)


def read_only_disk():
    """Said before the run, not after it."""
    with small_disk(options=",ro") as disk, tempfile.TemporaryDirectory() as folder:
        for option, name in (
            ("--out", "kept.csv"),
            ("--removed", "removed.csv"),
            ("--result", "run.npz"),
            ("--checkpoint", "state"),
        ):
            process = _paris(Path(folder), option, str(disk / name))
            assert process.returncode == 2, process.stderr
            assert "cannot be written: Read-only file system" in process.stderr, process.stderr
            assert not process.stdout


def no_long_files_for_the_command():
    """Nowhere is space for the outputs: one line, and no part of a file."""

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))

    with tempfile.TemporaryDirectory() as folder:
        words = ("--out", "kept.csv", "--checkpoint", "state")
        process = _paris(Path(folder), *words, preexec_fn=limit)
        assert process.returncode == 1, process.stderr
        said = process.stderr.splitlines()
        if len(said) == 2:
            assert "checkpoint state cannot be written (File too large)" in said[0]
        assert "--out kept.csv: File too large" in said[-1], process.stderr
        assert sorted(os.listdir(folder)) == ["train.csv"], os.listdir(folder)


def full_standard_output():
    """There is no space for what is printed: files are written all the same."""
    if not os.path.exists("/dev/full"):
        raise NotHereError("no /dev/full")
    with tempfile.TemporaryDirectory() as folder, open("/dev/full", "w") as full:
        process = _paris(Path(folder), "--out", "kept.csv", stdout=full, stderr=full)
        assert process.returncode == 0
        assert (Path(folder) / "kept.csv").exists()


SCENARIOS = {
    one.__name__.replace("_", " "): one
    for one in (
        full_disk_while_checkpointing,
        full_disk_that_gets_space_again,
        full_disk_after_some_checkpoints,
        folder_that_is_gone,
        no_files_left,
        no_long_files,
        full_disk_after_the_command,
        read_only_disk,
        no_long_files_for_the_command,
        full_standard_output,
    )
}


def main(argv):
    """The program; 0 if all went as it should."""
    argparse.ArgumentParser(
        prog="python -m tests.stress disks",
        description="Full and read-only disks, and limits of the system.",
    ).parse_args(argv)
    fine = True
    for name, scenario in SCENARIOS.items():
        try:
            scenario()
        except NotHereError as reason:
            print(f"{name}: not shown here: {reason}", flush=True)
        except AssertionError as error:
            fine = False
            print(f"{name}: FAILED: {error}", flush=True)
        else:
            print(f"{name}: as it should be", flush=True)
    return 0 if fine else 1
