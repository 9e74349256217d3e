"""deploy, promote, rollback. Spec sections 3 to 5."""

import time
from typing import Annotated

from pydantic import Field, StringConstraints

from codeb.domain.deployment import DeployFailed
from codeb.domain.names import Environment
from codeb.domain.slots import SlotPair
from codeb.errors import CodebError, Refused
from codeb.services.deploy import DeployRequest
from codeb.tools import plan, results
from codeb.tools.call import Call
from codeb.tools.params import DryRun, EnvironmentParams
from codeb.tools.results import Record

Tag = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$")]


class DeployParams(EnvironmentParams, DryRun):
    version: Tag = Field(default="latest", description="the image's tag in the project's own repository")
    image: Annotated[str, StringConstraints(min_length=1, max_length=500)] | None = None
    healthcheck_timeout: int | None = Field(default=None, ge=5, le=600, description="seconds; default: the project's")
    force: bool = Field(default=False, description="deploy again what is there already")


class PromoteParams(EnvironmentParams, DryRun):
    pass


class RollbackParams(EnvironmentParams, DryRun):
    reason: Annotated[str, StringConstraints(max_length=500)] = ""
    deployment_id: str | None = Field(default=None, description="refuse unless this is what the grace slot holds")


class NotInGrace(Refused):
    """The wanted deployment is not the one that a warm rollback would bring back."""

    code = "not_in_grace"

    def __init__(self, environment: Environment, wanted: str, held: str | None) -> None:
        there = f"the grace slot holds {held}" if held else "there is no grace slot"
        super().__init__(f"{environment}: {there}, not {wanted}; deploy the image of {wanted} again and promote it")


def deploy(call: Call, params: DeployParams) -> Record:
    """Put an image into the slot that has no traffic, and wait until it is healthy."""
    environment = call.environment(params)
    request = DeployRequest(
        environment, params.version, params.image, timeout=params.healthcheck_timeout, force=params.force
    )
    if params.dry_run:
        return plan.deploy(call.services, request)
    begun = time.monotonic()
    try:
        result = call.services.deploy(request, call.actor, call.on_step)
    except Exception as error:
        if isinstance(error, DeployFailed) or not isinstance(error, CodebError):
            call.observer.deployed(environment, "failed", time.monotonic() - begun)
        raise
    call.observer.deployed(environment, "success", time.monotonic() - begun)
    return results.deployed(result, _pair(call, environment), call.services.deploy.addresses)


def promote(call: Call, params: PromoteParams) -> Record:
    """Send the traffic to the slot that was deployed and tested; the previous one stays warm for its grace period."""
    environment = call.environment(params)
    if params.dry_run:
        return plan.promote(call.services, environment, call.actor)
    done = call.services.promote(environment, call.actor)
    if done.receipt:
        call.observer.switched(environment, done.receipt)
    return results.switched(done, call.services.settings.domain, call.services.promote.clock.now())


def rollback(call: Call, params: RollbackParams) -> Record:
    """Send the traffic back to the grace slot, at once and without starting a container."""
    environment = call.environment(params)
    if params.deployment_id is not None:
        _require_in_grace(environment, _pair(call, environment), params.deployment_id)
    if params.dry_run:
        return plan.rollback(call.services, environment, call.actor)
    done = call.services.rollback(environment, call.actor, params.reason)
    if done.receipt:
        call.observer.switched(environment, done.receipt)
    record = results.switched(done, call.services.settings.domain, call.services.rollback.clock.now())
    return {
        **record,
        "restoredVersion": record["newVersion"],
        "rolledBackTo": record["toSlot"],
        "previousActive": record["fromSlot"],
    }


def _require_in_grace(environment: Environment, pair: SlotPair, wanted: str) -> None:
    back = pair.active if pair.rolled_back_from else pair.grace
    held = back.release.deployment_id if back is not None and back.release is not None else None
    if held != wanted:
        raise NotInGrace(environment, wanted, held)


def _pair(call: Call, environment: Environment) -> SlotPair:
    return call.services.deploy.slots.get(environment)
