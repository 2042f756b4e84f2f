"""One file whose bytes atheris chooses: ``python -m tests.fuzz.guided NAME SECONDS``.

It follows which lines of the readers, and of what they stand on, have been reached.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(
    include=["paris_core", "zipfile", "numpy.lib", "csv", "json", "gzip"]
):
    import csv  # noqa: F401
    import gzip  # noqa: F401
    import json  # noqa: F401
    import zipfile  # noqa: F401

    import paris_core.datasets
    import paris_core.estimators
    import paris_core.tables  # noqa: F401

from .load import TARGETS


def main(name: str, seconds: str) -> None:
    """Read files until time is up, or one is read wrongly."""
    read, write = TARGETS[name]
    folder = Path(tempfile.mkdtemp())
    corpus = folder / "corpus"
    corpus.mkdir()
    write(folder / name)
    (corpus / "good").write_bytes((folder / name).read_bytes())

    def one(data: bytes) -> None:
        (folder / name).write_bytes(data)
        read(folder / name)

    options = [
        f"-max_total_time={seconds}",
        "-timeout=20",
        "-max_len=16384",
        "-len_control=0",
        "-rss_limit_mb=4096",
        f"-artifact_prefix={folder}/",
        "-print_final_stats=1",
    ]
    atheris.Setup(["guided", *options, str(corpus)], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
