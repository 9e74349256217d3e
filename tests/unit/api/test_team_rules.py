"""Settings and quotas of a team, set by a tool and felt by the calls after it. Spec sections 2 and 6, security 10."""

import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from codeb.adapters.hooks.signature import hook_secret, team_signer
from codeb.domain.records import iso
from codeb.services.errors import Unhealthy
from codeb.services.protocols.trail import StreamEvent
from codeb.tools import registry
from codeb.tools.auto_promote import LEFT
from codeb.tools.confirm import IN_ENVIRONMENT, NEEDED
from codeb.tools.params import EnvironmentParams
from tests.doors import House
from tests.unit.api.conftest import Tool

BLOG = {"projectName": "blog"}
HOOK = "https://hooks.example.org/team"


@pytest.fixture
def platform(house: House) -> str:
    return house.key("owner", "operators", platform=True)


def test_a_call_that_names_no_environment_means_the_teams_default(tool: Tool, platform: str) -> None:
    tool("team_settings", settings={"defaultEnvironment": "staging"})
    assert tool("deploy", **BLOG, version="v1")["environment"] == "staging"
    assert tool("promote", **BLOG)["environment"] == "staging"
    assert tool("slot_status", **BLOG)["activeSlot"] == "blue"
    assert tool("env_get", **BLOG)["environment"] == "staging"
    assert tool("slot_status", **BLOG, environment="production")["activeSlot"] is None
    assert tool("slot_status", **BLOG, environment=None)["environment"] == "staging", "null is not sent"
    assert tool("slot_status", key=platform, **BLOG)["environment"] == "staging", "whoever asks: it is the project's"


def test_a_default_that_cannot_be_read_is_not_guessed(tool: Tool, house: House) -> None:
    tool("team_settings", settings={"defaultEnvironment": "preview"})
    assert tool("slot_status", **BLOG)["environment"] == "preview"
    tool("team_settings", settings={"defaultEnvironment": None})
    assert tool("slot_status", **BLOG)["environment"] == "production"
    (house.registry / "teams.json").write_text("{")
    refused = tool("slot_status", **BLOG, status=503)
    assert "teams.json.backup" in refused["error"]
    assert tool("slot_status", **BLOG, environment="production")["environment"] == "production"


def test_steps_are_told_of_the_environment_that_is_meant(tool: Tool, house: House) -> None:
    tool("team_settings", settings={"defaultEnvironment": "staging"})
    events: list[StreamEvent] = []
    house.hub.on_event(events.append)
    tool("deploy", **BLOG, version="v1")
    steps = {(event.team_id, event.environment) for event in events if event.kind == "deployment"}
    assert steps == {("team-a", "staging")}


def test_a_deploy_to_the_default_environment_is_promoted_right_away(tool: Tool) -> None:
    tool("team_settings", settings={"autoPromote": True})
    plan = tool("deploy", **BLOG, version="v1", dryRun=True)["plan"]
    assert plan[-1] == "send the traffic to it: the team's autoPromote"
    done = tool("deploy", **BLOG, version="v1")
    assert (done["changed"], done["isFirstDeploy"], done["slot"]) == (True, True, "blue")
    assert (done["autoPromote"]["promoted"], done["autoPromote"]["toSlot"]) == (True, "blue")
    assert done["autoPromote"]["receipt"]["newDeployment"] == done["deploymentId"]
    assert tool("slot_status", **BLOG)["activeSlot"] == "blue"
    again = tool("deploy", **BLOG, version="v1")
    assert (again["changed"], again["autoPromote"]["promoted"]) == (False, False)
    assert again["autoPromote"]["reason"] == "it has the traffic already"
    assert tool("deploy", **BLOG, version="v1", dryRun=True)["plan"][-1].startswith("nothing")
    assert "autoPromote" not in tool("deploy", **BLOG, version="v1", environment="staging")


def test_without_the_setting_nothing_is_promoted_and_nothing_said_of_it(tool: Tool) -> None:
    assert "autoPromote" not in tool("deploy", **BLOG, version="v1")
    assert tool("slot_status", **BLOG)["activeSlot"] is None


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ({"kind": "assistant"}, "a person's word only"),
        ({"kind": "ci", "scopes": ["deploy.create"]}, "may not promote (deploy.promote)"),
    ],
)
def test_the_setting_lends_nobody_the_right_to_promote(
    tool: Tool, house: House, entry: dict[str, Any], reason: str
) -> None:
    tool("team_settings", settings={"autoPromote": True})
    key = house.key("owner", **entry)
    assert reason in tool("deploy", key=key, **BLOG, version="v1", dryRun=True)["plan"][-1]
    done = tool("deploy", key=key, **BLOG, version="v1")
    assert done["success"]
    assert done["autoPromote"]["promoted"] is False
    assert reason in done["autoPromote"]["reason"]
    assert tool("slot_status", **BLOG)["activeSlot"] is None


def test_an_assistants_code_for_something_else_promotes_nothing(tool: Tool, house: House) -> None:
    tool("team_settings", settings={"autoPromote": True})
    key = house.key("owner", kind="assistant")
    asked = tool("promote", key=key, **BLOG)
    code = tool("confirm", requestId=asked["requestId"])["confirmation"]
    tool("deploy", key=key, **BLOG, version="v1", confirmation=code)
    assert tool("slot_status", **BLOG)["activeSlot"] is None


def test_whoever_confirms_sees_which_environment_is_meant(tool: Tool, house: House) -> None:
    tool("team_settings", settings={"defaultEnvironment": "staging"})
    key = house.key("owner", kind="assistant")
    asked = tool("promote", key=key, **BLOG)
    assert tool("confirm", requestId=asked["requestId"], look=True)["environment"] == "staging"
    assert tool("confirm", requestId=asked["requestId"])["environment"] == "staging"
    named = tool("promote", key=key, **BLOG, environment="production")
    looked = tool("confirm", requestId=named["requestId"], look=True)
    assert (looked["params"]["environment"], "environment" in looked) == ("production", False)
    asked = tool("project_update", key=key, **BLOG, settings={"memory": "1g"})
    assert "environment" not in tool("confirm", requestId=asked["requestId"], look=True)


def test_every_confirmed_tool_with_an_environment_is_known_as_one() -> None:
    meant = {tool.name for tool in registry.TOOLS if issubclass(tool.params, EnvironmentParams)}
    assert meant & NEEDED == IN_ENVIRONMENT


def test_a_promote_that_is_refused_leaves_the_deploy_a_success_and_is_told(
    tool: Tool, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool("team_settings", settings={"autoPromote": True})
    monkeypatch.setattr(house.world.smoke, "failures", lambda *_: ["/ answered 500"])
    tool("project_update", **BLOG, settings={"smoke": [{"path": "/"}]})
    done = tool("deploy", **BLOG, version="v1")
    assert (done["success"], done["changed"], done["autoPromote"]["promoted"]) == (True, True, False)
    assert done["autoPromote"]["code"] == "smoke_failed"
    assert "/ answered 500" in done["autoPromote"]["reason"]
    monkeypatch.undo()
    again = tool("deploy", **BLOG, version="v1")
    assert (again["changed"], again["autoPromote"]["promoted"]) == (False, True), "repeated, it is promoted"


def test_what_somebody_went_back_from_is_not_promoted_by_a_repeated_deploy(tool: Tool) -> None:
    tool("team_settings", settings={"autoPromote": True})
    for version in ("v1", "v2"):
        assert tool("deploy", **BLOG, version=version)["autoPromote"]["promoted"]
    tool("rollback", **BLOG)
    again = tool("deploy", **BLOG, version="v2")
    assert (again["changed"], again["autoPromote"]["promoted"]) == (False, False)
    assert again["autoPromote"]["reason"] == LEFT
    assert tool("deploy", **BLOG, version="v2", dryRun=True)["plan"][-1] == f"not send the traffic to it: {LEFT}"
    assert tool("slot_status", **BLOG)["activeSlot"] == "blue"
    assert tool("deploy", **BLOG, version="v2", force=True)["autoPromote"]["promoted"], "a new one is"


def test_the_older_address_of_env_sync_means_the_default_too(tool: Tool, house: House, client: TestClient) -> None:
    tool("team_settings", settings={"defaultEnvironment": "staging"})
    upload = {"project": "blog", "content": "A=1"}
    answer = client.post("/api/env", json=upload, headers={"X-API-Key": house.key()})
    assert answer.json()["environment"] == "staging"


def test_a_deploy_that_fails_promotes_nothing(tool: Tool, house: House) -> None:
    tool("team_settings", settings={"autoPromote": True})
    house.world.runtime.fails = Unhealthy("blog", "boom")
    assert "autoPromote" not in tool("deploy", **BLOG, version="v1")


def test_the_teams_hook_has_a_secret_of_its_own_that_no_assistant_and_no_audit_row_sees(
    tool: Tool, house: House
) -> None:
    done = tool("team_settings", settings={"notificationWebhook": HOOK})
    team = house.services.access.teams.registry.teams()["team-a"]
    secret = hook_secret(house.settings.env_key, team_signer("team-a"), str(iso(team.created_at))).reveal()
    assert done["webhookSecret"] == secret
    assert secret not in repr(house.trail.entries)
    assert "webhookSecret" not in tool("team_settings", settings={"notificationWebhook": HOOK}, dryRun=True)
    assistant = house.key("owner", kind="assistant")
    asked = tool("team_settings", key=assistant, settings={"notificationWebhook": f"{HOOK}/2"})
    code = tool("confirm", requestId=asked["requestId"])["confirmation"]
    changed = tool("team_settings", key=assistant, settings={"notificationWebhook": f"{HOOK}/2"}, confirmation=code)
    assert (changed["changed"], "webhookSecret" in changed) == (True, False)
    assert "webhookSecret" not in tool("team_settings", settings={"notificationWebhook": None})


def test_quotas_are_shown_with_what_is_in_use(tool: Tool, house: House, platform: str) -> None:
    tool("team_settings", key=platform, teamId="team-a", quotas={"previews": 2, "memoryMb": 4096, "imagesMb": 9000})
    tool("deploy", **BLOG, version="v1")
    shown = tool("team_get")
    assert (shown["team"]["quotas"]["previews"], shown["team"]["quotas"]["imagesMb"]) == (2, 9000)
    assert shown["usage"] == {"projects": 1, "previews": 1, "memoryMb": 512, "cpus": 1, "concurrentDeploys": 0}
    assert "usage" not in tool("team_get", key=house.key("owner", projects=["blog"])), "of more than its projects"
    assert tool("team_get", key=platform, teamId="team-a")["usage"] == shown["usage"]


@pytest.mark.parametrize(
    ("quota", "value"), [("previews", -1), ("memoryMb", "much"), ("cpus", 1e9), ("streams", 1.5), ("bytes", 1)]
)
def test_a_wrong_quota_is_named(tool: Tool, platform: str, quota: str, value: object) -> None:
    refused = tool("team_settings", key=platform, quotas={quota: value}, status=400)
    assert refused["field"].startswith(f"quotas.{quota}")


def test_a_plan_is_refused_as_the_deploy_would_be(tool: Tool, platform: str) -> None:
    tool("team_settings", key=platform, teamId="team-a", quotas={"memoryMb": 100})
    planned = tool("deploy", **BLOG, version="v1", dryRun=True)
    real = tool("deploy", **BLOG, version="v1")
    assert planned["error"] == real["error"]
    assert (planned["code"], real["code"], real["quota"]) == ("quota_reached", "quota_reached", "memoryMb")
    assert (real["limit"], real["used"], real["wanted"]) == (100, 0, 512)
    tool("team_settings", key=platform, teamId="team-a", quotas={"memoryMb": None, "concurrentDeploys": 0})
    assert tool("deploy", **BLOG, version="v1", dryRun=True)["quota"] == "concurrentDeploys"
    assert tool("deploy", **BLOG, version="v1")["running"] == []


def test_a_plan_of_a_project_too_many_is_refused_too(tool: Tool, platform: str) -> None:
    tool("team_settings", key=platform, teamId="team-a", quotas={"projects": 1})
    for dry_run in (True, False):
        assert tool("workflow_init", projectName="shop", dryRun=dry_run)["quota"] == "projects"
    assert tool("workflow_init", projectName="blog", dryRun=True, settings={"memory": "1g"})["code"] == "project_exists"


def test_no_more_streams_are_open_than_the_team_may_have(
    tool: Tool, house: House, client: TestClient, platform: str
) -> None:
    tool("team_settings", key=platform, teamId="team-a", quotas={"streams": 0})
    answer = client.get("/api/logs/stream", headers={"X-API-Key": house.key("viewer")})
    assert (answer.status_code, json.loads(answer.content)["code"]) == (429, "too_many_streams")
