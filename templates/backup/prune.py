#!/usr/bin/python3
"""The backup host removes old copies itself: who sends them cannot. By the time they came, which the sender never says.

Written by CodeB's bootstrap. Arguments: the directory of copies, days that versions are kept; the file that says which
bucket, where there is one.
"""

import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from bucket import Bucket, Version
from common import Failed

DAY = 86_400
LAST = 4
"""The newest version of something that is no longer sent stays for this many times the days."""


def old(times: Sequence[float], keep_days: int, now: float) -> Iterator[int]:
    """Which of one item's versions go, by their place."""
    for place, time_ in enumerate(times):
        days = keep_days * (LAST if time_ == max(times) else 1)
        if time_ < now - days * DAY:
            yield place


def main(root: Path, keep_days: int, now: float) -> None:
    for item in root.glob("*/*"):
        versions = sorted(item.glob("*.age"), key=lambda path: path.stat().st_mtime)
        for place in old([version.stat().st_mtime for version in versions], keep_days, now):
            versions[place].unlink()
            print(f"removed {versions[place].relative_to(root)}", flush=True)
        if not any(item.iterdir()):
            item.rmdir()


def prune(bucket: Bucket, keep_days: int, now: float) -> None:
    """Overwritten and hidden versions too. Raises Failed."""
    items: dict[str, list[Version]] = {}
    for version in bucket.versions():
        items.setdefault(version.key.rpartition("/")[0], []).append(version)
    for versions in items.values():
        for place in old([version.modified for version in versions], keep_days, now):
            bucket.remove(versions[place])
            print(f"removed {versions[place].key} from object storage", flush=True)


if __name__ == "__main__":
    directory, days, *more = sys.argv[1:]
    main(Path(directory), int(days), time.time())
    try:
        for path in more:
            prune(Bucket.of(Path(path)), int(days), time.time())
    except Failed as error:
        sys.exit(f"old copies in object storage were not removed: {error}")
