"""The parser, its errors, and the types of arguments that subcommands share."""

from __future__ import annotations

import argparse
import contextlib
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn

__all__ = [
    "Parser",
    "UsageError",
    "fraction",
    "integer",
    "keep",
    "number",
    "penalty",
    "share",
]


class UsageError(Exception):
    """Something the user can put right; the message says how."""


class Parser(argparse.ArgumentParser):
    """An argparse parser whose errors are one line, with exit code 2."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and where the options are explained."""
        self.exit(2, f"{self.prog}: error: {message} (see {self.prog} --help)\n")


if TYPE_CHECKING:  # what `add_parser` of a subcommand is given; not subscriptable at run time
    Commands = argparse._SubParsersAction[Parser]


def integer(low: int) -> Callable[[str], int]:
    """Return the type of an integer >= low."""

    def parse(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = low - 1
        if value < low:
            raise argparse.ArgumentTypeError(f"expected an integer >= {low}, got {text!r}")
        return value

    return parse


def number(text: str) -> float:
    """Parse a finite number."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"expected a finite number, got {text!r}")
    return value


def fraction(text: str) -> float:
    """Parse a number strictly between 0 and 1."""
    value = number(text)
    if not 0.0 < value < 1.0:
        raise argparse.ArgumentTypeError(f"expected a number between 0 and 1, got {text!r}")
    return value


def penalty(text: str) -> float | str:
    """Parse a ridge penalty: a positive number, or how to choose it."""
    if text in ("auto", "gcv", "evidence"):
        return text
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value > 0.0):
        raise argparse.ArgumentTypeError(
            f"expected a positive number, auto, gcv or evidence, got {text!r}"
        )
    return value


def share(text: str) -> float:
    """Parse a number from 0 to below 1."""
    value = number(text)
    if not 0.0 <= value < 1.0:
        raise argparse.ArgumentTypeError(f"expected a number from 0 to below 1, got {text!r}")
    return value


def keep(text: str) -> float | int | str:
    """Parse how many rows to keep: a fraction, a count or auto."""
    if text == "auto":
        return text
    with contextlib.suppress(ValueError):
        if int(text) >= 1:
            return int(text)
    try:
        return fraction(text)
    except argparse.ArgumentTypeError:
        raise argparse.ArgumentTypeError(
            f"expected a number between 0 and 1, a count >= 1, or auto, got {text!r}"
        ) from None
