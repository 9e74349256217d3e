"""What an assistant does only with a person's word, at the API's own door. Security 4."""

import pytest

from tests.doors import House
from tests.unit.api.conftest import Tool

BLOG = {"projectName": "blog"}


@pytest.fixture
def assistant(house: House) -> str:
    return house.key("owner", kind="assistant")


@pytest.fixture
def candidate(tool: Tool, assistant: str) -> None:
    tool("deploy", key=assistant, **BLOG, version="v1")


@pytest.mark.usefixtures("candidate")
def test_it_promotes_with_a_persons_code_and_once(tool: Tool, assistant: str) -> None:
    asked = tool("promote", key=assistant, **BLOG)
    assert asked["code"] == "confirmation_required"
    assert tool("slot_status", **BLOG)["activeSlot"] is None
    code = tool("confirm", requestId=asked["requestId"])["confirmation"]
    assert tool("promote", key=assistant, **BLOG, confirmation=code)["toSlot"] == "blue"
    assert tool("promote", key=assistant, **BLOG, confirmation=code)["code"] == "not_confirmed"


@pytest.mark.usefixtures("candidate")
def test_it_confirms_nothing_itself_not_even_with_a_second_key(tool: Tool, house: House, assistant: str) -> None:
    asked = tool("promote", key=assistant, **BLOG)
    for key in (assistant, house.key("owner", kind="assistant")):
        assert tool("confirm", key=key, requestId=asked["requestId"], status=403)["code"] == "forbidden"


@pytest.mark.usefixtures("candidate")
def test_whoever_confirms_must_be_allowed_to_do_it(tool: Tool, house: House, assistant: str) -> None:
    asked = tool("slot_cleanup", key=assistant, **BLOG, force=True)
    refused = tool("confirm", key=house.key("member"), requestId=asked["requestId"], status=403)
    assert refused["error"] == "Permission denied: slot.cleanup required"
    theirs = tool("confirm", key=house.key("owner", team="team-b"), requestId=asked["requestId"])
    assert theirs["code"] == "unknown_request"
    narrow = house.key("owner", projects=["elsewhere"])
    assert tool("confirm", key=narrow, requestId=asked["requestId"], status=403)["code"] == "forbidden"


@pytest.mark.usefixtures("candidate")
@pytest.mark.parametrize("dry_run", ["false", 0, "no", None])
def test_only_a_plain_true_makes_a_plan_of_it(tool: Tool, assistant: str, dry_run: object) -> None:
    assert tool("promote", key=assistant, **BLOG, dryRun=dry_run)["code"] == "confirmation_required"
    assert tool("promote", key=assistant, **BLOG, dryRun=True)["dryRun"] is True


def test_a_wrong_call_is_told_before_anybody_is_asked(tool: Tool, assistant: str) -> None:
    assert tool("promote", key=assistant, projectName="blog", environment="moon", status=400)["field"] == "environment"


def test_a_person_sees_what_it_is_about_without_the_values(tool: Tool, assistant: str) -> None:
    asked = tool("env_sync", key=assistant, **BLOG, content="A=hunter2")
    looked = tool("confirm", requestId=asked["requestId"], look=True)
    assert (looked["tool"], looked["params"]) == ("env_sync", {**BLOG, "content": "********"})
    assert "confirmation" not in looked
