"""Every tool called once and more, in an order that gives each something to do, as existing clients call them."""

from dataclasses import dataclass, field
from typing import Any

ENV_TEXT = 'GREETING="hello # not a comment"\nDATABASE_URL=postgresql://blog:s3cret@db.test/blog\n'
BLOG = {"projectName": "blog"}


@dataclass(frozen=True)
class Exchange:
    """A call under the name of its file; ``role`` is the key's."""

    tool: str
    params: dict[str, Any] = field(default_factory=dict)
    role: str = "owner"
    name: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def file(self) -> str:
        return f"{self.name or self.tool}.json"


STORY: tuple[Exchange, ...] = (
    Exchange("workflow_init", {"projectName": "My_Shop", "type": "go", "domain": None, "database": True}),
    Exchange("project_list", name="project_list"),
    Exchange("list_projects", name="alias_list_projects"),
    Exchange("project_get", BLOG),
    Exchange("scan", BLOG, "viewer", name="alias_scan"),
    Exchange("workflow_scan", {"projectName": "block"}, name="workflow_scan_unknown"),
    Exchange("workflow_scan", BLOG),
    Exchange("workflow_generate", BLOG),
    Exchange("env_sync", {**BLOG, "content": ENV_TEXT, "merge": True}, "member"),
    Exchange("env_get", BLOG, "viewer"),
    Exchange("env_scan", {**BLOG, "localEnvContent": "GREETING=hi\nMORE=1"}, "viewer"),
    Exchange("env_sync", {**BLOG, "content": "MORE=1", "merge": True}, "member", name="env_sync_second"),
    Exchange("env_history", BLOG, "viewer"),
    Exchange("env_diff", BLOG, "viewer"),
    Exchange("env_restore", {**BLOG, "version": "master"}, "member"),
    Exchange("domain_setup", {**BLOG, "domain": "www.example.org", "ssl": True}, "member"),
    Exchange("domain_list", BLOG, "viewer"),
    Exchange("domain_delete", {**BLOG, "domain": "www.example.org"}, "admin"),
    Exchange("deploy_project", {**BLOG, "version": "v1", "skipHealthcheck": False}, name="deploy"),
    Exchange("deploy", {**BLOG, "version": "v1"}, name="deploy_again"),
    Exchange("slot_status", BLOG, "viewer"),
    Exchange("slot_promote", BLOG, name="promote"),
    Exchange("promote", BLOG, name="promote_again"),
    Exchange("deploy", {**BLOG, "version": "v2"}, name="deploy_second"),
    Exchange("promote", BLOG, name="promote_second"),
    Exchange("slot_pin", {**BLOG, "hours": 24}),
    Exchange("rollback", {**BLOG, "reason": "the till was wrong"}),
    Exchange("maintenance", {**BLOG, "enabled": True}),
    Exchange("maintenance", {**BLOG, "enabled": False}, name="maintenance_end"),
    Exchange("project_update", {**BLOG, "settings": {"memory": "1g"}}),
    Exchange("slot_list", {}, "viewer"),
    Exchange("deployment_list", BLOG),
    Exchange("deployment_get", {**BLOG, "deploymentId": "dep_unknown"}),
    Exchange("deployment_cancel", {**BLOG, "deploymentId": "dep_unknown"}),
    Exchange("slot_cleanup", {**BLOG, "force": True}, "admin"),
    Exchange(
        "task_create", {**BLOG, "title": "Mend it", "author": "ann", "branch": "mend", "files": [{"path": "a.py"}]}
    ),
    Exchange(
        "task_create",
        {**BLOG, "title": "Me too", "author": "bob", "branch": "other", "files": [{"path": "a.py"}]},
        name="task_create_conflict",
    ),
    Exchange("task_list", BLOG, "viewer"),
    Exchange("task_get", {"taskId": 1}, "viewer"),
    Exchange("task_update", {"taskId": 1, "note": "half done", "status": "pushed"}, "member"),
    Exchange("task_check", {"files": ["a.py"]}, "viewer"),
    Exchange("task_complete", {"taskId": 1, "deployId": "dep_1"}, "member"),
    Exchange("pr_list", BLOG, "viewer", name="no_repository"),
    Exchange("repository_bind", {**BLOG, "repository": "acme/blog"}, "platform"),
    Exchange("pr_create", {**BLOG, "title": "Mend it", "headBranch": "mend"}, "member"),
    Exchange("pr_list", BLOG, "viewer"),
    Exchange("pr_review", {**BLOG, "prNumber": 1, "action": "approve"}, "member"),
    Exchange("pr_merge", {**BLOG, "prNumber": 1}, "member"),
    Exchange("git_sync", BLOG, "viewer"),
    Exchange("team_create", {"name": "Second team"}),
    Exchange("team_list", {}, "viewer"),
    Exchange("team_get", {}, "viewer"),
    Exchange("team_settings", {"settings": {"gracePeriodHours": 24}}, "admin"),
    Exchange("member_invite", {"email": "ann@example.org", "name": "Ann", "role": "member"}, "admin"),
    Exchange("member_list", {}, "viewer"),
    Exchange("member_remove", {"email": "ann@example.org"}, "admin"),
    Exchange("token_create", {"name": "laptop", "role": "member"}, "member"),
    Exchange("token_list", {}, "member"),
    Exchange("token_revoke", {"tokenId": "key_0000000000000000"}, "member"),
    Exchange("team_delete", {"confirm": "nobody"}),
    Exchange("setup_secrets", {}, "admin"),
    Exchange("audit_list", {"limit": 5}, "viewer"),
    Exchange("confirm", {"requestId": "cfm_000000000000"}),
    Exchange("health_check", {}, "viewer"),
    Exchange("full_health_check", {}, name="alias_full_health_check"),
    Exchange("promote", {"projectName": "nobody"}, name="unknown_project"),
    Exchange("promote", {**BLOG, "environment": "banana"}, name="invalid_environment"),
    Exchange("promote", BLOG, "viewer", name="forbidden"),
    Exchange("ssot_list", BLOG, name="unknown_tool"),
    Exchange("project_delete", {"projectName": "my-shop"}, "admin", name="project_delete_unconfirmed"),
    Exchange("project_delete", {"projectName": "my-shop", "confirm": "my-shop"}, "admin"),
)
