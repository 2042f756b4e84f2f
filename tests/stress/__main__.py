"""Run a program of this folder: ``python -m tests.stress interrupts --times 50``."""

import importlib
import os
import sys

# Many small fits: threads would wait for each other. Before NumPy is loaded.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

PROGRAMS = ("interrupts", "kills", "disks")

if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in PROGRAMS:
        sys.exit(f"usage: python -m tests.stress {{{','.join(PROGRAMS)}}} [options]")
    program = importlib.import_module(f"tests.stress.{sys.argv[1]}")
    sys.exit(program.main(sys.argv[2:]))
