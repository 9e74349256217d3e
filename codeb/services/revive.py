"""Make a slot's container again from what was recorded, when it is gone although the slot holds a release."""

from dataclasses import dataclass

from codeb.domain.names import Environment
from codeb.domain.project import Project
from codeb.domain.slots import Slot
from codeb.services.container import container_spec, slot_target
from codeb.services.protocols import ContainerRuntime, EnvStore, Ticket


@dataclass(frozen=True, slots=True)
class Revive:
    runtime: ContainerRuntime
    envs: EnvStore

    def __call__(self, project: Project, environment: Environment, slot: Slot) -> None:
        """Start the container that is there, or a new one of the recorded image, env and settings; wait until well.

        Raises Unhealthy, StartFailed, ImageUnavailable, Unavailable.
        """
        held = slot.release
        if held is None:
            return
        name = environment.container(slot.name)
        spec = container_spec(project, environment, slot, held, self.envs.version(environment, held.env_version))
        if self.runtime.observe(name).deployment_id == held.deployment_id:
            self.runtime.revive(name)
        else:
            self.runtime.pull(held.digest)
            self.runtime.start(Ticket(name, held.deployment_id, None, was_running=False), spec)
        self.runtime.wait_ready(spec, slot_target(slot))
