"""What an assistant does only with a person's word, at the API's own door. Security 4."""

import pytest

from codeb.tools import registry
from codeb.tools.confirm import NEEDED
from codeb.tools.params import DryRun
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
    for key in (assistant, house.key("owner", kind="assistant"), house.key("owner", kind="ci")):
        assert tool("confirm", key=key, requestId=asked["requestId"], status=403)["code"] == "forbidden"


@pytest.mark.usefixtures("candidate")
def test_whoever_confirms_must_be_allowed_to_do_it(tool: Tool, house: House, assistant: str) -> None:
    asked = tool("slot_cleanup", key=assistant, **BLOG, force=True)
    refused = tool("confirm", key=house.key("member"), requestId=asked["requestId"], status=403)
    assert refused["error"] == "Permission denied: slot.cleanup required"
    less = tool("confirm", key=house.key("admin"), requestId=asked["requestId"], status=403)
    assert "owner is needed to confirm it" in less["error"]
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
    assert (looked["tool"], looked["params"]) == ("env_sync", {**BLOG, "content": "***"})
    assert "confirmation" not in looked


def test_a_person_sees_nothing_that_the_audit_would_hide(tool: Tool, house: House, assistant: str) -> None:
    house.services.known.add("hunter2-hunter2")
    asked = tool("rollback", key=assistant, **BLOG, reason="since hunter2-hunter2 leaked")
    assert tool("confirm", requestId=asked["requestId"], look=True)["params"]["reason"] == "since *** leaked"


@pytest.mark.parametrize(
    ("webhook", "seen"),
    [
        ("https://hooks.example.org/hunter2", "https://hooks.example.org/..."),
        ("https://[hunter2", "..."),
        (["hunter2"], "***"),
        (None, None),
    ],
)
def test_a_person_sees_where_hooks_would_go_and_not_the_whole_address(
    tool: Tool, assistant: str, webhook: object, seen: str | None
) -> None:
    settings = {"webhook": webhook, "memory": "1g"}
    asked = tool("project_update", key=assistant, **BLOG, settings=settings)
    looked = tool("confirm", requestId=asked["requestId"], look=True)
    assert looked["params"] == {**BLOG, "settings": {"webhook": seen, "memory": "1g"}}


@pytest.mark.parametrize("name", sorted(NEEDED))
def test_a_plan_is_no_way_round_for_a_tool_that_makes_none(name: str, tool: Tool, assistant: str) -> None:
    """What has no ``dryRun`` would do the thing itself."""
    row = registry.find(name)
    if not issubclass(row.params, DryRun):
        assert tool(name, key=assistant, dryRun=True)["code"] == "confirmation_required"
    assert name == row.name


def test_what_concerns_the_whole_team_is_confirmed_by_a_key_for_all_of_it(
    tool: Tool, house: House, assistant: str
) -> None:
    asked = tool("team_settings", key=assistant, settings={"gracePeriodHours": 24})
    narrow = house.key("owner", projects=["blog"])
    assert tool("confirm", key=narrow, requestId=asked["requestId"], status=403)["code"] == "forbidden"
    assert tool("confirm", requestId=asked["requestId"])["changed"]


def test_a_name_is_folded_as_the_tool_folds_it(tool: Tool, assistant: str) -> None:
    asked = tool("maintenance", key=assistant, projectName="BLOG")
    code = tool("confirm", requestId=asked["requestId"])["confirmation"]
    assert tool("maintenance", key=assistant, projectName="BLOG", confirmation=code)["maintenance"] is True


def test_a_plan_of_new_settings_tells_no_assistant_how_hooks_are_signed(tool: Tool, assistant: str) -> None:
    settings = {"webhook": "https://hooks.example.org/x"}
    assert "webhookSecret" not in tool("project_update", key=assistant, **BLOG, settings=settings, dryRun=True)
    assert tool("project_update", **BLOG, settings=settings)["webhookSecret"]
