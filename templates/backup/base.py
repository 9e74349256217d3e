#!/usr/bin/python3
"""A base backup of the whole server, to which every later change is added when somebody goes back to a time.

Written by CodeB's bootstrap. Arguments: the directory of the repository, megabytes to leave free.
"""

import sys
import time
from pathlib import Path

from common import Failed, databases, remember, require_room, run, tell
from repository import PGBACKREST, STANZA, BaseBackup, base_backups

FULL_EVERY = 6.5 * 86_400
"""Seconds: each week's first night makes a full one, whenever the last one was; the others add to it."""


def wanted(existing: "list[BaseBackup]", now: float) -> str:
    full = [each.started for each in existing if each.full]
    return "diff" if full and max(full) > now - FULL_EVERY else "full"


def room(existing: "list[BaseBackup]", kind: str) -> int:
    """Bytes: as much as the last one of its kind, or all of the databases when there was none."""
    like = [each.stored for each in existing if each.full == (kind == "full")]
    return like[-1] if like else sum(databases().values())


def main(root: Path, reserve_mb: int) -> None:
    existing = base_backups()
    kind = wanted(existing, time.time())
    require_room(root, room(existing, kind), reserve_mb)
    run([*PGBACKREST, f"--type={kind}", "backup"])
    newest = base_backups()[-1]
    remember(root / "base.json", {STANZA}, {STANZA: newest.stopped}, {STANZA})
    tell(f"base backup {newest.label} ({kind}) is made")


if __name__ == "__main__":
    place = Path(sys.argv[1])
    try:
        main(place, int(sys.argv[2]))
    except Failed as error:
        remember(place / "base.json", {STANZA}, {}, {STANZA})
        sys.exit(f"no base backup was made: {error}")
