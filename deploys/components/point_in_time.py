"""On the storage host: base backups and every change since, for a recovery to a point in time. Decision 0025."""

from pyinfra.api.deploy import deploy

from deploys.components.backup_units import PROGRAM, UNITS, of_postgres, programs, run_timer, timer
from deploys.components.host_certificate import TEXTFILES
from deploys.components.postgres import distribution_version
from deploys.operations import debian, managed
from deploys.operations.managed import Directory, File
from deploys.operations.stanza import stanza
from deploys.rendering import render

REPOSITORY = "/var/lib/pgbackrest"
STANZA = "main"
BASE, ARCHIVED, REWIND = "codeb-base-backup", "codeb-wal-archived", "codeb-rewind"
REWOUND = "/var/lib/codeb-rewind"
RESERVE_MB = 1024
"""What base backups and changes leave free on the disk."""
SHORT_MB = 4 * RESERVE_MB
"""With less than this free only the newest full backup and what builds on it stay."""
QUEUE_MB = 2048
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
        run_timer(name, wanted, written)
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
        *programs(_PROGRAMS),
        File("/etc/pgbackrest/pgbackrest.conf", configuration),
        File(f"{UNITS}/{REWIND}.service", rewind),
        *_units(
            BASE, "base", RESERVE_MB, "base.json", description="A base backup of PostgreSQL", at=("*-*-* 03:15:00", 30)
        ),
        *_units(
            ARCHIVED,
            "archived",
            SHORT_MB,
            "missing.json",
            description="A look for changes that are not archived",
            at=("*:0/10", 1),
        ),
    ]


def _units(name: str, script: str, megabytes: int, report: str, *, description: str, at: tuple[str, int]) -> list[File]:
    """``at`` is when, and by how many minutes it is put off at most."""
    metrics = f"{TEXTFILES}/{name}.prom"
    service = of_postgres(
        name,
        script,
        REPOSITORY,
        megabytes,
        description=description,
        root=REPOSITORY,
        metrics=metrics,
        reports=[report],
    )
    return [service, timer(name, description, *at)]
