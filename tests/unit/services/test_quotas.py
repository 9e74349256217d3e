"""A team gets no more of the host than its quotas say. Spec section 2, security 10."""

from collections.abc import Mapping

import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from hypothesis.strategies import booleans, sampled_from

from codeb.domain.deployment import DeployFailed, Step, StepName
from codeb.domain.names import Environment, SlotName
from codeb.domain.project import ProjectExists, ProjectSettings
from codeb.domain.quotas import MB, QuotaReached, Share
from codeb.domain.teams import Quotas, Team
from codeb.errors import CodebError, Refused, Unavailable
from codeb.services.actor import Actor
from codeb.services.errors import Unhealthy
from codeb.services.protocols.quotas import Underway
from codeb.services.quotas import DeploysReached
from codeb.services.release_steps import DeployRequest
from tests.fakes.quotas import SINCE
from tests.unit.services.conftest import BLOG, ME, configure, release
from tests.world import World

SHOP, STAGING = Environment.of("shop"), Environment.of("blog", "staging")
OTHERS = Actor("key_2", "cli", "team-b")


def allow(world: World, **quotas: float) -> None:
    world.access.put(Team(id="team-a", name="A", slug="team-a", quotas=Quotas.model_validate(quotas)))


def refused(world: World, environment: Environment, version: str = "v9") -> DeployFailed:
    """The refusal of a deploy that leaves slots, containers and images as they were."""
    slots, running, pulled = world.slots.all(), dict(world.runtime.running), list(world.runtime.pulled)
    with pytest.raises(DeployFailed) as failed:
        world.deploy(DeployRequest(environment, version), ME)
    assert (world.slots.all(), world.runtime.running, world.runtime.pulled) == (slots, running, pulled)
    assert failed.value.code == "quota_reached"
    assert not world.places.running, "whoever is refused gives its place back"
    return failed.value


def test_a_preview_too_many_is_refused_before_anything_is_touched(world: World) -> None:
    allow(world, previews=1)
    world.deploy(DeployRequest(BLOG, "v1"), ME)
    assert "`previews` is 1, 1 are in use" in str(refused(world, STAGING))
    world.promote(BLOG, ME)
    assert world.deploy(DeployRequest(STAGING, "v1"), ME).changed, "what has the traffic is no preview any more"


def test_a_candidate_is_replaced_within_its_own_room(world: World) -> None:
    allow(world, previews=1, memoryMb=512, cpus=1)
    for version in ("v1", "v2"):
        assert world.deploy(DeployRequest(BLOG, version), ME).changed


@pytest.mark.parametrize(("quota", "limit"), [("memoryMb", 1000), ("cpus", 1.9)])
def test_memory_and_processors_are_the_sum_of_what_runs_the_grace_slot_too(
    green: World, quota: str, limit: float
) -> None:
    allow(green, **{quota: limit})
    assert f"`{quota}` is {limit:g}" in str(refused(green, STAGING))
    assert quota in str(refused(green, BLOG)), "one is active, and one more is above the quota"
    green.cleanup(BLOG, ME, force=True)
    configure(green, memory="400m", cpus=0.5)
    assert green.deploy(DeployRequest(STAGING, "v1"), ME).changed


def test_what_is_there_already_is_a_success_whatever_the_quota(green: World) -> None:
    allow(green, previews=0, memoryMb=1, cpus=0, concurrentDeploys=1)
    assert not green.deploy(DeployRequest(BLOG, "v2"), ME).changed


def test_slots_of_another_team_take_nothing_of_ones_own(world: World) -> None:
    world.init_project("shop", OTHERS)
    world.deploy(DeployRequest(SHOP, "v1"), OTHERS)
    allow(world, previews=1, memoryMb=512)
    assert world.deploy(DeployRequest(BLOG, "v1"), ME).changed
    assert world.deploy(DeployRequest(Environment.of("shop", "staging"), "v1"), OTHERS).changed


def test_quotas_hold_while_the_database_is_away(world: World) -> None:
    allow(world, previews=1)
    world.projects.away = world.history.away = True
    world.deploy(DeployRequest(BLOG, "v1"), ME)
    refused(world, STAGING)


def test_what_another_deploy_is_about_to_take_is_taken(world: World) -> None:
    allow(world, memoryMb=1024)
    coming = Underway(Environment.of("blog", "preview"), "ann", SINCE, SlotName.BLUE, Share(memory=600 * MB, cpus=1))
    world.places.running[99] = ("team-a", coming)
    with pytest.raises(DeployFailed, match="600 MB are in use and this takes 512 MB more"):
        world.deploy(DeployRequest(BLOG, "v1"), ME)
    del world.places.running[99]
    assert world.deploy(DeployRequest(BLOG, "v1"), ME).changed


@pytest.mark.parametrize("quotas", [{"memoryMb": 900}, {"cpus": 1.5}, {"previews": 1}])
def test_of_two_deploys_at_once_the_second_finds_the_room_taken(world: World, quotas: dict[str, float]) -> None:
    """The second runs from beginning to end while the first starts its container."""
    allow(world, **quotas)
    told: list[str] = []

    def meanwhile(step: Step) -> None:
        if step.name is StepName.START_CONTAINER and not told:
            told.append("tried")
            with pytest.raises(DeployFailed) as failed:
                world.deploy(DeployRequest(STAGING, "v1"), ME)
            told.append(failed.value.code)

    assert world.deploy(DeployRequest(BLOG, "v1"), ME, meanwhile).changed
    assert told == ["tried", "quota_reached"]
    assert set(world.runtime.running) == {"blog-production-blue"}


def test_a_deploy_that_has_just_come_is_not_counted_twice(world: World) -> None:
    allow(world, memoryMb=1024)
    world.deploy(DeployRequest(BLOG, "v1"), ME)
    settling = Underway(BLOG, "ann", SINCE, SlotName.BLUE, Share(memory=512 * MB, cpus=1))
    world.places.running[99] = ("team-a", settling)
    assert world.deploy(DeployRequest(STAGING, "v1"), ME).changed


def test_deploys_at_once_are_counted_and_those_that_run_are_named(world: World) -> None:
    allow(world, concurrentDeploys=1)
    world.places.running[99] = ("team-a", Underway(STAGING, "ann", SINCE))
    with pytest.raises(DeploysReached, match=r"wait until one has ended \(blog \(staging\) by ann\)") as told:
        world.deploy(DeployRequest(BLOG, "v1"), ME)
    assert told.value.facts()["running"] == [
        {"projectName": "blog", "environment": "staging", "by": "ann", "since": "2026-11-24T12:00:00.000Z"}
    ]
    assert world.history.deployments("blog", None, 10) == [], "nothing was begun"
    world.places.running[99] = ("team-b", Underway(SHOP, "kim", SINCE))
    assert world.deploy(DeployRequest(BLOG, "v1"), ME).changed


def test_a_deploy_counts_from_its_wait_for_the_environment_to_its_end(world: World) -> None:
    allow(world, concurrentDeploys=2)
    world.locks.queue, seen = 1, []

    def place(number: int, holder: Mapping[str, object]) -> None:
        seen.append((number, [each.share for each in world.places.underway("team-a")]))

    def step(step: Step) -> None:
        if step.name is StepName.CLEANUP_CONTAINER:
            seen.append((0, [each.share for each in world.places.underway("team-a")]))

    world.deploy(DeployRequest(BLOG, "v1"), ME, step, place)
    assert seen[0] == (1, [None])
    assert seen[-1] == (0, [Share(512 * MB, 1, preview=True)])
    assert not world.places.running
    world.runtime.fails = Unhealthy("blog", "boom")
    with pytest.raises(DeployFailed):
        world.deploy(DeployRequest(BLOG, "v2"), ME)
    assert not world.places.running


def test_a_team_without_quotas_on_deploys_is_not_counted(world: World) -> None:
    allow(world, projects=5, streams=1)
    world.deploy(DeployRequest(BLOG, "v1"), ME)
    assert world.places.counted == 0


def test_the_way_back_waits_for_no_quota_of_deploys_previews_or_images(world: World) -> None:
    first = release(world, "v1")
    for version in ("v2", "v3"):
        release(world, version)
    allow(world, previews=0, concurrentDeploys=0, imagesMb=0)
    world.sizes.answers = [1, 2 * MB]
    assert world.rollback_to(BLOG, first, ME).changed
    allow(world, memoryMb=600)
    with pytest.raises(DeployFailed, match="`memoryMb` is 600 MB"):
        world.rollback_to(BLOG, first_of(world, "v2"), ME)


def test_only_the_way_back_is_open_while_the_registry_cannot_be_read(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = release(world, "v1")
    for version in ("v2", "v3"):
        release(world, version)

    def damaged() -> Mapping[str, Team]:
        raise Unavailable("teams.json", "it is damaged")

    monkeypatch.setattr(world.access, "teams", damaged)
    with pytest.raises(Unavailable, match=r"teams\.json"):
        world.deploy(DeployRequest(BLOG, "v4"), ME)
    assert world.rollback_to(BLOG, first, ME).changed


def first_of(world: World, version: str) -> str:
    return next(each.id for each in world.history.deployments("blog", None, 100) if each.version == version)


def test_images_above_the_quota_are_refused_and_go_again(world: World) -> None:
    allow(world, imagesMb=300)
    world.sizes.answers = [200 * MB, 450 * MB]
    slots, running = world.slots.all(), dict(world.runtime.running)
    with pytest.raises(DeployFailed, match="200 MB are in use and this takes 250 MB more") as failed:
        world.deploy(DeployRequest(BLOG, "v1"), ME)
    assert failed.value.code == "quota_reached"
    assert (world.slots.all(), world.runtime.running) == (slots, running)
    assert world.runtime.pruned == [frozenset()], "the deployment failed, so that its image is not kept"
    assert world.sizes.asked[0] == ["registry.test:5000/blog"]
    world.sizes.answers = [200 * MB, 300 * MB]
    assert world.deploy(DeployRequest(BLOG, "v1"), ME).changed


def test_without_a_quota_for_images_the_engine_is_not_asked(world: World) -> None:
    allow(world, previews=1)
    world.deploy(DeployRequest(BLOG, "v1"), ME)
    assert world.sizes.asked == []


def test_a_team_makes_no_project_too_many_and_another_team_does(world: World) -> None:
    allow(world, projects=1)
    with pytest.raises(QuotaReached, match="`projects` is 1, 1 are in use"):
        world.init_project("shop", ME)
    with pytest.raises(ProjectExists):
        world.init_project("blog", ME)
    assert "shop" not in world.projects.known
    assert world.init_project("shop", OTHERS).team_id == "team-b"


class WithinQuotas(RuleBasedStateMachine):
    """However releases follow each other, what runs is never more than the team may have."""

    MEMORY, CPUS = 2200, 3.5

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        for name in ("blog", "shop"):
            self.world.init_project(name, ME)
        allow(self.world, memoryMb=self.MEMORY, cpus=self.CPUS, previews=2, concurrentDeploys=1)

    def attempt(self, name: str, environment: Environment, **given: object) -> None:
        try:
            getattr(self.world, name)(environment, ME, **given)
        except CodebError as error:
            assert isinstance(error, Refused)

    @rule(
        environment=sampled_from([BLOG, STAGING, SHOP]),
        memory=sampled_from(["128m", "512m", "1g"]),
        cpus=sampled_from([0.1, 0.5, 2]),
        version=sampled_from(["v1", "v2", "v3"]),
        healthy=booleans(),
    )
    def deploy(self, environment: Environment, memory: str, cpus: float, version: str, healthy: bool) -> None:
        world = self.world
        world.update_project(environment.project, ProjectSettings(memory=memory, cpus=cpus), ME)
        world.runtime.fails = None if healthy else Unhealthy("it", "boom")
        before = world.use.quotas.usage("team-a").previews
        try:
            world.deploy(DeployRequest(environment, version), ME)
        except DeployFailed:
            return
        assert world.use.quotas.usage("team-a").previews <= max(2, before)

    @rule(environment=sampled_from([BLOG, STAGING, SHOP]), name=sampled_from(["promote", "rollback"]))
    def switch(self, environment: Environment, name: str) -> None:
        self.attempt(name, environment)

    @rule(environment=sampled_from([BLOG, STAGING, SHOP]))
    def clean_up(self, environment: Environment) -> None:
        self.attempt("cleanup", environment, force=True)

    @invariant()
    def within(self) -> None:
        specs = [each.spec for each in self.world.runtime.containers.values() if each.spec and each.running]
        assert sum(each.memory_bytes for each in specs) <= self.MEMORY * MB
        assert round(sum(each.cpus for each in specs), 6) <= self.CPUS

    @invariant()
    def nobody_is_left_counted(self) -> None:
        assert not self.world.places.running


TestWithinQuotas = WithinQuotas.TestCase
TestWithinQuotas.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
