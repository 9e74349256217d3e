"""``GET /api/logs/stream``: logs of the API and of containers, and the steps of deploys, as server-sent events.

Spec section 6, "SSE". Events: ``connected`` first, then ``log`` and ``deployment``; ``missed`` with ``{"count": n}``
where older ones are gone (null: nobody knows how many), ``closing`` with ``{"reason"}`` before the server's end of it.
"""

import asyncio
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from codeb.api.streams.frames import payload
from codeb.api.streams.hub import Hub, Subscription
from codeb.api.streams.mark import Mark
from codeb.api.streams.places import Places
from codeb.api.streams.queue import Item
from codeb.api.streams.reading import Bell, Pace, Reading
from codeb.api.streams.rights import Wanted, may_see
from codeb.domain.access import AuthContext, Role
from codeb.domain.project import Project
from codeb.errors import CodebError, InvalidInput
from codeb.services.protocols.follow import MOST_LINES, ContainerLine, ContainerLogs, LogReader, NoContainerLogs
from codeb.services.protocols.trail import StreamEvent

PATH = "/api/logs/stream"
HEADERS = {"Cache-Control": "no-cache", "Connection": "keep-alive", "X-Accel-Buffering": "no"}
_MEDIA_TYPE = "text/event-stream"
_TAIL = 50


class EventStream(StreamingResponse):
    """A streaming response that gives back what it holds, however it ends."""

    def __init__(self, content: Reading, end: Callable[[], None]) -> None:
        super().__init__(content, headers=HEADERS, media_type=_MEDIA_TYPE)
        self._end = end

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._end()


@dataclass(slots=True)
class Stream:
    """The route. ``project`` finds a project as the key sees it, and raises UnknownProject or Forbidden.

    ``still_allowed`` is asked again and again, on the event loop, while a stream is open; what it raises is a no.
    """

    hub: Hub
    project: Callable[[AuthContext, str], Project]
    still_allowed: Callable[[Request, AuthContext], bool]
    logs: ContainerLogs = field(default_factory=NoContainerLogs)
    places: Places = field(default_factory=Places)
    pace: Pace = field(default_factory=Pace)

    async def answer(self, request: Request, auth: AuthContext) -> Response:
        """Raises Forbidden, InvalidInput, UnknownProject, TooManyStreams."""
        auth.require("logs.view", Role.VIEWER)
        asked = _Asked.of(request)
        name = asked.wanted.project
        project = await asyncio.to_thread(self.project, auth, name) if name else None
        if request.method == "HEAD":
            return Response(headers=HEADERS, media_type=_MEDIA_TYPE)
        return self._opened(asked, project, auth, partial(_allowed, self.still_allowed, request, auth))

    def _opened(
        self, asked: "_Asked", project: Project | None, auth: AuthContext, still_allowed: Callable[[], bool]
    ) -> EventStream:
        give_back, bell = self.places.take(auth), Bell()

        def accepts(event: StreamEvent) -> bool:
            return asked.wanted.takes(event) and may_see(auth, event)

        subscription = self.hub.subscribe(accepts, bell.ring, asked.after)
        reader = _reader(project, asked, subscription) if project else None
        if reader:
            self.logs.follow(reader)

        def end() -> None:
            if reader:
                self.logs.leave(reader)
            self.hub.unsubscribe(subscription)
            give_back()

        mark = replace(subscription.begun, lines=asked.since)
        client_id = f"client_{secrets.token_hex(8)}"
        return EventStream(Reading(self.hub, subscription, bell, client_id, mark, still_allowed, self.pace), end)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the request says. ``after`` is what the reader had when it was here before."""

    wanted: Wanted
    tail: int
    after: Mark | None

    @classmethod
    def of(cls, request: Request) -> "_Asked":
        query = request.query_params
        return cls(Wanted.of(query), _tail(query), _after(request))

    @property
    def since(self) -> Mapping[str, str]:
        return self.after.lines if self.after else {}


def _reader(project: Project, asked: _Asked, subscription: Subscription) -> LogReader:
    def take(line: ContainerLine) -> None:
        if subscription.accepts(line.event):
            subscription.queue.offer(Item(payload(line.event), line=(line.place, line.at)))

    return LogReader(
        project=project.name,
        team_id=project.team_id,
        environment=asked.wanted.environment,
        slot=asked.wanted.slot,
        tail=asked.tail,
        since=asked.since,
        take=take,
        lost=subscription.queue.lost,
    )


def _allowed(ask: Callable[[Request, AuthContext], bool], request: Request, auth: AuthContext) -> bool:
    try:
        return ask(request, auth)
    except CodebError:
        return False


def _after(request: Request) -> Mark | None:
    """What the reader had; an id that is none of ours is of a process that nobody remembers."""
    text = request.headers.get("Last-Event-ID") or request.query_params.get("lastEventId", "")
    return (Mark.parse(text) or Mark("", 0)) if text else None


def _tail(query: Mapping[str, str]) -> int:
    text = query.get("tail", str(_TAIL))
    if not text.isascii() or not text.isdigit() or int(text[:5]) > MOST_LINES or len(text) > len(str(MOST_LINES)):
        raise InvalidInput("tail", f"{text[:20]!r} is not a number of lines from 0 to {MOST_LINES}")
    return int(text)
