"""The table of tools: what may be asked, by whom, with what, and who answers. Spec section 6, "Tools"."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic

from codeb.domain.access import Role
from codeb.errors import CodebError
from codeb.tools import deployment, env, health, project, release, slot
from codeb.tools.call import Call
from codeb.tools.params import P, parse
from codeb.tools.results import Record


class Lane(StrEnum):
    """Which threads a tool runs on, so that waiting deploys hold up neither a rollback nor a look at the slots."""

    DEPLOY = "deploy"
    CHANGE = "change"
    READ = "read"


@dataclass(frozen=True, slots=True)
class Tool(Generic[P]):
    """``handler`` gets input that was checked; its docstring is what people and assistants read of the tool."""

    name: str
    permission: str
    least_role: Role
    params: type[P]
    handler: Callable[[Call, P], Record]
    lane: Lane = Lane.READ
    aliases: tuple[str, ...] = ()

    def described(self) -> dict[str, Any]:
        """What a client or an assistant needs to know to call it."""
        return {
            "name": self.name,
            "aliases": list(self.aliases),
            "description": (self.handler.__doc__ or "").strip().split("\n\n")[0],
            "permission": self.permission,
            "role": str(self.least_role),
            "changes": self.lane is not Lane.READ,
            "inputSchema": self.params.model_json_schema(by_alias=True),
        }

    def prepare(self, given: Mapping[str, Any]) -> tuple[Callable[[Call], Record], list[str]]:
        """The checked call, waiting to be made, and the fields that were ignored; raises InvalidInput."""
        params, ignored = parse(self.params, given)
        return lambda call: self.handler(call, params), ignored


class UnknownTool(CodebError):
    code = "unknown_tool"

    def __init__(self, name: str) -> None:
        super().__init__(f"Unknown tool: {name[:100]}")

    def facts(self) -> dict[str, object]:
        return {"availableTools": sorted(tool.name for tool in TOOLS)}


TOOLS: tuple[Tool[Any], ...] = (
    Tool(
        "deploy",
        "deploy.create",
        Role.MEMBER,
        release.DeployParams,
        release.deploy,
        Lane.DEPLOY,
        ("deploy_project",),
    ),
    Tool(
        "promote",
        "deploy.promote",
        Role.MEMBER,
        release.PromoteParams,
        release.promote,
        Lane.CHANGE,
        ("slot_promote",),
    ),
    Tool("rollback", "deploy.rollback", Role.MEMBER, release.RollbackParams, release.rollback, Lane.CHANGE),
    Tool("slot_status", "slot.view", Role.VIEWER, slot.StatusParams, slot.status),
    Tool("slot_list", "slot.view", Role.VIEWER, slot.ListParams, slot.list_all),
    Tool("slot_cleanup", "slot.cleanup", Role.ADMIN, slot.CleanupParams, slot.cleanup, Lane.CHANGE),
    Tool("slot_pin", "slot.pin", Role.MEMBER, slot.PinParams, slot.pin, Lane.CHANGE),
    Tool("maintenance", "deploy.promote", Role.MEMBER, release.MaintenanceParams, release.maintenance, Lane.CHANGE),
    Tool("workflow_init", "deploy.create", Role.MEMBER, project.InitParams, project.init, Lane.CHANGE),
    Tool("project_update", "project.update", Role.MEMBER, project.UpdateParams, project.update, Lane.CHANGE),
    Tool("project_delete", "project.delete", Role.ADMIN, project.DeleteParams, project.delete, Lane.CHANGE),
    Tool("deployment_list", "project.view", Role.VIEWER, deployment.ListParams, deployment.list_all),
    Tool("deployment_get", "project.view", Role.VIEWER, deployment.GetParams, deployment.get),
    Tool("deployment_cancel", "deploy.create", Role.MEMBER, deployment.CancelParams, deployment.cancel, Lane.CHANGE),
    Tool("env_sync", "env.write", Role.MEMBER, env.SyncParams, env.sync, Lane.CHANGE),
    Tool("env_get", "env.read", Role.VIEWER, env.GetParams, env.get),
    Tool("health_check", "project.view", Role.VIEWER, health.CheckParams, health.check, aliases=("full_health_check",)),
)
_BY_NAME = {name: tool for tool in TOOLS for name in (tool.name, *tool.aliases)}


def find(name: str) -> Tool[Any]:
    """The tool of that name or alias; raises UnknownTool."""
    if name not in _BY_NAME:
        raise UnknownTool(name)
    return _BY_NAME[name]
