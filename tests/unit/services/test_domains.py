"""Claims, proofs and sites: nobody is blocked by what is not proven, and nothing is half done. Security 7."""

from dataclasses import replace

import pytest

from codeb.domain.domains import Found, proof_name
from codeb.domain.events import EventKind
from codeb.domain.names import Environment, EnvironmentName
from codeb.domain.routing import Word
from codeb.errors import Unavailable
from codeb.services.actor import Actor
from codeb.services.domain_errors import (
    DomainNotAllowed,
    DomainTaken,
    PrimaryDomain,
    TooManyCertificates,
)
from codeb.services.domains import Looked
from codeb.services.errors import BeingDeleted, Locked, SiteRefused
from tests.unit.services.conftest import BLOG, ME, release
from tests.world import World

HOST = "www.example.org"
STAGING = Environment("blog", EnvironmentName.STAGING)
OTHERS = Actor("key_2", "cli", "team-b")


def prove(world: World, host: str = HOST, team: str = "team-a") -> None:
    world.dns.texts[proof_name(host)] = ("v=spf1 -all", world.use.domains.proof(host, team))


def set_up(world: World, host: str = HOST, environment: Environment = BLOG, actor: Actor = ME) -> Looked:
    return world.use.domains.setup(environment, host, actor)


def hosts_of(world: World, environment: Environment = BLOG) -> tuple[str, ...]:
    return world.proxy.sites[environment].hosts


@pytest.fixture
def served(world: World) -> World:
    """The host is proven and served by the production of blog."""
    prove(world)
    set_up(world)
    return world


def test_a_claim_is_pending_and_served_nowhere_until_it_is_proven(world: World) -> None:
    looked = set_up(world)
    assert (looked.domain.active, looked.changed, looked.proven) == (False, True, False)
    assert hosts_of(world) == ("blog.codeb.test",)
    assert [record.type for record in looked.records] == ["A", "TXT"]
    assert len(looked.problems) == 2
    prove(world)
    looked = set_up(world)
    assert (looked.domain.active, looked.changed) == (True, True)
    assert looked.domain.verified_at == world.clock.now()
    assert hosts_of(world) == ("blog.codeb.test", HOST)


def test_it_is_served_before_the_first_deploy_with_the_page(served: World) -> None:
    assert served.proxy.words[BLOG] is Word.EMPTY
    assert hosts_of(served) == ("blog.codeb.test", HOST)
    assert hosts_of(served, STAGING) == ("blog-staging.codeb.test",)


def test_deploys_promotes_and_rollbacks_keep_it(served: World) -> None:
    for version in ("v1", "v2"):
        release(served, version)
    served.rollback(BLOG, ME, reason="sick\n} evil.example {")
    assert hosts_of(served) == ("blog.codeb.test", HOST)
    assert served.projects.get("blog").domains == {EnvironmentName.PRODUCTION: (HOST,)}


def test_several_hosts_in_several_environments(served: World) -> None:
    for host, environment in (("example.org", BLOG), ("next.example.org", STAGING)):
        prove(served, host)
        set_up(served, host, environment)
    assert hosts_of(served) == ("blog.codeb.test", "example.org", HOST)
    assert hosts_of(served, STAGING) == ("blog-staging.codeb.test", "next.example.org")


def test_the_same_again_changes_nothing_and_loads_nothing(served: World) -> None:
    loads = served.proxy.loads
    assert set_up(served, "WWW.example.org.").changed is False
    assert set_up(served).domain.active
    assert served.proxy.loads == loads


def test_a_claim_again_is_looked_up_again_and_is_no_change(world: World) -> None:
    set_up(world)
    assert set_up(world).changed is False
    assert world.dns.asked == [HOST, HOST]


def test_a_look_at_a_served_domain_waits_for_no_deploy(served: World) -> None:
    with served.locks.held(BLOG, "deploy", "ann"):
        assert set_up(served).domain.active


def test_another_teams_token_proves_nothing(world: World) -> None:
    prove(world, team="team-b")
    assert set_up(world).domain.active is False
    prove(world, host="other.example.org")
    world.dns.texts[proof_name(HOST)] = world.dns.texts[proof_name("other.example.org")]
    assert set_up(world).domain.active is False


def test_an_unproven_claim_blocks_nobody(world: World) -> None:
    world.init_project("shop", OTHERS)
    set_up(world, environment=Environment("shop"), actor=OTHERS)
    assert set_up(world).domain.active is False
    prove(world)
    assert set_up(world).domain.active


def test_a_host_of_another_team_is_refused_without_its_name(served: World) -> None:
    served.init_project("shop", OTHERS)
    prove(served, team="team-b")
    with pytest.raises(DomainTaken) as refused:
        set_up(served, environment=Environment("shop"), actor=OTHERS)
    assert "blog" not in str(refused.value)
    assert "team-a" not in str(refused.value)
    assert hosts_of(served, Environment("shop")) == ("shop.codeb.test",)


def test_a_host_of_the_own_teams_project_is_refused_with_its_name(served: World) -> None:
    served.init_project("shop", ME)
    with pytest.raises(DomainTaken, match=r"blog \(production\)"):
        set_up(served, environment=Environment("shop"))
    with pytest.raises(DomainTaken, match=r"blog \(production\)"):
        set_up(served, environment=STAGING)


def test_a_claim_of_another_environment_is_deleted_there_first(world: World) -> None:
    set_up(world, environment=STAGING)
    with pytest.raises(DomainTaken, match=r"blog \(staging\); domain_delete"):
        set_up(world)


def test_a_team_that_narrowed_its_domains_claims_no_other(world: World) -> None:
    world.allowed_domains["team-a"] = ("example.com",)
    with pytest.raises(DomainNotAllowed, match=r"example\.com"):
        set_up(world)
    assert world.domains.rows == {}
    assert set_up(world, "www.example.com").changed


def test_a_site_that_the_proxy_refuses_leaves_the_claim_pending(world: World) -> None:
    prove(world)
    before = dict(world.proxy.sites)
    world.proxy.refuses = SiteRefused("no")
    with pytest.raises(SiteRefused):
        set_up(world)
    assert world.domains.rows[HOST, "blog"].active is False
    assert world.projects.get("blog").domains == {}
    assert world.proxy.sites == before
    world.proxy.refuses = None
    assert set_up(world).domain.active


def test_a_site_that_was_not_loaded_when_the_process_died_is_loaded_by_the_next_setup(served: World) -> None:
    site = served.proxy.sites[BLOG]
    served.proxy.sites[BLOG] = replace(site, hosts=site.hosts[:1])
    assert set_up(served).changed is True
    assert hosts_of(served) == ("blog.codeb.test", HOST)


def test_an_environment_that_somebody_holds_keeps_the_claim_for_later(world: World) -> None:
    prove(world)
    with world.locks.held(BLOG, "deploy", "ann"), pytest.raises(Locked):
        set_up(world)
    assert world.domains.rows[HOST, "blog"].active is False


def test_a_project_that_is_being_deleted_gets_no_domain(world: World) -> None:
    world.journal.append(BLOG, EventKind.DELETING, generation=0, by="me", why="", data={})
    prove(world)
    with pytest.raises(BeingDeleted):
        set_up(world)
    assert world.domains.rows[HOST, "blog"].active is False


def test_a_week_without_certificates_left_leaves_it_pending(world: World) -> None:
    prove(world)
    world.certificates.left = 0
    with pytest.raises(TooManyCertificates, match=r"www\.example\.org is proven and waits"):
        set_up(world)
    assert hosts_of(world) == ("blog.codeb.test",)
    world.certificates.left = 1
    assert set_up(world).domain.active


def test_while_the_database_is_away_it_is_said_and_dns_is_not_asked(world: World) -> None:
    world.projects.away = True
    with pytest.raises(Unavailable):
        set_up(world)
    with pytest.raises(Unavailable):
        world.use.domains.delete(BLOG, HOST, ME)
    assert world.dns.asked == []


def test_a_domain_leaves_the_site_and_is_gone_once(served: World) -> None:
    assert served.use.domains.delete(BLOG, "WWW.example.org", ME) is True
    assert hosts_of(served) == ("blog.codeb.test",)
    assert served.projects.get("blog").domains == {}
    assert served.use.domains.delete(BLOG, HOST, ME) is False


def test_a_domain_that_the_proxy_will_not_let_go_stays(served: World) -> None:
    before = served.domains.rows[HOST, "blog"]
    served.proxy.refuses = SiteRefused("no")
    with pytest.raises(SiteRefused):
        served.use.domains.delete(BLOG, HOST, ME)
    assert served.domains.rows[HOST, "blog"] == before
    assert served.projects.get("blog").domains == {EnvironmentName.PRODUCTION: (HOST,)}


@pytest.mark.parametrize("host", ["blog.codeb.test", "blog-staging.codeb.test", "blog-blue.preview.codeb.test"])
def test_generated_names_are_not_deleted(world: World, host: str) -> None:
    with pytest.raises(PrimaryDomain, match="primary domain"):
        world.use.domains.delete(BLOG, host, ME)


def test_only_the_environments_own_domain_is_deleted(served: World) -> None:
    with pytest.raises(DomainTaken, match=r"blog \(production\)"):
        served.use.domains.delete(STAGING, HOST, ME)
    served.init_project("shop", OTHERS)
    assert served.use.domains.delete(Environment("shop"), HOST, OTHERS) is False
    assert hosts_of(served) == ("blog.codeb.test", HOST)


def test_dns_that_leads_elsewhere_is_told_of_a_served_domain_too(served: World) -> None:
    served.dns.found[HOST] = Found(("192.0.2.7",))
    looked = set_up(served)
    assert looked.domain.active
    assert looked.problems == [
        f"{HOST} points to 192.0.2.7, which is not this platform; make it an A record to 203.0.113.1"
    ]
