"""What a runner of CI builds with: buildx, and a BuildKit that is set up as buildx sets up its own."""

import json
import os
import re
import shutil
import subprocess
import time
import tomllib
from collections.abc import Mapping
from pathlib import Path

from tests.lab import artifacts
from tests.lab.compiler import go
from tests.lab.shell import CommandFailed, run
from tests.sample_app import SOURCE

_ETC = Path("/etc/buildkit")
_WITH_ITS_ETC = 'mount --bind "$0" /etc/buildkit && exec "$@"'
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_HOME = ("bin/go", "go.env", "VERSION", "src/go.mod", "src/go.sum", "src/vendor/modules.txt", "src/runtime/cgo")
"""What the compiler needs besides the packages that a program is made of."""
_PLAIN = {**os.environ, "CGO_ENABLED": "0"}


def buildx() -> Path:
    return artifacts.program("buildx")


def start(directory: Path, settings: str, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """A new BuildKit that keeps everything below ``directory`` and listens on its ``sock``.

    It runs beside the Docker Engine instead of in a privileged container, which not every machine of a lab allows.
    Of /etc/buildkit it sees what buildx would have put into that container.
    """
    etc = directory / "etc"
    _write_settings(etc, settings)
    _ETC.mkdir(exist_ok=True)
    isolated = ["unshare", "--mount", "sh", "-c", _WITH_ITS_ETC, str(etc)]
    daemon = [str(artifacts.program("buildkitd")), "--root", str(directory / "state"), "--addr", address(directory)]
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(
            [*isolated, *daemon, "--oci-worker-net", "host", "--containerd-worker=false"],
            env={"PATH": _PATH, **environment},
            stdout=log,
            stderr=log,
        )
    _wait(directory, process)
    return process


def address(directory: Path) -> str:
    return f"unix://{directory / 'sock'}"


def stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    process.wait(timeout=60)
    if _ETC.exists() and not any(_ETC.iterdir()):
        _ETC.rmdir()


def _write_settings(etc: Path, settings: str) -> None:
    """As buildx does: each authority's file is copied to certs/REGISTRY/, and the settings name it there."""
    etc.mkdir()
    for registry, found in tomllib.loads(settings)["registry"].items():
        place = Path("certs") / re.sub(r"[^a-zA-Z0-9.-]+", "_", registry)
        for authority in map(Path, found["ca"]):
            (etc / place).mkdir(parents=True)
            shutil.copy(authority, etc / place / authority.name)
            settings = settings.replace(str(authority), str(_ETC / place / authority.name))
    (etc / "buildkitd.toml").write_text(settings)


def _wait(directory: Path, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while not (directory / "sock").exists():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise CommandFailed(f"buildkitd did not start: {(directory / 'log').read_text()[-2000:]}")
        time.sleep(0.1)


def golang(directory: Path) -> str:
    """Where buildx finds an image to build Go programs on, in place of golang: this machine's compiler and a shell.

    An image and no mere directory, because layers on a directory are not found again in a cache.
    """
    _fill(directory / "root")
    (directory / "Dockerfile").write_text("FROM scratch\nCOPY . /\n")
    daemon = start(directory, "[registry]\n", {})
    try:
        environment = {"PATH": _PATH, "BUILDX_CONFIG": str(directory / "buildx"), "BUILDX_BUILDER": "bases"}
        run([buildx(), "create", "--name=bases", "--driver=remote", address(directory)], environment=environment)
        output = f"--output=type=oci,tar=false,dest={directory / 'layout'}"
        build: list[str | Path] = [buildx(), "build", "--provenance=false", "--file", directory / "Dockerfile", output]
        run([*build, directory / "root"], environment=environment)
    finally:
        stop(daemon)
    (manifest,) = json.loads((directory / "layout" / "index.json").read_text())["manifests"]
    return f"oci-layout://{directory / 'layout'}@{manifest['digest']}"


def _fill(root: Path) -> None:
    home = Path(run([go(), "env", "GOROOT"]).strip())
    place = root / "usr/local/go"
    listed = run([go(), "list", "-tags", "timetzdata", "-deps", "-f", "{{.Dir}}", "."], cwd=SOURCE, environment=_PLAIN)
    packages = [str(Path(line).relative_to(home)) for line in listed.splitlines() if Path(line).is_relative_to(home)]
    for name in (*_HOME, *packages):
        _copy_into(home / name, place / name)
    for tool in ("compile", "link", "asm"):
        (found,) = home.glob(f"pkg/tool/*/{tool}")
        _copy_into(found, place / found.relative_to(home))
    shutil.copytree(home / "pkg/include", place / "pkg/include")
    for directory in ("tmp", "usr/bin", "root"):
        (root / directory).mkdir(parents=True, exist_ok=True)
    (root / "usr/bin/go").symlink_to("/usr/local/go/bin/go")
    _copy_with_its_libraries(Path("/bin/sh"), root)
    _copy(Path("/etc/ssl/certs/ca-certificates.crt"), root)


def _copy_with_its_libraries(program: Path, root: Path) -> None:
    listed = run(["ldd", program]).split()
    for path in (program, *(Path(word) for word in listed if word.startswith("/"))):
        _copy(path, root)


def _copy(path: Path, root: Path) -> None:
    _copy_into(path, root / str(path).lstrip("/"))


def _copy_into(source: Path, target: Path) -> None:
    """A file, or the files of a directory without those below it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_file():
        shutil.copy(source, target)
        return
    for file in filter(Path.is_file, source.iterdir()):
        target.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, target / file.name)
