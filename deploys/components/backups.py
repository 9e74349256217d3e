"""On the storage host: every database is dumped each night, and the dumps are restored each week. Spec section 9."""

from pyinfra.api.deploy import deploy

from deploys.components.host_certificate import TEXTFILES
from deploys.operations import managed
from deploys.operations.managed import Directory, File
from deploys.platform import Platform, current
from deploys.rendering import TEMPLATES, render

BACKUP, DRILL = "codeb-backup", "codeb-restore-drill"
ROOT = "/var/backups/codeb"
PROGRAM = "/usr/local/lib/codeb/backup"
METRICS = f"{TEXTFILES}/codeb-backup.prom"
RESERVE_MB = 1024
"""What a dump or a drill leaves free on the disk: PostgreSQL itself stops on a full one."""
_UNITS = "/etc/systemd/system"
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
        managed.service(
            name=f"Run {name} on a timer",
            service=f"{name}.timer",
            stamp=managed.stamp(*(file.data for file in wanted)),
            changed_by=[written],
        )


def files(platform: Platform) -> list[File]:
    programs = [File(f"{PROGRAM}/{name}.py", (TEMPLATES / "backup" / f"{name}.py").read_bytes()) for name in _PROGRAMS]
    keep = platform.infra.backups.keep_days
    return [
        *programs,
        *_units(BACKUP, "dump", f"{ROOT} {keep} {RESERVE_MB}", "A dump of every database", "*-*-* 00:30:00"),
        *_units(DRILL, "drill", f"{ROOT} {RESERVE_MB}", "A restore of every database's dump", "Sun *-*-* 04:30:00"),
    ]


def _units(name: str, script: str, arguments: str, description: str, calendar: str) -> list[File]:
    service = render(
        "backup/service.j2",
        description=description,
        program=PROGRAM,
        script=script,
        arguments=arguments,
        root=ROOT,
        metrics=METRICS,
        reports="",
    )
    timer = render("backup/timer.j2", description=description, calendar=calendar)
    return [File(f"{_UNITS}/{name}.service", service), File(f"{_UNITS}/{name}.timer", timer)]
