#!/usr/bin/python3
"""When backups and drills last succeeded, as a file for the node exporter, whose directory is root's alone.

Written by CodeB's bootstrap. Arguments: the directory of backups, the file of metrics. Runs as root, and reads what
user postgres wrote: through no link, and nothing but names and numbers of it.
"""

import json
import os
import stat
import sys
from pathlib import Path

MAXIMUM = 4 * 1024 * 1024
BACKUP = ("codeb_backup_last_success_timestamp_seconds", ',target="local"')
DRILL = ("codeb_restore_drill_last_success_timestamp_seconds", "")
FILES = {"backup.json": BACKUP, "drill.json": DRILL}


def times(path: Path) -> dict[str, float]:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return {}
    with os.fdopen(handle, encoding="utf-8") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise ValueError(f"{path} is no file")
        return {str(name): float(time) for name, time in json.loads(file.read(MAXIMUM)).items()}


def text(root: Path) -> str:
    lines = []
    for name, (metric, label) in FILES.items():
        found = times(root / name)
        lines += [f"# TYPE {metric} gauge"] if found else []
        lines += [f'{metric}{{database="{escaped(each)}"{label}}} {time:.0f}' for each, time in sorted(found.items())]
    return "".join(f"{line}\n" for line in lines)


def escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def main(root: Path, metrics: Path) -> None:
    metrics.parent.mkdir(parents=True, exist_ok=True)
    part = metrics.with_name(f".{metrics.name}.{os.getpid()}")
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text(root))
        os.fchmod(handle, 0o644)
    part.replace(metrics)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
