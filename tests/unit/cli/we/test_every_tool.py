"""Every tool can be reached by a command, and each command says to the API just what its words say."""

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

import click
import pytest
import requests
import structlog
from click.testing import CliRunner

from codeb.cli.we.main import main
from codeb.services.actor import Actor
from codeb.tools import registry
from codeb.tools.params import parse
from tests.doors import House
from tests.served import served

Params = Mapping[str, Any]
BLOG = {"projectName": "blog"}
STAGING = {**BLOG, "environment": "staging"}
REQUEST = "cfm_0123456789ab"
EXAMPLES: tuple[tuple[str, str, Params], ...] = (
    ("deploy blog -v v1 -e staging", "deploy", {**STAGING, "version": "v1"}),
    ("promote blog --yes -e staging", "promote", STAGING),
    ("rollback blog --yes -e staging", "rollback", STAGING),
    ("status", "slot_list", {}),
    ("status blog", "slot_status", BLOG),
    ("health", "health_check", {}),
    ("projects", "project_list", {}),
    ("project get blog", "project_get", BLOG),
    (
        "project update blog --set memory=1g --set keepImages=3 --reset healthPath",
        "project_update",
        {**BLOG, "settings": {"memory": "1g", "keepImages": 3, "healthPath": None}},
    ),
    ("project bind blog us/blog", "repository_bind", {**BLOG, "repository": "us/blog"}),
    ("init shop --type python --no-redis", "workflow_init", {"projectName": "shop", "type": "python", "redis": False}),
    ("workflow init shop --type python", "workflow_init", {"projectName": "shop", "type": "python"}),
    ("workflow generate blog --type go --stdout", "workflow_generate", {**BLOG, "type": "go"}),
    ("workflow secrets blog", "setup_secrets", BLOG),
    ("workflow scan blog", "workflow_scan", BLOG),
    ("scan blog", "workflow_scan", BLOG),
    ("deployments blog -e staging --limit 5", "deployment_list", {**STAGING, "limit": 5}),
    ("deployment get dep_1 -p blog", "deployment_get", {**BLOG, "deploymentId": "dep_1"}),
    ("deployment cancel dep_1 -p blog", "deployment_cancel", {**BLOG, "deploymentId": "dep_1"}),
    ("maintenance blog on --reason move", "maintenance", {**BLOG, "enabled": True, "reason": "move"}),
    ("maintenance blog off -e staging", "maintenance", {**STAGING, "enabled": False}),
    ("pin blog --hours 24", "slot_pin", {**BLOG, "hours": 24.0}),
    ("cleanup blog --force --yes", "slot_cleanup", {**BLOG, "force": True}),
    ("env set blog", "env_sync", {**BLOG, "content": "A=1", "merge": True}),
    ("env set blog B=-", "env_sync", {**BLOG, "variables": {"B": "A=1"}}),
    ("env unset blog B", "env_sync", {**BLOG, "remove": ["B"]}),
    ("env push blog --file -", "env_sync", {**BLOG, "content": "A=1", "merge": True}),
    ("env get blog", "env_get", BLOG),
    ("env pull blog --file pulled.env", "env_get", BLOG),
    ("env scan blog --file -", "env_scan", {**BLOG, "localEnvContent": "A=1"}),
    ("env history blog --limit 5 --before 9", "env_history", {**BLOG, "limit": 5, "before": 9}),
    ("env diff blog --from 0 --to 1", "env_diff", {**BLOG, "fromVersion": 0, "toVersion": 1}),
    ("env restore blog --version 1", "env_restore", {**BLOG, "version": 1}),
    ("env restore blog", "env_restore", {**BLOG, "version": "master"}),
    ("domain add www.example.org blog", "domain_setup", {**BLOG, "domain": "www.example.org"}),
    ("domain setup www.example.org blog", "domain_setup", {**BLOG, "domain": "www.example.org"}),
    ("domain list -p blog", "domain_list", BLOG),
    (
        "domain check www.example.org",
        "domain_setup",
        {**BLOG, "environment": "production", "domain": "www.example.org", "dryRun": True},
    ),
    (
        "domain remove WWW.example.org. --yes",
        "domain_delete",
        {**BLOG, "environment": "production", "domain": "WWW.example.org."},
    ),
    ("team list", "team_list", {}),
    ("team get team-a", "team_get", {"teamId": "team-a"}),
    ("team create Other --slug other", "team_create", {"name": "Other", "slug": "other"}),
    (
        "team settings --set autoPromote=true --quota previews=3 --quota cpus=null",
        "team_settings",
        {"settings": {"autoPromote": True}, "quotas": {"previews": 3, "cpus": None}},
    ),
    ("team delete team-a --yes", "team_delete", {"teamId": "team-a", "confirm": "team-a"}),
    ("member invite kim@x.org --role viewer", "member_invite", {"email": "kim@x.org", "role": "viewer"}),
    ("member list", "member_list", {}),
    ("member remove kim@x.org --yes", "member_remove", {"email": "kim@x.org"}),
    (
        "token create ci --role member --kind ci -p blog --scope deploy.create --days 30 --rate 10/60",
        "token_create",
        {
            **{"name": "ci", "role": "member", "kind": "ci", "projects": ["blog"], "scopes": ["deploy.create"]},
            **{"expiresInDays": 30, "rateLimit": {"requests": 10, "window": 60}},
        },
    ),
    ("token list", "token_list", {}),
    ("token revoke key_1 --yes", "token_revoke", {"tokenId": "key_1", "dryRun": True}),
    (f"confirm 'please confirm {REQUEST}, thanks' --yes", "confirm", {"requestId": REQUEST, "look": True}),
    (
        "audit blog --tool deploy --failed --limit 5",
        "audit_list",
        {**BLOG, "tool": "deploy", "success": False, "limit": 5},
    ),
    (
        "task create Fix -p blog -f a.py --area web --priority high --author kim -b fix",
        "task_create",
        {
            **{**BLOG, "title": "Fix", "author": "kim", "branch": "fix", "priority": "high"},
            **{"files": [{"path": "a.py"}], "areas": ["web"]},
        },
    ),
    ("task list -a --author kim --limit 50", "task_list", {"author": "kim", "activeOnly": False, "limit": 50}),
    ("task get 1", "task_get", {"taskId": 1}),
    ("task status 1", "task_get", {"taskId": 1}),
    ("task check a.py b.py --exclude 7", "task_check", {"files": ["a.py", "b.py"], "excludeTaskId": 7}),
    (
        "task update 1 --note half --changed a.py -f c.py --pr 3",
        "task_update",
        {
            **{"taskId": 1, "note": "half", "prNumber": 3},
            **{"filesChanged": ["a.py"], "addFiles": [{"path": "c.py"}]},
        },
    ),
    ("task done 1 --pr 3", "task_complete", {"taskId": 1, "prNumber": 3}),
    ("pr list blog --state all", "pr_list", {**BLOG, "state": "all"}),
    (
        "pr create Fix -p blog --head fix --body-file -",
        "pr_create",
        {**BLOG, "title": "Fix", "headBranch": "fix", "baseBranch": "main", "body": "A=1"},
    ),
    ("pr review 3 -p blog --approve", "pr_review", {**BLOG, "prNumber": 3, "action": "approve"}),
    ("pr merge 3 -p blog --method squash --yes", "pr_merge", {**BLOG, "prNumber": 3, "method": "squash"}),
    ("git sync blog", "git_sync", BLOG),
    ("project delete blog --yes", "project_delete", {**BLOG, "confirm": "blog", "force": False}),
)
TOOLS = {each.name: each for each in registry.TOOLS}
WITHOUT_A_TOOL = {"login", "logout", "whoami", "logs", "open", "completion", "version"}
"""They ask other routes of the API, or nobody."""


def leaves(command: click.Command, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if not isinstance(command, click.Group):
        yield path
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        found = command.get_command(context, name)
        assert found is not None
        yield from leaves(found, (*path, name))


LEAVES = tuple(leaves(main, ()))


@pytest.fixture(scope="module")
def called(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[str, Params]]]:
    """What each example asked the API, one after the other on one house, as its platform's owner."""
    root = tmp_path_factory.mktemp("house")
    house = House(root)
    house.world.init_project("blog", Actor("key_0", "api", "team-a"))
    calls: list[tuple[str, Params]] = []
    plain = requests.Session.request

    def recorded(self: requests.Session, method: str, url: str, **rest: Any) -> requests.Response:
        if url.endswith("/api/tool"):
            calls.append((rest["json"]["tool"], rest["json"]["params"]))
        return plain(self, method, url, **rest)

    found: dict[str, list[tuple[str, Params]]] = {}
    with pytest.MonkeyPatch.context() as patch, served(house) as url, structlog.testing.capture_logs():
        patch.setattr(requests.Session, "request", recorded)
        patch.setenv("HOME", str(root))
        patch.chdir(root)
        environ = {"CODEB_API_URL": url, "CODEB_API_KEY": house.key(platform=True)}
        for line, _, _ in EXAMPLES:
            calls.clear()
            CliRunner().invoke(main, [*shlex.split(line), "--json"], input="A=1", env=environ, catch_exceptions=False)
            found[line] = list(calls)
    return found


@pytest.mark.parametrize(("line", "tool", "params"), EXAMPLES, ids=[each[0] for each in EXAMPLES])
def test_a_command_asks_for_its_tool_with_just_its_words(
    line: str, tool: str, params: Params, called: dict[str, list[tuple[str, Params]]]
) -> None:
    asked = [(name, {k: v for k, v in given.items() if (k, v) != ("dryRun", False)}) for name, given in called[line]]
    assert (tool, params) in asked
    for name, given in called[line]:
        _, ignored = parse(TOOLS[name].params, given)
        assert not ignored


def test_every_tool_has_a_command() -> None:
    assert {tool for _, tool, _ in EXAMPLES} == TOOLS.keys()


def test_every_command_has_an_example() -> None:
    lines = [line for line, _, _ in EXAMPLES]
    without = [path for path in LEAVES if not any(line.split()[: len(path)] == list(path) for line in lines)]
    assert {" ".join(path) for path in without} == WITHOUT_A_TOOL


@pytest.mark.parametrize("path", LEAVES, ids=" ".join)
def test_every_command_explains_itself_in_a_line_and_takes_json(path: tuple[str, ...]) -> None:
    done = CliRunner().invoke(main, [*path, "--help"])
    assert done.exit_code == 0
    assert "Usage:" in done.stdout
    if " ".join(path) not in WITHOUT_A_TOOL:
        assert "--json" in done.stdout
        assert "Exit codes:" in done.stdout


@pytest.mark.parametrize("tool", [name for name, each in TOOLS.items() if each.changes])
def test_what_a_tool_can_plan_its_command_can_plan(tool: str) -> None:
    for line, name, _ in EXAMPLES:
        if name == tool and "domain check" not in line:
            words = [word for word in line.split() if not word.startswith("-")]
            path = next(each for each in LEAVES if list(each) == words[: len(each)])
            assert "--dry-run" in CliRunner().invoke(main, [*path, "--help"]).stdout, line
