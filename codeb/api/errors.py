"""Errors of the HTTP door itself, and the one table from errors to statuses. Spec section 6, "Envelope"."""

from codeb.domain.access import Forbidden
from codeb.errors import CodebError, InvalidInput, Refused, Unavailable
from codeb.services.errors import JournalUnwritable, Locked
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
    Unavailable: 503,
    JournalUnwritable: 503,
    CodebError: 500,
}


def status_of(error: CodebError) -> int:
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
