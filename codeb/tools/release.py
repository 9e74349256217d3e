"""deploy, promote, rollback, maintenance. Spec sections 3 to 5."""

import time
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from codeb.domain.access import Role
from codeb.domain.deployment import DeployFailed
from codeb.errors import CodebError
from codeb.services.promote import Switched
from codeb.services.release_steps import DeployRequest
from codeb.tools import auto_promote, plan
from codeb.tools.call import Call
from codeb.tools.params import DryRun, EnvironmentParams
from codeb.tools.release_view import deployed, switched
from codeb.tools.results import Record, where
from codeb.tools.tool import Lane, Tool

Tag = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$")]


class DeployParams(EnvironmentParams, DryRun):
    version: Tag = Field(default="latest", description="the image's tag in the project's own repository")
    image: Annotated[str, StringConstraints(min_length=1, max_length=500)] | None = None
    healthcheck_timeout: int | None = Field(default=None, ge=5, le=600, description="seconds; default: the project's")
    force: bool = Field(default=False, description="deploy again what is there already")


class PromoteParams(EnvironmentParams, DryRun):
    deployment_id: str | None = Field(default=None, description="refuse unless this is the candidate")
    force: bool = Field(default=False, description="run a migration again whose end nobody saw")


class RollbackParams(EnvironmentParams, DryRun):
    reason: Annotated[str, StringConstraints(max_length=500)] = ""
    deployment_id: str | None = Field(default=None, description="any recorded deployment; default: the grace slot's")
    force: bool = Field(default=False, description="go back across a migration, or over a pinned grace slot")


class MaintenanceParams(EnvironmentParams, DryRun):
    enabled: bool = Field(default=True, description="false ends it")
    reason: Annotated[str, StringConstraints(max_length=500)] = ""


def deploy(call: Call, params: DeployParams) -> Record:
    """Put an image into the slot that has no traffic, and wait until it is healthy."""
    project = call.project(params.project_name)
    environment = call.within(project, params)
    request = DeployRequest(
        environment, params.version, params.image, timeout=params.healthcheck_timeout, force=params.force
    )
    promotes = auto_promote.wanted(call, project, environment)
    if params.dry_run:
        told = plan.deploy(call.services, request)
        return auto_promote.planned(call, told, call.services.deploy.slots.get(environment)) if promotes else told
    begun = time.monotonic()
    try:
        result = call.services.deploy(request, call.actor, call.on_step, call.on_place)
    except Exception as error:
        if isinstance(error, DeployFailed) or not isinstance(error, CodebError):
            call.observer.deployed(environment, "failed", time.monotonic() - begun)
        raise
    call.observer.deployed(environment, "success", time.monotonic() - begun)
    pair = call.services.deploy.slots.get(environment)
    record = deployed(result, pair, call.services.addresses)
    return {**record, "autoPromote": auto_promote.auto_promoted(call, result, pair)} if promotes else record


def promote(call: Call, params: PromoteParams) -> Record:
    """Send the traffic to the slot that was deployed and tested; the previous one stays warm for its grace period."""
    environment = call.environment(params)
    if params.dry_run:
        return plan.promote(call.services, environment, call.actor, params.deployment_id)
    use = call.services.promote
    return _switched(
        call, use(environment, call.actor, only=params.deployment_id, force=params.force, on_place=call.on_place)
    )


def rollback(call: Call, params: RollbackParams) -> Record:
    """Send the traffic back to the grace slot, at once; or, with a deploymentId, to any recorded deployment."""
    environment, wanted = call.environment(params), params.deployment_id
    services, force = call.services, params.force
    if params.dry_run:
        if wanted is not None:
            return plan.rollback_to(services, environment, wanted, call.actor, force=force)
        return plan.rollback(services, environment, call.actor, force=force)
    if wanted is None:
        done = services.rollback(environment, call.actor, params.reason, force=force, on_place=call.on_place)
    else:
        done = services.rollback_to(
            environment, wanted, call.actor, params.reason, force=force, on_step=call.on_step, on_place=call.on_place
        )
    record = _switched(call, done)
    return {
        **record,
        "restoredVersion": record["newVersion"],
        "rolledBackTo": record["toSlot"],
        "previousActive": record["fromSlot"],
    }


def maintenance(call: Call, params: MaintenanceParams) -> Record:
    """Answer every visitor of an environment with a page that says so (503, Retry-After), or end that."""
    environment, on = call.environment(params), params.enabled
    if params.dry_run:
        return plan.maintenance(call.services, environment, on=on)
    receipt = call.services.maintenance(environment, call.actor, on=on, why=params.reason, on_place=call.on_place)
    return {
        **where(environment),
        "maintenance": on,
        "changed": receipt is not None,
        "receipt": receipt and receipt.record(),
        "url": call.services.addresses.url(environment),
    }


def _switched(call: Call, done: Switched) -> Record:
    if done.receipt:
        call.observer.switched(done.environment, done.receipt)
    return switched(done, call.services.settings.domain, call.services.promote.clock.now())


TOOLS: tuple[Tool[Any], ...] = (
    Tool("deploy", "deploy.create", Role.MEMBER, DeployParams, deploy, Lane.DEPLOY, ("deploy_project",)),
    Tool("promote", "deploy.promote", Role.MEMBER, PromoteParams, promote, Lane.CHANGE, ("slot_promote",)),
    Tool("rollback", "deploy.rollback", Role.MEMBER, RollbackParams, rollback, Lane.CHANGE),
    Tool("maintenance", "deploy.promote", Role.MEMBER, MaintenanceParams, maintenance, Lane.CHANGE),
)
