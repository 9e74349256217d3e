#!/usr/bin/python3
"""When backups and drills last succeeded, as a file for the node exporter, whose directory is root's alone.

Written by CodeB's bootstrap. Arguments: the directory of backups, the file of metrics, which reports (without any:
of dumps and drills). Runs as root, and reads what others wrote: through no link, and nothing but names and numbers.
"""

import json
import os
import stat
import sys
from pathlib import Path

MAXIMUM = 4 * 1024 * 1024
BACKUP, SEEN = "codeb_backup_last_success_timestamp_seconds", "codeb_backup_copy_seen_timestamp_seconds"
FILES = {
    "backup.json": (BACKUP, "database", ',target="local"'),
    "copies.json": (BACKUP, "database", ',target="backup"'),
    "stored.json": (BACKUP, "database", ',target="object-storage"'),
    "drill.json": ("codeb_restore_drill_last_success_timestamp_seconds", "database", ""),
    "seen.json": (SEEN, "copy", ',target="backup"'),
    "seen-stored.json": (SEEN, "copy", ',target="object-storage"'),
    "base.json": ("codeb_base_backup_last_success_timestamp_seconds", "stanza", ""),
    "missing.json": ("codeb_wal_missing_segments", "stanza", ""),
}
"""The metric, the label that has the name, and further labels."""


def times(path: Path) -> dict[str, float]:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return {}
    with os.fdopen(handle, encoding="utf-8") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise ValueError(f"{path} is no file")
        return {str(name): float(time) for name, time in json.loads(file.read(MAXIMUM)).items()}


def text(root: Path, names: "list[str]") -> str:
    series: dict[str, list[str]] = {}
    for name in names:
        metric, label, more = FILES[name]
        series.setdefault(metric, []).extend(
            f'{metric}{{{label}="{escaped(each)}"{more}}} {time:.0f}'
            for each, time in sorted(times(root / name).items())
        )
    return "".join(f"# TYPE {metric} gauge\n" + "\n".join(lines) + "\n" for metric, lines in series.items() if lines)


def escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def main(root: Path, metrics: Path, names: "list[str]") -> None:
    metrics.parent.mkdir(parents=True, exist_ok=True)
    part = metrics.with_name(f".{metrics.name}.{os.getpid()}")
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text(root, names))
        os.fchmod(handle, 0o644)
    part.replace(metrics)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:] or ["backup.json", "drill.json"])
