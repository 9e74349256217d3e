"""A tool: what may be asked, by whom, with what, and who answers. Spec section 6, "Tools"."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Generic

from codeb.domain.access import Role
from codeb.tools.call import Call
from codeb.tools.params import DryRun, P, parse
from codeb.tools.results import Record


class Lane(StrEnum):
    """Which threads a tool runs on, so that waiting deploys hold up neither a rollback nor a look at the slots."""

    DEPLOY = "deploy"
    CHANGE = "change"
    READ = "read"
    REMOTE = "remote"
    """What waits for servers that are not ours: a git host, DNS."""


@dataclass(frozen=True, slots=True)
class Tool(Generic[P]):
    """``handler`` gets input that was checked; its docstring is what people and assistants read of the tool.

    ``result`` documents keys of the answer, each with what it is.
    ``at_hand`` gives the same answer from memory alone, without waiting for anything, so that it needs no thread; None
    where a part of it is not there, and then the handler is called on its lane.
    """

    name: str
    permission: str
    least_role: Role
    params: type[P]
    handler: Callable[[Call, P], Record]
    lane: Lane = Lane.READ
    aliases: tuple[str, ...] = ()
    result: Mapping[str, str] = field(default_factory=dict)
    at_hand: Callable[[Call, P], Record | None] | None = None

    @property
    def changes(self) -> bool:
        """Whether it may change something, which is what can be planned."""
        return issubclass(self.params, DryRun)

    def described(self) -> dict[str, Any]:
        """What a client or an assistant needs to know to call it."""
        return {
            "name": self.name,
            "aliases": list(self.aliases),
            "description": (self.handler.__doc__ or "").strip().split("\n\n")[0],
            "permission": self.permission,
            "role": str(self.least_role),
            "changes": self.changes,
            "inputSchema": self.params.model_json_schema(by_alias=True),
        }

    def prepare(self, given: Mapping[str, Any]) -> tuple[Callable[[Call], Record], list[str]]:
        """The checked call, waiting to be made, and the fields that were ignored; raises InvalidInput."""
        params, ignored = parse(self.params, given)
        return lambda call: self.handler(call, params), ignored
