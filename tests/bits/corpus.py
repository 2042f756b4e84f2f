"""The stored records of one instruction-set level: written, read and compared."""

from __future__ import annotations

import json
import platform
from pathlib import Path

import numpy as np

import paris_core

from .record import differences, record
from .runs import all_runs

LEVELS = ("baseline", "x86-64-v3", "x86-64-v4")
ADVICE = """\
A refactoring must not change a bit. If the change is meant (another order of a sum, a more accurate
formula), say so in its commit, and write the digests anew on a machine that supports every level:
    python -m tests.bits --write"""


def loaded_level() -> str:
    """The instruction-set level of the core that is loaded."""
    return paris_core.show_config(mode="dict")["simd"]


def path() -> Path:
    """The file of that level."""
    return Path(__file__).parent / f"{loaded_level()}.json"


def check(wanted: str = "") -> list[str]:
    """Do all runs whose name holds `wanted`; returns a line for everything that differs."""
    stored = json.loads(path().read_text(encoding="utf-8"))
    runs = {name: run for name, run in all_runs().items() if wanted in name}
    lines = []
    for name, run in runs.items():
        if name not in stored["runs"]:
            lines.append(f"{name}: a run without digests")
            continue
        for way, outcome in run().items():
            found = differences(outcome, stored["runs"][name])
            lines += [f"{name} ({way}): {what}" for what in found]
    gone = (name for name in stored["runs"] if wanted in name and name not in runs)
    lines += [f"{name}: digests without a run" for name in gone]
    if lines and stored["made_with"] != _made_with():
        lines.append(f"(The digests were made with {stored['made_with']}, here {_made_with()}.)")
    return lines


def write() -> list[str]:
    """Store the outcomes of all runs if all ways to each agree; returns where they do not."""
    records, lines = {}, []
    for name, run in all_runs().items():
        (first_way, first), *others = run().items()
        records[name] = record(first)
        for way, outcome in others:
            found = differences(outcome, records[name])
            lines += [f"{name} ({way}; was: {first_way}): {what}" for what in found]
    if not lines:
        runs = ",\n".join(f"{json.dumps(name)}: {json.dumps(r)}" for name, r in records.items())
        text = f'{{"made_with": {json.dumps(_made_with())},\n"runs": {{\n{runs}\n}}}}\n'
        path().write_text(text, encoding="utf-8")
    return lines


def _made_with() -> dict[str, str]:
    """What bits should not depend on, but if they differ one wants to know."""
    libc = " ".join(platform.libc_ver())
    compiler = paris_core.show_config(mode="dict")["compiler"]
    return {"compiler": compiler, "libc": libc, "numpy": np.__version__}
