"""The wheel of this source tree for the app host: built on the operator's machine, and only when something changed."""

import atexit
import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from pyinfra.api.exceptions import DeployError

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = ROOT / "requirements" / "server.txt"


def source_digest(root: Path = ROOT) -> str:
    """What the wheel and its requirements are made of, as one SHA-256: equal digests give equal code on the host."""
    digest = hashlib.sha256()
    for path in sorted(_sources(root)):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{path.relative_to(root)}\0{content}\n".encode())
    return digest.hexdigest()


def _sources(root: Path) -> Iterator[Path]:
    project = root / "pyproject.toml"
    hatch = tomllib.loads(project.read_text())["tool"]["hatch"]
    wheel = hatch["build"]["targets"]["wheel"]
    yield project
    yield from _files(root / REQUIREMENTS.relative_to(ROOT))
    for name in (hatch["version"]["path"], *wheel["packages"], *wheel.get("force-include", {})):
        yield from _files(root / name)


def _files(path: Path) -> Iterable[Path]:
    if not path.is_dir():
        return [path] if path.exists() else []
    return (file for file in path.rglob("*") if file.is_file() and "__pycache__" not in file.parts)


@cache
def build(digest: str, root: Path = ROOT) -> Path:
    """Build the wheel that ``digest`` stands for; once per run, into a directory of its own."""
    into = _scratch()
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(into)]
    built = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    wheels = list(into.glob("*.whl"))
    if built.returncode or len(wheels) != 1:
        raise DeployError(f"the codeb wheel ({digest[:12]}) could not be built: {built.stderr.strip()[-500:]}")
    return wheels[0]


@cache
def wheelhouse_archive(directory: Path) -> Path:
    """All wheels of ``directory`` in one tar, because one upload is quicker than forty."""
    wheels = sorted(directory.glob("*.whl"))
    if not wheels:
        raise DeployError(f"wheelhouse {directory} has no wheels: `pip download -r {REQUIREMENTS}` into it")
    archive = _scratch() / "wheelhouse.tar"
    with tarfile.open(archive, "w") as tar:
        for wheel in wheels:
            tar.add(wheel, arcname=wheel.name)
    return archive


def _scratch() -> Path:
    directory = Path(tempfile.mkdtemp(prefix="codeb-"))
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    return directory
