"""What is stored of a run's outcome, and what can be said about one that differs."""

from __future__ import annotations

import base64
import hashlib
import itertools

import numpy as np

from .runs import Outcome

_ABOUT = "about "  # before the names of arrays that are only close


def record(outcome: Outcome) -> dict[str, object]:
    """Of an array: digests of its bits and its last value in nine digits; or a few values."""
    bits = {name: f"{digests(array)} {_last(array)}" for name, array in outcome.bits.items()}
    close = {_ABOUT + name: _sample(array) for name, array in outcome.close.items()}
    return bits | close


def differences(outcome: Outcome, stored: dict) -> list[str]:
    """A line for every array that is not as it was recorded; the first to differ comes first."""
    names = [*outcome.bits, *(_ABOUT + name for name in outcome.close)]
    if names != list(stored):
        return [f"the arrays are {', '.join(names)}, and were {', '.join(stored)}"]
    found = []
    for name, array in outcome.bits.items():
        was, last = stored[name].split(" ")
        place = first_difference(array, was)
        if place is not None:
            found.append((place, _described(name, array, *place, last)))
    lines = [line for _, line in sorted(found, key=lambda at: at[0])]
    for name, array in outcome.close.items():
        was, now = stored[_ABOUT + name], _sample(array)
        if not _close(was, now, outcome.tolerance * np.abs(np.asarray(array)).max(initial=0.0)):
            lines.append(f"{name} is about {now}, was {was}")
    return lines


def beginnings(n: int) -> list[int]:
    """Lengths of the beginnings of an array that are told apart, each a quarter longer."""
    lengths: list[int] = []
    while not lengths or lengths[-1] < n:
        last = lengths[-1] if lengths else 0
        lengths.append(min(n, max(last + 1, last * 5 // 4)))
    return lengths


def digests(array) -> str:
    """A character for the bits of each beginning but the whole, which has eight."""
    flat = _flat(array)
    running = hashlib.sha256(repr(np.shape(array)).encode())
    out, done = "", 0
    for length in beginnings(flat.size):
        running.update(flat[done:length].tobytes())
        whole = length == flat.size
        out += base64.b64encode(running.digest())[: 8 if whole else 1].decode()
        done = length
    return out


def first_difference(array, was: str) -> tuple[int, int] | None:
    """Between which positions `array` begins to differ from its digests; None if it does not.

    In one of 64 cases a character is the same by chance, and the place named comes later.
    """
    now = digests(array)
    if now == was:
        return None
    places = list(itertools.pairwise([0, *beginnings(np.size(array))]))
    differs = (place for place, one, other in zip(places, now, was) if one != other)  # noqa: B905
    return next(differs, places[-1])


def _flat(array):
    kind = "<f8" if np.asarray(array).dtype.kind == "f" else "<i8"
    return np.ascontiguousarray(array, dtype=kind).reshape(-1)


def _last(array) -> str:
    flat = _flat(array)
    return f"{flat[-1]:.9g}" if flat.size else "none"


def _described(name: str, array, begin: int, end: int, last: str) -> str:
    values = ", ".join(map(repr, _flat(array)[begin : min(end, begin + 3)].tolist()))
    more = ", ..." if end > begin + 3 else ""
    where = f"at {begin}" if end <= begin + 1 else f"between {begin} and {end - 1}"
    was = f"its last value was {last}, now {_last(array)}"
    return f"{name} {np.shape(array)} differs first {where}, where it now is {values}{more}; {was}"


def _sample(array) -> list[float]:
    """A few values of an array."""
    flat = np.asarray(array, dtype=np.float64).reshape(-1)
    return flat[np.linspace(0, flat.size - 1, min(4, flat.size)).astype(np.int64)].tolist()


def _close(was: list[float], now: list[float], tolerance: float) -> bool:
    return len(was) == len(now) and bool(np.all(np.abs(np.subtract(was, now)) <= tolerance))
