"""From a tool's name and parameters to its answer: the one way in, for every door. Spec section 6."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog

from codeb.api.lanes import Lanes
from codeb.api.metrics import Metrics
from codeb.bootstrap import Services
from codeb.domain.access import AuthContext
from codeb.services.actor import Actor
from codeb.tools import registry
from codeb.tools.call import Call
from codeb.tools.results import Record
from codeb.tools.tool import Tool


@dataclass(frozen=True, slots=True)
class Dispatch:
    services: Services
    lanes: Lanes
    metrics: Metrics

    async def __call__(self, name: str, given: Mapping[str, Any], auth: AuthContext, source: str) -> Record:
        """Unknown tool, permission, input, handler, in this order; raises the CodebError of the first that fails."""
        tool = registry.find(name)
        structlog.contextvars.bind_contextvars(tool=tool.name)
        begun = time.perf_counter()
        status = "failed"
        try:
            record = await self._run(tool, given, auth, source)
            status = "success"
        finally:
            self.metrics.called(tool.name, status, auth.role, time.perf_counter() - begun)
        return record

    async def _run(self, tool: Tool[Any], given: Mapping[str, Any], auth: AuthContext, source: str) -> Record:
        auth.require(tool.permission, tool.least_role)
        handle, ignored = tool.prepare(given)
        actor = Actor(auth.key_id, source, auth.team_id)
        call = Call(self.services, auth, actor, observer=self.metrics)
        record = await self.lanes.run(tool.lane, partial(handle, call))
        return {**record, "ignored": ignored} if ignored else record
