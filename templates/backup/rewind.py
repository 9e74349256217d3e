#!/usr/bin/python3
"""The whole server as it was at a time, started beside the one that is used; a database of it may replace today's.

Written by CodeB's bootstrap, run by `codeb backups rewind` as root. Arguments: ``to`` and the time, ``dump`` and a
database, ``replace`` and a database, or ``close``. Nobody but root and user postgres reaches what is started.
"""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import dump as dumps
from common import Failed, databases, require_room, run, tell
from repository import PGBACKREST, BaseBackup, base_backups

ROOT = Path(os.environ.get("CODEB_REWIND", "/var/lib/codeb-rewind"))
DATA, DUMPED = ROOT / "data", ROOT / "dumped"
UNIT = "codeb-rewind.service"
RESERVE_MB = 1024
WORDS = ("FATAL:", "PANIC:")
_AS_POSTGRES = ("runuser", "-u", "postgres", "--")
_SYSTEMCTL = ("/usr/bin/systemctl",)
_HBA = "local all postgres peer\n"


def chosen(existing: "list[BaseBackup]", moment: float) -> BaseBackup:
    """The newest that had ended by then. Raises Failed."""
    before = [each for each in existing if each.stopped <= moment]
    if not before:
        ends = _shown(existing[0].stopped) if existing else "none has been made"
        raise Failed(f"there is no way back to {_shown(moment)}: the oldest base backup ended: {ends}")
    return before[-1]


def _shown(moment: float) -> str:
    seconds, fraction = divmod(round(moment * 1_000_000), 1_000_000)
    return f"{time.strftime('%Y-%m-%d %H:%M:%S', time.gmtime(seconds))}.{fraction:06}+00"


def to(moment: float) -> None:
    """Raises Failed, and then leaves nothing that runs."""
    close()
    if moment > time.time():
        raise Failed(f"{_shown(moment)} is not yet")
    base = chosen(base_backups(), moment)
    _archive_all()
    require_room(ROOT.parent, base.size, RESERVE_MB)
    ROOT.mkdir(mode=0o700)
    shutil.chown(ROOT, "postgres", "postgres")
    try:
        run([*_AS_POSTGRES, *_restore(base, moment)])
        for name, text in (("postgresql.conf", ""), ("pg_hba.conf", _HBA), ("pg_ident.conf", "")):
            (DATA / name).write_text(text)
            shutil.chown(DATA / name, "postgres", "postgres")
        run([*_SYSTEMCTL, "start", UNIT])
        _recovered()
    except Failed:
        close()
        raise
    tell(f"the server as it was at {_shown(moment)}: `runuser -u postgres -- psql -h {ROOT}` on this host")


def _restore(base: BaseBackup, moment: float) -> "list[str]":
    return [
        *PGBACKREST,
        f"--pg1-path={DATA}",
        f"--set={base.label}",
        "--type=time",
        f"--target={_shown(moment)}",
        "--target-action=promote",
        "--archive-mode=off",
        f"--tablespace-map-all={ROOT}/tablespaces",
        "restore",
    ]


def _archive_all() -> None:
    """What the server that is used has not archived yet; one that is down has nothing to add.

    Recovery knows that it has come to its time by a transaction that ended later: here is one, should all be quiet.
    """
    try:
        run([*_AS_POSTGRES, "psql", "-XAtq", "-d", "postgres", "-c", "SELECT pg_current_xact_id()"])
        run([*_AS_POSTGRES, *PGBACKREST, "check"])
    except Failed as error:
        tell(f"the newest changes may be missing: {error}")


def _recovered() -> None:
    """Until it is at its time and lets in. Raises Failed with the server's last words when it ends before."""
    while subprocess.run([*_SYSTEMCTL, "is-active", "--quiet", UNIT], check=False).returncode == 0:
        try:
            if _there("SELECT pg_is_in_recovery()") == ["f"]:
                return
        except Failed:
            time.sleep(0.5)
    said = run(["journalctl", "--no-pager", "--output=cat", "--lines=40", f"--unit={UNIT}"]).splitlines()
    words = [line.partition(word)[2].strip() for line in said for word in WORDS if word in line]
    raise Failed("; ".join(words[-2:]) or f"{UNIT} ended before it was at its time")


def _there(sql: str) -> "list[str]":
    return run([*_AS_POSTGRES, "psql", "-XAtq", "-h", str(ROOT), "-d", "postgres", "-c", sql]).splitlines()


def dump(database: str) -> None:
    """As a file that ``pg_restore`` reads, with a record of its rows. Raises Failed."""
    _again("dumped", database)
    tell(f"{database}: dumped into {DUMPED}")


def replace(database: str) -> None:
    """Today's database is dropped for that of then; its rows are counted. Raises Failed."""
    _again("dumped", database)
    restore = [sys.executable, "-B", str(Path(__file__).with_name("restore.py")), "database", str(DUMPED)]
    if subprocess.run([*_AS_POSTGRES, *restore], cwd="/", check=False).returncode:
        raise Failed("see above")


def _again(verb: str, database: str) -> None:
    """As user postgres, with the server of then for libpq's default."""
    command = [*_AS_POSTGRES, "env", f"PGHOST={ROOT}", sys.executable, "-B", __file__, verb, database]
    if subprocess.run(command, cwd="/", check=False).returncode:
        raise Failed("see above")


def dumped(database: str) -> None:
    os.umask(0o077)
    there = databases()
    if database not in there:
        raise Failed(f"there was no database {database} then; there were: {', '.join(there)}")
    shutil.rmtree(DUMPED, ignore_errors=True)
    require_room(ROOT, there[database], RESERVE_MB)
    DUMPED.mkdir()
    dumps.dump(database, there[database], DUMPED)


def close() -> None:
    """Stopped and removed."""
    subprocess.run([*_SYSTEMCTL, "stop", UNIT], check=False)
    subprocess.run([*_SYSTEMCTL, "reset-failed", UNIT], check=False, stderr=subprocess.DEVNULL)
    shutil.rmtree(ROOT, ignore_errors=True)


def main(verb: str, *arguments: str) -> None:
    if verb == "to":
        to(float(arguments[0]))
    else:
        actions = {"dump": dump, "replace": replace, "dumped": dumped, "close": close}
        actions[verb](*arguments)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (Failed, OSError, ValueError) as error:
        sys.exit(f"the databases were not gone back to: {error}")
