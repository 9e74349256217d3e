"""What may have a certificate is answered from memory, and new ones are counted. Security 7."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from codeb.domain.domains import proof_name
from codeb.domain.project import Project
from codeb.errors import Unavailable
from codeb.services.hosts import Hosts
from tests.unit.services.conftest import BLOG, ME
from tests.world import World


@dataclass
class Seconds:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Asked:
    """The world's projects, and how often all of them were read."""

    world: World
    reads: int = 0
    during: list[str] = field(default_factory=list)

    def all(self) -> Sequence[Project]:
        self.reads += 1
        found = self.world.projects.all()
        while self.during:
            self.world.init_project(self.during.pop(), ME)
            self.hosts.forget()
        return found

    hosts: Hosts = field(init=False)


@pytest.fixture
def time() -> Seconds:
    return Seconds()


@pytest.fixture
def asked(world: World) -> Asked:
    return Asked(world)


@pytest.fixture
def hosts(world: World, asked: Asked, time: Seconds) -> Hosts:
    asked.hosts = Hosts(asked, world.addresses, world.certificates, time)  # type: ignore[arg-type]
    return asked.hosts


def test_a_thousand_questions_read_the_projects_once(hosts: Hosts, asked: Asked, world: World) -> None:
    for number in range(1000):
        assert hosts.known("blog.codeb.test")
        assert not hosts.known(f"x{number}.codeb.test")
    assert asked.reads == 1
    assert world.certificates.asked == 1


def test_a_new_project_is_known_a_moment_later_and_one_that_is_gone_is_not(
    hosts: Hosts, world: World, time: Seconds
) -> None:
    assert not hosts.known("shop.codeb.test")
    world.init_project("shop", ME)
    time.now += 0.3
    assert hosts.known("shop.codeb.test")
    world.projects.delete("shop")
    assert hosts.known("shop.codeb.test"), "what is known is believed for a few seconds"
    time.now += 6
    assert not hosts.known("shop.codeb.test")


def test_a_change_in_this_process_is_seen_at_once(hosts: Hosts, world: World) -> None:
    assert hosts.known("blog.codeb.test")
    world.projects.delete("blog")
    hosts.forget()
    assert not hosts.known("blog.codeb.test")


def test_a_change_while_the_table_is_read_is_not_lost(hosts: Hosts, asked: Asked) -> None:
    asked.during.append("shop")
    assert not hosts.known("shop.codeb.test")
    assert hosts.known("shop.codeb.test")


def test_the_use_cases_tell_it_of_proven_domains(world: World) -> None:
    known, domains = world.use.hosts.known, world.use.domains
    domains.setup(BLOG, "www.example.org", ME)
    assert not known("www.example.org"), "a claim that is not proven has no certificate"
    world.dns.texts[proof_name("www.example.org")] = (domains.proof("www.example.org", "team-a"),)
    domains.setup(BLOG, "www.example.org", ME)
    assert known("www.example.org")
    domains.delete(BLOG, "www.example.org", ME)
    assert not known("www.example.org")


def test_new_certificates_end_with_the_teams_week_and_old_ones_go_on(hosts: Hosts, world: World, time: Seconds) -> None:
    world.certificates.left = 1
    assert hosts.known("blog-blue.preview.codeb.test")
    assert not hosts.known("blog-green.preview.codeb.test")
    assert hosts.known("blog-blue.preview.codeb.test")
    asked = world.certificates.asked
    assert not hosts.known("blog-green.preview.codeb.test")
    assert world.certificates.asked == asked, "a no is remembered too"
    world.certificates.left = 1
    time.now += 61
    assert hosts.known("blog-green.preview.codeb.test")


def test_while_the_count_cannot_be_asked_known_hosts_have_theirs(
    hosts: Hosts, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(host: str, team_id: str) -> bool:
        raise Unavailable("the database", "connection refused")

    monkeypatch.setattr(world.certificates, "admit", away)
    assert hosts.known("blog.codeb.test")
    assert not hosts.known("evil.example")
