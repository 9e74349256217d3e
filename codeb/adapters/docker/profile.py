"""The fixed profile of every container: what no setting and no user text can loosen. Security 5."""

from typing import Any

import docker
from docker.errors import NotFound
from docker.types import Healthcheck, LogConfig, Mount

from codeb.services.errors import StartFailed
from codeb.services.protocols import ContainerSpec

PIDS = 256
PROJECT, DEPLOYMENT, ROLE = "codeb.project", "codeb.deployment", "codeb.role"
SLOT, ONCE = "slot", "once"
_NANO = 1_000_000_000
_SECOND = 1_000_000_000


def slot_arguments(spec: ContainerSpec) -> dict[str, Any]:
    """Arguments of the engine's create call. The restart policy comes once the container is ready."""
    return {
        **_arguments(spec, SLOT),
        "ports": {f"{spec.container_port}/tcp": ("127.0.0.1", spec.port)},
        "healthcheck": _health_check(spec),
    }


def once_arguments(spec: ContainerSpec) -> dict[str, Any]:
    """The same without a port and without any health check: it serves nobody."""
    return {**_arguments(spec, ONCE), "healthcheck": Healthcheck(test=["NONE"])}


def _arguments(spec: ContainerSpec, role: str) -> dict[str, Any]:
    return {
        "image": spec.image,
        "name": spec.name,
        "command": list(spec.command) or None,
        "environment": dict(spec.env),
        "labels": {**spec.labels, ROLE: role},
        "network": spec.network,
        "mounts": [Mount(target=path, source=name, type="volume") for name, path in sorted(spec.volumes.items())],
        "mem_limit": spec.memory_bytes,
        "memswap_limit": spec.memory_bytes,
        "nano_cpus": int(spec.cpus * _NANO),
        "pids_limit": PIDS,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
        "read_only": spec.read_only,
        "tmpfs": {"/tmp": "rw,noexec,nosuid,size=64m"} if spec.read_only else {},  # noqa: S108 - inside the container
        "log_config": LogConfig(type="local", config={"max-size": "10m", "max-file": "3"}),
    }


def _health_check(spec: ContainerSpec) -> Healthcheck | None:
    """The project's own check, often enough that a wait sees it soon; None leaves the image's."""
    if not spec.health_command:
        return None
    test = ["CMD", *spec.health_command]
    return Healthcheck(test=test, interval=2 * _SECOND, timeout=5 * _SECOND, retries=3)


def ensure_network(client: docker.DockerClient, spec: ContainerSpec) -> None:
    """A network of the environment's own: containers of different projects cannot talk to each other."""
    try:
        client.networks.get(spec.network)
    except NotFound:
        client.networks.create(
            spec.network,
            driver="bridge",
            check_duplicate=True,
            labels=_labels(spec),
            options={"com.docker.network.bridge.host_binding_ipv4": "127.0.0.1"},
        )


def ensure_volumes(client: docker.DockerClient, spec: ContainerSpec) -> None:
    """Named volumes of the project's own. Raises StartFailed for one of that name which is another's, or no plain one.

    A volume with driver options can be a bind mount of any directory of the host.
    """
    for name in spec.volumes:
        found = client.volumes.create(name, driver="local", labels=_labels(spec)).attrs
        owner = (found.get("Labels") or {}).get(PROJECT)
        if owner != spec.labels[PROJECT] or found.get("Options") or found["Driver"] != "local":
            raise StartFailed(
                f"volume {name} is there and is not a plain one of {spec.labels['codeb.project']}:"
                " look at `docker volume inspect`, and remove or rename it"
            )


def _labels(spec: ContainerSpec) -> dict[str, str]:
    return {PROJECT: spec.labels[PROJECT]}
