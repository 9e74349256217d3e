"""From a tool's name and parameters to its answer: the one way in, for every door. Spec section 6."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from codeb.api import log_context
from codeb.api.confirm import confirmed
from codeb.api.lanes import Lanes
from codeb.api.metrics import Metrics
from codeb.api.trail import Finished, Origin, Teller, Trail
from codeb.bootstrap import Services
from codeb.domain.access import AuthContext
from codeb.errors import CodebError
from codeb.services.actor import Actor
from codeb.services.protocols.trail import Broadcast
from codeb.services.steps import ignore
from codeb.tools import registry
from codeb.tools.call import Call
from codeb.tools.confirm import IN_ENVIRONMENT
from codeb.tools.params import Params, parse, parse_again
from codeb.tools.results import Record
from codeb.tools.tool import Lane, Tool

_NOWHERE = Origin()
_NOTHING: Mapping[str, Any] = {}
_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class Dispatch:
    """``trail`` is told of every call that ended, once; ``broadcast`` too, and of the steps of deploys."""

    services: Services
    lanes: Lanes
    metrics: Metrics
    trail: Trail | None = None
    broadcast: Broadcast | None = None
    _teller: Teller = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_teller", Teller(self.trail, self.broadcast))

    async def __call__(
        self, name: str, given: Mapping[str, Any], auth: AuthContext, source: str, origin: Origin = _NOWHERE
    ) -> Record:
        """Unknown tool, permission, input, handler, in this order; raises the CodebError of the first that fails."""
        at, begun = datetime.now(UTC), time.perf_counter()
        tool: Tool[Any] | None = None
        record: Record | None = None
        problem: BaseException | None = None
        owners: dict[str, str] = {}
        try:
            tool = registry.find(name)
            log_context.add(tool=tool.name)
            record = await self._run(tool, given, auth, source, owners)
        except BaseException as error:
            problem = error
            raise
        finally:
            seconds = time.perf_counter() - begun
            called = tool.name if tool else name[:_LONGEST_NAME]
            if tool is not None:
                self.metrics.called(called, "failed" if problem else "success", auth.role, seconds)
            self._teller.finished(Finished(called, given, record, problem, auth, source, origin, at, seconds, owners))
        return record

    def refused(
        self,
        error: CodebError,
        auth: AuthContext,
        source: str,
        origin: Origin,
        *,
        tool: str = "",
        given: Mapping[str, Any] = _NOTHING,
    ) -> None:
        """Tell of a call that a door refused before it came here; ``tool`` is "" where none could be read."""
        if tool:
            self.metrics.called(tool, "failed", auth.role, 0.0)
        self._teller.finished(Finished(tool, given, None, error, auth, source, origin, datetime.now(UTC), 0.0))

    async def _run(
        self, tool: Tool[Any], given: Mapping[str, Any], auth: AuthContext, source: str, owners: dict[str, str]
    ) -> Record:
        auth.require(tool.permission, tool.least_role)
        wanted = confirmed(self.services.confirmations, tool, given, auth, partial(self._meant, auth))
        params, ignored = (parse_again if tool.at_hand else parse)(tool.params, wanted)
        call = self._call(tool, params, auth, source, owners)
        record = tool.at_hand(call, params) if tool.at_hand else None
        if record is None:
            record = await self.lanes.run(tool.lane, partial(tool.handler, call, params))
        return {**record, "ignored": ignored} if ignored else record

    def _meant(self, auth: AuthContext, tool: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """The environment, where none is named. Of a project that is not in memory it is told when it is confirmed."""
        if tool not in IN_ENVIRONMENT or given.get("environment") is not None:
            return {}
        project = self.services.status.memory.project(str(given.get("projectName")))
        return (
            {}
            if project is None or not auth.sees(project)
            else {"environment": str(self.services.rules.default_environment(project))}
        )

    def _call(self, tool: Tool[Any], params: Params, auth: AuthContext, source: str, owners: dict[str, str]) -> Call:
        actor = Actor(auth.key_id, source, auth.team_id)
        if tool.lane is Lane.READ:
            return Call(self.services, auth, actor, observer=self.metrics, owners=owners)
        call = Call(self.services, auth, actor, observer=self.metrics, owners=owners)
        listener = self._teller.steps(params, call.place)
        return replace(call, on_step=listener or ignore)
