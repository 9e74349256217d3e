"""env_history, env_diff, env_scan: what differs, by name. No value is in any of these answers. Spec section 6."""

from typing import Any

from pydantic import Field

from codeb.domain.access import Role
from codeb.domain.names import Environment
from codeb.domain.records import iso
from codeb.domain.variables import Changes
from codeb.errors import Unavailable
from codeb.services.env_history import EnvEntry
from codeb.tools.call import Call
from codeb.tools.env_input import Dotenv, read
from codeb.tools.env_masking import SHORT_MASK
from codeb.tools.params import EnvironmentParams
from codeb.tools.results import Record, where
from codeb.tools.tool import Tool

_MOST_VERSION = 2**31 - 1


class HistoryParams(EnvironmentParams):
    limit: int = Field(default=20, ge=1, le=100)
    before: int | None = Field(
        default=None, ge=1, le=_MOST_VERSION, description="versions below this one: nextBefore of the page above"
    )


class DiffParams(EnvironmentParams):
    from_version: int | None = Field(
        default=None, ge=0, le=_MOST_VERSION, description="default: the version below toVersion; 0 is nothing stored"
    )
    to_version: int | None = Field(default=None, ge=0, le=_MOST_VERSION, description="default: the newest version")


class ScanParams(EnvironmentParams):
    local_env_content: Dotenv | None = Field(default=None, description="the text of your own .env file, to compare")


def history(call: Call, params: HistoryParams) -> Record:
    """The stored versions of an environment's variables, newest first: who, when, and which names changed."""
    environment = call.environment(params)
    entries, following = call.services.env_history(environment, before=params.before, limit=params.limit)
    return {
        **where(environment),
        "versions": [_entry(each) for each in entries],
        "total": len(entries),
        "nextBefore": following,
    }


def diff(call: Call, params: DiffParams) -> Record:
    """Which variables two stored versions differ in: by default the newest and the one below it. Names only."""
    environment = call.environment(params)
    found = call.services.env_diff(environment, params.from_version, params.to_version)
    names = Changes(found.added, found.changed, found.removed, found.same)
    return {
        **where(environment),
        "fromVersion": found.before,
        "toVersion": found.after,
        "added": found.added,
        "changed": found.changed,
        "removed": found.removed,
        "differences": [each for each in _differences(names, "before", "after") if each["status"] != "same"],
        "summary": _summary(names),
    }


def scan(call: Call, params: ScanParams) -> Record:
    """Compare your own .env file with what is stored; added is only in yours, removed only on the server.

    Without ``localEnvContent`` the names on the server are listed.
    """
    environment = call.environment(params)
    local = None if params.local_env_content is None else read("localEnvContent", params.local_env_content)
    stored = call.services.env.get(environment)
    names = Changes.between(stored.variables, stored.variables if local is None else local.variables)
    return {
        **where(environment),
        "version": stored.version,
        "compared": local is not None,
        "names": sorted(stored.variables),
        "differences": [] if local is None else _differences(names, "serverValue", "localValue"),
        "summary": _summary(names),
        "duplicates": local.duplicates if local else (),
        "serverBackups": _backups(call, environment),
        "teamProjects": sorted(project.name for project in call.projects()),
    }


def _entry(entry: EnvEntry) -> Record:
    stored, names = entry.stored, entry.changes
    return {
        "version": stored.version,
        "createdAt": iso(stored.created_at),
        "createdBy": stored.created_by,
        "restoredFrom": stored.restored_from,
        "keys": None if stored.variables is None else len(stored.variables),
        "names": names and {"set": names.added, "updated": names.changed, "removed": names.removed},
        "readable": stored.variables is not None,
    }


def _differences(names: Changes, old: str, new: str) -> list[Record]:
    both = {old: SHORT_MASK, new: SHORT_MASK}
    return [
        *({"key": name, **both, "status": "changed"} for name in names.changed),
        *({"key": name, new: SHORT_MASK, "status": "added"} for name in names.added),
        *({"key": name, old: SHORT_MASK, "status": "removed"} for name in names.removed),
        *({"key": name, **both, "status": "same"} for name in names.same),
    ]


def _summary(names: Changes) -> Record:
    counts = {each: len(getattr(names, each)) for each in ("added", "removed", "changed", "same")}
    return {"total": sum(counts.values()), **counts}


def _backups(call: Call, environment: Environment) -> list[Record] | None:
    """What env_restore can go back to; None while the database is away: the comparison is worth having without it."""
    try:
        entries, _ = call.services.env_history(environment)
    except Unavailable:
        return None
    return [{key: _entry(each)[key] for key in ("version", "createdAt", "createdBy")} for each in entries]


TOOLS: tuple[Tool[Any], ...] = (
    Tool("env_history", "env.history", Role.VIEWER, HistoryParams, history),
    Tool("env_diff", "env.read", Role.VIEWER, DiffParams, diff),
    Tool("env_scan", "env.read", Role.VIEWER, ScanParams, scan),
)
