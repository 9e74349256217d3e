"""env_sync, env_get. Spec section 6; lessons 3 and 4: no value is shown in part, none reaches an error or a log."""

from typing import Any

from codeb.adapters.env_files import DotenvText
from codeb.domain.access import Role
from codeb.domain.names import Environment
from codeb.services.env_sync import EnvChange
from codeb.tools.call import Call
from codeb.tools.env_input import SyncParams, given
from codeb.tools.env_masking import masked, shown
from codeb.tools.params import EnvironmentParams
from codeb.tools.plan import planned
from codeb.tools.results import Record, where
from codeb.tools.tool import Lane, Tool


class GetParams(EnvironmentParams):
    pass


def sync(call: Call, params: SyncParams) -> Record:
    """Store an environment's variables as a new version; the next deploy runs with them."""
    environment = call.environment(params)
    text = given(params)
    use, merge, remove = call.services.env, params.merge, params.remove
    if params.dry_run:
        change = use.plan(environment, text.variables, merge=merge, remove=remove)
        sentence = _sentence(change)
        return planned(f"store {sentence}" if change.changed else sentence, **_told(call, environment, change, text))
    change = use(environment, text.variables, call.actor, merge=merge, remove=remove)
    return {**_told(call, environment, change, text), "changed": change.changed, "message": _sentence(change)}


def get(call: Call, params: GetParams) -> Record:
    """An environment's variables. A viewer, and a key of a coding assistant, sees their names only."""
    environment = call.environment(params)
    stored = call.services.env.get(environment)
    mask = masked(call.auth)
    return {
        **where(environment),
        "version": stored.version,
        "variables": shown(stored.variables, mask=mask),
        "masked": mask,
        "path": _path(call, environment),
    }


def _told(call: Call, environment: Environment, change: EnvChange, text: DotenvText) -> Record:
    return {
        **where(environment),
        "version": change.version,
        "variablesSet": len(change.set),
        "variablesUpdated": len(change.updated),
        "variablesUnchanged": len(change.unchanged),
        "variablesRemoved": len(change.removed),
        "names": {"set": change.set, "updated": change.updated, "removed": change.removed},
        "duplicates": text.duplicates,
        "path": _path(call, environment),
    }


def _sentence(change: EnvChange) -> str:
    if not change.changed:
        return "nothing: the stored variables are these already"
    counts = f"{len(change.set)} new, {len(change.updated)} changed, {len(change.removed)} removed"
    return f"version {change.version}: {counts}; the next deploy runs with them"


def _path(call: Call, environment: Environment) -> str:
    return str(call.services.settings.root / "env" / environment.project / f".env.{environment.name}")


TOOLS: tuple[Tool[Any], ...] = (
    Tool("env_sync", "env.write", Role.MEMBER, SyncParams, sync, Lane.CHANGE),
    Tool("env_get", "env.read", Role.VIEWER, GetParams, get),
)
