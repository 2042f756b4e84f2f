"""Fill cpp/vendor/eigen with the Eigen headers that the build is pinned to.

    python cpp/vendor/fetch_eigen.py

Downloads the pinned wheel of cmeel-eigen with pip, verifies its checksum, and unpacks the headers.
Needed before an sdist is made without network access; a plain build does not need it.
"""

import hashlib
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

REQUIREMENT = "cmeel-eigen==3.4.1"
SHA256 = "0ccd7b73fe8a72e2729784253c982e75d1790e0a8c71f302eb5a1fb1dd3a8a90"
PREFIX = "cmeel.prefix/include/eigen3/Eigen/"
# Modules that only wrap other libraries, or that are not under the MPL.
UNUSED = ("Cholmod", "KLU", "Metis", "PaStiX", "Pardiso", "SPQR", "SuperLU", "UmfPack")
HERE = Path(__file__).resolve().parent


def download(folder: Path) -> Path:
    """Download the pinned wheel into `folder` and verify it."""
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
    subprocess.run([*command, "--dest", str(folder), REQUIREMENT], check=True)
    (wheel,) = folder.glob("*.whl")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if digest != SHA256:
        raise SystemExit(f"{wheel.name}: sha256 is {digest}, expected {SHA256}; nothing was unpacked")
    return wheel


def unpack(wheel: Path, target: Path) -> int:
    """Write the headers in `wheel` to `target`; return how many there are."""
    shutil.rmtree(target, ignore_errors=True)
    count = 0
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            inside = name.removeprefix(PREFIX)
            if inside == name or name.endswith("/") or any(word in inside for word in UNUSED):
                continue
            path = target / "Eigen" / inside
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(archive.read(name))
            count += 1
    for licence in ("EIGEN-LICENSE-MPL-2.0.txt", "EIGEN-NOTICE.md"):
        shutil.copy(HERE / licence, target / licence)
    return count


def main() -> None:
    """Fetch, verify, unpack."""
    target = HERE / "eigen"
    with tempfile.TemporaryDirectory() as folder:
        count = unpack(download(Path(folder)), target)
    print(f"{count} headers of {REQUIREMENT} in {target}")


if __name__ == "__main__":
    main()
