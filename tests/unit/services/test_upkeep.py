"""What goes on by itself: graces end, the word follows what may take over. Spec section 4."""

from datetime import timedelta

import pytest

from codeb.domain.deployment import DeployFailed
from codeb.domain.routing import Word
from codeb.domain.slot_refusals import NoGrace
from codeb.domain.slots import SlotState
from codeb.errors import Unavailable
from codeb.services.errors import SwitchFailed, Unhealthy
from codeb.services.protocols import Site, Verified
from codeb.services.release_steps import DeployRequest
from tests.fakes.containers import Container
from tests.fakes.faults import Killed
from tests.unit.services.conftest import BLOG, ME, configure, release
from tests.world import World


def test_a_promote_writes_one_word_and_the_fallback_follows(green: World) -> None:
    assert green.proxy.words[BLOG] is Word.GREEN
    green.upkeep()
    assert green.proxy.words[BLOG] is Word.GREEN_BLUE
    probed = len(green.proxy.probed)
    assert green.upkeep() == []
    assert len(green.proxy.probed) == probed, "nothing to do costs no request"


def test_the_word_waits_for_the_proxys_own_view_of_the_new_slot(green: World) -> None:
    green.proxy.stale = True
    green.upkeep()
    assert green.proxy.words[BLOG] is Word.GREEN
    green.proxy.stale = False
    green.upkeep()
    assert green.proxy.words[BLOG] is Word.GREEN_BLUE


def test_an_unpromoted_slot_is_never_the_fallback(world: World) -> None:
    release(world, "v1")
    world.deploy(DeployRequest(BLOG, "v2"), ME)
    world.upkeep()
    assert world.proxy.words[BLOG] is Word.BLUE


def test_other_variables_are_no_fallback(world: World) -> None:
    release(world, "v1")
    world.env(BLOG, {"A": "1"}, ME)
    release(world, "v2")
    world.upkeep()
    assert world.proxy.words[BLOG] is Word.GREEN


def test_a_grace_that_is_over_ends_by_itself_and_its_word_before_its_container(green: World) -> None:
    green.upkeep()
    green.clock.pass_by(timedelta(hours=47))
    green.upkeep()
    assert green.slots.get(BLOG).blue.state is SlotState.GRACE
    green.clock.pass_by(timedelta(hours=1))
    (finding,) = green.upkeep()
    assert "the grace of blue has ended" in finding.what
    assert green.proxy.words[BLOG] is Word.GREEN
    assert list(green.runtime.running) == ["blog-production-green"]


def test_maintenance_and_back_leave_the_slots_alone(green: World) -> None:
    before = green.slots.get(BLOG)
    receipt = green.maintenance(BLOG, ME, on=True, why="moving house")
    assert receipt is not None
    assert green.proxy.words[BLOG] is Word.MAINTENANCE
    assert green.maintenance(BLOG, ME, on=True) is None, "twice is once"
    green.upkeep()
    assert green.proxy.words[BLOG] is Word.MAINTENANCE
    green.maintenance(BLOG, ME, on=False)
    assert green.proxy.words[BLOG] is Word.GREEN
    after = green.slots.get(BLOG)
    assert (after.blue, after.green) == (before.blue, before.green)


def test_a_promote_during_maintenance_is_judged_by_its_slot_and_ends_nothing(green: World) -> None:
    green.maintenance(BLOG, ME, on=True)
    green.deploy(DeployRequest(BLOG, "v3"), ME)
    done = green.promote(BLOG, ME)
    assert (done.changed, done.maintenance) == (True, True)
    assert green.proxy.probed[-1] is Word.BLUE
    assert green.proxy.words[BLOG] is Word.MAINTENANCE
    green.maintenance(BLOG, ME, on=False)
    assert green.proxy.words[BLOG] is Word.BLUE


def test_a_pin_keeps_the_way_back_and_a_deploy_does_not_throw_it_away(green: World) -> None:
    pair, changed = green.pin(BLOG, ME, hours=100)
    assert changed
    assert pair.blue.grace_expires_at == green.clock.now() + timedelta(hours=100)
    assert green.pin(BLOG, ME, hours=100) == (pair, False)
    with pytest.raises(DeployFailed, match="pinned by key_1") as refused:
        green.deploy(DeployRequest(BLOG, "v3"), ME)
    assert refused.value.code == "grace_pinned"
    assert green.slots.get(BLOG) == pair
    assert green.deploy(DeployRequest(BLOG, "v2"), ME).changed is False, "what is active already is no deploy"
    green.clock.pass_by(timedelta(hours=60))
    assert green.rollback(BLOG, ME).changed
    with pytest.raises(NoGrace):
        green.pin(BLOG, ME, hours=1)


def test_force_gives_a_pinned_grace_up_and_says_what_it_held(green: World) -> None:
    green.pin(BLOG, ME, hours=100)
    done = green.deploy(DeployRequest(BLOG, "v3", force=True), ME)
    assert done.grace_discarded is not None
    assert done.grace_discarded["version"] == "v1"


def test_previews_ask_for_their_token_where_the_project_says_so(world: World) -> None:
    plain = world.deploy(DeployRequest(BLOG, "v1"), ME)
    assert plain.preview_link == plain.preview_url
    configure(world, preview_protection=True)
    token = world.proxy.sites[BLOG].preview_token
    assert token is not None
    again = world.deploy(DeployRequest(BLOG, "v1"), ME, lambda step: None)
    assert again.preview_link == f"{again.preview_url}/?codeb_preview={token.reveal()}"
    others = {site.preview_token.reveal() for site in world.proxy.sites.values() if site.preview_token}
    assert len(others) == 3, "one token per environment"


def test_upkeep_never_lets_an_unpromoted_container_take_over_whatever_a_dead_process_left(green: World) -> None:
    green.upkeep()
    begun = green.faults.ticks
    green.deploy(DeployRequest(BLOG, "v3"), ME)
    effects = green.faults.ticks - begun
    for boundary in range(1, effects + 1):
        world = World()
        world.init_project("blog", ME)
        for version in ("v1", "v2"):
            release(world, version)
        world.upkeep()
        world.faults.countdown = boundary
        with pytest.raises(Killed):
            world.deploy(DeployRequest(BLOG, "v3"), ME)
        world.faults.reborn()
        world.upkeep()
        pair = world.slots.get(BLOG)
        if world.proxy.words[BLOG] is Word.GREEN_BLUE:
            assert pair.blue.state is SlotState.GRACE
            assert pair.blue.release is not None
            assert world.runtime.running["blog-production-blue"] == pair.blue.release.deployment_id
        assert not [each for each in world.history.deployments("blog", None, 9) if each.open], "upkeep mends"


def test_a_slot_whose_container_is_another_neither_takes_over_nor_gets_the_traffic(green: World) -> None:
    green.runtime.containers["blog-production-blue"] = Container("dep_other")
    green.upkeep()
    assert green.proxy.words[BLOG] is Word.GREEN
    with pytest.raises(Unhealthy, match="dep_other runs there"):
        green.rollback(BLOG, ME)


def test_a_pointer_that_is_lost_is_written_again(green: World) -> None:
    del green.proxy.words[BLOG]
    (finding,) = green.upkeep()
    assert (finding.mended, finding.pointer_lost) == (True, True)
    assert green.proxy.words[BLOG] in (Word.GREEN, Word.GREEN_BLUE)


def test_one_long_deploy_holds_up_no_other_environments_upkeep(green: World) -> None:
    green.clock.pass_by(timedelta(hours=60))
    with green.locks.held(BLOG, "deploy", "ann"):
        assert green.upkeep() == []
    assert green.upkeep()


def test_a_container_that_a_clean_up_could_not_remove_goes_in_a_later_round(green: World) -> None:
    real = green.runtime.remove

    def refuse(container: str) -> None:
        raise Unavailable("Docker Engine", "gone")

    green.clock.pass_by(timedelta(hours=60))
    green.runtime.remove = refuse  # type: ignore[method-assign]
    assert any(not finding.mended for finding in green.upkeep())
    assert "blog-production-blue" in green.runtime.running
    green.runtime.remove = real  # type: ignore[method-assign]
    green.upkeep()
    assert "blog-production-blue" not in green.runtime.running


def test_with_both_slots_down_a_hotfix_can_still_be_deployed(green: World) -> None:
    green.upkeep()

    def nobody(site: Site, word: Word, *, probe: Word | None = None) -> Verified:
        raise SwitchFailed(BLOG, word.serving, "the probe was answered by no slot (status 502)")

    green.proxy.route = nobody  # type: ignore[method-assign]
    assert green.deploy(DeployRequest(BLOG, "v3"), ME).changed
    assert green.proxy.words[BLOG] is Word.GREEN
