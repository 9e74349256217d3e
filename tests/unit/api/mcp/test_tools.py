"""Tools over ``/mcp``: which a key sees, what they answer, and that they pass the same dispatch. Spec section 10."""

import json

import pytest
from starlette.testclient import TestClient

import codeb
from codeb.domain.access import Role
from codeb.mcp.traits import NEVER_HERE
from codeb.tools.params import DryRun
from codeb.tools.registry import TOOLS, find
from tests.doors import House
from tests.unit.api.conftest import Tool
from tests.unit.api.mcp.speaking import Speaker, begin, last_message
from tests.unit.api.scrape import INTERNAL, sample


@pytest.mark.parametrize("role", list(Role))
def test_a_key_sees_what_its_role_may_call(client: TestClient, house: House, role: Role) -> None:
    wanted = {tool.name for tool in TOOLS if role.covers(tool.least_role)} - NEVER_HERE
    assert Speaker(client, house.key(role)).tools().keys() == wanted


def test_scopes_narrow_what_it_sees_and_the_dispatch_holds_to_it(client: TestClient, house: House) -> None:
    narrow = Speaker(client, house.key("owner", scopes=["slot.view"]))
    assert narrow.tools().keys() == {"slot_status", "slot_list"}
    refused = narrow.record("deploy", projectName="blog")
    assert (refused["success"], refused["code"]) == (False, "forbidden")


def test_each_is_offered_with_the_schema_of_its_own_input(client: TestClient, house: House) -> None:
    shown = Speaker(client, house.key()).tools()
    for tool in TOOLS:
        if tool.name in NEVER_HERE:
            continue
        schema = shown[tool.name]["inputSchema"]
        assert schema == tool.params.model_json_schema(by_alias=True)
        assert "confirmation" not in schema["properties"]
        assert ("dryRun" in schema["properties"]) is issubclass(tool.params, DryRun)
        assert shown[tool.name]["annotations"]["readOnlyHint"] is not tool.changes


def test_a_person_is_spoken_of_to_assistants_only(client: TestClient, house: House) -> None:
    described = [
        Speaker(client, house.key("owner", kind=kind)).tools()["promote"]["description"]
        for kind in ("person", "assistant")
    ]
    assert [("A person confirms it" in each) for each in described] == [False, True]


def test_an_answer_is_structured_and_the_same_as_json(client: TestClient, house: House, tool: Tool) -> None:
    answer = Speaker(client, house.key()).call("slot_status", projectName="blog")
    assert json.loads(answer["content"][0]["text"]) == answer["structuredContent"]
    wanted = tool("slot_status", projectName="blog")
    assert answer["structuredContent"].items() <= {**wanted, "success": True}.items()
    assert answer.get("isError", False) is False


def test_a_refusal_is_an_error_with_its_sentence_and_its_code(client: TestClient, house: House) -> None:
    answer = Speaker(client, house.key()).call("promote", projectName="blog")
    record = answer["structuredContent"]
    assert answer["isError"] is True
    assert answer["content"][0]["text"] == f"Error: {record['error']} (code: {record['code']})"
    assert record["code"] == "nothing_to_promote"
    assert "untrusted" not in json.dumps(answer), "the platform's own words"


@pytest.mark.parametrize(("name", "code"), [("no_such_tool", "unknown_tool"), ("deploy\0", "bad_request")])
def test_what_is_no_tool_is_said_to_be_none(client: TestClient, house: House, name: str, code: str) -> None:
    assert Speaker(client, house.key()).record(name)["code"] == code


@pytest.mark.parametrize(("alias", "name"), [("deploy_project", "deploy"), ("scan", "workflow_scan")])
def test_names_of_before_are_answered_to(client: TestClient, house: House, alias: str, name: str) -> None:
    assert Speaker(client, house.key()).record(alias, projectName="blog")["success"] is True
    assert house.trail.entries[-1].tool == find(alias).name == name


def test_another_teams_project_does_not_exist(client: TestClient, house: House) -> None:
    theirs = Speaker(client, house.key("owner", team="team-b"))
    assert theirs.record("slot_status", projectName="blog")["code"] == "unknown_project"


def test_every_call_has_a_row_in_the_audit_and_a_count(house: House) -> None:
    with house.client(server=INTERNAL) as client:
        speaker = Speaker(client, house.key())
        speaker.record("deploy", projectName="blog")
        speaker.record("promote", projectName="nowhere")
        rows = [(each.tool, each.success, each.source) for each in house.trail.entries]
        assert rows == [("deploy", True, "mcp"), ("promote", False, "mcp")]
        assert all(each.correlation_id and each.ip for each in house.trail.entries)
        assert sample(client, 'codeb_tool_calls_total{role="owner",status="success",tool="deploy"}') == 1
        assert sample(client, 'codeb_http_requests_total{method="POST",route="/mcp",status_code="200"}') == 2


def test_a_deployment_tells_that_it_came_by_mcp(client: TestClient, house: House, tool: Tool) -> None:
    Speaker(client, house.key()).record("deploy", projectName="blog")
    assert tool("deployment_list", projectName="blog")["deployments"][0]["source"] == "mcp"


def test_steps_are_told_while_a_deploy_runs(client: TestClient, house: House) -> None:
    speaker = Speaker(client, house.key())
    answer = client.post(
        "/mcp",
        headers=speaker.headers("tools/call", "deploy"),
        json=speaker.message("tools/call", {"name": "deploy", "arguments": {"projectName": "blog"}}, progress="p1"),
    )
    events = [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: {")]
    told = [each["params"] for each in events if each.get("method") == "notifications/progress"]
    assert {each["progressToken"] for each in told} == {"p1"}
    assert [each["progress"] for each in told] == list(range(1, len(told) + 1))
    assert "start_container: success" in [each["message"] for each in told]
    assert events[-1]["result"]["structuredContent"]["success"] is True


def test_a_crash_tells_an_id_and_nothing_of_its_cause(
    client: TestClient, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(self: object, name: str) -> None:
        raise RuntimeError("hunter2")

    monkeypatch.setattr(type(house.services.projects), "get", crash)
    answer = Speaker(client, house.key()).call("deploy", projectName="blog")
    assert answer["structuredContent"]["code"] == "internal_error"
    assert "hunter2" not in json.dumps(answer)


def test_it_says_which_version_it_is_and_what_it_is_for(client: TestClient, house: House) -> None:
    for said in (
        last_message(begin(client, house.key()))["result"],
        Speaker(client, house.key()).ask("server/discover"),
    ):
        assert "a person with a key of their own" in said["instructions"]
        assert said["capabilities"].keys() >= {"tools", "prompts", "resources"}
    info = last_message(begin(client, house.key()))["result"]["serverInfo"]
    assert (info["name"], info["version"]) == ("codeb", codeb.__version__)
