"""What the dump and the drill share. Written by CodeB's bootstrap; the standard library alone.

``psql`` and the others find the server by libpq's own environment: on the host, its socket as user postgres.
"""

import contextlib
import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

DRILLER = "codeb_drill"
"""A role that may nothing: what a restored database runs (checks, defaults of a tenant's) runs as it."""
SCRATCH = "codeb_drill_"
DUMPS = "postgres"
DAY = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]"
PATIENCE = 2 * 3600
"""Seconds for one program."""
_MEGABYTE = 1024 * 1024
_TOLD = ("pg_dump: error:", "pg_dumpall: error:", "pg_restore: error:", "psql: error:", "ERROR:", "psql:<stdin>")

QUIET = """
SET search_path = '';
SET idle_in_transaction_session_timeout = 0;
SET statement_timeout = 0;
SELECT pg_catalog.count(pg_catalog.set_config(name, 'view, foreign-table', false)) AS restricted
  FROM pg_catalog.pg_settings WHERE name = 'restrict_nonsystem_relation_kind' \\gset
"""
"""A table that its owner swaps for a view while a superuser counts must not run the view."""
COUNTS = """
SELECT pg_catalog.format(
    'SELECT pg_catalog.json_build_array(%L::pg_catalog.text, pg_catalog.count(*)) FROM ONLY %I.%I',
    n.nspname || '.' || c.relname, n.nspname, c.relname)
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind = 'r' AND c.relpersistence <> 't'
   AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                   AND d.objid = c.oid AND d.deptype = 'e')
 ORDER BY 1 \\gexec
"""
"""One line of JSON per table: ``["schema.table", rows]``. What an extension brings is not in a dump."""
DATABASES = f"""
SELECT pg_catalog.json_build_array(d.datname, pg_catalog.pg_database_size(d.oid))
  FROM pg_catalog.pg_database d JOIN pg_catalog.pg_roles r ON r.oid = d.datdba
 WHERE NOT d.datistemplate AND d.datallowconn AND NOT (r.rolname = '{DRILLER}' AND d.datname ~ '^{SCRATCH}')
 ORDER BY d.datname
"""  # noqa: S608 - our own constants


class Failed(Exception):
    """What went wrong, in a sentence."""


def psql(database: str) -> list[str]:
    """Never a database's name as a connection string."""
    escaped = database.replace("\\", "\\\\").replace("'", "\\'")
    return ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", f"dbname='{escaped}'"]


def connection(database: str) -> str:
    return psql(database)[-1]


def run(command: Sequence[str], text: str = "") -> str:
    """What it printed. Raises Failed with its own words; never with rows, which are on other lines."""
    try:
        done = subprocess.run(
            command, input=text, capture_output=True, text=True, timeout=PATIENCE, check=False, errors="replace"
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Failed(f"{command[0]} did not end: {type(error).__name__}") from error
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.startswith(_TOLD)]
        raise Failed("; ".join(said[:3]) or f"{command[0]} ended with {done.returncode}")
    return done.stdout


def ask(database: str, sql: str) -> list[str]:
    return run(psql(database), sql).splitlines()


def databases() -> dict[str, int]:
    """All but templates and scratch databases, with their sizes in bytes."""
    return dict(json.loads(line) for line in ask("postgres", DATABASES))


def counted(lines: Sequence[str]) -> dict[str, int]:
    return dict(json.loads(line) for line in lines)


def file_name(database: str) -> str:
    return quote(database, safe="")


def require_room(place: Path, wanted: int, reserve_mb: int) -> None:
    """Raises Failed when the file system would be left with less than the reserve."""
    free = shutil.disk_usage(place).free
    if free < wanted + reserve_mb * _MEGABYTE:
        raise Failed(
            f"{place} has {free // _MEGABYTE} MB free;"
            f" {wanted // _MEGABYTE} MB and {reserve_mb} MB left over are needed"
        )


def write(path: Path, text: str) -> None:
    """Complete or not at all, for its owner's eyes."""
    part = path.with_name(path.name + ".part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


@contextlib.contextmanager
def alone(root: Path) -> Iterator[None]:
    """A dump and a drill wait for each other: the one replaces and removes what the other reads."""
    with (root / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def remember(path: Path, existing: Collection[str], succeeded: Mapping[str, float], tried: Collection[str]) -> None:
    """Keep each database's last success; one that was tried and never succeeded has 0, one that is gone has none."""
    known = json.loads(path.read_text()) if path.exists() else {}
    known |= {name: 0 for name in tried if name not in known} | dict(succeeded)
    write(path, json.dumps({name: time for name, time in known.items() if name in existing}))


def tell(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)
