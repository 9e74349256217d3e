"""What every answer of the API is wrapped in. Spec section 6, "Envelope"."""

import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse

import codeb
from codeb.api.errors import RateLimited, status_of
from codeb.api.headers import header
from codeb.domain.records import iso
from codeb.errors import CodebError
from codeb.tools import results
from codeb.tools.results import Lines

_VERSION = re.compile(r"\d{1,6}(\.\d{1,6}){0,3}")


_OPTIONS = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS


class Answer(JSONResponse):
    """Made by orjson. What only the standard library can write, an integer beyond 64 bits say, it writes."""

    def init_headers(self, headers: Mapping[str, str] | None = None) -> None:
        """Nearly every answer has these two and no others."""
        if headers:
            super().init_headers(headers)
        else:
            self.raw_headers = [(b"content-length", b"%d" % len(self.body)), (b"content-type", b"application/json")]

    def render(self, content: Any) -> bytes:
        try:
            return orjson.dumps(_rendered(content), option=_OPTIONS)
        except TypeError:
            return super().render(content)


def _rendered(content: Any) -> Any:
    """With lines that were sent before as they were sent."""
    data = content.get("data")
    if not isinstance(data, Lines):
        return content
    if data.rendered is None:
        data.rendered = orjson.dumps(data, option=_OPTIONS)
    return {**content, "data": orjson.Fragment(data.rendered)}


def success(request: Request, record: dict[str, Any]) -> JSONResponse:
    return Answer({"success": True, **record, **_passage(request), **_hint(request)})


def failure(request: Request, error: CodebError) -> JSONResponse:
    """A client that asked too often is told in a header when to ask again."""
    headers = {"Retry-After": str(error.retry_after)} if isinstance(error, RateLimited) else None
    return Answer({**results.failure(error), **_passage(request), **_hint(request)}, status_of(error), headers)


async def as_failure(request: Request, error: Exception) -> JSONResponse:
    """Starlette's handler for every CodebError."""
    if not isinstance(error, CodebError):
        raise error
    return failure(request, error)


def internal_error(correlation_id: str) -> JSONResponse:
    """Nothing of the cause is told; the log has it under the same id."""
    return Answer(unforeseen(correlation_id), 500)


def unforeseen(correlation_id: str) -> dict[str, Any]:
    """The same without HTTP around it."""
    return {
        "success": False,
        "error": f"Internal server error; the log of the API has it under {correlation_id}",
        "code": "internal_error",
        "timestamp": now(),
        "correlationId": correlation_id,
    }


def now() -> str | None:
    return iso(datetime.now(UTC))


def update_hint(client: str | None) -> dict[str, object]:
    """What ``/health`` says to a client that is older than the server."""
    if not is_older(client):
        return {}
    return {
        "updateRequired": True,
        "updateMessage": f"version {client} is older than the server's {codeb.__version__}; update the client",
        "latestVersion": codeb.__version__,
    }


def is_older(client: str | None) -> bool:
    if not client:
        return False
    match = _VERSION.match(client)
    return match is not None and _numbers(match[0]) < _numbers(codeb.__version__)


def _numbers(version: str) -> list[int]:
    match = _VERSION.match(version)
    return [int(part) for part in match[0].split(".")] if match else []


def _hint(request: Request) -> dict[str, object]:
    client = header(request.scope, b"x-client-version")
    if not is_older(client):
        return {}
    return {
        "versionWarning": f"client {client} is older than the server",
        "latestVersion": codeb.__version__,
    }


def _passage(request: Request) -> dict[str, object]:
    state = request.scope["state"]
    return {
        "duration": round((time.perf_counter() - state["begun"]) * 1000, 1),
        "timestamp": now(),
        "correlationId": state["correlation_id"],
    }
