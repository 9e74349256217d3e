"""VersityGW on the storage host: files for objects, a file of users, and a policy for each bucket by plain S3."""

import json

from deploys.components import artifacts
from deploys.components.base import TLS
from deploys.components.exporters import OBJECT_STORAGE_METRICS
from deploys.components.s3_engines import BUCKETS, DATA, HOME, ROOT_USER, UNIT, USER
from deploys.operations import managed, ready
from deploys.operations.managed import Directory, File
from deploys.operations.object_storage import policies
from deploys.platform import Platform
from deploys.rendering import render


def serve(platform: Platform, address: str) -> None:
    """Install and run it, wait until it is ready, and have its buckets with their policies."""
    program = artifacts.fetch("object_storage")
    binary = managed.binary(name="Install VersityGW", path="/usr/local/bin/versitygw", artifact=program)
    unit = render("object_storage/codeb-object-storage.service.j2", home=HOME, data=DATA, tls=TLS, address=address)
    environment = render("object_storage/root.env.j2", user=ROOT_USER, secret=platform.secrets["s3_root_password"])
    metrics = render(
        "object_storage/metrics.sh.j2", title="VersityGW", health="/health", address=address, data=DATA, tls=TLS
    )
    own = (USER, USER)
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
            File(f"/etc/systemd/system/{UNIT}", unit),
            File(OBJECT_STORAGE_METRICS, metrics, "0755"),
        ],
    )
    certificate = platform.certificate(platform.here()).certificate
    managed.service(
        name="Run VersityGW",
        service=UNIT,
        stamp=managed.stamp(unit, environment, users(platform), program.name, certificate),
        changed_by=[files, binary],
    )
    ready.answers(
        name="Wait for object storage",
        url=f"https://{address}/health",
        unit=UNIT,
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
