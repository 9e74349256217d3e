"""Room, cancellation, images that stay, and what a team's webhook is told. Issue 4, section 3."""

import pytest

from codeb.domain.deployment import DeployFailed, DeploymentStatus
from codeb.services.cold_rollback import NotARelease
from codeb.services.errors import ImageUnavailable, Unhealthy, UnknownDeployment
from codeb.services.release_steps import DeployRequest
from tests.unit.services.conftest import BLOG, ME, configure, release
from tests.world import World


def test_a_full_disk_is_found_before_a_pull_and_touches_nothing(green: World) -> None:
    before, running = green.slots.get(BLOG), dict(green.runtime.running)
    green.runtime.free = 10
    green.runtime.pulled.clear()
    with pytest.raises(DeployFailed, match="MB are wanted before a pull") as refused:
        green.deploy(DeployRequest(BLOG, "v3"), ME)
    assert refused.value.code == "no_room"
    assert green.runtime.pulled == []
    assert (green.slots.get(BLOG), green.runtime.running) == (before, running)


def test_an_image_that_is_not_there_is_found_before_anything_is_touched(green: World) -> None:
    green.runtime.registry_fails = ImageUnavailable("blog:v3 is not in the registry: push it first")
    with pytest.raises(DeployFailed, match="push it first"):
        green.deploy(DeployRequest(BLOG, "v3"), ME)
    assert set(green.runtime.running) == {"blog-production-blue", "blog-production-green"}


def test_what_is_there_already_is_not_pulled_again(green: World) -> None:
    green.runtime.pulled.clear()
    assert not green.deploy(DeployRequest(BLOG, "v2"), ME).changed
    assert green.runtime.pulled == []


def test_images_of_every_slot_and_the_newest_few_besides_stay(world: World) -> None:
    configure(world, keep_images=1)
    for version in ("v1", "v2", "v3", "v4"):
        release(world, version)
    kept = world.runtime.pruned[-1]
    digests = {d.version: d.digest for d in world.history.deployments("blog", None, 10)}
    assert kept == {digests["v4"], digests["v3"], digests["v2"]}, "two slots, and the newest one besides"


def test_a_cancelled_deploy_ends_as_failed_with_everything_as_it_was(green: World) -> None:
    before, running = green.slots.get(BLOG), dict(green.runtime.running)
    green.cancellations.everything = True
    with pytest.raises(DeployFailed, match="was cancelled; everything is as it was") as refused:
        green.deploy(DeployRequest(BLOG, "v3"), ME)
    assert refused.value.code == "cancelled"
    assert (green.slots.get(BLOG), green.runtime.running) == (before, running)
    assert refused.value.deployment.status is DeploymentStatus.FAILED


def test_cancelling_asks_an_open_deploy_to_end_and_leaves_an_ended_one_alone(world: World) -> None:
    done = world.deploy(DeployRequest(BLOG, "v1"), ME).deployment_id
    assert world.cancel("blog", done)[1] is False
    assert not world.cancellations.asked
    with pytest.raises(UnknownDeployment):
        world.cancel("blog", "dep_0000000000000000")


def test_any_recorded_deployment_comes_back_with_its_image_variables_and_settings(world: World) -> None:
    world.env(BLOG, {"A": "1"}, ME)
    configure(world, memory="256m")
    first = release(world, "v1")
    world.env(BLOG, {"A": "2"}, ME)
    configure(world, memory="1g")
    for version in ("v2", "v3"):
        release(world, version)
    done = world.rollback_to(BLOG, first, ME, "v2 and v3 are wrong")
    back = done.active.release
    assert back is not None
    assert (back.version, back.env_version, back.settings.memory) == ("v1", 1, "256m")
    assert world.runtime.specs[BLOG.container(done.active.name)].env["A"] == "1"
    assert done.previous is not None, "the version it replaces is the way forward again"
    assert world.rollback_log.entries[-1]["reason"] == "v2 and v3 are wrong"
    assert not world.rollback_to(BLOG, back.deployment_id, ME).changed, "twice is once"


def test_what_the_grace_slot_holds_comes_back_warm(green: World) -> None:
    held = green.slots.get(BLOG).blue.release
    assert held is not None
    begun = green.faults.ticks
    assert green.rollback_to(BLOG, held.deployment_id, ME).active.name == "blue"
    warm = green.faults.ticks - begun
    assert warm < 20, "no container was started"


def test_a_deployment_that_never_ran_is_nothing_to_go_back_to(green: World) -> None:
    green.runtime.fails = Unhealthy("blog", "boom")
    with pytest.raises(DeployFailed) as failed:
        green.deploy(DeployRequest(BLOG, "v3"), ME)
    green.runtime.fails = None
    with pytest.raises(NotARelease, match="never served anybody"):
        green.rollback_to(BLOG, failed.value.deployment.id, ME)
    with pytest.raises(UnknownDeployment):
        green.rollback_to(BLOG, "dep_nothing", ME)


def test_a_teams_webhook_is_told_of_each_event_and_gets_no_secret(world: World) -> None:
    world.env(BLOG, {"TOKEN": "hunter2"}, ME)
    configure(world, webhook="https://hooks.example.org/x")
    for version in ("v1", "v2"):
        release(world, version)
    world.rollback(BLOG, ME, "slow")
    world.runtime.fails = Unhealthy("blog", "boom")
    with pytest.raises(DeployFailed):
        world.deploy(DeployRequest(BLOG, "v3"), ME)
    told = [event["event"] for _, event in world.announcements.sent]
    assert told == ["deployment", "promotion", "deployment", "promotion", "rollback", "failure"]
    assert all(event["projectName"] == "blog" for _, event in world.announcements.sent)
    assert "hunter2" not in repr(world.announcements.sent)
    assert len({event["id"] for _, event in world.announcements.sent}) == 6


def test_without_a_webhook_nothing_is_told(green: World) -> None:
    assert green.announcements.sent == []
