"""Claims are looked at again by themselves: a few in a round, ever more rarely, and not for ever. Security 7."""

from datetime import timedelta

from codeb.services.errors import SiteRefused
from tests.unit.services.conftest import BLOG
from tests.unit.services.test_domains import HOST, hosts_of, prove, set_up
from tests.world import World


def test_a_pending_claim_is_served_by_itself_once_it_is_proven(world: World) -> None:
    set_up(world)
    prove(world)
    assert world.use.recheck_domains() == [], "its next look is not due yet"
    world.clock.pass_by(timedelta(minutes=2))
    (done,) = world.use.recheck_domains()
    assert (done.domain.host, done.domain.active, done.refused) == (HOST, True, "")
    assert hosts_of(world) == ("blog.codeb.test", HOST)
    world.clock.pass_by(timedelta(hours=2))
    assert world.use.recheck_domains() == []


def test_a_round_looks_at_a_few_claims_and_the_next_at_others(world: World) -> None:
    for number in range(8):
        set_up(world, f"a{number}.example.org")
    world.dns.asked.clear()
    world.clock.pass_by(timedelta(minutes=2))
    world.use.recheck_domains()
    assert len(world.dns.asked) == 5
    world.use.recheck_domains()
    world.use.recheck_domains()
    assert sorted(world.dns.asked) == [f"a{number}.example.org" for number in range(8)]


def test_a_claim_that_nobody_proves_is_given_up_and_kept(world: World) -> None:
    set_up(world)
    world.clock.pass_by(timedelta(days=8))
    world.use.recheck_domains()
    prove(world)
    world.clock.pass_by(timedelta(days=1))
    assert world.use.recheck_domains() == []
    assert world.domains.rows[HOST, "blog"].active is False
    assert set_up(world).domain.active


def test_a_proven_claim_that_cannot_be_served_is_told_and_tried_later(world: World) -> None:
    set_up(world)
    prove(world)
    world.clock.pass_by(timedelta(minutes=2))
    world.proxy.refuses = SiteRefused("no")
    (told,) = world.use.recheck_domains()
    assert (told.refused, told.domain.active) == ("no", False)
    assert world.use.recheck_domains() == [], "not again at once"
    world.proxy.refuses = None
    world.clock.pass_by(timedelta(minutes=2))
    assert world.use.recheck_domains()[0].domain.active


def test_a_recheck_waits_for_nobody_and_for_no_database(world: World) -> None:
    set_up(world)
    prove(world)
    world.clock.pass_by(timedelta(minutes=2))
    with world.locks.held(BLOG, "deploy", "ann"):
        assert world.use.recheck_domains() == []
    world.clock.pass_by(timedelta(minutes=2))
    world.projects.away = True
    assert world.use.recheck_domains() == ()


def test_a_team_that_narrowed_its_domains_since_is_not_served_the_claim(world: World) -> None:
    set_up(world)
    prove(world)
    world.allowed_domains["team-a"] = ("example.com",)
    world.clock.pass_by(timedelta(minutes=2))
    (told,) = world.use.recheck_domains()
    assert "not one of the domains" in told.refused
    assert hosts_of(world) == ("blog.codeb.test",)
