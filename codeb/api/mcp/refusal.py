"""A refusal before the protocol's library is asked: the API's status, the protocol's words, so that clients show it."""

from starlette.requests import Request
from starlette.responses import Response

from codeb.api.envelope import Answer
from codeb.api.errors import RateLimited, Unauthenticated, status_of
from codeb.errors import CodebError

_INVALID_REQUEST, _INTERNAL_ERROR = -32600, -32603
_OURS = 500


def refusal(request: Request, error: CodebError) -> Response:
    """The sentence, and ``data`` with the API's ``code`` and facts."""
    status = status_of(error)
    data = {"code": error.code, **error.facts(), "correlationId": request.scope["state"]["correlation_id"]}
    told = {"code": _INTERNAL_ERROR if status >= _OURS else _INVALID_REQUEST, "message": str(error), "data": data}
    answer = Answer({"jsonrpc": "2.0", "id": None, "error": told}, status)
    if isinstance(error, Unauthenticated):
        answer.headers["WWW-Authenticate"] = 'Bearer realm="CodeB"'
    if isinstance(error, RateLimited):
        answer.headers["Retry-After"] = str(error.retry_after)
    return answer
