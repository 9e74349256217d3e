"""From one call, however it ended, to its row in the audit. Spec section 6; lesson 4."""

import contextlib
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, NamedTuple

from codeb.domain.access import AuthContext
from codeb.domain.masking import Cover, masked_record, masked_text
from codeb.domain.names import project_name
from codeb.errors import CodebError, InvalidInput
from codeb.services.protocols.trail import AuditEntry
from codeb.tools.results import Record, failure

_ids = random.Random()  # noqa: S311  an id names a row, and opens nothing
_ENVELOPE = ("success", "error", "code")
_LONGEST_NAME = 100
_LONGEST_ADDRESS = 45


class RequestFacts(NamedTuple):
    """What the door knows of a request. ``source`` is ci, cli, mcp, browser, python, pyinfra, api or host.

    ``named`` says that the client gave the correlation id; one of ours holds nobody's secret.
    """

    correlation_id: str
    source: str
    ip: str | None = None
    user_agent: str | None = None
    named: bool = True


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked and by which client, without its secrets."""

    tool: str
    params: Mapping[str, Any]
    project: str | None
    user_agent: str | None

    @classmethod
    def of(cls, tool: str, given: Mapping[str, Any], user_agent: str | None, cover: Cover) -> "Asked":
        return cls(
            masked_text(tool, cover, _LONGEST_NAME),
            masked_record(given, cover),
            _project(given, {}, cover),
            None if user_agent is None else masked_text(user_agent, cover),
        )


class Caller(NamedTuple):
    """``team_of`` tells whose a project is, of those that the key may see; None where that is not known."""

    auth: AuthContext
    facts: RequestFacts
    team_of: Callable[[str], str | None]


def look_of(asked: Asked, caller: Caller, duration_ms: float, cover: Cover) -> AuditEntry:
    """Of a call that succeeded and changed nothing: what was seen is not kept."""
    return _entry(asked, caller, duration_ms, cover, result={}, error=None, code=None)


def entry_of(
    tool: str,
    given: Mapping[str, Any],
    outcome: Record | BaseException,
    caller: Caller,
    *,
    duration_ms: float,
    cover: Cover,
) -> AuditEntry:
    """``tool`` is the tool's own name; of one that does not exist, what was asked for; "" where nothing could be read.

    ``outcome`` is the tool's answer, or what was raised; of an error that nobody foresaw only its class is told.
    """
    result, error, code = _told(outcome)
    asked = Asked.of(tool, given, caller.facts.user_agent, cover)
    return _entry(
        replace(asked, project=_project(given, result, cover)),
        caller,
        duration_ms,
        cover,
        result=masked_record(result, cover),
        error=None if error is None else masked_text(error, cover),
        code=code,
    )


def _entry(
    asked: Asked,
    caller: Caller,
    duration_ms: float,
    cover: Cover,
    *,
    result: Mapping[str, Any],
    error: str | None,
    code: str | None,
) -> AuditEntry:
    auth, facts = caller.auth, caller.facts
    return AuditEntry(
        id=_new_id(),
        at=datetime.now(UTC),
        tool=asked.tool,
        params=asked.params,
        result=result,
        key_id=auth.key_id,
        team_id=auth.team_id,
        role=str(auth.role),
        project=asked.project,
        success=error is None,
        error=error,
        code=code,
        duration_ms=round(duration_ms, 1),
        ip=facts.ip and facts.ip[:_LONGEST_ADDRESS],
        user_agent=asked.user_agent,
        correlation_id=masked_text(facts.correlation_id, cover, _LONGEST_NAME) if facts.named else facts.correlation_id,
        source=facts.source,
        whose=_whose(asked.project, caller),
    )


def _told(outcome: Record | BaseException) -> tuple[Mapping[str, Any], str | None, str | None]:
    if isinstance(outcome, CodebError):
        outcome = failure(outcome)
    if isinstance(outcome, BaseException):
        return {}, f"internal error: {type(outcome).__name__}", "internal_error"
    result = {key: value for key, value in outcome.items() if key not in _ENVELOPE}
    if outcome.get("success", True):
        return result, None, None
    return result, str(outcome.get("error", "")), str(outcome.get("code", "error"))


def _project(given: Mapping[str, Any], result: Mapping[str, Any], cover: Cover) -> str | None:
    """None for what no project can be named, and for a secret that was given in its place."""
    for name in (given.get("projectName"), result.get("projectName")):
        if isinstance(name, str):
            with contextlib.suppress(InvalidInput):
                found = project_name(name)
                return found if cover(found) == found and cover(name) == name else None
    return None


def _whose(project: str | None, caller: Caller) -> str | None:
    """A platform key's act on a project is a matter of the project's team, not of the key's own."""
    if not caller.auth.platform or project is None:
        return None
    team = caller.team_of(project) or ""
    return None if team == caller.auth.team_id else team


def _new_id() -> str:
    """Ids grow with time, so that their index grows at its end."""
    return f"aud_{time.time_ns() // 1_000_000:012x}{_ids.getrandbits(64):016x}"
