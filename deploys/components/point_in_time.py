"""On the storage host: base backups and every change since, for a recovery to a point in time. Decision 0025."""

from pyinfra.api.deploy import deploy

from deploys.components.backups import PROGRAM
from deploys.components.host_certificate import TEXTFILES
from deploys.components.postgres import distribution_version
from deploys.operations import debian, managed
from deploys.operations.managed import Directory, File
from deploys.operations.stanza import stanza
from deploys.rendering import TEMPLATES, render

REPOSITORY = "/var/lib/pgbackrest"
STANZA = "main"
BASE, ARCHIVED, REWIND = "codeb-base-backup", "codeb-wal-archived", "codeb-rewind"
REWOUND = "/var/lib/codeb-rewind"
RESERVE_MB = 1024
"""What base backups and changes leave free on the disk."""
SHORT_MB = 4 * RESERVE_MB
"""With less than this free only the newest full backup and what builds on it stay."""
QUEUE_MB = 2048
_UNITS = "/etc/systemd/system"
_PROGRAMS = ("common", "dump", "drill", "publish", "restore", "repository", "base", "archived", "rewind")


@deploy("Point-in-time recovery")
def point_in_time() -> None:
    """After PostgreSQL, whose changes wait in its own directory until there is a repository."""
    wanted = files(distribution_version())
    debian.packages(name="Install pgBackRest", packages=["pgbackrest"])
    written = managed.files(
        name="Configure base backups",
        directories=[
            Directory("/usr/local/lib/codeb"),
            Directory(PROGRAM),
            Directory("/etc/pgbackrest"),
            Directory(REPOSITORY, "0750", "postgres", "postgres"),
        ],
        files=wanted,
    )
    for name in (BASE, ARCHIVED):
        managed.service(
            name=f"Run {name} on a timer",
            service=f"{name}.timer",
            stamp=managed.stamp(*(file.data for file in wanted)),
            changed_by=[written],
        )
    stanza(
        name="Have a repository of this server",
        repository=REPOSITORY,
        stanza=STANZA,
        first=f"{BASE}.service",
    )


def files(version: int) -> list[File]:
    """``version`` is PostgreSQL's."""
    data, binary = f"/var/lib/postgresql/{version}/main", f"/usr/lib/postgresql/{version}/bin/postgres"
    rewind = render("point_in_time/rewind.service.j2", binary=binary, root=REWOUND)
    common = {"repository": REPOSITORY, "stanza": STANZA}
    configuration = render("point_in_time/pgbackrest.conf.j2", data=data, queue_mb=QUEUE_MB, **common)
    archive = render("point_in_time/pgbackrest-archive.sh.j2", reserve_mb=RESERVE_MB, **common)
    return [
        File(f"{PROGRAM}/pgbackrest-archive.sh", archive, "0755"),
        *(File(f"{PROGRAM}/{name}.py", (TEMPLATES / "backup" / f"{name}.py").read_bytes()) for name in _PROGRAMS),
        File("/etc/pgbackrest/pgbackrest.conf", configuration),
        File(f"{_UNITS}/{REWIND}.service", rewind),
        *_base(),
        *_archived(),
    ]


def _base() -> list[File]:
    description = "A base backup of PostgreSQL"
    service = _service(BASE, description, f"base.py {REPOSITORY} {RESERVE_MB}", "base.json")
    return [service, _timer(BASE, description, "*-*-* 03:15:00", 30)]


def _archived() -> list[File]:
    description = "A look for changes that are not archived"
    service = _service(ARCHIVED, description, f"archived.py {REPOSITORY} {SHORT_MB}", "missing.json")
    return [service, _timer(ARCHIVED, description, "*:0/10", 1)]


def _service(name: str, description: str, command: str, report: str) -> File:
    script, _, arguments = command.partition(".py ")
    text = render(
        "backup/service.j2",
        description=description,
        program=PROGRAM,
        script=script,
        arguments=arguments,
        root=REPOSITORY,
        metrics=f"{TEXTFILES}/{name}.prom",
        reports=f" {report}",
    )
    return File(f"{_UNITS}/{name}.service", text)


def _timer(name: str, description: str, calendar: str, minutes: int) -> File:
    """``minutes`` is by how much the start is put off at most, by chance."""
    text = render("backup/timer.j2", description=description, calendar=calendar, minutes=minutes)
    return File(f"{_UNITS}/{name}.timer", text)
