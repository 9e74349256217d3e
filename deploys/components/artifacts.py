"""Programs that come as one file: what, from where, and which bytes. Spec section 9.

The operator's machine fetches each once, verifies its SHA-256 and keeps it; hosts are given the file.
"""

import hashlib
import os
import shutil
import tarfile
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

import requests

from codeb.domain.infra import Component
from codeb.errors import ConfigError
from codeb.infra_file import beside
from deploys.platform import current

_TIMEOUT = 60
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Artifact:
    """``member`` is the program's path in a .tar.gz or .zip; ``sha256`` is of the file that is downloaded.

    A release whose hash we have not seen ourselves has none: the operator takes it from the vendor's own file.
    ``url`` and ``checksums`` may have {version}, and {digits} for the digits in it.
    """

    name: str
    version: str
    url: str
    checksums: str
    member: str
    sha256: str = ""

    def filled(self, text: str, version: str) -> str:
        return text.format(version=version, digits="".join(filter(str.isdigit, version)))


_GITHUB = "https://github.com"
ARTIFACTS = {
    artifact.name: artifact
    for artifact in (
        Artifact(
            "caddy",
            "2.11.4",
            f"{_GITHUB}/caddyserver/caddy/releases/download/v{{version}}/caddy_{{version}}_linux_amd64.tar.gz",
            "caddy_{version}_checksums.txt (as SHA-512: check the file with sha512sum, then write what sha256sum says)",
            "caddy",
            "527fbf917c39189a1e3b31d34fa955601680b2d5c8055d2a87b8b9588dec7bb9",
        ),
        Artifact(
            "centrifugo",
            "6.9.1",
            f"{_GITHUB}/centrifugal/centrifugo/releases/download/v{{version}}/centrifugo_{{version}}_linux_amd64.tar.gz",
            "centrifugo_{version}_checksums.txt",
            "centrifugo",
        ),
        Artifact(
            "registry",
            "3.1.1",
            f"{_GITHUB}/distribution/distribution/releases/download/v{{version}}/registry_{{version}}_linux_amd64.tar.gz",
            "registry_{version}_linux_amd64.tar.gz.sha256",
            "registry",
        ),
        Artifact(
            "object_storage",
            "1.0.14",
            f"{_GITHUB}/versity/versitygw/releases/download/v{{version}}/versitygw_v{{version}}_Linux_x86_64.tar.gz",
            "checksums.txt",
            "versitygw",
        ),
        Artifact(
            "grafana",
            "12.0.0",
            "https://dl.grafana.com/oss/release/grafana_{version}_amd64.deb",
            "grafana_{version}_amd64.deb.sha256",
            "grafana",
        ),
        Artifact(
            "mcli",
            "2026-09-13T00-00-00Z",
            f"{_GITHUB}/pgsty/mc/releases/download/RELEASE.{{version}}/mcli_{{digits}}.0.0_linux_amd64.tar.gz",
            "mcli_{digits}.0.0_checksums.txt",
            "mcli",
        ),
    )
}


def cache() -> Path:
    """Where downloads are kept, once per machine of the operator's."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "codeb" / "artifacts"


def fetch(component: str, known: Artifact | None = None) -> Path:
    """The program of ``component`` on this machine, verified; raises ConfigError that says what to set.

    ``known`` stands for another program of the same component.
    """
    platform = current()
    chosen, known = platform.infra.component(component), known or ARTIFACTS[component]
    if chosen.source not in (None, "url"):
        raise ConfigError(f"components.{component}.source = {chosen.source}: it is there as a file only; use url")
    wanted = _wanted(component, chosen, known)
    url = mirrored(chosen.url or known.filled(known.url, wanted.version), platform.infra.artifact_mirror)
    local = _local(url)
    if local is not None:
        return _program(_verified(local, wanted), wanted)
    kept = cache() / f"{wanted.name}-{wanted.version}-{wanted.sha256}"
    if not kept.exists():
        _download(url, kept, wanted)
    return _program(_verified(kept, wanted), wanted)


def _wanted(component: str, chosen: Component, known: Artifact) -> Artifact:
    version = chosen.version or known.version
    sha256 = chosen.sha256 or (known.sha256 if version == known.version and not chosen.url else "")
    if not sha256:
        raise ConfigError(
            f"components.{component}.sha256 is not set: write the SHA-256 of {known.filled(known.url, version)}"
            f" into infra.toml; the vendor's hash is beside the file, in {known.filled(known.checksums, version)}"
        )
    return Artifact(known.name, version, known.url, known.checksums, known.member, sha256)


def mirrored(url: str, mirror: str) -> str:
    """``url`` with the operator's mirror in place of its scheme and host."""
    parts = urlsplit(url)
    if not mirror or parts.scheme not in ("http", "https"):
        return url
    return mirror.rstrip("/") + urlunsplit(("", "", parts.path, parts.query, ""))


def _local(url: str) -> Path | None:
    parts = urlsplit(url)
    if parts.scheme in ("http", "https"):
        return None
    return Path(unquote(parts.path)) if parts.scheme == "file" else beside(url)


def _download(url: str, target: Path, wanted: Artifact) -> None:
    """Only what has the right hash gets its name in the cache: a mirror that is mended is asked again."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as directory:
        arrived = Path(directory) / target.name
        try:
            with requests.get(url, stream=True, timeout=_TIMEOUT) as answer, arrived.open("wb") as file:
                answer.raise_for_status()
                for chunk in answer.iter_content(_CHUNK):
                    file.write(chunk)
        except requests.RequestException as error:
            reason = error.response.status_code if error.response is not None else type(error).__name__
            raise ConfigError(f"{url} could not be fetched ({reason}); set artifact_mirror or a url") from None
        _verified(arrived, wanted, what=url).rename(target)


def _verified(path: Path, wanted: Artifact, what: str = "") -> Path:
    if not path.is_file():
        raise ConfigError(f"components.{wanted.name}: {path} does not exist")
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != wanted.sha256:
        raise ConfigError(f"components.{wanted.name}: {what or path} has SHA-256 {found}, expected {wanted.sha256}")
    return path


def _program(path: Path, wanted: Artifact) -> Path:
    """The program itself: the file, or its member where the file is an archive."""
    extract = _from_tar if tarfile.is_tarfile(path) else _from_zip if _is_zip(path) else None
    if extract is None:
        return path
    program = cache() / f"{wanted.name}-{wanted.version}-{wanted.sha256}.program"
    if not program.exists():
        program.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=program.parent) as directory:
            extract(path, wanted, Path(directory) / wanted.member).rename(program)
    return program


def _from_tar(path: Path, wanted: Artifact, target: Path) -> Path:
    with tarfile.open(path) as archive:
        for entry in archive:
            if Path(entry.name).name == wanted.member and entry.isfile():
                source = archive.extractfile(entry)
                assert source is not None  # noqa: S101 - it is a file
                with target.open("wb") as file:
                    shutil.copyfileobj(source, file)
                return target
    raise ConfigError(f"components.{wanted.name}: {path} is an archive without {wanted.member}")


def _is_zip(path: Path) -> bool:
    """By its first bytes: a program may carry an archive at its end."""
    with path.open("rb") as file:
        return file.read(4) == b"PK\x03\x04"


def _from_zip(path: Path, wanted: Artifact, target: Path) -> Path:
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            if Path(entry.filename).name == wanted.member and not entry.is_dir():
                with archive.open(entry) as source, target.open("wb") as file:
                    shutil.copyfileobj(source, file)
                return target
    raise ConfigError(f"components.{wanted.name}: {path} is an archive without {wanted.member}")
