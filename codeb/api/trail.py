"""What the dispatch tells of each call that ended, and of each step of a deploy, whatever became of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from types import MappingProxyType
from typing import Any, NamedTuple

import structlog
from starlette.requests import Request

from codeb.api.headers import header
from codeb.api.middleware import client_address
from codeb.api.streams.later import Later
from codeb.domain.access import AuthContext
from codeb.domain.deployment import Step, StepListener
from codeb.domain.names import Environment, EnvironmentName, project_name
from codeb.domain.project import UnknownProject
from codeb.domain.records import iso
from codeb.errors import CodebError, InvalidInput
from codeb.services.protocols.trail import Broadcast, StreamEvent
from codeb.tools.params import EnvironmentParams, Params
from codeb.tools.registry import UnknownTool
from codeb.tools.results import Record, failure, step_record

_log = structlog.get_logger()
Place = tuple[Environment, str]
"""An environment, and the team whose it is."""


class Origin(NamedTuple):
    """Where a call came from, as the audit keeps it. ``named``: the client made the id up, so it may be anything."""

    ip: str | None = None
    user_agent: str | None = None
    correlation_id: str = ""
    named: bool = True

    @classmethod
    def of(cls, request: Request) -> "Origin":
        scope = request.scope
        agent = header(scope, b"user-agent")
        state = scope["state"]
        return cls(client_address(scope), agent and agent[:500], state["correlation_id"], state["named"])


class Finished(NamedTuple):
    """One call that ended. ``params`` are as they were given: secrets may be among them. ``seconds`` is all of it.

    ``error`` is what it was refused with or crashed with; None is a success, and then there is a ``record``.
    ``owners`` is the team of each project that the key was shown to see.
    """

    tool: str
    params: Mapping[str, Any]
    record: Record | None
    error: BaseException | None
    auth: AuthContext
    source: str
    origin: Origin
    at: datetime
    seconds: float
    owners: Mapping[str, str] = MappingProxyType({})

    @property
    def success(self) -> bool:
        return self.error is None

    @property
    def result(self) -> Record:
        """What the caller was answered, without the envelope; of a crash nothing but that."""
        if isinstance(self.error, CodebError):
            return failure(self.error)
        if self.error is not None:
            return {"success": False, "error": type(self.error).__name__, "code": "internal_error"}
        return self.record or {}


Trail = Callable[[Finished], None]


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells the audit and the stream. Nobody's call fails because one of them does."""

    trail: Trail | None = None
    broadcast: Broadcast | None = None

    def finished(self, done: Finished) -> None:
        if self.trail is not None:
            _guarded(self.trail, done)
        if self.broadcast is not None:
            _guarded(self.broadcast.publish, _entry(done))

    def steps(self, params: Params, place: Callable[[EnvironmentParams], Place]) -> StepListener | None:
        """The listener of a call's steps; ``place`` tells where it is at work. None where nobody follows."""
        broadcast = self.broadcast
        if broadcast is None or not isinstance(params, EnvironmentParams):
            return None
        found: list[Place] = []

        def tell(step: Step) -> None:
            found[:] = found or [place(params)]
            broadcast.publish(_step(*found[0], step))

        return tell


def _guarded(tell: Callable[[Any], None], what: object) -> None:
    try:
        tell(what)
    except Exception:  # noqa: BLE001  the call has happened, whatever becomes of its trail
        _log.exception("trail_failed")


def _step(environment: Environment, team: str, step: Step) -> StreamEvent:
    data = {
        "type": "deployment_step",
        "projectName": environment.project,
        "environment": str(environment.name),
        "step": step_record(step),
        "timestamp": iso(datetime.now(UTC)),
    }
    return StreamEvent("deployment", team, data, environment.project, str(environment.name))


def _entry(done: Finished) -> StreamEvent:
    """The team that called sees it; what the platform's own keys did only they see."""
    tool, project, environment = _tool(done), _project(done), _environment(done)
    level = "info" if done.success else "error"
    team = None if done.auth.platform else done.auth.team_id
    planned = done.record is not None and done.record.get("dryRun") is True
    told = partial(_told, done.at, done.seconds, tool, project, environment, success=done.success, planned=planned)
    return StreamEvent("log", team, Later(told), project, environment, level=level, tool=tool)


def _told(
    at: datetime,
    seconds: float,
    tool: str,
    project: str | None,
    environment: str | None,
    *,
    success: bool,
    planned: bool,
) -> dict[str, Any]:
    return {
        "timestamp": iso(at),
        "level": "info" if success else "error",
        "source": "api",
        "message": f"Tool {tool} {'succeeded' if success else 'failed'}",
        **({"projectName": project} if project else {}),
        **({"environment": environment} if environment else {}),
        "metadata": {
            "tool": tool,
            "duration": round(seconds * 1000, 1),
            "success": success,
            **({"dryRun": True} if planned else {}),
        },
    }


def _tool(done: Finished) -> str:
    """What names no tool, no project or no environment may be anything, a password in the wrong place too. Lesson 4."""
    return "unknown" if isinstance(done.error, UnknownTool) else done.tool


def _project(done: Finished) -> str | None:
    """Folded, as it is followed."""
    given = done.params.get("projectName")
    if not isinstance(given, str) or isinstance(done.error, UnknownProject):
        return None
    try:
        return project_name(given)
    except InvalidInput:
        return None


def _environment(done: Finished) -> str | None:
    given = done.params.get("environment")
    return given if isinstance(given, str) and given in tuple(EnvironmentName) else None
