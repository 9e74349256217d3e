"""Copies of backups on the backup host: encrypted before they leave a host, which adds and never removes. Security 12.

The identity that decrypts them is in the operator's store and nowhere else; hosts have its public half.
"""

import pyrage
from pyinfra.api.deploy import deploy

from codeb.domain.infra import Role
from codeb.domain.reach import COPIES
from codeb.errors import ConfigError
from deploys.components import backup_bucket
from deploys.components.backup_units import PROGRAM, UNITS, programs, run_timer, timer
from deploys.components.host_certificate import TEXTFILES, TLS, TLS_GROUP, told
from deploys.operations import debian, managed
from deploys.operations.managed import Directory, File
from deploys.operations.users import system_user
from deploys.platform import Platform, current
from deploys.rendering import render

IDENTITY = "backup_identity"
HOME = "/etc/codeb/backup"
RECIPIENT, REDIS_PASSWORD = f"{HOME}/recipient", f"{HOME}/redis"
RECEIVE, PRUNE, SEEN, USER = "codeb-backup-receive", "codeb-backup-prune", "codeb-backup-seen", "codeb-backups"
COPY, STATE_COPY = "codeb-backup-copy", "codeb-state-copy"
COPIES_ROOT, STORAGE_ROOT, STATE_ROOT = "/var/backups/codeb-copies", "/var/backups/codeb", "/var/backups/codeb-state"
SEEN_ROOT = "/var/backups/codeb-seen"
RESERVE_MB = 1024
"""What a copy leaves free, on the disk of who sends and of who receives it."""
_ALWAYS = ("globals", "redis", "database-codeb", "database-postgres")
_SENDING = ("common", "bucket", "dump", "drill", "publish", "send", "restore")
_RECEIVING = ("common", "bucket", "publish", "receive", "prune", "seen")


@deploy("Copies of the databases")
def storage_copies() -> None:
    """On the storage host, after its backups: PostgreSQL's dumps and a snapshot of Redis."""
    platform = current()
    debian.packages(name="Install what encrypts and reads", packages=["age", "redis-tools"])
    _send(
        COPY,
        [*_storage_files(platform), *sending(platform, Role.STORAGE)],
        Directory(STORAGE_ROOT, "0700", "postgres", "postgres"),
    )


@deploy("Copies of the app host's state")
def app_copies() -> None:
    """On the app host, after the API: its keys, projects, journals and variables."""
    platform = current()
    debian.packages(name="Install what encrypts", packages=["age"])
    _send(STATE_COPY, sending(platform, Role.APP), Directory(STATE_ROOT, "0700", "codeb", "codeb"))


@deploy("Copies of the other hosts' backups")
def receiver() -> None:
    """On the backup host: the door for copies, and what removes the old ones."""
    platform = current()
    wanted = receiving(platform)
    system_user(name=f"Have user {USER}", user=USER, groups=[TLS_GROUP])
    written = managed.files(
        name="Configure the receiver of copies",
        directories=[
            Directory("/usr/local/lib/codeb", "0755"),
            Directory(PROGRAM, "0755"),
            Directory(HOME, "0755"),
            Directory(COPIES_ROOT, "0700", USER, USER),
            Directory(SEEN_ROOT, "0700", USER, USER),
        ],
        files=[*wanted, told(f"{RECEIVE}.service", "restart")],
    )
    mark = managed.stamp(*(file.data for file in wanted))
    for unit in (f"{RECEIVE}.service", f"{PRUNE}.timer", f"{SEEN}.timer"):
        managed.service(name=f"Run {unit}", service=unit, stamp=mark, changed_by=[written])


def recipient(platform: Platform) -> str:
    """The operator's public key; its identity is made once, and decrypts nothing where it is not kept."""
    text = platform.secrets.get_or_make(IDENTITY, lambda: str(pyrage.x25519.Identity.generate()))
    try:
        return str(pyrage.x25519.Identity.from_str(text).to_public())
    except pyrage.IdentityError:
        raise ConfigError(f"{platform.secrets}: {IDENTITY} is damaged: restore the store") from None


def sending(platform: Platform, role: Role) -> list[File]:
    """The programs, the public key, and a unit on a timer for the host with ``role``."""
    name, user, root, group = (
        (COPY, "postgres", STORAGE_ROOT, "postgres")
        if role is Role.STORAGE
        else (STATE_COPY, "codeb", STATE_ROOT, "codeb")
    )
    bucket = backup_bucket.sender_file(platform, role, f"{HOME}/bucket-{role}.json", group)
    arguments = [role, root, platform.one(Role.BACKUP).private, COPIES, RECIPIENT, TLS, RESERVE_MB]
    arguments += [file.dest for file in bucket]
    description = f"Copies of the {role} host's backups"
    service = render(
        "backup/copy.service.j2",
        description=description,
        program=PROGRAM,
        arguments=" ".join(map(str, arguments)),
        root=root,
        user=user,
        group=group,
        tls_group=TLS_GROUP,
        metrics=f"{TEXTFILES}/{name}.prom",
    )
    return [
        *programs(_SENDING),
        *bucket,
        File(RECIPIENT, f"{recipient(platform)}\n"),
        File(f"{UNITS}/{name}.service", service),
        timer(name, description, "*-*-* 02:15:00"),
    ]


def receiving(platform: Platform) -> list[File]:
    here, days = platform.one(Role.BACKUP), platform.infra.backups.copies_days
    senders = dict.fromkeys(platform.one(role).name for role in (Role.STORAGE, Role.APP))
    arguments = [COPIES_ROOT, here.private, COPIES, TLS, RESERVE_MB, *senders]
    common = {"program": PROGRAM, "root": COPIES_ROOT, "user": USER}
    service = render("backup/receive.service.j2", arguments=" ".join(map(str, arguments)), **common)
    bucket = backup_bucket.keeper_file(platform, f"{HOME}/bucket.json", USER)
    places = [file.dest for file in bucket]
    prune = _unit(
        platform,
        description="Removal of old copies of backups",
        script="prune",
        arguments=[COPIES_ROOT, str(days), *places],
        root=COPIES_ROOT,
    )
    on_disk, in_bucket = expected(platform)
    seen = _unit(
        platform,
        description="When copies of backups came",
        script="seen",
        arguments=[COPIES_ROOT, SEEN_ROOT, on_disk, *places, *(in_bucket for _ in bucket)],
        root=SEEN_ROOT,
        metrics=f"{TEXTFILES}/{SEEN}.prom",
    )
    return [
        *programs(_RECEIVING),
        File(f"{UNITS}/{RECEIVE}.service", service),
        *bucket,
        File(f"{UNITS}/{PRUNE}.service", prune),
        timer(PRUNE, "Removal of old copies", "*-*-* 05:00:00"),
        File(f"{UNITS}/{SEEN}.service", seen),
        timer(SEEN, "When copies came", "hourly", 5),
    ]


def expected(platform: Platform) -> tuple[str, str]:
    """What every platform has: on the backup host, by the sender's name, and in the bucket, by its role."""
    items = [*((Role.STORAGE, item) for item in _ALWAYS), (Role.APP, "state")]
    on_disk = [f"{platform.one(role).name}/{item}" for role, item in items]
    return ",".join(on_disk), ",".join(f"{role}/{item}" for role, item in items)


def _unit(
    platform: Platform, *, description: str, script: str, arguments: list[str], root: str, metrics: str = ""
) -> str:
    """A unit of the user that owns the copies; without a bucket it speaks to nobody."""
    return render(
        "backup/keep.service.j2",
        description=description,
        script=script,
        arguments=" ".join(arguments),
        program=PROGRAM,
        root=root,
        user=USER,
        tls_group=TLS_GROUP,
        metrics=metrics,
        network=backup_bucket.wanted(platform),
    )


def _storage_files(platform: Platform) -> list[File]:
    return [File(REDIS_PASSWORD, f"{platform.secrets['redis_backup_password']}\n", "0640", "root", "postgres")]


def _send(name: str, wanted: list[File], root: Directory) -> None:
    written = managed.files(
        name="Configure the copies",
        directories=[
            Directory("/usr/local/lib/codeb", "0755"),
            Directory(PROGRAM, "0755"),
            Directory(HOME, "0755"),
            root,
        ],
        files=wanted,
    )
    run_timer(name, wanted, written)
