"""Deploy's decisions. Spec section 3."""

from datetime import timedelta

import pytest

from codeb.domain.deployment import DeployFailed, DeploymentStatus, Step, StepName, StepStatus
from codeb.domain.names import Environment, SlotName
from codeb.domain.project import ProjectSettings, UnknownProject
from codeb.domain.routing import Word
from codeb.domain.slots import SlotState
from codeb.errors import Unavailable
from codeb.services.actor import Actor
from codeb.services.errors import BeingDeleted, ImageNotAllowed, JournalUnwritable, Locked, SiteRefused, Unhealthy
from codeb.services.images import ImageRules
from codeb.services.protocols import ContainerSpec, EnvVersion, ProbeTarget, Stop, Ticket, never
from codeb.services.release_steps import DeployRequest
from tests.fakes.records import REGISTRY
from tests.unit.services.conftest import configure
from tests.world import World

BLOG = Environment.of("blog")
ME = Actor("key_1", "cli", "team-a")


def deploy(world: World, version: str, *, force: bool = False) -> str:
    return world.deploy(DeployRequest(BLOG, version, force=force), ME).deployment_id


def test_a_deploy_tells_its_ten_steps_in_order_and_moves_no_traffic(world: World) -> None:
    seen: list[Step] = []
    result = world.deploy(DeployRequest(BLOG, "v1"), ME, seen.append)
    assert [step.name for step in result.steps] == list(StepName)
    assert [step.name for step in seen if step.status is StepStatus.RUNNING] == list(StepName)
    assert (result.slot, result.port, result.changed) == (SlotName.BLUE, 4100, True)
    assert result.preview_url == "https://blog-blue.preview.codeb.test"
    assert world.proxy.words[BLOG] is Word.EMPTY
    assert world.slots.get(BLOG).blue.state is SlotState.DEPLOYED


def test_the_deployment_is_recorded_and_ends_as_success(world: World) -> None:
    deploy(world, "v1")
    (record,) = world.history.deployments("blog", None, 10)
    assert record.status is DeploymentStatus.SUCCESS
    assert record.digest.startswith(f"{REGISTRY}/blog@sha256:")
    assert record.source == "cli"


def test_a_failed_health_check_gives_the_slot_back_as_it_was(world: World) -> None:
    first = deploy(world, "v1")
    world.promote(BLOG, ME)
    second = deploy(world, "v2")
    world.promote(BLOG, ME)
    before = world.slots.get(BLOG)
    world.runtime.fails = Unhealthy("blog-production-blue", "it ended with exit code 1", exit_code=1, logs="boom")
    with pytest.raises(DeployFailed, match="exit code 1") as failure:
        deploy(world, "v3")
    assert failure.value.code == "unhealthy"
    assert failure.value.deployment.status is DeploymentStatus.FAILED
    assert world.slots.get(BLOG) == before
    assert world.runtime.running == {"blog-production-blue": first, "blog-production-green": second}
    assert world.proxy.words[BLOG] is Word.GREEN


def test_a_site_that_caddy_refuses_fails_the_deploy_and_undoes_it(world: World) -> None:
    world.proxy.refuses = SiteRefused("bad site")
    with pytest.raises(DeployFailed):
        deploy(world, "v1")
    assert world.runtime.running == {}
    assert world.slots.get(BLOG).blue.state is SlotState.EMPTY


def test_the_same_release_again_changes_nothing(world: World) -> None:
    first = deploy(world, "v1")
    again = world.deploy(DeployRequest(BLOG, "v1"), ME)
    assert (again.changed, again.deployment_id) == (False, first)
    world.promote(BLOG, ME)
    after = world.deploy(DeployRequest(BLOG, "v1"), ME)
    assert (after.changed, after.slot) == (False, SlotName.BLUE)
    assert [step.status for step in after.steps[-5:]] == [StepStatus.SKIPPED] * 5


def test_force_redeploys_the_same_release(world: World) -> None:
    first = deploy(world, "v1")
    assert deploy(world, "v1", force=True) != first


def test_new_variables_make_it_another_release(world: World) -> None:
    deploy(world, "v1")
    world.env(BLOG, {"A": "1"}, ME)
    assert world.deploy(DeployRequest(BLOG, "v1"), ME).changed
    assert world.env_files.files[BLOG].variables == {"A": "1"}
    assert world.runtime.specs["blog-production-blue"].env == {"PORT": "3000", "A": "1"}


def test_a_sick_release_of_the_same_content_is_deployed_again(world: World) -> None:
    deploy(world, "v1")
    world.probe.sick.add(4100)
    assert world.deploy(DeployRequest(BLOG, "v1"), ME).changed


def test_deploying_onto_a_grace_slot_says_what_it_discards(world: World) -> None:
    first = deploy(world, "v1")
    world.promote(BLOG, ME)
    deploy(world, "v2")
    world.promote(BLOG, ME)
    world.proxy.words[BLOG] = Word.GREEN_BLUE
    result = world.deploy(DeployRequest(BLOG, "v3"), ME)
    assert result.grace_discarded is not None
    assert result.grace_discarded["deploymentId"] == first
    assert world.proxy.words[BLOG] is Word.GREEN, "production cannot fall back to the slot any more"


def test_an_unknown_project_is_refused_before_anything_is_recorded(world: World) -> None:
    with pytest.raises(UnknownProject):
        world.deploy(DeployRequest(Environment.of("blag"), "v1"), ME)
    assert not world.history.deployments("blag", None, 10)


def test_an_environment_that_somebody_holds_is_locked(world: World) -> None:
    with world.locks.held(BLOG, "promote", "somebody"), pytest.raises(Locked, match="somebody holds it for a promote"):
        deploy(world, "v1")


def test_a_journal_that_cannot_be_written_stops_the_deploy_before_it_begins(world: World) -> None:
    world.journal.fails = JournalUnwritable("disk full")
    with pytest.raises(JournalUnwritable):
        deploy(world, "v1")
    assert world.runtime.running == {}


def test_a_database_that_is_away_stops_nothing(world: World) -> None:
    world.history.away = True
    deploy(world, "v1")
    assert world.promote(BLOG, ME).changed


@pytest.mark.parametrize(
    "image",
    ["docker.io/evil/x:1", f"{REGISTRY}/blog-other:1", f"{REGISTRY}/other:1", f"{REGISTRY}/blog/../x:1", "x y", "-v:/"],
)
def test_only_the_projects_own_repository_is_accepted(world: World, image: str) -> None:
    with pytest.raises(Exception, match="image") as refused:
        world.deploy(DeployRequest(BLOG, image=image), ME)
    assert getattr(refused.value, "code", "") in ("image_not_allowed", "invalid_input")
    assert world.runtime.running == {}


def test_a_deploy_whose_undo_fails_is_left_open_and_ended_by_the_next_use_case(world: World) -> None:
    first = deploy(world, "v1")
    real = world.runtime.undo

    def gone(ticket: Ticket) -> None:
        raise Unavailable("Docker Engine", "gone")

    world.runtime.undo = gone  # type: ignore[method-assign]
    world.runtime.fails = Unhealthy("blog-production-blue", "it ended")
    with pytest.raises(DeployFailed, match="the slot could not be given back"):
        deploy(world, "v2")
    world.runtime.undo = real  # type: ignore[method-assign]
    assert world.history.deployments("blog", None, 1)[0].open
    assert world.promote(BLOG, ME).changed
    assert world.runtime.running == {"blog-production-blue": first}
    assert world.history.deployments("blog", None, 1)[0].status is DeploymentStatus.FAILED


def test_whatever_happens_after_the_record_nothing_is_undone(world: World) -> None:
    def interrupted(environment: Environment) -> bool:
        if world.slots.get(BLOG).blue.state is SlotState.DEPLOYED:
            raise KeyboardInterrupt
        return True

    world.history.project = interrupted  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        deploy(world, "v1")
    del world.history.project
    held = world.slots.get(BLOG).blue.release
    assert held is not None
    assert world.runtime.running == {"blog-production-blue": held.deployment_id}
    world.promote(BLOG, ME)
    assert world.history.deployment("blog", held.deployment_id).status is DeploymentStatus.SUCCESS
    assert world.history.deployment("blog", held.deployment_id).digest == held.digest


def test_a_listener_that_is_gone_is_no_failure(world: World) -> None:
    def gone(step: Step) -> None:
        raise BrokenPipeError

    assert world.deploy(DeployRequest(BLOG, "v1"), ME, gone).changed


def test_what_was_set_aside_and_cannot_go_is_a_warning(world: World) -> None:
    deploy(world, "v1")

    def gone(ticket: Ticket) -> None:
        raise Unavailable("Docker Engine", "gone")

    world.runtime.commit = gone  # type: ignore[method-assign]
    done = world.deploy(DeployRequest(BLOG, "v2"), ME)
    assert "was not removed" in done.warnings[0]
    assert world.history.deployment("blog", done.deployment_id).status is DeploymentStatus.SUCCESS


def test_settings_that_change_while_a_deploy_waits_are_not_lost(world: World) -> None:
    def protect(spec: ContainerSpec, target: ProbeTarget, stop: Stop = never) -> None:
        world.projects.update_settings("blog", ProjectSettings(preview_protection=True))

    world.runtime.wait_ready = protect  # type: ignore[method-assign]
    deploy(world, "v1")
    assert world.proxy.sites[BLOG].preview_token is not None


def test_a_project_that_is_being_deleted_takes_no_release(world: World) -> None:
    deploy(world, "v1")

    def refused(project: str) -> None:
        raise Unavailable("Docker Engine", "a volume is in use")

    real, world.runtime.remove_volumes = world.runtime.remove_volumes, refused  # type: ignore[method-assign]
    with pytest.raises(Unavailable):
        world.delete_project("blog", ME, confirm="blog")
    world.runtime.remove_volumes = real  # type: ignore[method-assign]
    for use_case in (lambda: deploy(world, "v2"), lambda: world.promote(BLOG, ME)):
        with pytest.raises(BeingDeleted, match="repeat project_delete"):
            use_case()
    world.delete_project("blog", ME, confirm="blog")
    assert world.projects.known == {}


def test_two_writers_of_variables_lose_nothing_of_each_other(world: World) -> None:
    current = world.envs.current
    asked: list[int] = []

    def late(environment: Environment) -> EnvVersion:
        found = current(environment)
        if not asked:
            asked.append(1)
            world.envs.write(BLOG, {"THEIRS": "1"}, "ann")
        return found

    world.envs.current = late  # type: ignore[method-assign]
    world.env(BLOG, {"OURS": "2"}, ME, merge=True)
    assert dict(current(BLOG).variables) == {"THEIRS": "1", "OURS": "2"}


def test_a_slot_that_was_cleared_half_way_is_given_back(world: World) -> None:
    first = deploy(world, "v1")
    clear = world.runtime.clear

    def half(container: str, deployment_id: str) -> Ticket:
        clear(container, deployment_id)
        raise Unavailable("Docker Engine", "gone")

    world.runtime.clear = half  # type: ignore[method-assign]
    with pytest.raises(DeployFailed):
        deploy(world, "v2")
    assert world.runtime.running == {"blog-production-blue": first}
    assert world.runtime.containers["blog-production-blue"].running
    assert world.history.deployments("blog", None, 1)[0].status is DeploymentStatus.FAILED


@pytest.mark.parametrize(
    ("image", "accepted"),
    [
        ("ghcr.io/acme/x:1", True),
        ("ghcr.io/acme:1", True),
        ("ghcr.io/acme-evil/x:1", False),
        ("ghcr.io/acmeevil:1", False),
    ],
)
def test_a_prefix_of_the_operators_ends_at_a_slash(image: str, accepted: bool) -> None:
    rules = ImageRules(REGISTRY, ("ghcr.io/acme",))
    if accepted:
        assert rules.resolve("blog", image, "1")[0] == image
    else:
        with pytest.raises(ImageNotAllowed):
            rules.resolve("blog", image, "1")


def test_a_project_made_anew_under_a_name_of_before_has_other_secrets(world: World) -> None:
    configure(world, preview_protection=True)
    first = world.proxy.sites[BLOG].preview_token
    world.delete_project("blog", ME, confirm="blog")
    world.clock.pass_by(timedelta(seconds=1))
    world.init_project("blog", ME)
    configure(world, preview_protection=True)
    second = world.proxy.sites[BLOG].preview_token
    assert first is not None
    assert second is not None
    assert first.reveal() != second.reveal()
