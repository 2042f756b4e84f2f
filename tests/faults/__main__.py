"""``python -m tests.faults``: is every fault caught by a test?

Each fault in turn is put into a copy of the tree in build/faults; its baseline module is built, at
low priority, and the tests of the kernels run until one fails. Outcomes are kept there: a fault
that was caught is not tried again until the sources change, one that survived is. Takes a minute or
two a fault.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from .faults import FAULTS
from .trial import Outcomes, Tree, try_out


def main() -> int:
    """Return 1 if a fault survives or cannot be applied."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--only", default="", metavar="TEXT", help="faults whose name holds TEXT")
    parser.add_argument("--again", action="store_true", help="try caught faults again, too")
    parser.add_argument("--apply", action="store_true", help="only see whether they apply")
    parser.add_argument("--trust", action="store_true", help="the tests pass without any fault")
    options = parser.parse_args()
    chosen = [fault for fault in FAULTS if options.only in fault.name]
    root = Path.cwd()
    lost = [why for fault in chosen if (why := _why_not(fault, root))]
    print(*lost, sep="\n\n")
    if options.apply or lost:
        return int(bool(lost))

    os.nice(10)
    tree = Tree(root, root / "build" / "faults")
    tree.build()
    if not options.trust:
        failing = tree.run_tests(()) or ("tests/bits" if tree.bits_differ() else "")
        if failing:
            print(f"Without any fault {failing} fails")
            return 1
    outcomes = Outcomes(tree)
    for fault in chosen:
        outcome = None if options.again else outcomes.known(fault)
        if outcome is None:
            outcome = try_out(fault, tree)
            outcomes.keep(fault, outcome)
        bits = "differ" if outcome.bits_differ else "same"
        print(f"| {fault.name} | {outcome.caught_by or '**survives**'} | {bits} |", flush=True)
    survivors = [fault.name for fault in chosen if not outcomes.known(fault)]
    print(f"{len(chosen) - len(survivors)} of {len(chosen)} faults are caught by a test")
    return int(bool(survivors))


def _why_not(fault, root: Path) -> str:
    try:
        fault.apply((root / fault.file).read_text(encoding="utf-8"))
    except LookupError as error:
        return str(error.args[0])
    return ""


if __name__ == "__main__":
    sys.exit(main())
