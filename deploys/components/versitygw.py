"""VersityGW on the storage host: files for objects, a file of users, and a policy for each bucket by plain S3."""

import json

from codeb.domain.project_cache import BUCKET
from deploys.components import artifacts, backup_bucket, s3_keys, s3_projects
from deploys.components.exporters import OBJECT_STORAGE_METRICS
from deploys.components.host_certificate import TLS, told
from deploys.components.s3_engines import BUCKETS, DATA, HOME, ROOT_USER, UNIT, USER
from deploys.operations import managed, ready
from deploys.operations import object_storage as s3
from deploys.operations.managed import Directory, File
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
            *(Directory(f"{DATA}{part}", "0700", *own) for part in ("", "/data", "/meta", "/iam", "/versions")),
            Directory("/usr/local/lib/codeb", "0755"),
        ],
        files=[
            File(f"{HOME}/root.env", environment, "0600"),
            File(f"/etc/systemd/system/{UNIT}", unit),
            File(OBJECT_STORAGE_METRICS, metrics, "0755"),
            told(UNIT, "restart"),
        ],
    )
    managed.service(
        name="Run VersityGW",
        service=UNIT,
        stamp=managed.stamp(unit, environment, accounts(platform), program.name),
        changed_by=[files, binary],
    )
    ready.answers(
        name="Wait for object storage",
        url=f"https://{address}/health",
        unit=UNIT,
        options=f"--cacert {TLS}/ca.pem",
    )
    s3.buckets(
        name="Have the buckets",
        endpoint=f"https://{address}",
        wanted=BUCKETS,
        credentials=f"{HOME}/root.env",
        ca=f"{TLS}/ca.pem",
    )
    s3.versioned(
        name="Keep versions of backups",
        endpoint=f"https://{address}",
        bucket=backup_bucket.BUCKET,
        credentials=f"{HOME}/root.env",
        ca=f"{TLS}/ca.pem",
    )
    s3_projects.have_users(platform, address, statements(BUCKET), accounts(platform))
    s3.policies(
        name="Have the other buckets' policies",
        endpoint=f"https://{address}",
        wanted={bucket: policy(bucket) for bucket in BUCKETS if bucket != BUCKET},
        credentials=f"{HOME}/root.env",
        ca=f"{TLS}/ca.pem",
    )


def accounts(platform: Platform) -> dict[str, dict[str, object]]:
    """As the engine's own file has them: the buckets' users, and who adds to backups. What they may is in policies."""
    secrets = {bucket: platform.secrets[_secret_name(bucket)] for bucket in BUCKETS}
    for user in map(backup_bucket.uploader, backup_bucket.SENDERS):
        secrets[user] = s3_keys.keys(platform, user).secret
    return {
        user: {"access": user, "secret": secret, "role": "user", "userID": 0, "groupID": 0}
        for user, secret in secrets.items()
    }


def _secret_name(bucket: str) -> str:
    """Of the build cache another one than before there were users of projects, when it was everybody's. Security 1."""
    return "s3_docker_cache_admin_secret" if bucket == BUCKET else f"s3_{bucket.replace('-', '_')}_secret"


def policy(bucket: str) -> str:
    """A bucket policy in canonical JSON."""
    return json.dumps({"Version": "2012-10-17", "Statement": statements(bucket)}, sort_keys=True, separators=(",", ":"))


def statements(bucket: str) -> list[dict[str, object]]:
    """Its user alone, everything in it, nothing outside it; into backups those who send may add.

    The engine compares a key with the policy first and makes a path of it then, so that ``a/../../other/key`` would be
    an object of another bucket, or a file beside all of them: whatever has two dots is refused.
    """
    allow: dict[str, object] = {
        "Effect": "Allow",
        "Principal": [bucket],
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
    }
    deny = {**allow, "Effect": "Deny", "Principal": "*", "Resource": [f"arn:aws:s3:::{bucket}/*..*"]}
    return [allow, deny, *(backup_bucket.statements() if bucket == backup_bucket.BUCKET else [])]
