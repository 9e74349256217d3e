"""What a release has to pass before it gets the traffic, and what is said of it. Issue 4, section 3."""

import pytest

from codeb.domain.routing import Word
from codeb.domain.slot_refusals import AnotherCandidate
from codeb.domain.smoke import SmokeRequest
from codeb.services.errors import SmokeFailed, Unhealthy
from codeb.services.release_steps import DeployRequest
from tests.unit.services.conftest import BLOG, ME, configure, release
from tests.world import World

LOGIN = SmokeRequest(path="/login")


def test_a_preview_that_fails_its_smoke_requests_is_not_promoted(world: World) -> None:
    configure(world, smoke=(LOGIN,))
    world.deploy(DeployRequest(BLOG, "v1"), ME)
    world.smoke.broken = ["GET /login answered 500, expected 200"]
    with pytest.raises(SmokeFailed, match="answered 500"):
        world.promote(BLOG, ME)
    assert world.proxy.words[BLOG] is Word.EMPTY
    world.smoke.broken = []
    assert world.promote(BLOG, ME).changed
    assert world.smoke.asked[-1] == ("blue", (LOGIN,))


def test_the_gate_is_the_one_that_the_release_was_deployed_with(world: World) -> None:
    world.deploy(DeployRequest(BLOG, "v1"), ME)
    configure(world, smoke=(LOGIN,))
    world.promote(BLOG, ME)
    assert world.smoke.asked == []


def test_health_is_judged_by_the_settings_of_the_release(world: World) -> None:
    world.deploy(DeployRequest(BLOG, "v1"), ME)
    configure(world, health_path="/new")
    world.probe.sick.add(4100)
    with pytest.raises(Unhealthy, match="GET /health"):
        world.promote(BLOG, ME)


def test_a_promote_that_names_a_deployment_takes_no_other(world: World) -> None:
    first = world.deploy(DeployRequest(BLOG, "v1"), ME).deployment_id
    second = world.deploy(DeployRequest(BLOG, "v2"), ME).deployment_id
    with pytest.raises(AnotherCandidate, match=second):
        world.promote(BLOG, ME, only=first)
    assert world.promote(BLOG, ME, only=second).changed
    assert not world.promote(BLOG, ME, only=second).changed, "naming it again changes nothing"


def test_a_promote_names_the_variables_that_production_gets_and_no_value(world: World) -> None:
    world.env(BLOG, {"KEPT": "1", "GONE": "2", "OTHER": "old"}, ME)
    release(world, "v1")
    world.env(BLOG, {"KEPT": "1", "NEW": "3", "OTHER": "hunter2"}, ME)
    world.deploy(DeployRequest(BLOG, "v2"), ME)
    diff = world.promote(BLOG, ME).env_diff
    assert diff is not None
    assert (diff.before, diff.after) == (1, 2)
    assert (diff.added, diff.removed, diff.changed) == (("NEW",), ("GONE",), ("OTHER",))
    assert "hunter2" not in repr(diff)
    assert world.proxy.words[BLOG] is Word.GREEN


def test_a_rollback_brings_image_variables_and_settings_back_together(world: World) -> None:
    world.env(BLOG, {"A": "1"}, ME)
    configure(world, health_path="/one")
    release(world, "v1")
    world.env(BLOG, {"A": "2"}, ME)
    configure(world, health_path="/two")
    release(world, "v2")
    back = world.rollback(BLOG, ME).active.release
    assert back is not None
    assert (back.version, back.env_version, back.settings.health_path) == ("v1", 1, "/one")
    assert world.runtime.specs["blog-production-blue"].env["A"] == "1"
    assert world.proxy.sites[BLOG].blue.health_path == "/one"
    assert world.proxy.sites[BLOG].green.health_path == "/two"


def test_only_a_deploy_with_other_settings_loads_the_proxy(world: World) -> None:
    release(world, "v1")
    loads = world.proxy.loads
    release(world, "v2")
    world.rollback(BLOG, ME)
    world.promote(BLOG, ME)
    world.maintenance(BLOG, ME, on=True)
    world.maintenance(BLOG, ME, on=False)
    world.upkeep()
    world.cleanup(BLOG, ME, force=True)
    release(world, "v3")
    assert world.proxy.loads == loads, "promote, rollback, maintenance, expiry and a deploy as before load nothing"
    configure(world, health_path="/other")
    loads = world.proxy.loads
    world.deploy(DeployRequest(BLOG, "v4"), ME)
    world.promote(BLOG, ME)
    assert world.proxy.loads == loads + 1, "the deploy's own, and none for the promote"
