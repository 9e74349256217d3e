"""The door of one request at ``/mcp``: its key, and the dispatch that every other door ends at. Spec section 10."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import structlog
from anyio import CancelScope

from codeb.api import envelope
from codeb.api.errors import BadRequest
from codeb.api.mcp.log_tail import LogTail
from codeb.api.parts import Parts
from codeb.api.trail import Origin
from codeb.domain.access import AuthContext, Forbidden
from codeb.errors import CodebError
from codeb.mcp.door import Heard
from codeb.mcp.traits import NEVER_HERE, NOT_HERE
from codeb.services.protocols.trail import Broadcast, StreamEvent
from codeb.tools.offer import offered
from codeb.tools.params import storable
from codeb.tools.results import Record, failure
from codeb.tools.tool import Lane

SOURCE = "mcp"
_log = structlog.get_logger()
_running: set[asyncio.Task[Record]] = set()


@dataclass(frozen=True, slots=True)
class Overheard:
    """Tells everybody, and the one who called. Implements Broadcast."""

    everybody: Broadcast
    heard: Heard
    loop: asyncio.AbstractEventLoop

    def publish(self, event: StreamEvent) -> None:
        self.everybody.publish(event)
        if event.data.get("type") == "deployment_step":
            with suppress(RuntimeError):  # the loop is closed: nobody hears it any more
                self.loop.call_soon_threadsafe(self.heard, event.data["step"])


@dataclass(frozen=True, slots=True)
class DispatchDoor:
    """Implements ``codeb.mcp.door.Door``. ``until_stop`` cancels a wait when the server is told to stop."""

    parts: Parts
    auth: AuthContext
    origin: Origin
    until_stop: Callable[[CancelScope], AbstractContextManager[None]]

    async def tools(self) -> Sequence[Mapping[str, Any]]:
        return await self.parts.lanes.run(Lane.READ, partial(offered, self.auth))

    async def call(self, tool: str, params: Mapping[str, Any], heard: Heard | None = None) -> Record:
        """The work goes on where the client goes away: its outcome is what the audit tells."""
        try:
            self._require_here(tool, params)
            return {"success": True, **await _to_its_end(self._dispatched(tool, params, heard))}
        except CodebError as error:
            return failure(error)
        except Exception:  # noqa: BLE001  the last net: an assistant gets an id, the log gets the stack
            _log.exception("internal_error", path="/mcp")
            return envelope.unforeseen(self.origin.correlation_id)

    async def log_lines(self, project: str, environment: str) -> Sequence[str]:
        return await LogTail(self.parts.services, self.parts.lanes)(self.auth, project, environment)

    def waiting(self, scope: CancelScope) -> AbstractContextManager[None]:
        return self.until_stop(scope)

    async def _dispatched(self, tool: str, params: Mapping[str, Any], heard: Heard | None) -> Record:
        dispatch = self.parts.dispatch
        if heard is not None:
            dispatch = replace(dispatch, broadcast=Overheard(self.parts.hub, heard, asyncio.get_running_loop()))
        return await dispatch(tool, params, self.auth, SOURCE, self.origin)

    def _require_here(self, tool: str, params: Mapping[str, Any]) -> None:
        """Raises BadRequest, Forbidden; either is told, as every call is."""
        error: CodebError | None = None
        if not storable(tool):
            error, tool = BadRequest("Tool name required"), ""
        elif tool in NEVER_HERE:
            error = Forbidden(NOT_HERE)
        if error is not None:
            self.parts.dispatch.refused(error, self.auth, SOURCE, self.origin, tool=tool, given=params)
            raise error


async def _to_its_end(work: Coroutine[Any, Any, Record]) -> Record:
    task = asyncio.create_task(work)
    _running.add(task)
    task.add_done_callback(_running.discard)
    return await asyncio.shield(task)
