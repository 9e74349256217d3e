"""One function builds every container's specification. Design section 1; spec section 3, step 8."""

from dataclasses import replace

from codeb.domain.names import Environment
from codeb.domain.project import Project, ProjectSettings
from codeb.domain.slots import Release, Slot
from codeb.services.protocols import ContainerSpec, EnvVersion, ProbeTarget


def container_spec(
    project: Project, environment: Environment, slot: Slot, held: Release, env: EnvVersion
) -> ContainerSpec:
    """The container of ``held`` in ``slot``: a fixed profile and validated settings only."""
    settings = held.settings
    return ContainerSpec(
        name=environment.container(slot.name),
        network=environment.network,
        image=held.digest,
        port=slot.port,
        container_port=settings.port,
        env={"PORT": str(settings.port), **env.variables},
        labels={
            "codeb.project": project.name,
            "codeb.environment": str(environment.name),
            "codeb.slot": str(slot.name),
            "codeb.deployment": held.deployment_id,
            "codeb.version": held.version,
            "codeb.team": project.team_id,
        },
        memory_bytes=settings.memory_bytes,
        cpus=settings.cpus,
        command=settings.command,
        read_only=settings.read_only,
        volumes={f"{environment.key}-{name}": path for name, path in settings.volumes.items()},
        health_command=settings.health_command,
    )


def migration_container(environment: Environment) -> str:
    return f"{environment.key}-migration"


def migration_spec(spec: ContainerSpec, environment: Environment, command: tuple[str, ...]) -> ContainerSpec:
    """The same container, running the migration command instead and serving nobody."""
    return replace(spec, name=migration_container(environment), command=command, health_command=())


def probe_target(settings: ProjectSettings, timeout: int | None = None) -> ProbeTarget:
    return ProbeTarget(settings.health_path, settings.health_status, timeout or settings.health_timeout)


def slot_target(slot: Slot) -> ProbeTarget:
    """What "well" means for the container that ``slot`` holds: the settings that it was deployed with."""
    return probe_target(slot.settings or ProjectSettings())
