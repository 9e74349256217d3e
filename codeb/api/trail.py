"""What the dispatch tells of each call that ended, and of each step of a deploy, whatever became of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog
from starlette.requests import Request

from codeb.api.middleware import client_address
from codeb.domain.access import AuthContext
from codeb.domain.deployment import Step, StepListener
from codeb.domain.names import Environment
from codeb.domain.records import iso
from codeb.errors import CodebError
from codeb.services.protocols.trail import Broadcast, StreamEvent
from codeb.tools.params import EnvironmentParams, Params
from codeb.tools.results import Record, failure, step_record

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a call came from, as the audit keeps it."""

    ip: str | None = None
    user_agent: str | None = None
    correlation_id: str = ""

    @classmethod
    def of(cls, request: Request) -> "Origin":
        agent = request.headers.get("user-agent")
        return cls(client_address(request.scope), agent and agent[:500], request.state.correlation_id)


@dataclass(frozen=True, slots=True)
class Finished:
    """One call that ended. ``params`` are as they were given: secrets may be among them. ``seconds`` is all of it.

    ``error`` is what it was refused with or crashed with; None is a success, and then there is a ``record``.
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

    def steps(self, params: Params, team: Callable[[str], str]) -> StepListener | None:
        """The listener of a call's steps; ``team`` tells whose a project is. None where nobody follows."""
        broadcast = self.broadcast
        if broadcast is None or not isinstance(params, EnvironmentParams):
            return None
        environment = Environment(params.project_name, params.environment)
        owner: list[str] = []

        def tell(step: Step) -> None:
            owner[:] = owner or [team(environment.project)]
            broadcast.publish(_step(environment, owner[0], step))

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
    project, environment = (_word(done.params.get(name)) for name in ("projectName", "environment"))
    level = "info" if done.success else "error"
    data = {
        "timestamp": iso(done.at),
        "level": level,
        "source": "api",
        "message": f"Tool {done.tool} {'succeeded' if done.success else 'failed'}",
        **({"projectName": project} if project else {}),
        **({"environment": environment} if environment else {}),
        "metadata": {"tool": done.tool, "duration": round(done.seconds * 1000, 1), "success": done.success},
    }
    team = None if done.auth.platform else done.auth.team_id
    return StreamEvent("log", team, data, project, environment, level=level)


def _word(value: object) -> str | None:
    return value[:64] if isinstance(value, str) else None
