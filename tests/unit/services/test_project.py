"""Making and deleting projects, and their variables."""

from dataclasses import replace

import pytest

from codeb.domain.events import EventKind
from codeb.domain.names import Environment, EnvironmentName
from codeb.domain.project import ProjectExists
from codeb.domain.routing import Word
from codeb.errors import InvalidInput, Unavailable
from codeb.services.actor import Actor
from codeb.services.backing import Kind, NotProvided
from codeb.services.errors import BeingDeleted, DumpFailed, SiteRefused
from codeb.services.release_steps import DeployRequest
from tests.world import World

BLOG, SHOP = Environment.of("blog"), Environment.of("shop")
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


def test_whoever_makes_a_project_of_the_name_next_finds_no_image_of_it(world: World) -> None:
    world.registry_images.push("blog", "sha256:whole", "v1", "v2", children=["sha256:part"])
    world.registry_images.push("shop", "sha256:other", "v1")
    world.delete_project("blog", ME, confirm="blog")
    assert world.registry_images.stored["blog"] == {}
    assert world.runtime.pruned[-1] == frozenset(), "those on the host go too"
    assert list(world.registry_images.stored["shop"]) == ["sha256:other"]


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


def test_a_new_project_has_a_database_in_each_environment(world: World) -> None:
    project = world.init_project("shop", ME, backings=[Kind.DATABASE])
    environments = [project.environment(each) for each in project.ports]
    assert set(world.databases.made) == set(environments)
    urls = {world.env.get(each).variables["DATABASE_URL"] for each in environments}
    assert len(urls) == len(environments)


@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_database_that_cannot_be_made_undoes_the_whole_project(world: World, at: int) -> None:
    world.databases.fails_at, world.databases.fails = at, Unavailable("PostgreSQL", "connection refused")
    with pytest.raises(Unavailable):
        world.init_project("shop", ME, backings=[Kind.DATABASE])
    assert world.databases.made == {}
    assert set(world.projects.known) == {"blog"}
    assert [each for each in world.journal.environments() if each.project == "shop"] == []


def test_a_platform_without_databases_says_so_before_anything_is_made(world: World) -> None:
    none = replace(world.init_project, give=replace(world.init_project.give, databases=None))
    with pytest.raises(NotProvided):
        none("shop", ME, backings=[Kind.DATABASE])
    assert set(world.projects.known) == {"blog"}


def test_what_a_first_call_did_not_come_to_is_completed_and_passwords_stay(world: World) -> None:
    project = world.init_project("shop", ME)
    assert world.init_project.complete(project, ME, [Kind.DATABASE]).changed
    assert not world.init_project.complete(project, ME, [Kind.DATABASE]).changed
    assert set(world.databases.made.values()) == {1}, "each was made once: running containers keep their password"


def test_databases_are_dumped_before_they_go(world: World) -> None:
    project = world.init_project("shop", ME, backings=[Kind.DATABASE])
    dumps = world.delete_project("shop", ME, confirm="shop")
    assert len(dumps.paths) == len(project.ports)
    assert not dumps.missing
    assert world.databases.made == {}


def test_nothing_writes_to_a_database_any_more_when_it_is_dumped_for_good(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A first dump says that there can be one; the one that stays is taken when no container is left."""
    world.init_project("shop", ME, backings=[Kind.DATABASE])
    world.deploy(DeployRequest(SHOP), ME)
    seen: list[int] = []
    keep = world.dumps.keep

    def counted(environment: Environment, label: str, url: str) -> str:
        seen.append(len(world.runtime.held(SHOP)))
        return keep(environment, label, url)

    monkeypatch.setattr(world.dumps, "keep", counted)
    world.delete_project("shop", ME, confirm="shop")
    assert seen == [1, 1, 1, 0, 0, 0]


def test_a_dump_that_fails_stops_the_deletion_before_it_begins(world: World) -> None:
    world.init_project("shop", ME, backings=[Kind.DATABASE])
    world.dumps.fails = DumpFailed("no room")
    with pytest.raises(DumpFailed):
        world.delete_project("shop", ME, confirm="shop")
    assert len(world.databases.made) == 3
    assert not any(e.kind is EventKind.DELETING for events in world.journal.lines.values() for e in events)


def test_a_new_project_has_a_user_of_redis_in_each_environment(world: World) -> None:
    project = world.init_project("shop", ME, backings=list(Kind))
    variables = world.env.get(project.environment(EnvironmentName.STAGING)).variables
    assert variables.keys() == {"DATABASE_URL", "REDIS_URL"}
    world.delete_project("shop", ME, confirm="shop")
    assert world.caches.made == {}


def test_an_undo_that_is_cut_short_is_ended_by_recovery_and_nothing_is_completed_meanwhile(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Redis away: the databases are there already, and the undo cannot take everything back."""
    away = Unavailable("Redis", "connection refused")
    world.caches.fails_at, world.caches.fails = 0, away

    def stuck(environment: Environment) -> None:
        raise away

    with monkeypatch.context() as broken:
        broken.setattr(world.caches, "remove", stuck)
        with pytest.raises(Unavailable):
            world.init_project("shop", ME, backings=list(Kind))
    world.caches.fails = None
    with pytest.raises(BeingDeleted):
        world.init_project.complete(world.projects.get("shop"), ME, list(Kind))
    world.recover()
    assert set(world.projects.known) == {"blog"}
    assert world.databases.made == {}
    world.envs.versions.clear()  # in the database they go with the project's row
    assert world.init_project("shop", ME, backings=list(Kind)).name == "shop"
    assert len(world.databases.made) == 3


def test_two_changes_of_settings_at_once_lose_nothing(world: World) -> None:
    """The second was asked for when the first was not there yet."""
    world.update_project("blog", lambda before: before.model_copy(update={"memory": "1g"}), ME)
    world.update_project("blog", lambda before: before.model_copy(update={"cpus": 2}), ME)
    settings = world.projects.get("blog").settings
    assert (settings.memory, settings.cpus) == ("1g", 2)
