#!/usr/bin/python3
"""A dump of every database, and of roles and their settings, each checked before it counts.

Written by CodeB's bootstrap. Arguments: the directory of backups, days that dumps are kept, megabytes to leave free.
"""

import datetime
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from common import (
    COUNTS,
    DAY,
    DUMPS,
    QUIET,
    Failed,
    alone,
    ask,
    connection,
    counted,
    databases,
    file_name,
    psql,
    remember,
    require_room,
    run,
    tell,
    write,
)

GLOBALS = "(globals)"
COMPLETE = "PostgreSQL database cluster dump complete"
END = "codeb-end"
EXTENSIONS = """
SELECT pg_catalog.to_json(e.extname) FROM pg_catalog.pg_extension e
  JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
 WHERE n.nspname IN ('public', 'pg_catalog') AND e.extname <> 'plpgsql'
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_available_extension_versions v
                   WHERE v.name = e.extname AND v.version = e.extversion AND v.trusted)
"""
"""Those that only a superuser makes, which whoever restores is not."""
BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;\nSELECT pg_catalog.pg_export_snapshot();\n"


def dump(database: str, size: int, day: Path) -> None:
    """The dump and the count of each table's rows are of one snapshot."""
    part = day / f"{file_name(database)}.dump.part"
    extensions = [json.loads(line) for line in ask(database, EXTENSIONS)]
    with subprocess.Popen(psql(database), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as session:
        try:
            snapshot, *lines = _snapshot(session)
            pg_dump = ["pg_dump", "--format=custom", "--no-password", "--lock-wait-timeout=600000"]
            run([*pg_dump, f"--snapshot={snapshot}", f"--file={part}", f"--dbname={connection(database)}"])
        finally:
            session.kill()
    run(["pg_restore", "--list", str(part)])
    record = {
        "database": database,
        "size": size,
        "sha256": digest(part),
        "made": time.time(),
        "extensions": extensions,
        "rows": counted(lines),
    }
    final = part.with_suffix("")
    # A dump is there only with the record of it, whenever this ends.
    final.unlink(missing_ok=True)
    write(final.with_suffix(".json"), json.dumps(record))
    part.replace(final)


def _snapshot(session: "subprocess.Popen[str]") -> list[str]:
    """The snapshot's name, then the counts."""
    assert session.stdin is not None and session.stdout is not None  # noqa: S101 - both are pipes
    session.stdin.write(f"{QUIET}SET lock_timeout = '10min';\n{BEGIN}{COUNTS}\\echo {END}\n")
    session.stdin.flush()
    lines = []
    for line in session.stdout:
        if line.strip() == END:
            return lines
        lines.append(line.strip())
    raise Failed("its rows could not be counted")


def digest(path: Path) -> str:
    found = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            found.update(block)
    return found.hexdigest()


def dump_globals(day: Path) -> None:
    text = run(["pg_dumpall", "--globals-only", "--no-password"])
    if COMPLETE not in text:
        raise Failed("pg_dumpall ended before its last line")
    write(day / "globals.sql", text)


def room(database: str, size: int, root: Path) -> int:
    """What a dump may need: twice the last one, or the whole database, whichever is less."""
    last = sorted((root / DUMPS).glob(f"{DAY}/{file_name(database)}.dump"))
    return min(size, 2 * last[-1].stat().st_size) if last else size


def remove_old(root: Path, today: datetime.date, keep_days: int) -> None:
    oldest = (today - datetime.timedelta(days=keep_days)).isoformat()
    for day in (root / DUMPS).glob(DAY):
        if day.name < oldest:
            shutil.rmtree(day)


def main(root: Path, keep_days: int, reserve_mb: int) -> int:
    os.umask(0o077)
    today = datetime.datetime.now(datetime.timezone.utc).date()  # noqa: UP017 - Python 3.10 has no datetime.UTC
    day = root / DUMPS / today.isoformat()
    day.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in (root / DUMPS).glob(f"{DAY}/*.part"):
        left.unlink()
    found = databases()
    succeeded: dict[str, float] = {}
    for name, size in (*found.items(), (GLOBALS, 0)):
        try:
            require_room(root, room(name, size, root), reserve_mb)
            dump_globals(day) if name == GLOBALS else dump(name, size, day)
        except Failed as error:
            tell(f"{name}: no backup was made: {error}")
        else:
            succeeded[name] = time.time()
            tell(f"{name}: backed up")
    # One that was dropped meanwhile needs none.
    existing = {*databases(), GLOBALS}
    wanted = existing & {*found, GLOBALS}
    remember(root / "backup.json", existing, succeeded, wanted)
    if not succeeded.keys() >= wanted:
        tell("old dumps are kept until every backup succeeds")
        return 1
    remove_old(root, today, keep_days)
    return 0


if __name__ == "__main__":
    place = Path(sys.argv[1])
    try:
        with alone(place):
            sys.exit(main(place, int(sys.argv[2]), int(sys.argv[3])))
    except Failed as error:
        sys.exit(f"no backup was made: {error}")
