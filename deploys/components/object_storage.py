"""Object storage on the storage host: an S3 engine as a parameter, three buckets, a user for each. Spec section 9."""

import json

from pyinfra.api.deploy import deploy
from pyinfra.api.exceptions import DeployError

from codeb.domain.infra import Role
from deploys.components import artifacts
from deploys.components.base import TLS, TLS_GROUP
from deploys.components.exporters import OBJECT_STORAGE_METRICS
from deploys.operations import managed, ready
from deploys.operations.managed import Directory, File
from deploys.operations.object_storage import policies
from deploys.operations.users import system_user
from deploys.platform import Platform, current
from deploys.rendering import render

ROOT_USER = "codeb"
BUCKETS = ("docker-cache", "registry", "backups")
"""Each bucket has a user of its name that may use this bucket alone."""
DATA = "/var/lib/object-storage"
HOME = "/etc/codeb/object-storage"
_UNIT = "codeb-object-storage.service"


@deploy("Object storage")
def object_storage() -> None:
    """VersityGW over TLS as a hardened service of its own user; buckets and policies by plain S3."""
    platform = current()
    engine = platform.infra.component("object_storage").engine or "versitygw"
    if engine != "versitygw":
        raise DeployError(f"components.object_storage.engine = {engine!r} cannot be deployed yet; versitygw can")
    system_user(name="Have user object-storage", user="object-storage", home=DATA, groups=[TLS_GROUP])
    program = artifacts.fetch("object_storage")
    binary = managed.binary(name="Install VersityGW", path="/usr/local/bin/versitygw", artifact=program)
    address = f"{platform.one(Role.STORAGE).private}:9000"
    unit = render("object_storage/codeb-object-storage.service.j2", home=HOME, data=DATA, tls=TLS, address=address)
    environment = render("object_storage/root.env.j2", user=ROOT_USER, secret=platform.secrets["s3_root_password"])
    metrics = render("object_storage/metrics.sh.j2", address=address, data=DATA, tls=TLS)
    own = ("object-storage", "object-storage")
    files = managed.files(
        name="Configure VersityGW",
        directories=[
            Directory(HOME, "0700"),
            *(Directory(f"{DATA}{part}", "0700", *own) for part in ("", "/data", "/iam")),
            Directory("/usr/local/lib/codeb", "0755"),
        ],
        files=[
            File(f"{HOME}/root.env", environment, "0600"),
            File(f"{DATA}/iam/users.json", users(platform), "0600", *own),
            File(f"/etc/systemd/system/{_UNIT}", unit),
            File(OBJECT_STORAGE_METRICS, metrics, "0755"),
        ],
    )
    certificate = platform.certificate(platform.here()).certificate
    managed.service(
        name="Run VersityGW",
        service=_UNIT,
        stamp=managed.stamp(unit, environment, users(platform), program.name, certificate),
        changed_by=[files, binary],
    )
    ready.answers(
        name="Wait for object storage",
        url=f"https://{address}/health",
        unit=_UNIT,
        options=f"--cacert {TLS}/ca.pem",
    )
    policies(
        name="Have the buckets and their policies",
        endpoint=f"https://{address}",
        wanted={bucket: policy(bucket) for bucket in BUCKETS},
        credentials=f"{HOME}/root.env",
        ca=f"{TLS}/ca.pem",
    )


def users(platform: Platform) -> str:
    """The engine's own file of users; who may do what is each bucket's policy."""
    accounts = {
        bucket: {
            "access": bucket,
            "secret": platform.secrets[f"s3_{bucket.replace('-', '_')}_secret"],
            "role": "user",
            "userID": 0,
            "groupID": 0,
        }
        for bucket in BUCKETS
    }
    return json.dumps({"accessAccounts": accounts}, sort_keys=True)


def policy(bucket: str) -> str:
    """A bucket policy in canonical JSON: its user alone, everything in it, nothing outside it."""
    statement = {
        "Effect": "Allow",
        "Principal": [bucket],
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, sort_keys=True, separators=(",", ":"))
