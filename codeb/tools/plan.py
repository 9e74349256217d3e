"""What a release would do, told without doing it: the answer of ``dryRun``. The same refusals as the real thing."""

from codeb.bootstrap import Services
from codeb.domain.names import Environment
from codeb.domain.project import Project
from codeb.domain.slots import Slot, SlotPair, SlotState
from codeb.services.actor import Actor
from codeb.services.container import probe_target
from codeb.services.deploy import DeployRequest
from codeb.services.errors import Unhealthy
from codeb.services.promote import active_of
from codeb.services.protocols import Probe
from codeb.tools.results import Record, version_of, where


def planned(*sentences: str, **facts: object) -> Record:
    return {"dryRun": True, "changed": False, "plan": list(sentences), **facts}


def deploy(services: Services, request: DeployRequest) -> Record:
    use, environment = services.deploy, request.environment
    project = use.projects.get(environment.project)
    image, version = use.images.resolve(project.name, request.image, request.version)
    pair = use.slots.get(environment)
    slot = pair.target
    sentences = [f"put {image} into {slot.name} on port {slot.port} and wait until it is healthy"]
    if slot.state is SlotState.GRACE:
        sentences.insert(0, f"end the grace period of {slot.name}, which holds {version_of(slot)}")
    if slot.state is SlotState.DEPLOYED:
        sentences.insert(0, f"replace the candidate in {slot.name}, {version_of(slot)}, which was not promoted")
    return planned(
        *sentences,
        **where(environment),
        slot=str(slot.name),
        port=slot.port,
        image=image,
        version=version,
        previewUrl=use.addresses.preview_url(environment, slot.name),
        container=environment.container(slot.name),
        isFirstDeploy=pair.active is None,
    )


def promote(services: Services, environment: Environment, actor: Actor) -> Record:
    use = services.promote
    project = use.projects.get(environment.project)
    before = use.slots.get(environment)
    if before.candidate is None and before.active is not None:
        return _switch(before, before, f"nothing: {before.active.name} has the traffic already")
    after = before.promoted(use.clock.now(), actor.name, use.grace)
    new = active_of(after)
    _require_health(use.probe, project, environment, new)
    return _switch(before, after, f"send the traffic to {new.name}, {version_of(new)}")


def rollback(services: Services, environment: Environment, actor: Actor) -> Record:
    use = services.rollback
    project = use.projects.get(environment.project)
    before = use.slots.get(environment)
    if before.rolled_back_from is not None:
        return _switch(before, before, f"nothing: {active_of(before).name} has the traffic back already")
    after = before.rolled_back(use.clock.now(), actor.name)
    back = active_of(after)
    _require_health(use.probe, project, environment, back)
    return _switch(before, after, f"send the traffic back to {back.name}, {version_of(back)}")


def _require_health(probe: Probe, project: Project, environment: Environment, slot: Slot) -> None:
    if reason := probe.answers(slot.port, probe_target(project.settings)):
        raise Unhealthy(environment.container(slot.name), reason)


def _switch(before: SlotPair, after: SlotPair, sentence: str) -> Record:
    return planned(
        sentence,
        **where(before.environment),
        fromSlot=before.active and str(before.active.name),
        toSlot=after.active and str(after.active.name),
        previousVersion=version_of(before.active),
        newVersion=version_of(after.active),
    )
