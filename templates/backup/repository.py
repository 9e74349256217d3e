"""The repository of base backups and of all changes since, as pgBackRest tells of it. Written by CodeB's bootstrap."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from common import run

STANZA = "main"
PGBACKREST = ("pgbackrest", f"--stanza={STANZA}")
_SEGMENT = re.compile(r"([0-9A-F]{8})([0-9A-F]{8})([0-9A-F]{8})-[0-9a-f]{40}(\.[a-z0-9]+)?")
_NAME = re.compile(r"[0-9A-F]{24}")
_PER_LOG = 256
"""Segments of 16 MB in what the middle of their names counts."""


@dataclass(frozen=True)
class BaseBackup:
    """``started`` and ``stopped`` are seconds since 1970; a time from its end on can be gone back to.

    ``size`` is what it takes when it is restored, ``stored`` what it takes in the repository, both in bytes.
    ``first`` is the first segment of changes that it needs, kept in the directory ``archive``.
    """

    label: str
    full: bool
    started: int
    stopped: int
    size: int
    stored: int
    first: str
    archive: str


def base_backups() -> "list[BaseBackup]":
    """Those that can be used, oldest first; of a cluster that was here before too. Raises Failed."""
    return parsed(run([*PGBACKREST, "--output=json", "info"]))


def parsed(text: str) -> "list[BaseBackup]":
    return [
        BaseBackup(
            label=each["label"],
            full=each["type"] == "full",
            started=each["timestamp"]["start"],
            stopped=each["timestamp"]["stop"],
            size=each["info"]["size"],
            stored=each["info"]["repository"]["delta"],
            first=each["archive"]["start"],
            archive=_archive(stanza, each["database"]["id"]),
        )
        for stanza in json.loads(text)
        for each in stanza["backup"]
        if not each.get("error")
    ]


def _archive(stanza: "dict[str, object]", database: int) -> str:
    versions = {each["id"]: each["version"] for each in stanza["db"]}  # type: ignore[attr-defined]
    return f"{versions[database]}-{database}"


def missing(names: "list[str]", first: str, last: str) -> int:
    """How many segments are not among files of these names, of each timeline.

    ``first`` is what the newest base backup begins with, ``last`` what PostgreSQL believes to have archived last: what
    was let go of it counts as archived. It may be empty, or the name of something else than a segment.
    """
    found: dict[str, set[int]] = {}
    for match in filter(None, map(_SEGMENT.fullmatch, names)):
        if match[1] + match[2] + match[3] >= first:
            found.setdefault(match[1], set()).add(_number(match[0]))
    wanted = {timeline: set(numbers) for timeline, numbers in found.items()}
    for edge in (first, last):
        if _NAME.fullmatch(edge) and edge >= first:
            wanted.setdefault(edge[:8], set()).add(_number(edge))
    return sum(max(numbers) - min(numbers) + 1 - len(found.get(timeline, ())) for timeline, numbers in wanted.items())


def _number(name: str) -> int:
    return int(name[8:16], 16) * _PER_LOG + int(name[16:24], 16)


def segments(root: Path, archive: str) -> "list[str]":
    return [path.name for path in (root / "archive" / STANZA / archive).glob("*/*")]
