"""The fixed profile of every container: what no setting and no user text can loosen. Security 5."""

from typing import Any

import docker
from docker.errors import NotFound
from docker.types import LogConfig

from codeb.services.protocols import ContainerSpec

_PIDS = 256
_NANO = 1_000_000_000


def create_arguments(spec: ContainerSpec) -> dict[str, Any]:
    """Arguments of the engine's create call. The restart policy comes once the container is ready."""
    return {
        "image": spec.image,
        "name": spec.name,
        "command": list(spec.command) or None,
        "environment": dict(spec.env),
        "labels": dict(spec.labels),
        "network": spec.network,
        "ports": {f"{spec.container_port}/tcp": ("127.0.0.1", spec.port)},
        "mem_limit": spec.memory_bytes,
        "memswap_limit": spec.memory_bytes,
        "nano_cpus": int(spec.cpus * _NANO),
        "pids_limit": _PIDS,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
        "read_only": spec.read_only,
        "tmpfs": {"/tmp": "rw,noexec,nosuid,size=64m"} if spec.read_only else {},  # noqa: S108 - inside the container
        "log_config": LogConfig(type="local", config={"max-size": "10m", "max-file": "3"}),
    }


def ensure_network(client: docker.DockerClient, spec: ContainerSpec) -> None:
    """A network of the environment's own: containers of different projects cannot talk to each other."""
    try:
        client.networks.get(spec.network)
    except NotFound:
        client.networks.create(
            spec.network,
            driver="bridge",
            check_duplicate=True,
            labels={"codeb.project": spec.labels["codeb.project"]},
            options={"com.docker.network.bridge.host_binding_ipv4": "127.0.0.1"},
        )
