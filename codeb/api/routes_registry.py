"""``GET /api/registry/token``: what ``docker login``, push and pull of the private registry work with. Security 1.

Distribution's token authentication: Basic with any name and an API key as the password.
"""

import base64
import binascii
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from codeb.adapters.clock import SystemClock
from codeb.adapters.registry_tokens import RegistryToken
from codeb.api import envelope
from codeb.api.errors import RateLimited, Unauthenticated, status_of
from codeb.api.parts import Parts, source, with_and_without_api
from codeb.api.trail import Origin
from codeb.domain.access import AuthContext
from codeb.domain.names import project_name
from codeb.domain.project import Project, UnknownProject
from codeb.domain.records import iso
from codeb.domain.registry_access import Access, granted, wanted
from codeb.errors import CodebError, InvalidInput, Unavailable
from codeb.services.protocols import Clock
from codeb.tools.audit_entry import Caller, RequestFacts, entry_of
from codeb.tools.results import Record
from codeb.tools.tool import Lane

NAME = "registry_token"
"""Under which the audit has it."""
NOT_HERE = "this platform has no CODEB_REGISTRY_TOKEN_KEY; whoever runs the registry gives logins for it"
_CODES = {400: "UNSUPPORTED", 401: "UNAUTHORIZED", 403: "DENIED", 429: "TOOMANYREQUESTS", 503: "UNAVAILABLE"}
_MOST_SCOPES = 50
_KEY = b"x-api-key"
_UNREADABLE = b"unreadable"


@dataclass(frozen=True, slots=True)
class RegistryRoutes:
    parts: Parts
    clock: Clock

    @classmethod
    def of(cls, parts: Parts) -> "RegistryRoutes":
        return cls(parts, SystemClock())

    def routes(self) -> list[Route]:
        return with_and_without_api("/registry/token", self.token)

    async def token(self, request: Request) -> Response:
        """A token with the part of what was asked for that the key may do; for a login, which asks for nothing, too."""
        try:
            auth = self.parts.gate(with_password_as_key(request))
            return await self._answer(request, auth)
        except CodebError as error:
            return refusal(request, error)

    async def _answer(self, request: Request, auth: AuthContext) -> Response:
        begun, asked = time.perf_counter(), request.query_params.getlist("scope")
        outcome: Record | BaseException = Unavailable("the API server", "it was interrupted")
        try:
            record, outcome = await self._made(request, auth, asked)
            return JSONResponse(record)
        except Exception as error:
            outcome = error
            raise
        finally:
            self._tell(request, auth, asked, outcome, (time.perf_counter() - begun) * 1000)

    async def _made(self, request: Request, auth: AuthContext, asked: Sequence[str]) -> tuple[Record, Record]:
        """What the client gets, and what the audit is told of it."""
        self._require_service(request.query_params.get("service"))
        scopes = [each for scope in asked[: _MOST_SCOPES + 1] for each in scope.split(" ", _MOST_SCOPES + 1)]
        if len(scopes) > _MOST_SCOPES:
            raise InvalidInput("scope", f"at most {_MOST_SCOPES} at a time")
        access, token = await self.parts.lanes.run(Lane.READ, partial(self._signed, auth, wanted(scopes)))
        seconds, issued = int(token.lifetime.total_seconds()), iso(token.issued_at)
        record = {"token": token.text, "access_token": token.text, "expires_in": seconds, "issued_at": issued}
        return record, {"granted": [str(each) for each in access]}

    def _signed(self, auth: AuthContext, asked: Sequence[Access]) -> tuple[Sequence[Access], RegistryToken]:
        tokens = self.parts.services.registry_tokens
        if tokens is None:
            raise Unavailable("the registry's tokens", NOT_HERE)
        access = granted(auth, asked, self._project)
        return access, tokens(auth.key_id, access, self.clock.now())

    def _project(self, name: str) -> Project | None:
        """Of exactly this name: what folds to a project's name is another repository."""
        try:
            return self.parts.services.status.project(name) if project_name(name) == name else None
        except (InvalidInput, UnknownProject):
            return None

    def _team(self, name: str) -> str | None:
        """From memory: it is asked while the answer waits."""
        known = self.parts.services.status.memory.project(name)
        return known.team_id if known else None

    def _require_service(self, service: str | None) -> None:
        ours = self.parts.services.settings.registry
        if service not in (None, ours):
            raise InvalidInput("service", f"tokens are for {ours} only")

    def _tell(
        self, request: Request, auth: AuthContext, asked: Sequence[str], outcome: Record | BaseException, spent: float
    ) -> None:
        origin, services = Origin.of(request), self.parts.services
        facts = RequestFacts(origin.correlation_id, source(request), origin.ip, origin.user_agent, origin.named)
        given = {"scope": [each[:300] for each in asked[:_MOST_SCOPES]], "projectName": _first_name(asked)}
        services.trail.record(
            entry_of(
                NAME,
                given,
                outcome,
                Caller(auth, facts, self._team),
                duration_ms=spent,
                cover=services.known.cover,
            )
        )


def with_password_as_key(request: Request) -> Request:
    """The same request, with the password of its Basic authentication where the gate looks for the key."""
    given = request.headers.get("authorization")
    if given is None:
        return request
    headers = [(name, value) for name, value in request.scope["headers"] if name != _KEY]
    return Request({**request.scope, "headers": [*headers, (_KEY, _password(given))]})


def _password(authorization: str) -> bytes:
    """What cannot be read is a key that nobody has."""
    kind, _, coded = authorization.partition(" ")
    try:
        decoded = base64.b64decode(coded.strip(), validate=True)
    except (binascii.Error, ValueError):
        return _UNREADABLE
    return (decoded.partition(b":")[2] if kind.lower() == "basic" else b"") or _UNREADABLE


def refusal(request: Request, error: CodebError) -> JSONResponse:
    """In the API's own shape, and in those that docker and distribution's clients read and show."""
    status, sentence = status_of(error), str(error)
    if isinstance(error, Unauthenticated):
        sentence = f"{sentence}; log in with any user name and an API key as the password"
    told = {"details": sentence, "errors": [{"code": _CODES.get(status, "UNKNOWN"), "message": sentence}]}
    ours = json.loads(bytes(envelope.failure(request, error).body))
    return envelope.Answer({**ours, **told}, status, _headers(error))


def _headers(error: CodebError) -> Mapping[str, str]:
    if isinstance(error, RateLimited):
        return {"Retry-After": str(error.retry_after)}
    return {"WWW-Authenticate": 'Basic realm="CodeB"'} if isinstance(error, Unauthenticated) else {}


def _first_name(scopes: Sequence[str]) -> str | None:
    few = [scope[:300] for scope in scopes[:3]]
    return next((each.name for each in wanted(few) if each.type == "repository"), None)
