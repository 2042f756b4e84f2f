"""Which encoding a text has."""

from __future__ import annotations

import codecs

from ..errors import TableError
from ..options import Options

__all__ = ["detect"]

_MARKS = (  # UTF-32 first: its mark begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_NAMES = {"utf-16": "utf-16-le", "utf-32": "utf-32-le"}  # those that write no mark of their own


def detect(content: bytes, options: Options) -> tuple[str, str]:
    """The codec of a text, which leaves a byte order mark in it, and why that one.

    Raises
    ------
    TableError
        If it is no text of a known kind, or not of that which the user says.
    """
    marked = next((name for mark, name in _MARKS if content.startswith(mark)), None)
    if options.encoding is not None:
        codec = _said(options.encoding, marked)
        _check(content, codec, f"it is not {options.encoding}, as --encoding says")
        return codec, "as --encoding says"
    if marked is not None:
        _check(content, marked, f"it begins as {marked}, and does not go on so")
        return marked, "by its byte order mark"
    wide = _without_mark(content)
    if wide is not None:
        _check(content, wide, f"every second byte is 0, as in {wide}, but it is not")
        return wide, "as every second byte is 0"
    if b"\0" in content:
        line = content.count(b"\n", 0, content.index(b"\0")) + 1
        raise TableError(f"line {line} holds a byte that is 0: it is no text; say --encoding")
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        _check(content, "cp1252", "it is neither UTF-8 nor Windows-1252; say --encoding")
        return "cp1252", "as it is not UTF-8 (--encoding overrules)"
    return "utf-8", "as all of it is valid"


def _said(name: str, marked: str | None) -> str:
    known = codecs.lookup(name).name
    if marked is not None and known in ("utf-8-sig", "utf-16", "utf-32"):
        return marked
    return {"utf-8-sig": "utf-8", **_NAMES}.get(known, known)


def _without_mark(content: bytes) -> str | None:
    """UTF-16 of Latin letters, whose other bytes are 0."""
    head = content[:4000]
    half = len(head) // 2
    if half < 4:
        return None
    if head[1::2].count(0) > 0.7 * half and head[::2].count(0) < 0.1 * half:
        return "utf-16-le"
    if head[::2].count(0) > 0.7 * half and head[1::2].count(0) < 0.1 * half:
        return "utf-16-be"
    return None


def _check(content: bytes, codec: str, otherwise: str) -> None:
    try:
        content.decode(codec)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise TableError(
            f"byte {content[error.start : error.start + 1]!r} in line {line} cannot be read: "
            f"{otherwise}"
        ) from error
