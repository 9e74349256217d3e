"""Copies of backups in object storage as well: each host that sends has a user who can only add. Security 12.

The user of the bucket, who lists and removes, is the backup host's: what an intruder on a sender holds does neither.
"""

import json

from codeb.domain.infra import Role
from deploys.components import s3_keys
from deploys.components.host_certificate import TLS
from deploys.operations.managed import File
from deploys.platform import Platform

BUCKET = "backups"
SENDERS = (Role.STORAGE, Role.APP)
_REGION = "us-east-1"


def uploader(role: Role) -> str:
    return f"{BUCKET}-{role}"


def statement(role: Role) -> dict[str, object]:
    """What the sender's user may do. There is no right to read, list, remove, or change versions in it."""
    return {"Effect": "Allow", "Action": ["s3:PutObject"], "Resource": [f"arn:aws:s3:::{BUCKET}/{role}/*"]}


def statements() -> list[dict[str, object]]:
    """Of the bucket's own policy, for an engine that has users and no policies of theirs."""
    return [{**statement(role), "Principal": [uploader(role)]} for role in SENDERS]


def wanted(platform: Platform) -> bool:
    """An S3 of the operator's own takes copies once its keys are in the store."""
    external = platform.infra.s3_engine == "external"
    return not external or bool(platform.secrets.get("s3_backups_secret"))


def sender_file(platform: Platform, role: Role, path: str, group: str) -> list[File]:
    """Where and with which keys the host with ``role`` sends; none where there is no bucket. May raise ConfigError."""
    return _file(platform, uploader(role), path, group)


def keeper_file(platform: Platform, path: str, group: str) -> list[File]:
    """The same for who lists and removes."""
    return _file(platform, BUCKET, path, group)


def _file(platform: Platform, user: str, path: str, group: str) -> list[File]:
    if not wanted(platform):
        return []
    keys, external = s3_keys.keys(platform, user), platform.infra.s3_engine == "external"
    where = platform.infra.s3_endpoint if external else f"https://{platform.one(Role.STORAGE).private}:9000"
    record = {
        "endpoint": where,
        "name": BUCKET,
        "region": _REGION,
        "access": keys.access,
        "secret": keys.secret,
        "ca": "" if external else f"{TLS}/ca.pem",
    }
    return [File(path, f"{json.dumps(record)}\n", "0640", "root", group)]
