"""Public calls, and what every one of them must obey whatever it does."""

from __future__ import annotations

import inspect
import re
import warnings
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

import paris_core

from .source import Source


@dataclass(frozen=True)
class Failure:
    """Something that a case has found."""

    kind: str  # one of KINDS
    call: str
    what: str


KINDS = (
    "crash",
    "hang",
    "unexpected error",
    "unnamed error",
    "accepted",  # what is no good argument
    "changed input",
    "warning",
    "engines differ",
    "not complementary",
    "wrong weights",
    "not the best",
    "wrong number",
    "wrong state",  # of an object after a sequence of calls
    "error of the fuzzer",
)

#: What a user's mistake may raise.
USUAL = (TypeError, ValueError)
#: What else, where it is documented.
DOCUMENTED = (OverflowError, paris_core.NotPositiveDefiniteError)


class Outcome:
    """What a call returned or raised."""

    def __init__(self, value: Any = None, error: Exception | None = None) -> None:
        self.value = value
        self.error = error

    def __bool__(self) -> bool:
        """Whether there is a value."""
        return self.error is None


class Case:
    """The calls of one case, and what was found."""

    def __init__(self, source: Source, tell: Callable[[str], None] | None = None) -> None:
        self.source = source
        self.failures: list[Failure] = []
        self.calls: Counter[str] = Counter()
        self.slack_used: dict[str, float] = {}  # the largest share of a bound, by check
        self._tell = tell
        self._last: object = ""

    def fail(self, kind: str, what: str) -> None:
        """Note a failure of the last call."""
        assert kind in KINDS, kind
        self.failures.append(Failure(kind, str(self._last), what))

    def note(self, name: str, text: str) -> None:
        """Count a call that a helper is about to make."""
        self.calls[name] += 1
        self._last = text
        if self._tell is not None:
            self._tell(text)

    def check(self, kind: str, holds: Any, what: str) -> bool:
        """Note a failure unless it holds."""
        if not holds:
            self.fail(kind, what)
        return bool(holds)

    def used(self, check: str, share: float) -> None:
        """Note how much of the bound of a check was used."""
        self.slack_used[check] = max(self.slack_used.get(check, 0.0), float(share))

    def may(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Outcome:
        """Call; an error is right if it names an argument."""
        return self.make(function, args, kwargs)

    def must(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Outcome:
        """Call; every error is wrong."""
        return self.make(function, args, kwargs, allowed=())

    def refused(
        self,
        names: str | Iterable[str],
        function: Callable[..., Any],
        *args: Any,
        errors: tuple[type[Exception], ...] = USUAL,
        **kwargs: Any,
    ) -> Outcome:
        """Call; it must raise an error that says one of `names`."""
        names = [names] if isinstance(names, str) else list(names)
        outcome = self.make(function, args, kwargs, allowed=errors, names=names)
        if outcome:
            self.fail(
                "accepted", f"{' or '.join(names)} should be refused, got {_shown(outcome.value)}"
            )
        return outcome

    def make(
        self,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        *,
        allowed: tuple[type[Exception], ...] = USUAL + DOCUMENTED,
        names: Iterable[str] | None = None,
        excused: Callable[[Exception], bool] = lambda error: False,
        quiet: tuple[type[Warning], ...] = (),
        counted: bool = True,
    ) -> Outcome:
        """Call, and look at inputs, warnings and errors.

        Parameters
        ----------
        allowed : tuple of exception types
            Others are failures, unless `excused` says that they are right.
        names : iterable of str, optional
            One of them must be in the message. Default: the function's parameters.
        excused : callable
            Whether an error is right.
        quiet : tuple of warning types
            Warnings that are none of the fuzzer's business.
        counted : bool
            False for the repetitions of a call that is a matter of microseconds.
        """
        name = _name_of(function)
        self.calls[name] += counted
        self._last = _Call(name, args, kwargs)
        if self._tell is not None:
            self._tell(str(self._last))
        before = _Snapshot((args, kwargs))
        outcome, warned = _called(function, args, kwargs)
        for change in before.changes():
            self.fail("changed input", change)
        for warning in warned:
            if not issubclass(warning.category, quiet):
                self.fail("warning", f"{warning.category.__name__}: {warning.message}")
        if outcome.error is not None and not excused(outcome.error):
            self._judge(outcome.error, allowed, _parameters(function) if names is None else names)
        return outcome

    def _judge(
        self, error: Exception, allowed: tuple[type[Exception], ...], names: Iterable[str]
    ) -> None:
        what = f"{type(error).__name__}: {error}"
        if isinstance(error, MemoryError):
            self.check("unnamed error", _AMOUNT.search(what), f"{what} (says no amount)")
        elif not isinstance(error, allowed) or isinstance(error, _NEVER):
            self.fail("unexpected error", what)
        elif type(error) is np.linalg.LinAlgError:
            self.fail("unexpected error", f"plain {what}")
        elif not any(says(str(error), name) for name in names):
            self.fail("unnamed error", f"{what} (names none of {', '.join(names)})")


_AMOUNT = re.compile(r"[\d.]+ ([KMGTPE]i?B|bytes)")  # of memory that is too much to ask for
_NEVER = (UnicodeError,)  # a ValueError of Python's own


def says(message: str, name: str) -> bool:
    """Whether a message has this name in it, as a word."""
    return re.search(rf"(?<![\w.]){re.escape(name)}(?!\w)", message) is not None


def _called(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[Outcome, list[warnings.WarningMessage]]:
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            return Outcome(function(*args, **kwargs)), warned
        except Exception as error:
            return Outcome(error=error), warned


def _name_of(function: Callable[..., Any]) -> str:
    """As in ``paris_core.NAME``, where it is there."""
    name = getattr(function, "__qualname__", type(function).__name__)
    module = (getattr(function, "__module__", None) or "").split(".")
    if module[0] != "paris_core" or "." in name or hasattr(paris_core, name):
        return name
    return f"{module[-1]}.{name}"


def _parameters(function: Callable[..., Any]) -> list[str]:
    try:
        names = list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return []
    return [name for name in names if name not in ("self", "options")]


class _Call:
    """A call as text, if it is wanted."""

    def __init__(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self._parts = name, args, kwargs

    def __str__(self) -> str:
        name, args, kwargs = self._parts
        shown = [_shown(value) for value in args]
        shown += [f"{key}={_shown(value)}" for key, value in kwargs.items()]
        return f"{name}({', '.join(shown)})"


def _shown(value: Any) -> str:
    """An argument in a few words."""
    if isinstance(value, np.ndarray):
        return _shown_array(value)
    if isinstance(value, (tuple, list)) and len(value) <= 3:
        inside = ", ".join(map(_shown, value))
        return f"[{inside}]" if isinstance(value, list) else f"({inside})"
    if isinstance(value, dict) and 0 < len(value) <= 3:
        return "{" + ", ".join(f"{key!r}: {_shown(item)}" for key, item in value.items()) + "}"
    try:
        text = repr(value).replace("\n", " ")
    except Exception as error:
        return f"<{type(value).__name__}, whose repr raises {error!r}>"
    return text if len(text) <= 60 else text[:57] + "..."


def _shown_array(array: np.ndarray) -> str:
    flags = array.flags
    order = "" if flags.c_contiguous else ", F order" if flags.f_contiguous else ", strided"
    locked = "" if flags.writeable else ", read-only"
    values = ""
    if 0 < array.size < 10**7 and array.dtype.kind in "biuf":
        with np.errstate(all="ignore"):
            low, high = array.min(), array.max()
        values = f", {low:.3g}..{high:.3g}"
    return f"<{array.dtype} {array.shape}{order}{locked}{values}>"


class _Snapshot:
    """Copies of everything that a call could change."""

    def __init__(self, arguments: Any) -> None:
        self._copies = list(_copies(arguments, "", 0))

    def changes(self) -> list[str]:
        """What has changed."""
        return [
            f"{where} was changed"
            for where, now, before in self._copies
            if (now.tobytes() if isinstance(now, np.ndarray) else repr(now)) != before
        ]


def _copies(value: Any, where: str, depth: int) -> Iterable[tuple[str, Any, Any]]:
    """(place, object, copy) of arrays, and of the arrays that they are views of; of lists."""
    if isinstance(value, np.ndarray) and value.dtype != object:
        base = value
        while isinstance(base.base, np.ndarray):
            base = base.base
        yield where, base, base.tobytes()
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _copies(item, f"{where}[{key!r}]" if where else str(key), depth + 1)
    elif isinstance(value, (tuple, list)):
        if isinstance(value, list) and not any(isinstance(item, np.ndarray) for item in value):
            yield where, value, repr(value)
            return
        for place, item in enumerate(value):
            yield from _copies(item, f"{where}[{place}]", depth + 1)
    elif hasattr(value, "to_numpy"):
        yield where, value.to_numpy(), value.to_numpy().tobytes()
    elif type(value).__name__ == "_WithArray":
        yield where, value.array, value.array.tobytes()
