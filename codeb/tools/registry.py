"""The table of every tool there is. Spec section 6, "Tools"."""

from typing import Any

from codeb.errors import CodebError
from codeb.tools import (
    audit,
    confirm,
    deployment,
    domain,
    env,
    env_restore,
    env_versions,
    git,
    health,
    member,
    project,
    project_init,
    project_view,
    release,
    repository,
    setup,
    slot,
    task,
    team,
    token,
    workflow,
)
from codeb.tools.tool import Tool


class UnknownTool(CodebError):
    code = "unknown_tool"

    def __init__(self, name: str) -> None:
        super().__init__(f"Unknown tool: {name[:100]}")

    def facts(self) -> dict[str, object]:
        return {"availableTools": sorted(tool.name for tool in TOOLS)}


TOOLS: tuple[Tool[Any], ...] = (
    *release.TOOLS,
    *slot.TOOLS,
    *project_init.TOOLS,
    *project.TOOLS,
    *project_view.TOOLS,
    *workflow.TOOLS,
    *deployment.TOOLS,
    *env.TOOLS,
    *env_versions.TOOLS,
    *env_restore.TOOLS,
    *domain.TOOLS,
    *health.TOOLS,
    *confirm.TOOLS,
    *team.TOOLS,
    *member.TOOLS,
    *token.TOOLS,
    *setup.TOOLS,
    *task.TOOLS,
    *git.TOOLS,
    *repository.TOOLS,
    *audit.TOOLS,
)
_BY_NAME = {name: tool for tool in TOOLS for name in (tool.name, *tool.aliases)}


def find(name: str) -> Tool[Any]:
    """The tool of that name or alias; raises UnknownTool."""
    if name not in _BY_NAME:
        raise UnknownTool(name)
    return _BY_NAME[name]
