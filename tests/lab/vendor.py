"""A program as its vendor publishes it: an archive, and beside it a list of checksums."""

import hashlib
import tarfile
from pathlib import Path

import requests

from deploys.components.artifacts import ARTIFACTS

_PATIENCE = (5, 60)


class NotServed(Exception):
    """The vendor does not answer here, or does not have it."""


def download(component: str, version: str, target: Path) -> None:
    """Put the program of ``component`` at ``target``; raises NotServed."""
    known = ARTIFACTS[component]
    url = known.url.format(version=version)
    archive = target.with_suffix(".tar.gz")
    archive.write_bytes(_get(url))
    published = _get(f"{url.rpartition('/')[0]}/{known.checksums.format(version=version)}").decode()
    _verify(archive, url.rpartition("/")[2], published)
    with tarfile.open(archive) as entries:
        for entry in entries:
            source = entries.extractfile(entry)
            if Path(entry.name).name == known.member and source is not None:
                target.write_bytes(source.read())
                return
    raise NotServed(f"{url} holds no {known.member}")


def _get(url: str) -> bytes:
    try:
        answer = requests.get(url, timeout=_PATIENCE)
        answer.raise_for_status()
    except requests.RequestException as error:
        raise NotServed(f"{url}: {type(error).__name__}") from None
    return answer.content


def _verify(archive: Path, name: str, published: str) -> None:
    """The list has a line for the archive, or is nothing but its checksum."""
    lines = [line.split() for line in published.splitlines() if line.strip()]
    sums = [words[0] for words in lines if len(words) == 1 or words[-1].lstrip("*") == name]
    if len(sums) != 1:
        raise NotServed(f"no checksum of {name} is published")
    algorithm = "sha512" if len(sums[0]) == 128 else "sha256"
    with archive.open("rb") as file:
        found = hashlib.file_digest(file, algorithm).hexdigest()
    if found != sums[0]:
        raise NotServed(f"{name} has {algorithm} {found}, its vendor publishes {sums[0]}")
