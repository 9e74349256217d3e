"""Every tool with every role, for a foreign team, for narrowed keys, and with wrong input. Spec section 6, "Auth"."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from codeb.domain.access import Role
from codeb.services.actor import Actor
from codeb.tools import registry
from codeb.tools.confirm import NEEDED
from codeb.tools.params import DryRun
from codeb.tools.registry import TOOLS
from tests.doors import House
from tests.unit.api.every import LEAST_ROLE, NAMES, OF_A_PROJECT, PLATFORM_ONLY, answered, sample

Ask = Callable[..., tuple[int, dict[str, Any]]]
_OWN_WORD = {"workflow_init": "project_exists"}
"""What a tool says of a project of another team, where it is not that there is none."""
_OWN_ANSWER = {"workflow_scan", "audit_list"}
"""They say of a project that is not there what they say of one that is another's."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> House:
    house = House(tmp_path_factory.mktemp("house"))
    house.world.init_project("blog", Actor("key_0", "api", "team-a"))
    return house


@pytest.fixture(scope="module")
def keys(home: House) -> dict[str, str]:
    wide: dict[str, Any] = {"rateLimit": {"requests": 100_000, "window": 60}}
    return {
        **{str(role): home.key(str(role), **wide) for role in Role},
        "foreign": home.key("owner", team="team-b", **wide),
        "elsewhere": home.key("owner", projects=["elsewhere"], **wide),
        "unscoped": home.key("owner", scopes=["something.else"], **wide),
    }


@pytest.fixture(scope="module")
def ask(home: House, keys: dict[str, str]) -> Iterator[Ask]:
    with home.client() as client:
        yield lambda who, name, params: answered(client, keys[who], name, params)


def refusal(record: dict[str, Any]) -> str:
    return "" if record["success"] else str(record["code"])


def test_every_tool_is_called_here_and_has_the_least_role_of_the_specification() -> None:
    assert {role: {row.name for row in TOOLS if row.least_role is role} for role in Role} == LEAST_ROLE
    assert len(NAMES) == len(set(NAMES)) == len(TOOLS) == sum(map(len, LEAST_ROLE.values()))


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("name", NAMES)
def test_a_role_may_call_what_its_rank_covers(name: str, role: Role, ask: Ask) -> None:
    row = registry.find(name)
    status, answer = ask(str(role), name, sample(name))
    if role.covers(row.least_role) and name not in PLATFORM_ONLY:
        assert refusal(answer) != "forbidden"
        assert status < 500
    else:
        assert status == 403
        assert answer["error"].startswith("Permission denied: ")


def test_what_changes_something_wants_a_member_at_least() -> None:
    """A viewer looks; the tools that a viewer may call are those that change nothing."""
    assert [row.name for row in TOOLS if row.least_role is Role.VIEWER and issubclass(row.params, DryRun)] == []


@pytest.mark.parametrize("name", NAMES)
def test_another_teams_owner_learns_nothing_and_moves_nothing(name: str, home: House, ask: Ask) -> None:
    before = repr(home.world.journal.lines)
    _, answer = ask("foreign", name, sample(name))
    if name in OF_A_PROJECT and name not in PLATFORM_ONLY | _OWN_ANSWER:
        assert refusal(answer) == _OWN_WORD.get(name, "unknown_project")
    told = json.dumps({key: value for key, value in answer.items() if key not in ("error", "projectName")})
    assert "team-a" not in told
    assert "blog-production" not in told
    assert repr(home.world.journal.lines) == before


@pytest.mark.parametrize("name", [name for name in OF_A_PROJECT if name != "audit_list"])
def test_a_key_of_other_projects_is_told_so(name: str, ask: Ask) -> None:
    status, answer = ask("elsewhere", name, sample(name))
    assert (status, refusal(answer)) == (403, "forbidden")


@pytest.mark.parametrize("name", NAMES)
def test_a_key_without_the_scope_is_refused(name: str, ask: Ask) -> None:
    status, answer = ask("unscoped", name, sample(name))
    assert (status, refusal(answer)) == (403, "forbidden")


@pytest.mark.parametrize("name", NAMES)
def test_fields_that_nobody_knows_are_named_and_ignored(name: str, ask: Ask) -> None:
    _, answer = ask("owner", name, {**sample(name), "nonsense": 1, "environment": None})
    if answer["success"]:
        assert {"nonsense", "environment"} <= set(answer["ignored"])
    else:
        assert answer.get("field") not in ("nonsense", "environment")


@pytest.mark.parametrize("value", [5, [], {}, "../etc", "a\nb", "x" * 2000, True])
@pytest.mark.parametrize("name", OF_A_PROJECT)
def test_a_value_that_is_no_name_is_refused_with_its_field(name: str, value: Any, ask: Ask) -> None:
    status, answer = ask("owner", name, {**sample(name), "projectName": value})
    if name not in PLATFORM_ONLY or status != 403:
        assert (status, answer["code"], answer["field"]) == (400, "invalid_input", "projectName")


def test_every_tool_is_described_for_people_and_machines() -> None:
    for row in TOOLS:
        told = row.described()
        assert told["description"].endswith((".", '"')), row.name
        assert told["inputSchema"]["type"] == "object"
        assert row.permission.count(".") in (1, 2), row.name


def test_no_row_answers_with_another_ones_handler() -> None:
    assert len({row.handler for row in TOOLS}) == len(TOOLS)


def test_what_an_assistant_does_by_itself_is_decided_for_every_tool() -> None:
    """A new tool that changes something fails here until somebody has thought about it. Security 4."""
    harmless = {
        *("deploy", "deployment_cancel", "slot_pin"),
        *("task_create", "task_update", "task_complete", "pr_create", "pr_review"),
    }
    changing = {row.name for row in TOOLS if issubclass(row.params, DryRun)}
    assert changing - NEEDED == harmless
