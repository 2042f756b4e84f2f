"""``python -m tests.bits``: check the corpus, or write it anew."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys

from .corpus import ADVICE, LEVELS, check, loaded_level, write

_SHOWN = 12  # lines about differences


def main() -> int:
    """Return 1 if something differs."""
    parser = argparse.ArgumentParser(prog="python -m tests.bits", description=__doc__)
    parser.add_argument("--level", choices=LEVELS, help="default: each that this machine supports")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--write", action="store_true", help="write the digests anew")
    what.add_argument("--run", default="", metavar="TEXT", help="only runs whose name holds TEXT")
    options = parser.parse_args()
    levels = [options.level] if options.level else list(LEVELS)
    if levels != [os.environ.get("PARIS_CORE_SIMD")]:
        return int(any([_in_a_process_of_its_own(level, options) for level in levels]))
    lines = write() if options.write else check(options.run)
    if not lines:
        print(f"{loaded_level()}: {'written' if options.write else 'the same bits'}")
        return 0
    print(f"{loaded_level()}: {len(lines)} differences", *lines[:_SHOWN], sep="\n  ")
    if len(lines) > _SHOWN:
        print(f"  ... and {len(lines) - _SHOWN} more")
    print("Nothing was written: all ways to a run must agree." if options.write else ADVICE)
    return 1


def _in_a_process_of_its_own(level: str, options: argparse.Namespace) -> int:
    """Returns what that process does; 0 if there is no such level here."""
    environment = {**os.environ, "PARIS_CORE_SIMD": level}
    loads = [sys.executable, "-c", "import paris_core"]
    loaded = subprocess.run(loads, env=environment, check=False, capture_output=True, text=True)
    if loaded.returncode != 0:
        if "but this CPU supports" in loaded.stderr or "ModuleNotFoundError" in loaded.stderr:
            print(f"{level}: not supported, or not built, here", flush=True)
            return 0
        print(loaded.stderr)
        return loaded.returncode
    command = [sys.executable, "-m", __spec__.parent, "--level", level]
    command += ["--write"] if options.write else ["--run", options.run]
    return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
