"""How accurate the core is, against 50 digits; makes docs/numerics.md.

    python benchmarks/numerics.py [--quick] [--page docs/numerics.md]

Every experiment fills a table of the page, which stands after a line such as
<!-- table: conditions -->; what the page promises is checked, and the exit status is 1 if something
does not hold. --quick takes fewer and smaller problems, some seconds instead of some minutes, and
leaves the page as it is. One thread. Needs mpmath: pip install 'paris-core[bench]'.
"""

from __future__ import annotations

import os

# One thread each, and before NumPy loads its BLAS.
os.environ.update(
    dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
)

import argparse
import re
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from accuracy import (
    conditioning,
    downdates,
    exact,
    leaving,
    near_one,
    near_optimum,
    order,
    promises,
    successive,
)
from accuracy.findings import Findings
from command import machine_facts

PAGE = Path(__file__).resolve().parents[1] / "docs" / "numerics.md"

EXPERIMENTS: dict[str, Callable[[bool], Findings]] = {
    "conditions": conditioning.conditions,
    "columns": conditioning.scaled_columns,
    "successive": successive.maintained,
    "unrepaired": successive.unrepaired,
    "one downdate": downdates.single,
    "targets": leaving.targets,
    "deletions after": leaving.deletions,
    "rows": leaving.rows,
    "near one": near_one.leverages,
    "order": order.orders,
    "reported": order.reported,
    "near optimum": near_optimum.forms,
}


def run(quick: bool) -> dict[str, Findings]:
    """All experiments, each printed as it ends."""
    found = {}
    for name, experiment in EXPERIMENTS.items():
        start = time.perf_counter()
        found[name] = experiment(quick)
        print(
            f"\n{name} ({time.perf_counter() - start:.1f} s)\n\n{found[name].markdown()}",
            flush=True,
        )
    return found


def made_by() -> str:
    """When, where and with what."""
    facts = machine_facts()
    return (
        f"Made by `python benchmarks/numerics.py` on {facts['date'][:10]} with paris_core "
        f"{facts['version']} ({facts['simd']}), NumPy {np.__version__} and mpmath "
        f"{exact.mp.__version__}, one thread of a machine with {facts['cores']} cores."
    )


def filled(page: str, tables: dict[str, str], made: str) -> str:
    """The page with these tables, and the line that says where they come from."""
    page = re.sub(r"(<!-- made -->\n\n)(?:.+\n)*", lambda match: f"{match[1]}{made}\n", page)
    return re.sub(
        r"(<!-- table: (.+) -->\n\n)(?:\|.*\n)*",
        lambda match: f"{match[1]}{tables[match[2]]}\n",
        page,
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="small problems; no page is written")
    parser.add_argument("--page", type=Path, default=PAGE)
    options = parser.parse_args()
    found = run(options.quick)
    figures = promises.together(found.values())
    tables = {name: findings.markdown() for name, findings in found.items()}
    tables["promises"] = promises.table(figures)
    print(f"\n{tables['promises']}")
    if not options.quick:
        page = options.page.read_text(encoding="utf-8")
        options.page.write_text(filled(page, tables, made_by()), encoding="utf-8")
    broken = promises.broken(figures)
    print("\n".join(["", *broken]) if broken else "\nall promises kept")
    raise SystemExit(1 if broken else 0)


if __name__ == "__main__":
    main()
