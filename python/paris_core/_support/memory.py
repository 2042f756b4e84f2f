"""How much memory there is, and a refusal before more than that is asked for.

Linux grants memory that it does not have, and kills the process that then uses it. So whatever can
grow beyond what its arguments take up is measured here first.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

_SMALL = 2**24  # bytes that are not worth a look
_NO_LIMIT = 2**60
_PROC = Path("/proc")


def require(n_bytes: int, what: str, advice: str) -> None:
    """Raise MemoryError if so many bytes, for `what`, are not available; `advice` says what then.

    Takes a few milliseconds, and no time for a few bytes.
    """
    if n_bytes < _SMALL:
        return
    free = available()
    if free is not None and n_bytes > free:
        raise MemoryError(
            f"{what} needs {_in_words(n_bytes)}, but {_in_words(free)} are available: {advice}"
        )


def available(proc: Path = _PROC) -> int | None:
    """Bytes that this process can still use without swapping; None where that cannot be told.

    The least of what the system, the control groups of this process (a container, a batch job) and
    its own limits (``ulimit -v``) leave.
    """
    amounts = [*_of_system(proc), *_of_control_groups(proc), *_of_process(proc)]
    return max(min(amounts), 0) if amounts else None


def _of_system(proc: Path) -> Iterator[int]:
    """What the kernel says it could hand out, or else the memory that is built in."""
    for line in _text(proc / "meminfo").splitlines():
        if line.startswith("MemAvailable:"):
            yield 1024 * int(line.split()[1])
            return
    try:
        yield os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # not a Unix
        return


def _of_control_groups(proc: Path) -> Iterator[int]:
    """What is left below the limit of each control group that this process is in."""
    for directory, limit, usage in _control_groups(proc):
        most = _text(directory / limit).strip()
        if not most.isdigit() or int(most) >= _NO_LIMIT:  # "max", or a number without meaning
            continue
        used = _text(directory / usage).strip()
        if used.isdigit():
            yield int(most) - int(used) + _cached(_text(directory / "memory.stat"))


def _control_groups(proc: Path) -> Iterator[tuple[Path, str, str]]:
    """Directories of these groups, innermost first, and their files of limit and usage."""
    for root, mounted, version in _mounts(proc):
        inside = _path_in_hierarchy(proc, version)
        if inside is None:
            continue
        names = ("memory.max", "memory.current")
        if version == 1:
            names = ("memory.limit_in_bytes", "memory.usage_in_bytes")
        parts = Path(inside).parts[1:]
        above = Path(root).parts[1:]
        # A container may see only its own part of the hierarchy.
        parts = parts[len(above) :] if parts[: len(above)] == above else ()
        if ".." in parts:
            parts = ()
        for depth in range(len(parts), -1, -1):
            yield (mounted.joinpath(*parts[:depth]), *names)


def _mounts(proc: Path) -> Iterator[tuple[str, Path, int]]:
    """Root, place and version of the mounted hierarchies that limit memory."""
    for line in _text(proc / "self" / "mountinfo").splitlines():
        mount, _, source = line.partition(" - ")
        fields, kind = mount.split(), source.split()
        if len(fields) < 5 or len(kind) < 3:
            continue
        root, place = (_unescaped(field) for field in fields[3:5])
        if kind[0] == "cgroup2":
            yield root, Path(place), 2
        elif kind[0] == "cgroup" and "memory" in kind[2].split(","):
            yield root, Path(place), 1


def _path_in_hierarchy(proc: Path, version: int) -> str | None:
    """The control group of this process."""
    for line in _text(proc / "self" / "cgroup").splitlines():
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        mine = number == "0" if version == 2 else "memory" in controllers.split(",")
        if mine:
            return path
    return None


def _cached(stat: str) -> int:
    """Bytes of files in memory, which count as used and make room when it is needed."""
    amounts = dict(line.split() for line in stat.splitlines() if len(line.split()) == 2)
    prefix = "total_" if "total_inactive_file" in amounts else ""  # version 1: of all groups inside
    names = (f"{prefix}inactive_file", f"{prefix}active_file")
    return sum(int(amounts.get(name, "0")) for name in names)


def _of_process(proc: Path) -> Iterator[int]:
    """What the limits of this process leave."""
    try:
        import resource
    except ImportError:  # not a Unix
        return
    pages = _text(proc / "self" / "statm").split()
    if len(pages) < 6:
        return
    for limit, used in ((resource.RLIMIT_AS, pages[0]), (resource.RLIMIT_DATA, pages[5])):
        most = resource.getrlimit(limit)[0]
        if most != resource.RLIM_INFINITY:
            yield most - int(used) * resource.getpagesize()


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _unescaped(field: str) -> str:
    return re.sub(r"\\(\d{3})", lambda match: chr(int(match[1], 8)), field)


def _in_words(n_bytes: int) -> str:
    if n_bytes > 2**80:
        return "more than any machine has"
    return f"{n_bytes / 2**30:,.1f} GiB" if n_bytes >= 2**30 else f"{n_bytes / 2**20:,.0f} MiB"
