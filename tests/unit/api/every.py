"""What every tool is called with, so that no test leaves one out."""

from typing import Any

from starlette.testclient import TestClient

from codeb.domain.access import Role
from codeb.tools import registry
from codeb.tools.params import DryRun
from codeb.tools.registry import TOOLS
from tests.exchanges.story import STORY

NAMES = [tool.name for tool in TOOLS]
PLATFORM_ONLY = {"repository_bind"}
LEAST_ROLE: dict[Role, set[str]] = {
    Role.VIEWER: {
        *("slot_status", "slot_list", "project_list", "project_get", "workflow_scan", "workflow_generate"),
        *("deployment_list", "deployment_get", "env_get", "env_history", "env_diff", "env_scan", "domain_list"),
        *("health_check", "team_list", "team_get", "member_list", "task_list", "task_get", "task_check"),
        *("pr_list", "git_sync", "audit_list"),
    },
    Role.MEMBER: {
        *("deploy", "promote", "rollback", "maintenance", "slot_pin", "workflow_init", "project_update"),
        *("deployment_cancel", "env_sync", "env_restore", "domain_setup", "confirm", "token_create", "token_list"),
        *("token_revoke", "task_create", "task_update", "task_complete", "pr_create", "pr_review", "pr_merge"),
    },
    Role.ADMIN: {
        *("slot_cleanup", "project_delete", "domain_delete", "team_settings", "member_invite", "member_remove"),
        *("setup_secrets", "repository_bind"),
    },
    Role.OWNER: {"team_create", "team_delete"},
}
"""As the specification has it, section 6: the tables of roles and of tools."""


def story(name: str) -> dict[str, Any]:
    """What the story calls it with, of blog, whatever project it names there."""
    row = registry.find(name)
    params = next(each.params for each in STORY if each.tool in (row.name, *row.aliases))
    return {**params, "projectName": "blog"} if "projectName" in params else dict(params)


def sample(name: str) -> dict[str, Any]:
    """The same; a plan only, of what changes something."""
    plan = {"dryRun": True} if issubclass(registry.find(name).params, DryRun) else {}
    return {**story(name), **plan}


def takes(name: str, field: str) -> bool:
    return field in registry.find(name).params.model_json_schema(by_alias=True)["properties"]


OF_A_PROJECT = [name for name in NAMES if "projectName" in sample(name)]


def answered(client: TestClient, key: str, name: str, params: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    answer = client.post("/api/tool", json={"tool": name, "params": params}, headers={"X-API-Key": key})
    return answer.status_code, answer.json()
