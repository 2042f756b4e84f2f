"""Fill cpp/vendor/eigen with the Eigen headers that the build is pinned to.

    python cpp/vendor/fetch_eigen.py              download the pinned wheel with pip
    python cpp/vendor/fetch_eigen.py --installed  take the headers of the installed package

The checksums of the wheel and of the headers are verified before anything is written. A plain build
does not need this; an sdist takes the second way by itself, so that whoever builds from it needs no
Eigen from anywhere.
"""

import argparse
import hashlib
import importlib.metadata
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

PACKAGE, VERSION = "cmeel-eigen", "3.4.1"
WHEEL_SHA256 = "0ccd7b73fe8a72e2729784253c982e75d1790e0a8c71f302eb5a1fb1dd3a8a90"
HEADERS_SHA256 = "600213403169074d04dd63f39a30f16b308f071b13217bc079e477262bb22a6d"
PREFIX = "cmeel.prefix/include/eigen3/Eigen/"
# Modules that only wrap other libraries.
UNUSED = ("Cholmod", "KLU", "Metis", "PaStiX", "Pardiso", "SPQR", "SuperLU", "UmfPack")
HERE = Path(__file__).resolve().parent


def verify(what: str, digest: str, expected: str) -> None:
    """Stop the program if a checksum is not the pinned one."""
    if digest != expected:
        raise SystemExit(f"{what}: sha256 is {digest}, expected {expected}; nothing was written")


def wanted(name: str) -> bool:
    """Whether a file of the package belongs into the tree."""
    return name.startswith(PREFIX) and not any(word in name for word in UNUSED)


def downloaded_headers() -> dict[str, bytes]:
    """The headers in the pinned wheel, by path inside the package."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
        subprocess.run([*command, "--dest", folder, f"{PACKAGE}=={VERSION}"], check=True)
        (wheel,) = Path(folder).glob("*.whl")
        verify(wheel.name, hashlib.sha256(wheel.read_bytes()).hexdigest(), WHEEL_SHA256)
        with zipfile.ZipFile(wheel) as archive:
            names = [name for name in archive.namelist() if not name.endswith("/")]
            return {name: archive.read(name) for name in names if wanted(name)}


def installed_headers() -> dict[str, bytes]:
    """The headers of the installed package, by path inside it."""
    distribution = importlib.metadata.distribution(PACKAGE)
    files = [path for path in distribution.files or [] if wanted(path.as_posix())]
    return {path.as_posix(): Path(path.locate()).read_bytes() for path in files}


def write(headers: dict[str, bytes], target: Path) -> None:
    """Verify the headers and replace `target` by them and their licence."""
    digest = hashlib.sha256()
    for name in sorted(headers):
        digest.update(name.encode() + b"\0" + headers[name] + b"\0")
    verify("the headers", digest.hexdigest(), HEADERS_SHA256)
    shutil.rmtree(target, ignore_errors=True)
    for name, content in headers.items():
        path = target / "Eigen" / name.removeprefix(PREFIX)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    for licence in ("EIGEN-LICENSE-MPL-2.0.txt", "EIGEN-NOTICE.md"):
        shutil.copy(HERE / licence, target / licence)


def main() -> None:
    """Fetch, verify, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--installed", action="store_true", help="do not download anything")
    headers = installed_headers() if parser.parse_args().installed else downloaded_headers()
    write(headers, HERE / "eigen")
    print(f"{len(headers)} headers of {PACKAGE} {VERSION} in {HERE / 'eigen'}")


if __name__ == "__main__":
    main()
