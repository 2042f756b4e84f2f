"""Draw the figures of docs/study.md from the results that are there.

    python -m benchmarks.study.figures [--results FOLDER] [--out docs/images]

Needs matplotlib: pip install 'paris-core[study]'.
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Callable
from pathlib import Path

from matplotlib.figure import Figure
from PIL import Image

from .curve_figures import ablations, compression
from .grid import RESULTS, Row, file_of, read
from .interval_figures import ranks, repair, storms

FIGURES: dict[str, tuple[str, Callable[[list[Row]], Figure]]] = {
    "study-storms": ("storms", storms),
    "study-repair": ("repair", repair),
    "study-compression": ("compression", compression),
    "study-ablations": ("ablations", ablations),
    "study-ranks": ("public", ranks),
}


def _save(figure: Figure, file: Path) -> None:
    """A PNG with a palette: half the size."""
    plain = io.BytesIO()
    figure.savefig(plain, dpi=90)
    image = Image.open(plain).convert("RGB")
    image.quantize(128, dither=Image.Dither.NONE).save(file, optimize=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--out", type=Path, default=RESULTS.parents[2] / "docs" / "images")
    args = parser.parse_args()
    for name, (study, draw) in FIGURES.items():
        rows = read(file_of(study, args.results))
        if rows:
            args.out.mkdir(parents=True, exist_ok=True)
            image = args.out / f"{name}.png"
            _save(draw(rows), image)
            print(f"{image}: {image.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
