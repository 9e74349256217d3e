"""What a release would do, told without doing it: the answer of ``dryRun``. The same refusals as the real thing."""

from datetime import timedelta

from codeb.bootstrap import Services
from codeb.domain.names import Environment
from codeb.domain.slot_refusals import AnotherCandidate
from codeb.domain.slots import Release, Slot, SlotPair, SlotState, held_id, holds
from codeb.services.actor import Actor
from codeb.services.env_diff import EnvDiff
from codeb.services.promote import active_of
from codeb.services.release_steps import DeployRequest
from codeb.tools.release_view import env_changes, version_of
from codeb.tools.results import Record, where


def planned(*sentences: str, **facts: object) -> Record:
    return {"dryRun": True, "changed": False, "plan": list(sentences), **facts}


def deploy(services: Services, request: DeployRequest) -> Record:
    use, environment = services.deploy, request.environment
    project = use.projects.get(environment.project)
    image, version = use.steps.images.rules.resolve(project.name, request.reference, request.version)
    pair = use.slots.get(environment)
    same = None if request.force else _same(services, request, image)
    if same is None:
        pair.require_deployable(use.clock.now(), force=request.force)
        services.quotas.plan(project, environment, pair.target, request.settings(project), back=request.back)
    slot = same or pair.target
    sentences = [f"put {image} into {slot.name} on port {slot.port} and wait until it is healthy"]
    if slot.state is SlotState.GRACE:
        sentences.insert(0, f"end the grace period of {slot.name}, which holds {version_of(slot)}")
    if slot.state is SlotState.DEPLOYED:
        sentences.insert(0, f"replace the candidate in {slot.name}, {version_of(slot)}, which was not promoted")
    if same is not None:
        sentences = [f"nothing: {slot.name} holds this very release and is healthy"]
    return planned(
        *sentences,
        **where(environment),
        slot=str(slot.name),
        port=slot.port,
        image=image,
        version=version,
        previewUrl=services.addresses.preview_url(environment, slot.name),
        container=environment.container(slot.name),
        isFirstDeploy=pair.active is None,
    )


def _same(services: Services, request: DeployRequest, image: str) -> Slot | None:
    """Where the release is already; looks the image up as the deploy would, and refuses as it would."""
    use, environment = services.deploy, request.environment
    project = use.projects.get(environment.project)
    digest = use.steps.images.find(image)
    version = request.recorded.env_version if request.recorded else use.steps.envs.current(environment).version
    wanted = Release("", image, digest, "", version, request.settings(project), use.clock.now(), "")
    return use.steps.same_already(use.slots.get(environment), wanted, request.timeout)


def promote(services: Services, environment: Environment, actor: Actor, only: str | None = None) -> Record:
    use = services.promote
    project = use.projects.get(environment.project)
    before = use.slots.get(environment)
    there = only is not None and holds(before.active, only)
    if only is not None and not there and not holds(before.candidate, only):
        raise AnotherCandidate(environment, only, held_id(before.candidate))
    if before.active is not None and (there or (only is None and before.candidate is None)):
        return _switch(before, before, f"nothing: {before.active.name} has the traffic already")
    after = before.promoted(use.clock.now(), actor.name, use.rules.grace_of(project))
    new = active_of(after)
    use.gates.require_health(before, new)
    sentences = [f"send the traffic to {new.name}, {version_of(new)}"]
    if new.release and new.release.migration_due:
        sentences.insert(0, f"run the migration {' '.join(new.release.settings.migrate)}, after a dump of the database")
    if new.release and new.release.settings.smoke:
        sentences.insert(0, f"ask the preview {len(new.release.settings.smoke)} smoke requests")
    return _switch(before, after, *sentences, diff=use.compare(environment, before.active, new))


def rollback(services: Services, environment: Environment, actor: Actor, *, force: bool) -> Record:
    use = services.rollback
    use.projects.get(environment.project)
    before = use.slots.get(environment)
    if before.rolled_back_from is not None:
        return _switch(before, before, f"nothing: {active_of(before).name} has the traffic back already")
    after = before.rolled_back(use.clock.now(), actor.name, force=force)
    back = active_of(after)
    use.gates.require_health(before, back)
    sentence = f"send the traffic back to {back.name}, {version_of(back)}"
    return _switch(before, after, sentence, diff=use.compare(environment, before.active, back))


def rollback_to(
    services: Services, environment: Environment, deployment_id: str, actor: Actor, *, force: bool
) -> Record:
    use = services.rollback_to
    before = use.slots.get(environment)
    if holds(before.active, deployment_id):
        return _switch(before, before, f"nothing: {active_of(before).name} holds it and has the traffic already")
    use.require_no_migration(environment, deployment_id, force=force)
    if use.warm(before, deployment_id):
        return rollback(services, environment, actor, force=force)
    if holds(before.candidate, deployment_id):
        return promote(services, environment, actor, deployment_id)
    recorded = use.recorded(environment, deployment_id)
    request = DeployRequest(environment, force=force, recorded=recorded)
    planned_deploy = deploy(services, request)
    sentence = f"send the traffic to it: {recorded.version} with version {recorded.env_version} of its variables"
    return {**planned_deploy, "plan": [*planned_deploy["plan"], sentence], "newVersion": recorded.version}


def maintenance(services: Services, environment: Environment, *, on: bool) -> Record:
    pair = services.maintenance.slots.get(environment)
    what = "answer every visitor with the maintenance page" if on else "end the maintenance"
    sentence = what if pair.maintenance is not on else f"nothing: it is {'in' if on else 'not in'} maintenance already"
    return planned(sentence, **where(environment), maintenance=on)


def pin(services: Services, environment: Environment, actor: Actor, *, hours: float) -> Record:
    use = services.pin
    before, now = use.slots.get(environment), use.clock.now()
    after = before.pinned(now, now + timedelta(hours=hours), actor.name)
    if after == before:
        return planned("nothing: it is pinned for that long already", **where(environment))
    return planned(f"keep {_grace(after)} for {hours:g} h from now at least", **where(environment))


def _grace(pair: SlotPair) -> str:
    slot: Slot | None = pair.grace
    return f"{slot.name}, {version_of(slot)}," if slot else "nothing"


def _switch(before: SlotPair, after: SlotPair, *sentences: str, diff: EnvDiff | None = None) -> Record:
    return planned(
        *sentences,
        **where(before.environment),
        fromSlot=before.active and str(before.active.name),
        toSlot=after.active and str(after.active.name),
        previousVersion=version_of(before.active),
        newVersion=version_of(after.active),
        envChanges=env_changes(diff),
    )
