"""Silo, MinIO or RustFS on the storage host: a hardened service over TLS, its buckets, and a user for each.

None of the three can be had where this was written: what is rendered is tested as text.
"""

from pyinfra.api.operation import OperationMeta
from pyinfra.operations import files as pyinfra_files

from deploys.components import artifacts, backup_bucket, s3_keys
from deploys.components.exporters import OBJECT_STORAGE_METRICS
from deploys.components.host_certificate import TLS, told
from deploys.components.s3_engines import BUCKETS, DATA, HOME, ROOT_USER, UNIT, USER, Engine, policies
from deploys.operations import managed, ready
from deploys.operations import object_storage as s3
from deploys.operations.managed import Directory, File
from deploys.platform import Platform
from deploys.rendering import render

MCLI = "/usr/local/bin/mcli"
_KEYS, _USERS, _SCRIPT = f"{HOME}/root.env", f"{HOME}/users.env", f"{HOME}/users.sh"


def serve(platform: Platform, engine: Engine, address: str) -> None:
    """Install and run ``engine``, wait until it is ready, and have its buckets and users."""
    program = artifacts.fetch("object_storage", engine.artifact)
    binary = managed.binary(name=f"Install {engine.title}", path=engine.program, artifact=program)
    wanted = files(platform, engine, address)
    written = managed.files(name=f"Configure {engine.title}", directories=directories(engine), files=wanted)
    for path, target in zip(engine.certificate_files, ("cert.pem", "key.pem"), strict=True):
        pyinfra_files.link(
            name=f"Have {engine.title} read the host's {target}",
            path=path,
            target=f"{TLS}/{target}",
            force=True,
            force_backup=False,
        )
    managed.service(
        name=f"Run {engine.title}",
        service=UNIT,
        stamp=managed.stamp(program.name, *(file.data for file in wanted)),
        changed_by=[written, binary],
    )
    ready.answers(
        name="Wait for object storage",
        url=f"https://{address}{engine.health}",
        unit=UNIT,
        options=f"--cacert {TLS}/ca.pem",
    )
    s3.buckets(
        name="Have the buckets",
        endpoint=f"https://{address}",
        wanted=BUCKETS,
        credentials=_KEYS,
        ca=f"{TLS}/ca.pem",
    )
    s3.versioned(
        name="Keep versions of backups",
        endpoint=f"https://{address}",
        bucket=backup_bucket.BUCKET,
        credentials=_KEYS,
        ca=f"{TLS}/ca.pem",
    )
    _have_users(user_files(platform, address), written)


def _have_users(wanted: list[File], written: OperationMeta) -> None:
    program = artifacts.fetch("mcli")
    managed.binary(name="Install mcli", path=MCLI, artifact=program)
    managed.files(name="Write who may do what", files=wanted)
    s3.users(
        name="Have the buckets' users",
        script=_SCRIPT,
        stamp=managed.stamp(program.name, *(file.data for file in wanted)),
        changed_by=[written],
    )


def directories(engine: Engine) -> list[Directory]:
    return [
        Directory(HOME, "0750", group=USER),
        *(Directory(path, "0750", group=USER) for path in engine.certificate_directories),
        Directory(DATA, "0700", USER, USER),
        Directory(engine.data, "0700", USER, USER),
        Directory("/usr/local/lib/codeb", "0755"),
    ]


def files(platform: Platform, engine: Engine, address: str) -> list[File]:
    """What the service runs with. Only root reads the keys; systemd hands them to the service."""
    secret = platform.secrets["s3_root_password"]
    unit = render(
        "object_storage/engine.service.j2",
        title=engine.title,
        environment=f"{HOME}/engine.env",
        command=engine.command(address),
        data=DATA,
    )
    environment = render("object_storage/engine.env.j2", variables=engine.environment(address, secret))
    found = [
        File(_KEYS, render("object_storage/root.env.j2", user=ROOT_USER, secret=secret), "0600"),
        File(f"{HOME}/engine.env", environment, "0600"),
        told(UNIT, "restart"),
        File(f"/etc/systemd/system/{UNIT}", unit),
    ]
    if not engine.metrics:
        metrics = render(
            "object_storage/metrics.sh.j2",
            title=engine.title,
            health=engine.health,
            address=address,
            data=DATA,
            tls=TLS,
        )
        found.append(File(OBJECT_STORAGE_METRICS, metrics, "0755"))
    return found


def user_files(platform: Platform, address: str) -> list[File]:
    """A policy for each user, the keys, and the script that tells the server of both."""
    root = f"{ROOT_USER}:{platform.secrets['s3_root_password']}"
    variables = {"MC_HOST_codeb": f"https://{root}@{address}"}
    rights = policies()
    variables |= {_variable(user): s3_keys.keys(platform, user).secret for user in rights}
    users = {user: _variable(user) for user in rights}
    script = render("object_storage/users.sh.j2", home=HOME, tls=TLS, mcli=MCLI, keys=_USERS, users=users)
    return [
        *(File(f"{HOME}/{user}.json", text, "0600") for user, text in rights.items()),
        File(_USERS, render("object_storage/users.env.j2", variables=variables), "0600"),
        File(_SCRIPT, script, "0700"),
    ]


def _variable(user: str) -> str:
    return f"{user.upper().replace('-', '_')}_SECRET"
