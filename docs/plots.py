"""Draw the images of plotting.md: run its examples and save the figure that each one leaves.

    python docs/plots.py [--out docs/images]

Needs matplotlib and Pillow: pip install 'paris-core[plot]'. All data are generated.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import re
from pathlib import Path
from typing import Any

from criteria import save

PAGE = Path(__file__).with_name("plotting.md")
EXAMPLE = re.compile(
    r"```python\n(?P<code>.*?)```\n"  # what draws
    r"\n```text\n.*?```\n"  # what it prints
    r"(?:\n!\[[^]]*\]\(images/(?P<image>[^)]+)\))?",  # where the page shows it
    re.DOTALL,
)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=PAGE.with_name("images"))
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    names: dict[str, Any] = {}
    for example in EXAMPLE.finditer(PAGE.read_text(encoding="utf-8")):
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile(example["code"], str(PAGE), "exec"), names)
        if example["image"]:
            file = out / example["image"]
            save(names["figure"], file)
            print(f"{file}: {file.stat().st_size / 1000:.0f} KB")


if __name__ == "__main__":
    main()
