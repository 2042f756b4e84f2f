"""A build of the package with an instrumented core, for `sanitizers.py` and `line_coverage.py`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def install(scratch: Path, **definitions: str) -> None:
    """Build the baseline module with these CMake variables; the package goes to `site` in scratch.

    pip brings what the build needs. The objects stay in `build` in scratch.
    """
    settings = {
        "build-dir": f"{scratch}/build",
        "cmake.build-type": "RelWithDebInfo",
        "install.strip": "false",
        "cmake.define.PARIS_SIMD_LEVELS": "baseline",
        **{f"cmake.define.{name}": value for name, value in definitions.items()},
    }
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
        + [f"--config-settings={key}={value}" for key, value in settings.items()]
        + [f"--target={scratch}/site", str(ROOT)],
        check=True,
    )


def environment(scratch: Path, **variables: str) -> dict[str, str]:
    """The environment in which Python imports what `install` has built."""
    paths = [f"{scratch}/site", os.environ.get("PYTHONPATH", "")]
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        "PARIS_CORE_SIMD": "baseline",
        **variables,
    }
