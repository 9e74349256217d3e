"""What is ours on this host, found by its labels."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import docker
from docker.errors import NotFound

from codeb.adapters.docker.profile import DEPLOYMENT, ONCE, PROJECT, ROLE
from codeb.adapters.docker.set_aside import is_aside
from codeb.domain.names import Environment
from codeb.services.protocols import Held


def held(client: docker.DockerClient, environment: Environment | None = None) -> list[Held]:
    """Slots' containers and those set aside for them; what runs once belongs to whoever runs it."""
    labels = [PROJECT]
    if environment is not None:
        labels = [f"{PROJECT}={environment.project}", f"codeb.environment={environment.name}"]
    records: list[dict[str, Any]] = client.api.containers(all=True, filters={"label": labels})
    return [_held(record) for record in records if record["Labels"].get(ROLE) != ONCE and record["Names"]]


def remove_volumes(client: docker.DockerClient, project: str) -> None:
    for volume in client.volumes.list(filters={"label": f"{PROJECT}={project}"}):
        with suppress(NotFound):
            volume.remove()


def _held(record: Mapping[str, Any]) -> Held:
    name, labels = record["Names"][0].removeprefix("/"), record["Labels"]
    return Held(
        name=name,
        project=labels[PROJECT],
        environment=labels.get("codeb.environment", ""),
        deployment_id=labels.get(DEPLOYMENT, ""),
        running=record["State"] in ("running", "paused", "restarting"),
        set_aside=is_aside(name),
    )
