"""Run a program of this folder: ``python -m tests.stress interrupts --times 50``."""

import importlib
import sys
from pathlib import Path

PROGRAMS = ("interrupts", "kills")

if __name__ == "__main__":
    there = [name for name in PROGRAMS if Path(__file__).with_name(f"{name}.py").exists()]
    if len(sys.argv) < 2 or sys.argv[1] not in there:
        sys.exit(f"usage: python -m tests.stress {{{','.join(there)}}} [options]")
    program = importlib.import_module(f"tests.stress.{sys.argv[1]}")
    sys.exit(program.main(sys.argv[2:]))
