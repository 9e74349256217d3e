"""Redis on the storage host: named users only, an append-only file, no eviction. Spec section 9."""

import hashlib

from pyinfra.api.deploy import deploy

from codeb.domain.infra import Role
from deploys.components import units
from deploys.operations import debian, managed
from deploys.operations.managed import File
from deploys.platform import Platform, current
from deploys.rendering import render

USERS = ("codeb", "centrifugo", "exporter", "backup", "provisioner")
"""The platform's own. Those of projects are made by the API, which sets them again after a restart of Redis."""


@deploy("Redis")
def redis() -> None:
    """The distribution's package and its hardened unit, with a configuration that is wholly ours."""
    platform = current()
    configuration, users = conf(platform), acl(platform)
    debian.packages(name="Install Redis", packages=["redis-server"])
    files = managed.files(
        name="Configure Redis",
        directories=[units.directory("redis-server.service")],
        files=[
            units.file("redis-server.service", units.kept(restart="always", oom=-500)),
            File("/etc/redis/redis.conf", configuration, "0640", "redis", "redis"),
            File("/etc/redis/users.acl", users, "0640", "redis", "redis"),
        ],
    )
    managed.service(
        name="Run Redis",
        service="redis-server.service",
        stamp=managed.stamp(configuration, users),
        changed_by=[files],
    )


def conf(platform: Platform) -> str:
    return render("redis/redis.conf.j2", private=platform.one(Role.STORAGE).private)


def acl(platform: Platform) -> str:
    """The users, each with the hash of its password, and of those before while both count; the default user is off."""
    hashes = {name: _hashes(platform, f"redis_{name}_password") for name in USERS}
    return render("redis/users.acl.j2", hashes=hashes)


def _hashes(platform: Platform, name: str) -> str:
    passwords = (platform.secrets[name], *platform.secrets.previous(name))
    return " ".join(f"#{hashlib.sha256(password.encode()).hexdigest()}" for password in passwords)
