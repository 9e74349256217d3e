#!/usr/bin/python3
"""A copy, decrypted by the operator, takes the place of what this host has. From a tar on standard input, as root.

Written by CodeB's bootstrap, run by `codeb backups restore`. Argument: ``database``, ``globals``, ``redis``, ``state``.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from common import COUNTS, QUIET, Failed, ask, connection, counted, run, tell
from drill import compare
from dump import digest

SERVERS_OWN = "postgres"
OUTSIDE = re.compile(r"\d+; \d+ \d+ (DATABASE|DATABASE PROPERTIES|(ACL|COMMENT|SECURITY LABEL) - DATABASE) ")
"""What a dump has of the database itself: its name, its owner, its settings, who may connect."""
OTHERS = "SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity WHERE datname = '{}'"
REDIS_DATA, REDIS_UNIT = Path("/var/lib/redis"), "redis-server.service"
STATE_ROOT, API = Path("/opt/codeb"), "codeb-api.service"


def database(directory: Path) -> None:
    """Dropped, made anew with its owner and rights, and every table's rows counted. Raises Failed."""
    (dump,) = directory.glob("*.dump")
    record = json.loads(dump.with_suffix(".json").read_text())
    name = record["database"]
    if digest(dump) != record["sha256"]:
        raise Failed(f"the dump of {name} is not as it was written: nothing was changed")
    contents = run(["pg_restore", "--list", str(dump)])
    if name == SERVERS_OWN:
        run(["pg_restore", "--exit-on-error", "--clean", "--if-exists", f"--dbname={connection(name)}", str(dump)])
    else:
        _anew(name, dump, contents)
    compare(record["rows"], counted(ask(name, QUIET + COUNTS)), dump)
    tell(f"{name}: restored with all its rows")


def _anew(name: str, dump: Path, contents: str) -> None:
    """Nobody but us gets in before all is there: an application that goes on would write between the rows."""
    quoted, literal = name.replace('"', '""'), name.replace("'", "''")
    ask("postgres", f'DROP DATABASE IF EXISTS "{quoted}" WITH (FORCE)')
    outside = dump.with_suffix(".list")
    outside.write_text("".join(f"{line}\n" for line in contents.splitlines() if OUTSIDE.match(line)))
    restore = ["pg_restore", "--exit-on-error"]
    run([*restore, "--create", f"--use-list={outside}", f"--dbname={connection('postgres')}", str(dump)])
    (limit,) = ask("postgres", f"SELECT datconnlimit FROM pg_catalog.pg_database WHERE datname = '{literal}'")  # noqa: S608
    ask("postgres", f'ALTER DATABASE "{quoted}" CONNECTION LIMIT 0')
    ask("postgres", OTHERS.format(literal))
    run([*restore, f"--dbname={connection(name)}", str(dump)])
    ask("postgres", f'ALTER DATABASE "{quoted}" CONNECTION LIMIT {int(limit)}')


def roles(directory: Path) -> None:
    """Roles that are here already stay; all get the attributes, passwords and memberships of the backup."""
    text = (directory / "globals.sql").read_text()
    command = ["psql", "-X", "-q", "-d", "postgres"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=600, check=False)
    wrong = [line for line in done.stderr.splitlines() if "ERROR" in line and "already exists" not in line]
    if done.returncode or wrong:
        raise Failed(f"the roles were not all restored: {'; '.join(wrong[:3]) or f'psql ended with {done.returncode}'}")
    tell("roles and their settings: restored")


def redis(directory: Path) -> None:
    """Its data are replaced while it stands still. What it had lies beside it until the next restore."""
    snapshot = directory / "dump.rdb"
    if snapshot.read_bytes()[:5] != b"REDIS":
        raise Failed("this is no snapshot of Redis: nothing was changed")
    _systemctl("stop", REDIS_UNIT)
    before = REDIS_DATA / "before-restore"
    shutil.rmtree(before, ignore_errors=True)
    before.mkdir(mode=0o700)
    for path in [*REDIS_DATA.glob("*.rdb"), *REDIS_DATA.glob("appendonlydir")]:
        path.rename(before / path.name)
    # With an append-only file switched on Redis reads nothing else: the snapshot is made its base.
    log = REDIS_DATA / "appendonlydir"
    log.mkdir(mode=0o750)
    shutil.copyfile(snapshot, log / "appendonly.aof.1.base.rdb")
    (log / "appendonly.aof.1.incr.aof").touch(mode=0o640)
    manifest = "file appendonly.aof.1.base.rdb seq 1 type b\nfile appendonly.aof.1.incr.aof seq 1 type i\n"
    (log / "appendonly.aof.manifest").write_text(manifest)
    for path in (before, log, *log.iterdir()):
        shutil.chown(path, "redis", "redis")
    _systemctl("start", REDIS_UNIT)
    tell("Redis: restored; what it had is in /var/lib/redis/before-restore")


def state(directory: Path) -> None:
    """Keys, teams, projects, journals and variables; the API stands still meanwhile. Files of no backup stay."""
    _systemctl("stop", API)
    try:
        for path in sorted(directory.rglob("*")):
            target = STATE_ROOT / path.relative_to(directory)
            if path.is_dir():
                if not target.exists():
                    target.mkdir()
                    target.chmod(0o750)
            else:
                shutil.copy2(path, target)
            group = "caddy" if target.relative_to(STATE_ROOT).parts[0] == "routes" else "codeb"
            shutil.chown(target, "codeb", group)
    finally:
        _systemctl("start", API)
    tell("the app host's state: restored; `codeb doctor` says what is left to do")


def _systemctl(verb: str, unit: str) -> None:
    done = subprocess.run(["/usr/bin/systemctl", verb, unit], capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        raise Failed(f"systemctl {verb} {unit} ended with {done.returncode}: {done.stderr.strip()[:300]}")


def unpack(directory: Path) -> None:
    """Plain files with names below the directory, and nothing else. Raises Failed."""
    with tarfile.open(mode="r|", fileobj=sys.stdin.buffer) as tar:
        for member in tar:
            parts = Path(member.name).parts
            if not member.isreg() or ".." in parts or Path(member.name).is_absolute():
                raise Failed("the copy has something else than plain files: nothing was changed")
            target = directory / member.name
            target.parent.mkdir(parents=True, exist_ok=True)
            source = tar.extractfile(member)
            assert source is not None  # noqa: S101 - it is a regular file
            with target.open("wb") as file:
                shutil.copyfileobj(source, file)
            target.chmod(member.mode & 0o750)
            os.utime(target, (member.mtime, member.mtime))


ACTIONS = {"database": database, "globals": roles, "redis": redis, "state": state}


def main(kind: str) -> None:
    os.umask(0o077)
    with tempfile.TemporaryDirectory(dir=os.environ.get("CODEB_RESTORE_TMP", "/var/tmp")) as name:  # noqa: S108
        directory = Path(name)
        unpack(directory)
        if kind in ("database", "globals") and os.getuid() == 0:
            _as_postgres(kind, directory)
        else:
            ACTIONS[kind](directory)


def _as_postgres(kind: str, directory: Path) -> None:
    for path in (directory, *directory.rglob("*")):
        shutil.chown(path, "postgres")
    command = ["runuser", "-u", "postgres", "--", sys.executable, "-B", __file__, kind, str(directory)]
    if subprocess.run(command, check=False).returncode:
        raise Failed("see above")


if __name__ == "__main__":
    try:
        if len(sys.argv) > 2:  # noqa: PLR2004 - unpacked already
            ACTIONS[sys.argv[1]](Path(sys.argv[2]))
        else:
            main(sys.argv[1])
    except (Failed, OSError, ValueError, tarfile.TarError) as error:
        sys.exit(f"the restore failed: {error}")
