"""The wheels that the app host installs, fetched here once per set of requirements: a warm lab needs no network."""

import hashlib
import platform
import sys
import tempfile
from pathlib import Path

from tests.lab.paths import CACHE, ROOT
from tests.lab.progress import stage
from tests.lab.shell import run

_REQUIREMENTS = ROOT / "requirements" / "server.txt"
_PYTHON = "3.11"
_GLIBC = range(17, 37)
"""The hosts' Python and C library (2.36), whatever this machine has."""


def ensure() -> Path:
    """The directory with every wheel of requirements/server.txt."""
    digest = hashlib.sha256(_REQUIREMENTS.read_bytes()).hexdigest()[:16]
    directory = CACHE / "wheelhouse" / f"{digest}-{_PYTHON}-{platform.machine()}"
    if not directory.exists():
        with stage("wheels for the app host"):
            _download(directory)
    return directory


def _download(directory: Path) -> None:
    directory.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=directory.parent) as scratch:
        part = Path(scratch) / "wheels"
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--require-hashes", "--only-binary=:all:"]
        target = ["--python-version", _PYTHON, "--implementation", "cp", "--abi", f"cp{_PYTHON.replace('.', '')}"]
        platforms = [f"--platform=manylinux_2_{minor}_{platform.machine()}" for minor in reversed(_GLIBC)]
        platforms.append(f"--platform=manylinux2014_{platform.machine()}")
        run([*command, *target, *platforms, "--dest", part, "--requirement", _REQUIREMENTS])
        part.rename(directory)
