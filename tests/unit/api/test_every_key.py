"""Every tool with keys that are of another team, of other projects, for another permission, or over.

They are called with what they would need to do harm: team-a's own names and ids. Spec section 6, "Auth".
"""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from codeb.domain.access import Role
from codeb.domain.records import iso
from codeb.services.actor import Actor
from codeb.tools import registry
from codeb.tools.registry import TOOLS
from tests.doors import House
from tests.examples import TIMES
from tests.unit.api.every import NAMES, OF_A_PROJECT, PLATFORM_ONLY, answered, story, takes

Ask = Callable[..., tuple[int, dict[str, Any]]]
WIDE: dict[str, Any] = {"rateLimit": {"requests": 100_000, "window": 60}}
SECRET = "hunter2-hunter2"
PERMISSIONS = sorted({tool.permission for tool in TOOLS})
UNKNOWN = {
    **dict.fromkeys(OF_A_PROJECT, "unknown_project"),
    "workflow_init": "project_exists",
    **dict.fromkeys(("task_get", "task_update", "task_complete"), "unknown_task"),
    **{name: "unknown_team" for name in NAMES if takes(name, "teamId")},
    "token_revoke": "unknown_token",
    "confirm": "unknown_request",
    "audit_list": "forbidden",
}
"""What a tool says of what belongs to another team: there is no such thing."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> House:
    """team-a has a project in which everything was done once, team-b has one of its own."""
    house = House(tmp_path_factory.mktemp("house"))
    for name, team in (("blog", "team-a"), ("elsewhere", "team-a"), ("shop", "team-b")):
        house.world.init_project(name, Actor("key_0", "api", team))
    return house


@pytest.fixture(scope="module")
def keys(home: House) -> dict[str, str]:
    return {
        "owner": home.key(**WIDE),
        "assistant": home.key(kind="assistant", **WIDE),
        "platform": home.key(team="operators", platform=True, **WIDE),
        **{f"foreign {role}": home.key(str(role), "team-b", **WIDE) for role in Role},
        "elsewhere": home.key(projects=["elsewhere"], **WIDE),
        **{permission: home.key(scopes=[permission], **WIDE) for permission in PERMISSIONS},
        "expired": home.key(expiresAt=iso(datetime.now(UTC) - timedelta(days=1)), **WIDE),
        "revoked": home.key(**WIDE),
    }


@pytest.fixture(scope="module")
def ask(home: House, keys: dict[str, str]) -> Iterator[Ask]:
    with home.client() as client:
        yield lambda who, name, params: answered(client, keys[who], name, params)


@pytest.fixture(scope="module")
def harmful(ask: Ask, home: House, keys: dict[str, str]) -> dict[str, dict[str, Any]]:
    """By tool: a call that team-a's owner could make, and that would change or show what is team-a's."""
    blog = {"projectName": "blog"}
    for who, name, params in (
        ("owner", "env_sync", {**blog, "content": f"PASSWORD={SECRET}"}),
        ("owner", "domain_setup", {**blog, "domain": "www.example.org"}),
        ("owner", "deploy", {**blog, "version": "v1"}),
        ("owner", "promote", blog),
        ("owner", "deploy", {**blog, "version": "v2"}),
        ("owner", "promote", blog),
        ("platform", "repository_bind", {**blog, "repository": "acme/blog"}),
        ("owner", "task_create", story("task_create")),
        ("owner", "pr_create", story("pr_create")),
        ("owner", "member_invite", story("member_invite")),
    ):
        assert ask(who, name, params)[1]["success"], name
    home.world.upkeep()  # the word follows now, and not in the middle of a test
    _, made = ask("owner", "deployment_list", blog)
    _, waiting = ask("assistant", "promote", blog)
    victim = home.keys.find(home.key())
    assert victim is not None
    revoked = home.keys.find(keys["revoked"])
    assert revoked is not None
    assert ask("owner", "token_revoke", {"tokenId": revoked.id})[1]["changed"]
    own = {
        "deploymentId": made["deployments"][0]["id"],
        "requestId": waiting["requestId"],
        "tokenId": victim.id,
        "taskId": 1,
        "teamId": "team-a",
        "confirm": "blog",
    }
    return {name: {**story(name), **{field: own[field] for field in own if takes(name, field)}} for name in NAMES}


@pytest.fixture
def unmoved(home: House, harmful: dict[str, dict[str, Any]]) -> Iterator[None]:
    before = everything(home)
    yield
    assert everything(home) == before


def everything(home: House) -> list[str]:
    """What is team-a's, and whether it is: nothing of it may move."""
    world = home.world
    kept = [
        *(world.journal.lines, world.envs.versions, world.domains.rows, world.tasks.known, world.repositories.bound),
        *(world.hosting.there, world.runtime.running, world.proxy.words, world.dumps.taken),
        {name: project for name, project in world.projects.known.items() if project.team_id == "team-a"},
    ]
    return [*map(repr, kept), *_registered(home)]


def _registered(home: House) -> list[str]:
    """The team's record and its keys, but for those that a key of other projects has, and may make."""
    teams = json.loads((home.registry / "teams.json").read_text())["teams"]
    keys = json.loads((home.registry / "api-keys.json").read_text())["keys"]
    return [
        repr(teams.get("team-a")),
        *(repr(key) for key in keys.values() if key["teamId"] == "team-a" and key.get("projects") != ["elsewhere"]),
    ]


def text(answer: dict[str, Any]) -> str:
    """But for when it was, and how long it took."""
    return json.dumps(
        {key: value for key, value in answer.items() if key not in ("correlationId", "duration", "timestamp")}
    )


def told(answer: dict[str, Any], params: dict[str, Any]) -> str:
    """What the answer says that the call did not."""
    said = text({key: value for key, value in answer.items() if key != "error"})
    for given in params.values():
        said = said.replace(json.dumps(given), "")
    return said


@pytest.mark.usefixtures("unmoved")
@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("name", NAMES)
def test_another_team_learns_nothing_and_moves_nothing(
    name: str, role: Role, ask: Ask, harmful: dict[str, dict[str, Any]]
) -> None:
    status, answer = ask(f"foreign {role}", name, harmful[name])
    if not role.covers(registry.find(name).least_role) or name in PLATFORM_ONLY:
        assert (status, answer["code"]) == (403, "forbidden")
    elif name == "workflow_scan":
        nowhere = ask(f"foreign {role}", name, {**harmful[name], "projectName": "block"})[1]
        assert text(nowhere).replace("block", "blog") == text(answer)
        return
    elif name in UNKNOWN:
        assert (answer["success"], answer["code"]) == (False, UNKNOWN[name])
    said = told(answer, harmful[name])
    for own in ("team-a", "blog", SECRET, "www.example.org", "ann@example.org", "acme"):
        assert own not in said


@pytest.mark.usefixtures("unmoved")
@pytest.mark.parametrize("name", NAMES)
def test_a_key_of_other_projects_neither_sees_this_one_nor_moves_it(
    name: str, ask: Ask, harmful: dict[str, dict[str, Any]]
) -> None:
    _, answer = ask("elsewhere", name, harmful[name])
    said = told(answer, harmful[name])
    for own in ("blog", SECRET, "www.example.org", "acme"):
        assert own not in said


@pytest.mark.parametrize("name", [tool.name for tool in TOOLS if tool.name not in PLATFORM_ONLY])
def test_a_key_for_one_permission_may_what_it_is_for(name: str, ask: Ask, harmful: dict[str, dict[str, Any]]) -> None:
    plan = {"dryRun": True} if takes(name, "dryRun") else {}
    status, answer = ask(registry.find(name).permission, name, {**harmful[name], **plan})
    assert status < 500
    assert answer.get("error", "") != f"Permission denied: {registry.find(name).permission} required"


@pytest.mark.usefixtures("unmoved")
@pytest.mark.parametrize("permission", PERMISSIONS)
def test_and_nothing_else(permission: str, ask: Ask, harmful: dict[str, dict[str, Any]]) -> None:
    """Above all none of its neighbours, whose names begin alike; a soak asks for every other one."""
    others = [tool for tool in TOOLS if tool.permission != permission]
    for tool in others if TIMES > 1 else filter(lambda each: _kin(each.permission) == _kin(permission), others):
        status, answer = ask(permission, tool.name, harmful[tool.name])
        wanted = f"Permission denied: {tool.permission} required"
        assert (status, answer["code"], answer["error"]) == (403, "forbidden", wanted)


def _kin(permission: str) -> str:
    return permission.partition(".")[0]


@pytest.mark.usefixtures("unmoved")
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("who", "why"), [("expired", "this API key expired at "), ("revoked", "Invalid API key")])
def test_a_key_that_is_over_opens_nothing(
    name: str, who: str, why: str, ask: Ask, harmful: dict[str, dict[str, Any]]
) -> None:
    status, answer = ask(who, name, harmful[name])
    assert (status, answer["success"], answer["error"][: len(why)]) == (401, False, why)
    assert answer.keys() <= {"success", "error", "code", "timestamp", "correlationId", "duration"}
