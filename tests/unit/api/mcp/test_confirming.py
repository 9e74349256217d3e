"""Security 4 at ``/mcp``: an assistant under somebody else's words gets nothing done that a person has not seen."""

import json

import pytest
from starlette.testclient import TestClient

from codeb.tools.confirm import NEEDED
from codeb.tools.registry import find
from tests.doors import House
from tests.unit.api.conftest import Tool
from tests.unit.api.every import story
from tests.unit.api.mcp.speaking import CAN_ASK, Speaker, answered

BLOG = {"projectName": "blog"}


@pytest.fixture
def asking(client: TestClient, house: House) -> Speaker:
    """An assistant whose client can ask its person."""
    return Speaker(client, house.key("owner", kind="assistant"), CAN_ASK)


@pytest.fixture
def mute(client: TestClient, house: House) -> Speaker:
    """One whose client cannot."""
    return Speaker(client, house.key("owner", kind="assistant"))


@pytest.fixture(autouse=True)
def candidate(tool: Tool) -> None:
    tool("deploy", **BLOG, version="v1")


def question(asked: dict[str, object]) -> tuple[str, str]:
    """What the person is asked, and the id of the request that it names."""
    assert asked["resultType"] == "input_required", asked
    requests = asked["inputRequests"]
    assert isinstance(requests, dict)
    text: str = requests["confirmation"]["params"]["message"]
    return text, text.partition("we confirm ")[2][:16]


def active(tool: Tool) -> object:
    return tool("slot_status", **BLOG)["activeSlot"]


def test_a_person_is_asked_and_their_code_does_it_once(asking: Speaker, tool: Tool) -> None:
    text, request = question(asking.call("promote", **BLOG))
    assert 'promote with {"projectName": "blog"}' in text
    assert active(tool) is None
    code = tool("confirm", requestId=request)["confirmation"]
    done = asking.call("promote", answered(code), **BLOG)
    assert done["structuredContent"]["toSlot"] == "blue"
    again = asking.call("promote", answered(code), **BLOG)
    assert again["structuredContent"]["code"] == "not_confirmed"


def test_the_code_is_in_nothing_that_the_model_reads(asking: Speaker, tool: Tool) -> None:
    _, request = question(asked := asking.call("promote", **BLOG))
    code = tool("confirm", requestId=request)["confirmation"]
    assert code not in json.dumps([asked, asking.call("promote", answered(code), **BLOG)])


@pytest.mark.parametrize("made_up", ["yes", "cfm_0123456789ab", "REQUEST", "x" * 200])
def test_an_assistant_that_answers_itself_is_refused(asking: Speaker, tool: Tool, made_up: str) -> None:
    _, request = question(asking.call("promote", **BLOG))
    code = request if made_up == "REQUEST" else made_up
    refused = asking.call("promote", answered(code), **BLOG)
    assert refused["isError"] is True
    assert refused["structuredContent"]["code"] == "not_confirmed"
    assert asking.record("promote", **BLOG, confirmation=code)["code"] == "not_confirmed"
    assert active(tool) is None


@pytest.mark.parametrize("reply", [answered("", "decline"), answered("", "cancel"), answered("  ")])
def test_a_person_who_says_no_is_told_of_as_such(asking: Speaker, tool: Tool, reply: dict[str, object]) -> None:
    asking.call("promote", **BLOG)
    refused = asking.call("promote", reply, **BLOG)["structuredContent"]
    assert refused["code"] == "not_confirmed"
    assert "nobody confirmed promote" in refused["error"]
    assert active(tool) is None


def test_a_code_is_for_the_very_call_that_was_confirmed(asking: Speaker, tool: Tool) -> None:
    _, request = question(asking.call("promote", **BLOG))
    code = tool("confirm", requestId=request)["confirmation"]
    other = asking.call("promote", answered(code), **BLOG, force=True)["structuredContent"]
    assert other["code"] == "not_confirmed"
    assert active(tool) is None


def test_a_code_of_one_assistant_is_none_of_another(asking: Speaker, mute: Speaker, tool: Tool) -> None:
    _, request = question(asking.call("promote", **BLOG))
    code = tool("confirm", requestId=request)["confirmation"]
    assert mute.record("promote", **BLOG, confirmation=code)["code"] == "not_confirmed"


def test_where_the_client_cannot_ask_it_is_told_what_a_person_runs(mute: Speaker, tool: Tool) -> None:
    refused = mute.call("promote", **BLOG)
    record = refused["structuredContent"]
    assert f"`we confirm {record['requestId']}`" in refused["content"][0]["text"]
    assert 'call promote again with the same parameters, {"projectName": "blog"}' in record["error"]
    code = tool("confirm", requestId=record["requestId"])["confirmation"]
    assert mute.record("promote", **BLOG, confirmation=code)["toSlot"] == "blue"


@pytest.mark.parametrize("name", sorted(NEEDED))
def test_every_tool_that_needs_a_word_needs_it_here(mute: Speaker, house: House, name: str) -> None:
    before = len(house.trail.entries)
    assert mute.record(name, **story(name))["code"] == "confirmation_required"
    assert [each.code for each in house.trail.entries[before:]] == ["confirmation_required"]


def test_nobody_confirms_through_an_assistant(client: TestClient, house: House, mute: Speaker, tool: Tool) -> None:
    request = mute.record("promote", **BLOG)["requestId"]
    person = Speaker(client, house.key("owner"))
    assert "confirm" not in person.tools()
    refused = person.record("confirm", requestId=request)
    assert (refused["code"], "confirmation" in refused) == ("forbidden", False)
    assert house.trail.entries[-1].tool == "confirm"
    assert tool("confirm", requestId=request)["confirmation"], "it waits still"


def test_a_plan_needs_no_word(mute: Speaker) -> None:
    assert mute.record("promote", **BLOG, dryRun=True)["dryRun"] is True


def test_values_are_neither_asked_about_nor_told(asking: Speaker, mute: Speaker) -> None:
    wanted = {**BLOG, "variables": {"A": "hunter2"}, "content": "A=hunter2"}
    text, _ = question(asking.call("env_sync", **BLOG, content="A=hunter2"))
    assert "hunter2" not in text
    assert "hunter2" not in json.dumps(mute.call("env_sync", **wanted))


def test_it_sees_names_of_variables_and_no_value(mute: Speaker, tool: Tool) -> None:
    tool("env_sync", **BLOG, content="A=hunter2")
    answer = json.dumps(mute.call("env_get", **BLOG))
    assert '"A"' in answer.replace("\\", "")
    assert "hunter2" not in answer


def test_a_word_is_wanted_where_a_name_of_before_is_used(mute: Speaker, tool: Tool) -> None:
    assert mute.record("slot_promote", **BLOG)["code"] == "confirmation_required"
    assert find("slot_promote").name == "promote"
    assert active(tool) is None
