"""One function builds every container's specification. Design section 1; spec section 3, step 8."""

from codeb.domain.deployment import Deployment
from codeb.domain.project import Project, ProjectSettings
from codeb.domain.slots import Slot
from codeb.services.protocols import ContainerSpec, EnvVersion, ProbeTarget


def container_spec(project: Project, slot: Slot, deployment: Deployment, env: EnvVersion) -> ContainerSpec:
    """The container of ``deployment`` in ``slot``: a fixed profile and validated settings only."""
    environment, settings = deployment.environment, project.settings
    return ContainerSpec(
        name=environment.container(slot.name),
        network=environment.network,
        image=deployment.digest,
        port=slot.port,
        container_port=settings.port,
        env={"PORT": str(settings.port), **env.variables},
        labels={
            "codeb.project": project.name,
            "codeb.environment": str(environment.name),
            "codeb.slot": str(slot.name),
            "codeb.deployment": deployment.id,
            "codeb.version": deployment.version,
            "codeb.team": project.team_id,
        },
        memory_bytes=settings.memory_bytes,
        cpus=settings.cpus,
        command=settings.command,
        read_only=settings.read_only,
    )


def probe_target(settings: ProjectSettings, timeout: int | None = None) -> ProbeTarget:
    return ProbeTarget(settings.health_path, settings.health_status, timeout or settings.health_timeout)
