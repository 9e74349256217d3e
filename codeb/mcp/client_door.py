"""The door of ``codeb-mcp``: the API over HTTP, with the one key that the client has."""

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from anyio import CancelScope

from codeb.client import Client, Event
from codeb.domain.access import Forbidden
from codeb.errors import CodebError
from codeb.mcp.door import Heard, Record
from codeb.mcp.threads import in_thread, settled
from codeb.mcp.traits import NEVER_HERE, NOT_HERE, OWN_NAMES

LINES = 200
"""Of each container."""


@dataclass(frozen=True, slots=True)
class ClientDoor:
    """Implements ``codeb.mcp.door.Door``. What has begun at the API goes on there when nobody waits for it any more."""

    client: Client

    async def tools(self) -> Sequence[Mapping[str, Any]]:
        answer = await in_thread(partial(self.client.get, "/api/tools", {"mine": "true"}))
        found: list[Mapping[str, Any]] = answer["tools"]
        return found

    async def call(self, tool: str, params: Mapping[str, Any], heard: Heard | None = None) -> Record:
        try:
            if tool in NEVER_HERE:
                raise Forbidden(NOT_HERE)
            return {"success": True, **await self._called(tool, params, heard)}
        except CodebError as error:
            return {"success": False, "error": str(error), "code": error.code, **error.facts()}

    async def log_lines(self, project: str, environment: str) -> Sequence[str]:
        lines: list[str] = []
        stopped = threading.Event()
        reading = asyncio.create_task(in_thread(partial(self._read, project, environment, lines, stopped.is_set)))
        try:
            await settled(lines, ended=reading.done)
            if reading.done():
                await reading
        finally:
            stopped.set()
            reading.cancel()
        return list(lines)

    def waiting(self, scope: CancelScope) -> AbstractContextManager[None]:  # noqa: ARG002
        return nullcontext()

    async def _called(self, tool: str, params: Mapping[str, Any], heard: Heard | None) -> Record:
        if heard is None or OWN_NAMES.get(tool, tool) != "deploy" or not isinstance(params.get("projectName"), str):
            return await in_thread(partial(self.client.call, tool, params))
        return await in_thread(partial(self.client.deploy, params, on_event=_steps(heard)))

    def _read(self, project: str, environment: str, lines: list[str], stopped: Callable[[], bool]) -> None:
        """Until somebody has enough of it. Raises CallFailed, Unreachable."""
        for event in self.client.stream(project=project, environment=environment, tail=LINES):
            if stopped():
                return
            if event.event == "log" and isinstance(event.data, Mapping) and event.data.get("source") != "api":
                lines.append(f"{event.data.get('timestamp')} {event.data.get('source')} {event.data.get('message')}")


def _steps(heard: Heard) -> Callable[[Event], None]:
    """Called in the deploy's thread."""
    loop = asyncio.get_running_loop()

    def tell(event: Event) -> None:
        if isinstance(event.data, Mapping) and isinstance(step := event.data.get("step"), Mapping):
            with suppress(RuntimeError):  # the loop is closed: nobody hears it any more
                loop.call_soon_threadsafe(heard, step)

    return tell
