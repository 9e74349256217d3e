"""A call's row: whoever asked, however it ended, without a secret. Lesson 4."""

import json
from typing import Any

import pytest

from codeb.adapters.audit.known import KnownSecrets
from codeb.domain.access import AuthContext, Forbidden, Role
from codeb.domain.names import Environment
from codeb.errors import CodebError, Unavailable
from codeb.services.errors import Unhealthy
from codeb.services.protocols.trail import AuditEntry
from codeb.tools.audit_entry import Caller, RequestFacts, entry_of
from codeb.tools.params import InvalidParams
from codeb.tools.registry import UnknownTool
from codeb.tools.results import Record
from tests.unit.tools.conftest import Tool

AUTH = AuthContext("key_1", "team-a", Role.MEMBER)
PLATFORM = AuthContext("key_9", "ops", Role.OWNER, platform=True)
FACTS = RequestFacts("c0ffee", "cli", "127.0.0.1", "we/1.0 hunter2")
KNOWN = KnownSecrets()
KNOWN.add("hunter2")


def nobody(project: str) -> str | None:
    return None


def row(outcome: Record | BaseException, given: dict[str, Any] | None = None, tool: str = "deploy") -> AuditEntry:
    params = {"projectName": "My_Blog"} if given is None else given
    return entry_of(tool, params, outcome, Caller(AUTH, FACTS, nobody), duration_ms=12.34, cover=KNOWN.cover)


def test_a_call_that_succeeded() -> None:
    found = row({"projectName": "my-blog", "slot": "blue"})
    assert (found.tool, found.project, found.success, found.error, found.code) == (
        "deploy",
        "my-blog",
        True,
        None,
        None,
    )
    assert (found.key_id, found.team_id, found.role) == ("key_1", "team-a", "member")
    assert (found.correlation_id, found.source, found.ip, found.duration_ms) == ("c0ffee", "cli", "127.0.0.1", 12.3)
    assert (found.params, found.result) == ({"projectName": "My_Blog"}, {"projectName": "my-blog", "slot": "blue"})
    assert found.user_agent == "we/1.0 ***"


@pytest.mark.parametrize(
    "error",
    [
        Forbidden("Permission denied: deploy.create required"),
        Unavailable("the database", "connection refused"),
        InvalidParams([{"field": "timeout", "reason": "too long"}]),
        UnknownTool("deplooy"),
        Unhealthy(Environment.of("blog").key, "it says hunter2", logs="password hunter2"),
    ],
)
def test_a_refusal_says_why_and_has_its_facts(error: CodebError) -> None:
    found = row(error)
    assert (found.success, found.error, found.code) == (False, str(error).replace("hunter2", "***"), error.code)
    assert found.result.keys() == error.facts().keys()
    assert "hunter2" not in json.dumps(found.result)


def test_an_answer_that_is_a_failure_is_one_in_its_row() -> None:
    found = row({"success": False, "error": "no", "code": "refused", "slot": "blue"})
    assert (found.success, found.error, found.code, found.result) == (False, "no", "refused", {"slot": "blue"})


@pytest.mark.parametrize("error", [KeyError("hunter-of-secrets"), KeyboardInterrupt()])
def test_of_a_crash_only_its_kind_is_told(error: BaseException) -> None:
    found = row(error)
    assert (found.success, found.code, found.result) == (False, "internal_error", {})
    assert found.error == f"internal error: {type(error).__name__}"


@pytest.mark.parametrize("name", ["hunter2", "HUNTER2", "a b", "", "x" * 200, 5, None, "api", ["blog"]])
def test_what_is_no_projects_name_is_no_project(name: object) -> None:
    given = {"projectName": name}
    assert row({}, given).project in (None, "hunter2" if name == "HUNTER2" else None)
    assert "hunter2" not in json.dumps(row({}, given).params)


def test_what_was_asked_for_is_told_of_a_tool_that_does_not_exist() -> None:
    assert row(UnknownTool("x"), tool="hunter2" + "x" * 500).tool == "***" + "x" * 97 + "... (cut)"


def test_ids_grow_and_are_never_the_same() -> None:
    ids = [row({}).id for _ in range(1000)]
    assert len(set(ids)) == 1000
    assert [each[:16] for each in ids] == sorted(each[:16] for each in ids)
    assert max(map(len, ids)) <= 40


def test_no_value_of_a_projects_variables_is_in_the_rows_of_env_sync_and_env_get(tool: Tool) -> None:
    given = {"projectName": "blog", "content": "API_TOKEN=tok-4711\nNAME=plain-4712"}
    for name, params in (("env_sync", given), ("env_get", {"projectName": "blog"})):
        found = entry_of(
            name, params, tool(name, **params), Caller(AUTH, FACTS, nobody), duration_ms=1, cover=lambda text: text
        )
        assert "471" not in json.dumps([found.params, found.result])
        assert found.project == "blog"


@pytest.mark.parametrize(
    ("auth", "project", "owner", "whose"),
    [
        (AUTH, "blog", "team-a", None),
        (AUTH, "blog", None, None),
        (AUTH, "blog", "team-b", None),
        (PLATFORM, "blog", "team-a", "team-a"),
        (PLATFORM, "blog", "ops", None),
        (PLATFORM, "blog", None, ""),
        (PLATFORM, None, None, None),
    ],
)
def test_a_platform_keys_act_on_a_project_is_a_row_of_the_projects_team(
    auth: AuthContext, project: str | None, owner: str | None, whose: str | None
) -> None:
    given = {} if project is None else {"projectName": project}
    caller = Caller(auth, FACTS, {"blog": owner}.get)
    found = entry_of("deploy", given, {}, caller, duration_ms=1, cover=KNOWN.cover)
    assert (found.team_id, found.whose) == (auth.team_id, whose)
