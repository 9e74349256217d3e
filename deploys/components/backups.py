"""On the storage host: every database is dumped each night, and the dumps are restored each week. Spec section 9."""

from pyinfra.api.deploy import deploy

from deploys.components.backup_units import PROGRAM, of_postgres, programs, run_timer, timer
from deploys.components.host_certificate import TEXTFILES
from deploys.operations import managed
from deploys.operations.managed import Directory, File
from deploys.platform import Platform, current

BACKUP, DRILL = "codeb-backup", "codeb-restore-drill"
ROOT = "/var/backups/codeb"
METRICS = f"{TEXTFILES}/codeb-backup.prom"
RESERVE_MB = 1024
"""What a dump or a drill leaves free on the disk: PostgreSQL itself stops on a full one."""
_PROGRAMS = ("common", "dump", "drill", "publish")


@deploy("Backups")
def backups() -> None:
    """After PostgreSQL, as its user: it may read every database, and no other host is asked for anything."""
    wanted = files(current())
    written = managed.files(
        name="Configure the backups",
        directories=[
            Directory("/usr/local/lib/codeb", "0755"),
            Directory(PROGRAM, "0755"),
            Directory(ROOT, "0700", "postgres", "postgres"),
        ],
        files=wanted,
    )
    for name in (BACKUP, DRILL):
        run_timer(name, wanted, written)


def files(platform: Platform) -> list[File]:
    keep = platform.infra.backups.keep_days
    return [
        *programs(_PROGRAMS),
        *_units(BACKUP, "dump", ROOT, keep, RESERVE_MB, description="A dump of every database", at="*-*-* 00:30:00"),
        *_units(
            DRILL, "drill", ROOT, RESERVE_MB, description="A restore of every database's dump", at="Sun *-*-* 04:30:00"
        ),
    ]


def _units(name: str, script: str, *arguments: object, description: str, at: str) -> list[File]:
    service = of_postgres(name, script, *arguments, description=description, root=ROOT, metrics=METRICS)
    return [service, timer(name, description, at)]
