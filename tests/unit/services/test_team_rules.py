"""What a team's settings decide about its releases, whichever door they come by. Spec section 6."""

import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from codeb.adapters.hooks.courier import Courier
from codeb.adapters.hooks.outbox import Outbox
from codeb.adapters.hooks.signature import hook_secret, signature, team_signer
from codeb.domain.deployment import DeployFailed
from codeb.domain.teams import Team, TeamSettings
from codeb.errors import Unavailable
from codeb.services.errors import Unhealthy
from codeb.services.release_steps import DeployRequest
from codeb.services.slot_changes import Receipt
from codeb.settings import Secret
from tests.unit.services.conftest import BLOG, ME, configure, release
from tests.world import World

HOOK = "https://hooks.example.org/team"


def decide(world: World, **settings: Any) -> None:
    world.access.put(Team(id="team-a", name="A", slug="team-a", settings=TeamSettings(**settings)))


def grace(world: World) -> timedelta:
    """How long the slot that has just lost the traffic stays."""
    expires = world.slots.get(BLOG).blue.grace_expires_at
    assert expires is not None
    return expires - world.clock.now()


@pytest.mark.parametrize(("hours", "stays"), [(5, 5), (None, 48)])
def test_the_slot_before_stays_warm_as_long_as_the_team_says_or_else_the_platform(
    world: World, hours: int | None, stays: int
) -> None:
    decide(world, grace_period_hours=hours)
    for version in ("v1", "v2"):
        release(world, version)
    assert grace(world) == timedelta(hours=stays)


def test_a_pin_outlasts_the_teams_grace(world: World) -> None:
    decide(world, grace_period_hours=1)
    for version in ("v1", "v2"):
        release(world, version)
    world.pin(BLOG, ME, hours=100)
    assert grace(world) == timedelta(hours=100)


def test_a_promote_does_not_fail_over_a_registry_that_cannot_be_read(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide(world, grace_period_hours=5)
    release(world, "v1")
    world.deploy(DeployRequest(BLOG, "v2"), ME)

    def damaged() -> Mapping[str, Team]:
        raise Unavailable("teams.json", "it is damaged")

    monkeypatch.setattr(world.access, "teams", damaged)
    receipt = world.promote(BLOG, ME).receipt
    assert isinstance(receipt, Receipt)
    assert grace(world) == timedelta(hours=48)


def test_the_teams_hook_is_told_of_every_release_and_gets_no_secret(world: World) -> None:
    world.env(BLOG, {"TOKEN": "hunter2"}, ME)
    decide(world, notification_webhook=HOOK)
    for version in ("v1", "v2"):
        release(world, version)
    world.rollback(BLOG, ME, "slow")
    world.runtime.fails = Unhealthy("blog", "boom")
    with pytest.raises(DeployFailed):
        world.deploy(DeployRequest(BLOG, "v3"), ME)
    told = [(url, event["event"], event["teamId"]) for url, event in world.announcements.sent]
    kinds = ["deployment", "promotion", "deployment", "promotion", "rollback", "failure"]
    assert told == [(HOOK, kind, "team-a") for kind in kinds]
    assert "hunter2" not in repr(world.announcements.sent)


def test_project_and_team_are_each_told_and_one_address_is_told_once(world: World) -> None:
    configure(world, webhook="https://hooks.example.org/project")
    decide(world, notification_webhook=HOOK)
    world.deploy(DeployRequest(BLOG, "v1"), ME)
    (own, of_project), (theirs, of_team) = world.announcements.sent
    assert (own, theirs) == ("https://hooks.example.org/project", HOOK)
    assert of_project["id"] != of_team["id"]
    assert "teamId" not in of_project
    decide(world, notification_webhook=own)
    world.promote(BLOG, ME)
    assert len(world.announcements.sent) == 3


def test_what_the_teams_hook_gets_is_signed_with_the_teams_secret(world: World, tmp_path: Path) -> None:
    decide(world, notification_webhook=HOOK)
    world.deploy(DeployRequest(BLOG, "v1"), ME)
    got: list[tuple[str, Mapping[str, str], bytes]] = []
    outbox = Outbox(tmp_path, world.clock)
    outbox.announce(*world.announcements.sent[0])
    Courier(outbox, Secret("platform"), lambda *delivery: got.append(delivery), world.clock).deliver()
    ((url, headers, body),) = got
    made = hook_secret(Secret("platform"), team_signer("team-a"), "")
    assert (url, json.loads(body)["projectName"]) == (HOOK, "blog")
    assert headers["X-CodeB-Signature"] == signature(made, headers["X-CodeB-Timestamp"], body)
