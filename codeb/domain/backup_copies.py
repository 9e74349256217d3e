"""The copies of backups that the backup host has: which are the newest, and in which order they go back."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import unquote

from codeb.domain.infra import Role

ROOT = "/var/backups/codeb-copies"
_LINE = re.compile(r"([a-z0-9-]+)/([A-Za-z0-9%_~.-]+)/([0-9]{8}T[0-9]{6}Z)\.age ([0-9]+)")
_DATABASE = "database-"
_ORDER = ("globals", _DATABASE, "redis", "state")
"""Roles come before what belongs to them."""


@dataclass(frozen=True, slots=True)
class Copy:
    """``size`` in bytes, as it is encrypted. ``version`` is the time of the data, in UTC."""

    sender: str
    item: str
    version: str
    size: int

    @property
    def path(self) -> str:
        return f"{ROOT}/{self.sender}/{self.item}/{self.version}.age"

    @property
    def made(self) -> datetime:
        return datetime.strptime(self.version, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)

    @property
    def kind(self) -> str:
        """What restores it: database, globals, redis or state."""
        return "database" if self.item.startswith(_DATABASE) else self.item

    @property
    def label(self) -> str:
        """As alerts and people call it."""
        names = {"globals": "(globals)", "redis": "(redis)", "state": "(state of the app host)"}
        return names.get(self.item) or unquote(self.item.removeprefix(_DATABASE))


def listed(lines: Iterable[str]) -> list[Copy]:
    """Out of ``find``'s lines of relative path and size; what is no copy is passed over."""
    found = (_LINE.fullmatch(line.strip()) for line in lines)
    return sorted(
        (Copy(match[1], match[2], match[3], int(match[4])) for match in found if match),
        key=lambda copy: (copy.sender, copy.item, copy.version),
    )


def newest(copies: Iterable[Copy]) -> list[Copy]:
    """The last version of each item."""
    last = {(copy.sender, copy.item): copy for copy in sorted(copies, key=lambda copy: copy.version)}
    return [last[key] for key in sorted(last)]


def to_restore(copies: Collection[Copy], role: Role, sender: str, database: str = "") -> list[Copy]:
    """What goes back onto the host with ``role``, in order: all of the last backup, or one database alone."""
    found = _of_host(copies, role, sender)
    if database:
        found = [copy for copy in found if copy.kind == "database" and copy.label == database]
    else:
        gone = _gone(copies, sender)
        found = [copy for copy in found if copy not in gone]
    return sorted(found, key=lambda copy: (_ORDER.index(copy.item if copy.item in _ORDER else _DATABASE), copy.item))


def left_out(copies: Collection[Copy], role: Role, sender: str) -> list[Copy]:
    """Databases that the last backup did not have: they were dropped before it, or it failed for them."""
    gone = _gone(copies, sender)
    return [copy for copy in _of_host(copies, role, sender) if copy in gone]


def _of_host(copies: Collection[Copy], role: Role, sender: str) -> list[Copy]:
    wanted = ("state",) if role is Role.APP else ("globals", "database", "redis")
    return [copy for copy in newest(copies) if copy.sender == sender and copy.kind in wanted]


def _gone(copies: Collection[Copy], sender: str) -> set[Copy]:
    """A backup writes the roles last: what is older than the roles of the backup before was not in the last one."""
    roles = sorted(copy.version for copy in copies if (copy.sender, copy.item) == (sender, "globals"))
    return {copy for copy in newest(copies) if copy.kind == "database" and len(roles) > 1 and copy.version <= roles[-2]}
