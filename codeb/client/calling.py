"""Calling the API's tools over HTTP. Design section 8.

What is asked again by itself: what certainly did not arrive, what the API turned away with 429, and looks at things.
What changes something is sent once; whether it happened is then for :mod:`codeb.client.deploying`, or a person, to see.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import requests

from codeb.client import http
from codeb.client.deploying import Deploying, Listener, LongCall, ignore
from codeb.client.errors import CallFailed, Unreachable
from codeb.client.events import Event
from codeb.client.following import Following
from codeb.client.http import Http
from codeb.client.overhearing import Overhearing

LONGEST_WAIT = 60.0
"""Seconds that 429 answers may cost a call altogether."""
LONGEST_CALL = 900.0
_PAUSES = (0.5, 2.0)
_TOO_MANY = 429


class Client:
    """One API and one key. ``source`` says which client asks: cli, mcp, ci, python, or a name of your own.

    Raises ConfigError for an address that is none, or that would send the key in the clear.
    """

    def __init__(
        self,
        api_url: str,
        api_key: str,
        *,
        source: str = "cli",
        session: requests.Session | None = None,
        ca: str | None = None,
        allow_http: bool = False,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        base = http.base_of(api_url, allow_http=allow_http)
        self.http = Http(base, http.key_of(api_key), source, ca, session or requests.Session())
        self._sleep = sleep
        self._looks: frozenset[str] | None = None

    @property
    def url(self) -> str:
        """Without ``/api``."""
        return self.http.base

    def call(
        self, tool: str, params: Mapping[str, Any] | None = None, *, timeout: float = LONGEST_CALL
    ) -> dict[str, Any]:
        """The tool's answer without ``success``; None among the parameters is left out. ``timeout`` in seconds.

        Raises CallFailed, Unreachable, NotLoggedIn.
        """
        body = {"tool": tool, "params": _given(**(params or {}))}

        def ask() -> dict[str, Any]:
            return http.answer(self.http.request("POST", "/api/tool", json=body, read=timeout), self.url)

        found = self._patiently(ask, lambda: self.only_looks(tool))
        return {key: value for key, value in found.items() if key != "success"}

    def get(
        self, path: str, params: Mapping[str, Any] | None = None, *, with_key: bool = True, timeout: float = 60.0
    ) -> dict[str, Any]:
        """The JSON object at a path such as ``/api/audit``. Raises CallFailed, Unreachable, NotLoggedIn."""

        def ask() -> dict[str, Any]:
            response = self.http.request("GET", path, params=params, with_key=with_key, read=timeout)
            return http.answer(response, self.url)

        return self._patiently(ask, lambda: True)

    def stream(
        self,
        *,
        project: str | None = None,
        environment: str | None = None,
        slot: str | None = None,
        level: str | None = None,
        tail: int | None = None,
        last_event_id: str = "",
    ) -> Iterator[Event]:
        """What happens, as it happens, without end; a connection that breaks is taken up where it was.

        Raises CallFailed, NotLoggedIn, and Unreachable when the API has not come back for a minute.
        """
        query = _given(project=project, environment=environment, slot=slot, level=level, tail=tail)
        return iter(Following(self.http, query, last_event_id, self._sleep))

    def deploy(self, params: Mapping[str, Any], *, on_event: Listener = ignore) -> dict[str, Any]:
        """The tool ``deploy``, with every step told to ``on_event`` as it happens.

        An answer that gets lost is looked for in the project's deployments; the deploy is not sent a second time.
        Raises CallFailed, Unreachable, NotLoggedIn.
        """
        return Deploying(self, params, on_event, self._sleep)()

    def call_followed(self, tool: str, params: Mapping[str, Any], *, on_event: Listener = ignore) -> dict[str, Any]:
        """As :meth:`call`, for a tool whose project's steps are told to ``on_event`` meanwhile."""
        return LongCall(self, tool, params, on_event, self._sleep)()

    def last_events(
        self,
        *,
        project: str,
        environment: str | None = None,
        slot: str | None = None,
        level: str | None = None,
        tail: int | None = None,
        quiet: float = 1.0,
    ) -> Iterator[Event]:
        """What :meth:`stream` begins with: the kept lines, until nothing has come for ``quiet`` seconds."""
        query = _given(project=project, environment=environment, slot=slot, level=level, tail=tail)
        with Overhearing(self.http, query, self._sleep) as stream:
            yield from stream.until_quiet(quiet)
        if stream.error is not None:
            raise stream.error

    def only_looks(self, tool: str) -> bool:
        """Whether a tool changes nothing, by the API's own table; False also where that cannot be read."""
        if self._looks is None:
            try:
                response = self.http.request("GET", "/api/tools", read=10.0)
                table = http.answer(response, self.url)["tools"]
            except (CallFailed, Unreachable, KeyError):
                return False
            looks = [each for each in table if not each["changes"]]
            self._looks = frozenset(name for each in looks for name in (each["name"], *each["aliases"]))
        return tool in self._looks

    def _patiently(self, ask: Callable[[], dict[str, Any]], safe: Callable[[], bool]) -> dict[str, Any]:
        left, pauses = LONGEST_WAIT, list(_PAUSES)
        while True:
            try:
                return ask()
            except Unreachable as error:
                if not pauses or error.final or (error.sent and not safe()):
                    raise
                self._sleep(pauses.pop(0))
            except CallFailed as error:
                wait = _retry_after(error)
                if wait is None or wait > left:
                    raise
                left -= wait
                self._sleep(wait)


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _retry_after(error: CallFailed) -> float | None:
    """Seconds to wait before a call that was turned away unseen may come again."""
    if error.status != _TOO_MANY:
        return None
    wait = error.answer.get("retryAfter")
    return max(1.0, float(wait)) if isinstance(wait, int | float) else None
