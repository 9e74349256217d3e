#!/usr/bin/python3
"""When the last copy of everything came, as the backup host sees it: a sender that was taken over cannot say otherwise.

Written by CodeB's bootstrap. Arguments: the directory of copies, where to write, what has to be there, separated by
commas; for object storage the file that says which bucket, and what has to be there.
"""

import json
import sys
from collections.abc import Iterable
from pathlib import Path

from bucket import Bucket
from common import Failed, write


def newest(found: "Iterable[tuple[str, float]]", expected: str) -> "dict[str, float]":
    """By item; 0 for one that never came."""
    times = dict.fromkeys(expected.split(","), 0.0)
    for item, time in found:
        times[item] = max(time, times.get(item, 0))
    return times


def on_disk(root: Path) -> "Iterable[tuple[str, float]]":
    return ((str(path.parent.relative_to(root)), path.stat().st_mtime) for path in root.glob("*/*/*.age"))


def in_bucket(bucket: Bucket) -> "Iterable[tuple[str, float]]":
    """What a marker hides counts for nothing: it was removed."""
    return ((each.key.rpartition("/")[0], each.modified) for each in bucket.versions() if not each.marker)


if __name__ == "__main__":
    directory, place, expected, *more = sys.argv[1:]
    write(Path(place, "seen.json"), json.dumps(newest(on_disk(Path(directory)), expected)))
    if more:
        try:
            times = newest(in_bucket(Bucket.of(Path(more[0]))), more[1])
        except Failed as error:
            sys.exit(f"what object storage has is not known: {error}")
        write(Path(place, "seen-stored.json"), json.dumps(times))
