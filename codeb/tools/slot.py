"""slot_status, slot_list, slot_cleanup, slot_pin. Spec section 2."""

from typing import Any

from pydantic import Field

from codeb.domain.access import Role
from codeb.tools import plan
from codeb.tools.call import Call
from codeb.tools.params import DryRun, EnvironmentParams
from codeb.tools.plan import planned
from codeb.tools.release_view import grace_period, version_of
from codeb.tools.results import Record, where
from codeb.tools.slot_list import ListParams, list_all, list_at_hand
from codeb.tools.slot_view import slot_status
from codeb.tools.tool import Lane, Tool


class StatusParams(EnvironmentParams):
    pass


class CleanupParams(EnvironmentParams, DryRun):
    force: bool = Field(default=False, description="also a slot whose grace is not over, or that was not promoted")


class PinParams(EnvironmentParams, DryRun):
    hours: float = Field(default=168, gt=0, le=2160, description="from now, at least; a pin never shortens a grace")


def pin(call: Call, params: PinParams) -> Record:
    """Keep the grace slot longer; a deploy does not throw it away without force."""
    environment = call.environment(params)
    if params.dry_run:
        return plan.pin(call.services, environment, call.actor, hours=params.hours)
    pair, changed = call.services.pin(environment, call.actor, hours=params.hours)
    slot = pair.grace
    return {
        **where(environment),
        "changed": changed,
        "slot": slot and str(slot.name),
        "version": version_of(slot),
        "gracePeriod": grace_period(slot, call.services.pin.clock.now()),
    }


def status(call: Call, params: StatusParams) -> Record:
    """Both slots of an environment: what they hold, which one has the traffic, and what runs."""
    project = call.shown(params.project_name)
    found = call.services.status(call.within(project, params))
    return slot_status(project, found, call.services.cleanup.clock.now())


def status_at_hand(call: Call, params: StatusParams) -> Record | None:
    if (project := call.at_hand(params.project_name)) is None:
        return None
    found = call.services.status.at_hand(call.within(project, params))
    return slot_status(project, found, call.services.cleanup.clock.now()) if found else None


def cleanup(call: Call, params: CleanupParams) -> Record:
    """Remove the container of a slot whose grace period is over; with force, of any slot without traffic."""
    environment = call.environment(params)
    if params.dry_run:
        return _plan(call, params)
    gone = call.services.cleanup(environment, call.actor, force=params.force)
    if gone is None:
        return {**where(environment), "changed": False, "cleanedSlot": None, "message": "there is nothing to clean up"}
    return {
        **where(environment),
        "changed": True,
        "cleanedSlot": str(gone.name),
        "message": f"{gone.name} is empty; it held {version_of(gone)}",
    }


def _plan(call: Call, params: CleanupParams) -> Record:
    environment = call.environment(params)
    before = call.services.cleanup.slots.get(environment)
    slot = before.grace or (before.candidate if params.force else None)
    if slot is None:
        return planned("nothing: there is nothing to clean up", **where(environment), cleanedSlot=None)
    before.cleaned(call.services.cleanup.clock.now(), force=params.force)
    sentence = f"remove the container in {slot.name}, which holds {version_of(slot)}"
    return planned(sentence, **where(environment), cleanedSlot=str(slot.name))


TOOLS: tuple[Tool[Any], ...] = (
    Tool("slot_status", "slot.view", Role.VIEWER, StatusParams, status, at_hand=status_at_hand),
    Tool("slot_list", "slot.view", Role.VIEWER, ListParams, list_all, at_hand=list_at_hand),
    Tool("slot_cleanup", "slot.cleanup", Role.ADMIN, CleanupParams, cleanup, Lane.CHANGE),
    Tool("slot_pin", "slot.pin", Role.MEMBER, PinParams, pin, Lane.CHANGE),
)
