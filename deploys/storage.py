"""The storage role: PostgreSQL, Redis, the registry and object storage. Runnable alone."""

from pyinfra import host

from codeb.domain.infra import Role
from deploys.components.backup_copies import storage_copies
from deploys.components.backups import backups
from deploys.components.base import base
from deploys.components.exporters import exporters
from deploys.components.firewall import firewall
from deploys.components.object_storage import object_storage
from deploys.components.point_in_time import point_in_time
from deploys.components.postgres import postgres
from deploys.components.redis import redis
from deploys.components.registry import registry


def storage() -> None:
    """Everything of the role, on a host that has the base."""
    postgres()
    point_in_time()
    backups()
    redis()
    storage_copies()
    registry()
    object_storage()
    exporters()


if __name__ == "builtins" and Role.STORAGE in host.groups:
    base()
    firewall()
    storage()
