"""Files that are written whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import glob
import os
import stat
import uuid
from collections.abc import Iterator
from pathlib import Path

__all__ = ["check_writable", "remove_parts", "replacing"]


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a name beside `path` to write to; put it in its place if that went well.

    The file that is there before, if any, lends its mode and owner; of a symbolic link the target
    is replaced. What has been put in place is on the disk, and not only on its way there.

    Raises
    ------
    OSError
        If the file cannot be written; PermissionError if it is there and read-only.
    """
    target = _target(path)
    before = _status(target)
    part = _part(target)
    try:
        with _named(part, path):
            yield part
            _make_durable(part, before)
            os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)
    _synchronise_folder(target.parent)


def check_writable(path: str | os.PathLike[str]) -> None:
    """Raise OSError now, if `replacing` would later, by beginning what it does."""
    target = _target(path)
    _status(target)
    part = _part(target)
    try:
        with _named(part, path):
            os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    finally:
        part.unlink(missing_ok=True)


def remove_parts(path: str | os.PathLike[str]) -> None:
    """Remove what writers of `path` that were killed have left behind."""
    target = _target(path)
    for left_over in target.parent.glob(f".{glob.escape(target.name)}.*.part"):
        left_over.unlink(missing_ok=True)


def _target(path: str | os.PathLike[str]) -> Path:
    """Where the file really is, or will be; OSError if symbolic links lead round in circles."""
    try:
        return Path(path).resolve()
    except RuntimeError as error:  # what Python makes of such links before 3.13
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), os.fspath(path)) from error


def _part(target: Path) -> Path:
    # A name of its own: of two writers neither writes into the other's file.
    return target.with_name(f".{target.name}.{uuid.uuid4().hex}.part")


@contextlib.contextmanager
def _named(part: Path, path: str | os.PathLike[str]) -> Iterator[None]:
    """Let an error name the file that was asked for."""
    try:
        yield
    except OSError as error:
        if error.filename is not None and os.fspath(error.filename) == str(part):
            error.filename, error.filename2 = os.fspath(path), None
        raise


def _status(target: Path) -> os.stat_result | None:
    """Of the file that will be replaced; None if there is none."""
    try:
        status = os.stat(target)
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(target))
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "not a regular file", str(target))
    # Of root the system asks nothing; a file that nobody may write is meant to stay.
    if not (status.st_mode & 0o222 and os.access(target, os.W_OK)):
        raise PermissionError(errno.EACCES, "the file is read-only", str(target))
    return status


def _make_durable(part: Path, before: os.stat_result | None) -> None:
    """Give `part` what `before` had, and wait until it is on the disk."""
    descriptor = os.open(part, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if before is None:
        return
    if hasattr(os, "chown"):
        with contextlib.suppress(OSError):  # only root may give files away
            os.chown(part, before.st_uid, before.st_gid)
    os.chmod(part, stat.S_IMODE(before.st_mode))


def _synchronise_folder(folder: Path) -> None:
    """Wait until the file's new name is on the disk, where the system can say so."""
    if os.name != "posix":
        return
    with contextlib.suppress(OSError):  # some file systems cannot
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
