"""Making and deleting projects, and their variables."""

import pytest

from codeb.domain.names import Environment, EnvironmentName
from codeb.domain.project import ProjectExists
from codeb.domain.routing import Word
from codeb.errors import InvalidInput, Unavailable
from codeb.services.actor import Actor
from codeb.services.errors import SiteRefused
from codeb.services.release_steps import DeployRequest
from tests.world import World

BLOG = Environment.of("blog")
ME = Actor("key_1", "cli", "team-a")


def test_a_new_project_has_its_slots_and_a_site_in_every_environment(world: World) -> None:
    for name in EnvironmentName:
        environment = Environment("blog", name)
        assert world.slots.get(environment).active is None
        assert world.proxy.words[environment] is Word.EMPTY
    assert world.projects.get("blog").team_id == "team-a"


def test_a_project_whose_site_is_refused_leaves_nothing_behind(world: World) -> None:
    world.proxy.refuses = SiteRefused("ambiguous site definition")
    with pytest.raises(SiteRefused):
        world.init_project("shop", ME)
    assert set(world.projects.known) == {"blog"}
    assert {environment.project for environment in world.journal.environments()} == {"blog"}


def test_a_project_is_made_once(world: World) -> None:
    with pytest.raises(ProjectExists):
        world.init_project("blog", ME)
    assert "blog" in world.projects.known


def test_deleting_takes_the_name_typed_out_and_takes_everything(world: World) -> None:
    world.deploy(DeployRequest(BLOG, "v1"), ME)
    with pytest.raises(InvalidInput, match="'blog'"):
        world.delete_project("blog", ME, confirm="yes")
    world.delete_project("blog", ME, confirm="blog")
    assert not world.runtime.running
    assert not world.proxy.sites
    assert not world.journal.lines
    assert not world.projects.known


def test_a_deletion_touches_nothing_while_the_database_is_away(world: World) -> None:
    world.deploy(DeployRequest(BLOG, "v1"), ME)
    world.projects.away = True
    with pytest.raises(Unavailable):
        world.delete_project("blog", ME, confirm="blog")
    assert list(world.runtime.running) == ["blog-production-blue"]
    assert BLOG in world.proxy.sites


def test_variables_are_replaced_or_merged_and_every_write_is_a_version(world: World) -> None:
    first = world.env(BLOG, {"A": "1", "B": "2"}, ME)
    assert (first.version, first.set) == (1, ("A", "B"))
    merged = world.env(BLOG, {"B": "3"}, ME, merge=True)
    assert (merged.version, merged.updated, merged.unchanged) == (2, ("B",), ("A",))
    replaced = world.env(BLOG, {"B": "3"}, ME)
    assert (replaced.version, replaced.removed) == (3, ("A",))
    assert not world.env(BLOG, {"B": "3"}, ME).changed
    assert world.env.get(BLOG).version == 3
