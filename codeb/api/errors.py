"""Errors of the HTTP door itself, and the one table from errors to statuses. Spec section 6, "Envelope"."""

from codeb.adapters.journal.snapshot import JournalDamaged
from codeb.adapters.slot_files import SlotFileDamaged
from codeb.api.streams.places import TooManyStreams
from codeb.domain.access import Forbidden
from codeb.domain.deployment import DeployFailed
from codeb.errors import CodebError, InvalidInput, Refused, Unavailable, Unwritable
from codeb.services.errors import EnvDamaged, JournalUnwritable, Locked, MissingEnvKey
from codeb.tools.registry import UnknownTool


class Unauthenticated(CodebError):
    """``reason`` is one of a few words, counted by the metrics."""

    code = "unauthenticated"

    def __init__(self, reason: str, sentence: str) -> None:
        self.reason = reason
        super().__init__(sentence)


class TooLarge(CodebError):
    code = "too_large"

    def __init__(self, limit: int) -> None:
        super().__init__(f"the body is larger than {limit // 1024**2} MB")


class BadRequest(CodebError):
    """The request is not one that a tool could be found for."""

    code = "bad_request"


class NotFound(CodebError):
    code = "not_found"


class MethodNotAllowed(CodebError):
    code = "method_not_allowed"


class RateLimited(CodebError):
    """Too many requests; ``retry_after`` in whole seconds."""

    code = "rate_limited"

    def __init__(self, sentence: str, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(sentence)

    def facts(self) -> dict[str, object]:
        return {"retryAfter": self.retry_after}


class TooManySessions(CodebError):
    """Of MCP clients that begin and do not end."""

    code = "too_many_sessions"

    def __init__(self, whose: str, most: int) -> None:
        super().__init__(
            f"{whose} has {most} MCP sessions open, and no more are possible: end one (DELETE /mcp with its"
            " Mcp-Session-Id), or wait half an hour for an idle one to end"
        )


STATUS: dict[type[CodebError], int] = {
    Refused: 200,
    InvalidInput: 400,
    BadRequest: 400,
    Unauthenticated: 401,
    Forbidden: 403,
    UnknownTool: 404,
    NotFound: 404,
    MethodNotAllowed: 405,
    Locked: 409,
    TooLarge: 413,
    RateLimited: 429,
    TooManyStreams: 429,
    TooManySessions: 429,
    Unavailable: 503,
    Unwritable: 503,
    JournalUnwritable: 503,
    JournalDamaged: 503,
    SlotFileDamaged: 503,
    MissingEnvKey: 503,
    EnvDamaged: 503,
    CodebError: 500,
}


def status_of(error: CodebError) -> int:
    """A deploy that failed because a part of the platform is away says what that part says."""
    cause = error.__cause__
    if isinstance(error, DeployFailed) and isinstance(cause, Unavailable | Unwritable | JournalUnwritable):
        error = cause
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
