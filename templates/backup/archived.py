#!/usr/bin/python3
"""Whether every change since the newest base backup is in the repository: without one there is no way past it.

Where the disk gets short the oldest is let go of first. Written by CodeB's bootstrap. Arguments: the directory of the
repository, and below how many free megabytes only the newest full backup stays.
"""

import json
import shutil
import sys
from pathlib import Path

from common import Failed, ask, run, tell, write
from repository import PGBACKREST, STANZA, base_backups, missing, segments

LAST = "SELECT last_archived_wal FROM pg_catalog.pg_stat_archiver"
_MEGABYTE = 1024 * 1024


def main(root: Path, short_mb: int) -> None:
    if shutil.disk_usage(root).free < short_mb * _MEGABYTE:
        run([*PGBACKREST, "--repo1-retention-full=1", "expire"])
    existing = base_backups()
    if not existing:
        return
    newest = existing[-1]
    count = missing(segments(root, newest.archive), newest.first, "".join(ask("postgres", LAST)))
    write(root / "missing.json", json.dumps({STANZA: count}))
    if count:
        tell(f"{count} segments of changes since base backup {newest.label} are missing: only another one ends that")


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), int(sys.argv[2]))
    except Failed as error:
        sys.exit(f"what is archived is not known: {error}")
