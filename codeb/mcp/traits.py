"""What a client is told of tools besides their schemas: which destroy, which may be repeated, whose text they answer.

Names only, so that the bare client has them too; a test holds them against the registry.
"""

DESTRUCTIVE = frozenset(
    {
        *("promote", "rollback", "maintenance", "slot_cleanup", "deployment_cancel"),
        *("project_update", "project_delete", "repository_bind", "env_sync", "env_restore", "domain_delete"),
        *("team_settings", "team_delete", "member_remove", "token_revoke", "pr_merge"),
    }
)
"""Change or remove what is there."""
ADDITIVE = frozenset(
    {
        *("deploy", "slot_pin", "workflow_init", "domain_setup", "team_create", "member_invite", "token_create"),
        *("task_create", "task_update", "task_complete", "pr_create", "pr_review"),
    }
)
"""Change something, and leave what is there as it is."""
EACH_TIME_ANEW = frozenset({"team_create", "token_create", "task_create", "task_update"})
"""What a second, equal call does once more."""
NEVER_HERE = frozenset({"confirm"})
"""Its answer is a person's code, which no assistant may read. Security 4."""
NOT_HERE = "a person confirms in the browser or with `we confirm`, and not through an assistant"
OWN_NAMES = {
    "deploy_project": "deploy",
    "slot_promote": "promote",
    "scan": "workflow_scan",
    "list_projects": "project_list",
    "get_project": "project_get",
    "setup_domain": "domain_setup",
    "full_health_check": "health_check",
}
"""What tools were called before; these names are still answered to."""

_RELEASE = frozenset({"error", "rollbackReason", "output", "log", "logs", "lastWords"})
_TASK = frozenset({"title", "description", "author", "note"})
OTHERS_TEXT: dict[str, frozenset[str]] = {
    "deploy": _RELEASE,
    "promote": _RELEASE,
    "rollback": _RELEASE,
    "deployment_list": _RELEASE,
    "deployment_get": _RELEASE,
    "pr_list": frozenset({"title", "author"}),
    "git_sync": frozenset({"name", "message", "author"}),
    "token_list": frozenset({"name"}),
    "member_list": frozenset({"name"}),
    "audit_list": frozenset({"details", "result", "error", "userAgent"}),
    **dict.fromkeys(
        ("task_create", "task_list", "task_get", "task_update", "task_check", "task_complete"),
        _TASK,
    ),
}
"""Under which names of an answer there is text that neither the platform nor whoever asked wrote. Security 4."""
OTHERS_WORDS = frozenset(
    {
        *("deploy_failed", "unhealthy", "start_failed", "migration_failed", "smoke_failed", "dump_failed"),
        *("image_unavailable", "git_remote", "task_conflict"),
    }
)
"""Codes of refusals whose sentence repeats what a container, another server or somebody's task said."""
