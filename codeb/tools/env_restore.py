"""env_restore. Spec section 6."""

from typing import Annotated, Any, Literal

from pydantic import Field

from codeb.domain.access import Role
from codeb.domain.names import Environment
from codeb.services.env_restore import EnvRestored
from codeb.tools.call import Call
from codeb.tools.params import DryRun, EnvironmentParams
from codeb.tools.plan import planned
from codeb.tools.results import Record, where
from codeb.tools.tool import Lane, Tool

_MOST_VERSION = 2**31 - 1


class RestoreParams(EnvironmentParams, DryRun):
    version: Annotated[int, Field(ge=1, le=_MOST_VERSION, strict=True)] | Literal["master", "current"] = Field(
        default="master",
        description="a version's number, as env_history has it; master: what was there before the last write;"
        " current: the newest version, which changes nothing",
    )


def restore(call: Call, params: RestoreParams) -> Record:
    """Go back to a version of an environment's variables: it is stored anew, and the next deploy runs with it."""
    environment, use = call.environment(params), call.services.env_restore
    if params.dry_run:
        done = use.plan(environment, params.version)
        sentence = _sentence(done)
        return planned(f"store {sentence}" if done.changes else sentence, **_told(environment, done))
    done = use(environment, params.version, call.actor)
    return {**_told(environment, done), "changed": bool(done.changes), "message": _sentence(done)}


def _told(environment: Environment, done: EnvRestored) -> Record:
    names = done.changes
    return {
        **where(environment),
        "version": done.version,
        "restoredFrom": done.restored_from,
        "keysRestored": len(done.keys),
        "names": {"set": names.added, "updated": names.changed, "removed": names.removed},
    }


def _sentence(done: EnvRestored) -> str:
    if not done.changes:
        return f"nothing: version {done.version} holds these variables already; a number goes further back"
    what = f"version {done.version}, which holds what version {done.restored_from} does"
    return f"{what}: {done.changes.sentence()}; the next deploy runs with it"


TOOLS: tuple[Tool[Any], ...] = (Tool("env_restore", "env.write", Role.MEMBER, RestoreParams, restore, Lane.CHANGE),)
