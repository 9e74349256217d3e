"""What a project is given, and what happens to it when a variable is taken away or a database cannot be dumped."""

from collections.abc import Sequence

import pytest

from codeb.domain.names import Environment, EnvironmentName
from codeb.domain.project import Project
from codeb.services.actor import Actor
from codeb.services.backing import Kind
from codeb.services.delete_project import NoLastDump
from codeb.services.errors import DumpFailed
from tests.world import World

SHOP = Environment.of("shop")
ME = Actor("key_1", "cli", "team-a")
ALL = [Kind.DATABASE, Kind.REDIS]


@pytest.fixture
def project(world: World) -> Project:
    return world.init_project("shop", ME, backings=ALL)


def take_away(world: World, *names: str) -> None:
    world.env(SHOP, {}, ME, merge=True, remove=names)


def test_a_variable_that_was_taken_away_comes_back_with_the_password_that_runs(world: World, project: Project) -> None:
    before = world.env.get(SHOP).variables
    take_away(world, "DATABASE_URL", "REDIS_URL")
    world.env(SHOP, {"OTHER": "1"}, ME, merge=True)
    given = world.init_project.complete(project, ME, ALL)
    assert given.recalled == ["shop-production DATABASE_URL", "shop-production REDIS_URL"]
    assert (given.made, given.renewed) == ([], [])
    assert world.env.get(SHOP).variables == {**before, "OTHER": "1"}
    assert not world.init_project.complete(project, ME, ALL).changed


def test_a_password_that_is_lost_is_renewed_and_told(world: World, project: Project) -> None:
    world.env(SHOP, {"DATABASE_URL": "postgresql://elsewhere.test/d"}, ME, merge=True)
    take_away(world, "DATABASE_URL")
    world.databases.made[SHOP] = 7
    given = world.init_project.complete(project, ME, ALL)
    assert (given.recalled, given.renewed) == ([], ["shop-production DATABASE_URL"])
    assert "pw-8@" in world.env.get(SHOP).variables["DATABASE_URL"]


def refuse(world: World, monkeypatch: pytest.MonkeyPatch, *refused: EnvironmentName) -> None:
    keep = world.dumps.keep

    def kept(environment: Environment, label: str, url: str) -> str:
        if environment.name in refused:
            raise DumpFailed(f"{environment}: the database was not dumped: permission denied")
        return keep(environment, label, url)

    monkeypatch.setattr(world.dumps, "keep", kept)


def test_a_database_that_refuses_its_dump_stops_the_deletion_with_a_way_on(
    world: World, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(world, monkeypatch, EnvironmentName.STAGING)
    with pytest.raises(NoLastDump, match="permission denied; `force` deletes the project all the same"):
        world.delete_project("shop", ME, confirm="shop")
    assert "shop" in world.projects.known
    done = world.delete_project("shop", ME, confirm="shop", force=True)
    assert list(done.missing) == ["shop-staging"]
    assert len(done.paths) == 2
    assert "shop" not in world.projects.known
    assert world.databases.made == {}


def test_a_forced_deletion_that_is_cut_short_is_ended_by_recovery(
    world: World, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(world, monkeypatch, *EnvironmentName)
    with monkeypatch.context() as broken:
        broken.setattr(world.runtime, "remove_volumes", _dies)
        with pytest.raises(KeyboardInterrupt):
            world.delete_project("shop", ME, confirm="shop", force=True)
    assert "shop" in world.projects.known
    world.recover()
    assert "shop" not in world.projects.known


def test_one_that_was_not_forced_waits_for_its_dump(
    world: World, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(world.runtime, "remove_network", _dies)
        with pytest.raises(KeyboardInterrupt):
            world.delete_project("shop", ME, confirm="shop")
    refuse(world, monkeypatch, *EnvironmentName)
    world.recover()
    assert len(world.databases.made) == 3
    world.delete_project("shop", ME, confirm="shop", force=True)
    assert "shop" not in world.projects.known


def _dies(*_: Sequence[object]) -> None:
    raise KeyboardInterrupt
