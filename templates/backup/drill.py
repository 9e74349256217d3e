#!/usr/bin/python3
"""The newest dump of every database, restored into a scratch database, its rows compared with those that were dumped.

Written by CodeB's bootstrap. Arguments: the directory of backups, megabytes to leave free.
"""

import json
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from common import (
    COUNTS,
    DAY,
    DRILLER,
    DUMPS,
    QUIET,
    SCRATCH,
    Failed,
    alone,
    ask,
    connection,
    counted,
    databases,
    file_name,
    remember,
    require_room,
    run,
    tell,
)
from dump import digest

NAME = f"{SCRATCH}1"
ROLE = f"""
SELECT 'CREATE ROLE {DRILLER}' WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = '{DRILLER}') \\gexec
ALTER ROLE {DRILLER} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD NULL;
ALTER ROLE {DRILLER} RESET ALL;
"""  # noqa: S608 - our own constants
LEFTOVERS = f"""
SELECT d.datname FROM pg_catalog.pg_database d JOIN pg_catalog.pg_roles r ON r.oid = d.datdba
 WHERE r.rolname = '{DRILLER}' AND d.datname ~ '^{SCRATCH}'
"""  # noqa: S608 - our own constants
PLAIN = ("--no-owner", "--no-privileges", "--no-comments", "--no-publications", "--no-subscriptions")


def newest(root: Path, database: str) -> Path | None:
    found = sorted((root / DUMPS).glob(f"{DAY}/{file_name(database)}.dump"))
    return found[-1] if found else None


def rehearse(dump: Path, reserve_mb: int) -> None:
    """Raises Failed when the dump is not what was written, does not restore, or has other rows."""
    try:
        record = json.loads(dump.with_suffix(".json").read_text())
    except (OSError, ValueError) as error:
        raise Failed(f"{dump} has no record of what is in it") from error
    if digest(dump) != record["sha256"]:
        raise Failed(f"{dump} is not as it was written: it is damaged")
    (data,) = ask("postgres", "SHOW data_directory")
    require_room(Path(data), record["size"], reserve_mb)
    # Nobody but us may enter it: its rows are a team's.
    ask("postgres", ROLE)
    ask("postgres", f"CREATE DATABASE {NAME} OWNER {DRILLER} TEMPLATE template0")
    ask("postgres", f"REVOKE ALL ON DATABASE {NAME} FROM PUBLIC")
    try:
        for extension in record["extensions"]:
            quoted = extension.replace('"', '""')
            ask(NAME, f'CREATE EXTENSION "{quoted}"')
        # As that role from the start: SET ROLE of a superuser's session is no barrier for what the dump runs.
        target = f"--dbname={connection(NAME)} user={DRILLER}"
        run(["pg_restore", "--exit-on-error", *PLAIN, "--no-security-labels", "--no-password", target, str(dump)])
        compare(record["rows"], counted(ask(NAME, QUIET + COUNTS)), dump)
    finally:
        drop()


def compare(dumped: Mapping[str, Any], restored: Mapping[str, Any], dump: Path) -> None:
    for table in sorted({*dumped, *restored}):
        before, after = dumped.get(table, "no table"), restored.get(table, "no table")
        if before != after:
            raise Failed(f"{dump} was restored with other rows: {table} had {before} when dumped and has {after} now")


def drop() -> None:
    """Also what a drill left behind that was killed. Nobody else can own a database of that name."""
    for name in ask("postgres", LEFTOVERS):
        ask("postgres", f'DROP DATABASE "{name}" WITH (FORCE)')


def main(root: Path, reserve_mb: int) -> int:
    os.umask(0o077)
    drop()
    dumps = {name: dump for name in databases() if (dump := newest(root, name))}
    succeeded: dict[str, float] = {}
    for name, dump in dumps.items():
        try:
            rehearse(dump, reserve_mb)
        except Failed as error:
            tell(f"{name}: the restore failed: {error}")
        else:
            succeeded[name] = time.time()
            tell(f"{name}: {dump} was restored with all its rows")
    remember(root / "drill.json", databases(), succeeded, dumps)
    if not dumps:
        tell("there is no dump to restore")
    return 0 if dumps and succeeded.keys() == dumps.keys() else 1


if __name__ == "__main__":
    place = Path(sys.argv[1])
    try:
        with alone(place):
            sys.exit(main(place, int(sys.argv[2])))
    except Failed as error:
        sys.exit(f"the drill failed: {error}")
