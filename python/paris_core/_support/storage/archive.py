"""Arrays and a JSON document in one .npz file, sealed: no byte of it can change unnoticed.

The file is a zip archive without compression: a member ``document.json``, and one in NumPy's
format, ``name.npy``, for each array, so that `numpy.load` reads it as well. The comment at its end,
the seal, names what it holds, the version of the format, and the SHA-256 of everything before that
digest. A checksum is no signature: whoever writes a file can seal it. So nothing in it is executed,
nothing is unpickled, sizes are looked at before memory is asked for, and who loads a file checks
what it says.
"""

from __future__ import annotations

import errno
import hashlib
import io
import json
import math
import os
import re
import zipfile
from collections.abc import Mapping
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from .files import replacing

__all__ = ["Contents", "load", "save", "storable"]

Contents = tuple[Any, dict[str, NDArray[Any]]]

#: Version of the format. Another one is refused.
FORMAT = 2

_DOCUMENT = "document.json"
_KINDS = "biufcSUMm"  # of dtypes: no objects, no records
_CHUNK = 1 << 20
_DIGEST = 64
_SEAL = re.compile(rb"paris_core (\w{1,32}) format (\d{1,9}) sha256 [0-9a-f]{64}\n\Z")
_SEAL_LENGTH = 200  # at most


def storable(array: NDArray[Any]) -> bool:
    """Whether an array may go into such a file."""
    return type(array) is np.ndarray and array.dtype.kind in _KINDS and array.dtype.itemsize > 0


def save(
    path: str | os.PathLike[str], kind: str, document: Any, arrays: Mapping[str, NDArray[Any]]
) -> None:
    """Write the file, all of it or nothing; OSError if that is not possible.

    The same contents give the same bytes.
    """
    with replacing(path) as part, open(part, "w+b") as file:
        seal = f"paris_core {kind} format {FORMAT} sha256 {'0' * _DIGEST}\n".encode()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            archive.comment = seal
            for name, array in arrays.items():
                with archive.open(_member(f"{name}.npy"), "w", force_zip64=True) as member:
                    npy.write_array(member, array, allow_pickle=False)
            archive.writestr(_member(_DOCUMENT), json.dumps(document))
        digest = _digest(file)
        file.seek(-_DIGEST - 1, os.SEEK_END)
        file.write(digest)


def load(path: str | os.PathLike[str], kind: str) -> Contents:
    """The document and the arrays, once the seal is found to be whole.

    Raises
    ------
    FileNotFoundError, OSError
        If the file cannot be read.
    ValueError
        If it is not such a file, holds something else, is of another format, or is damaged; the
        message names it.
    """
    with open(path, "rb") as file:
        _check_seal(os.fspath(path), file, kind)
        try:
            return _contents(file)
        except Exception as error:  # zipfile.BadZipFile, KeyError, struct.error, ...: forged
            seek = isinstance(error, OSError) and error.errno == errno.EINVAL
            if isinstance(error, (OSError, MemoryError)) and not seek:
                raise
            raise ValueError(f"{os.fspath(path)} is not what its seal says: {error}") from error


def _member(name: str) -> zipfile.ZipInfo:
    """A member whose bytes do not depend on the time."""
    return zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))


def _digest(file: IO[bytes]) -> bytes:
    """Of all bytes before the digest in the seal."""
    left = file.seek(0, os.SEEK_END) - _DIGEST - 1
    file.seek(0)
    total = hashlib.sha256()
    while left > 0:
        chunk = file.read(min(left, _CHUNK))
        if not chunk:
            break
        total.update(chunk)
        left -= len(chunk)
    return total.hexdigest().encode()


def _check_seal(name: str, file: IO[bytes], kind: str) -> None:
    size = file.seek(0, os.SEEK_END)
    file.seek(max(size - _SEAL_LENGTH, 0))
    end = file.read()
    seal = _SEAL.search(end)
    if seal is None:
        raise ValueError(
            f"{name} is not a file that paris_core has written, or it is damaged or cut short: its "
            "seal is missing"
        )
    if int(seal[2]) != FORMAT:
        raise ValueError(
            f"{name} is of format {int(seal[2])}, this version of paris_core reads {FORMAT}: use "
            "the version that wrote it, or make it anew"
        )
    if _digest(file) != end[-_DIGEST - 1 : -1]:
        raise ValueError(
            f"{name} is damaged: its checksum is not that of its contents. Take another copy, or "
            "make it anew"
        )
    if seal[1].decode() != kind:
        raise ValueError(f"{name} holds a {seal[1].decode()}, not a {kind}")


def _contents(file: IO[bytes]) -> Contents:
    arrays = {}
    with zipfile.ZipFile(file) as archive:
        members = archive.infolist()
        names = [member.filename for member in members]
        if len(set(names)) < len(names):
            raise ValueError("two members have one name")
        if any(member.compress_type != zipfile.ZIP_STORED for member in members):
            raise ValueError("a member is compressed")
        # Nothing is larger than the file, nor are all members together.
        if sum(member.file_size for member in members) > file.seek(0, os.SEEK_END):
            raise ValueError("its members are larger than the file")
        document = json.loads(archive.read(_DOCUMENT).decode("utf-8"))
        for name in names:
            if name.endswith(".npy"):
                arrays[name.removesuffix(".npy")] = _array(archive.read(name))
    return document, arrays


def _array(content: bytes) -> NDArray[Any]:
    """An array from NumPy's format, if its header says what is there."""
    file = io.BytesIO(content)
    version = npy.read_magic(file)
    readers = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
    if version not in readers:
        raise ValueError(f"an array has format {version}")
    shape, _, dtype = readers[version](file)
    if dtype.kind not in _KINDS or dtype.itemsize == 0 or dtype.hasobject:
        raise ValueError(f"an array has dtype {dtype}")
    if math.prod(shape) * dtype.itemsize != len(content) - file.tell():
        raise ValueError(f"an array of shape {shape} and dtype {dtype} does not fill its member")
    file.seek(0)
    array = np.asarray(npy.read_array(file, allow_pickle=False))
    _check_entries(array)
    return array


def _check_entries(array: NDArray[Any]) -> None:
    """Refuse what NumPy itself would never write: bools of 2, characters beyond Unicode."""
    kinds = {"b": ("u1", 1), "U": (array.dtype.str[0].replace("|", "=") + "u4", 0x10FFFF)}
    if array.dtype.kind in kinds and array.size:
        words, most = kinds[array.dtype.kind]
        # Read-only views of both orders: no copy, whatever the layout.
        if int(array.ravel(order="K").view(words).max()) > most:
            raise ValueError(f"an array of dtype {array.dtype} has entries that are none")
