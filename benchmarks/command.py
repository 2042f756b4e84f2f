"""How the benchmarks that report figures are called, and on what machine they run."""

from __future__ import annotations

import argparse
import datetime
import os
import platform
from pathlib import Path
from typing import Any

import paris_core


def command(doc: str | None, quick: str) -> argparse.ArgumentParser:
    """The options that all have; `doc` is the docstring of the script."""
    parser = argparse.ArgumentParser(description=(doc or "").split("\n", 1)[0])
    parser.add_argument("--quick", action="store_true", help=quick)
    parser.add_argument("--out", type=output, metavar="FILE", help="every figure, as .csv or .json")
    return parser


def output(name: str) -> Path:
    path = Path(name)
    if path.suffix not in (".csv", ".json"):
        raise argparse.ArgumentTypeError(f"must end in .csv or .json, got {name}")
    return path


def print_machine() -> dict[str, Any]:
    facts = machine_facts()
    for name, value in facts.items():
        print(f"{name:<11}{value}")
    return facts


def machine_facts() -> dict[str, Any]:
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        model = names[0].split(":", 1)[1].strip() if names else model
    facts = {"date": datetime.datetime.now().astimezone().isoformat(timespec="seconds")}
    facts |= {"cpu model": model, "cores": os.cpu_count()}
    if hasattr(os, "getloadavg"):
        facts["load"] = round(os.getloadavg()[0], 2)  # of the last minute: others at work?
    return facts | paris_core.show_config("dict")
