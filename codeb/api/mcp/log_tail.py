"""The newest lines of an environment's containers, for who asks once and does not follow."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from codeb.api.lanes import Lanes
from codeb.api.streams.visible import ProjectFinder
from codeb.bootstrap import Services
from codeb.domain.access import AuthContext, Role
from codeb.mcp.threads import settled
from codeb.services.protocols.follow import ContainerLine, LogReader
from codeb.tools.tool import Lane

LINES = 200
"""Of each container."""


@dataclass(frozen=True, slots=True)
class LogTail:
    services: Services
    lanes: Lanes

    async def __call__(self, auth: AuthContext, project: str, environment: str) -> Sequence[str]:
        """Masked, each with its time and its container. Raises Forbidden, UnknownProject, Unavailable."""
        auth.require("logs.view", Role.VIEWER)
        found = await self.lanes.run(Lane.READ, partial(ProjectFinder(self.services), auth, project))
        lines: list[ContainerLine] = []
        reader = LogReader(
            project=found.name,
            team_id=found.team_id,
            environment=environment,
            slot=None,
            tail=LINES,
            since={},
            take=lines.append,
            lost=_nothing,
        )
        self.services.container_logs.follow(reader)
        try:
            await settled(lines)
        finally:
            self.services.container_logs.leave(reader)
        return [_written(each) for each in sorted(lines, key=lambda line: line.at)]


def _nothing() -> None: ...


def _written(line: ContainerLine) -> str:
    return f"{line.at} {line.place} {line.event.data.get('message', '')}"
