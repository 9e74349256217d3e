"""setup_secrets: a project's own keys of the build cache, and no other's. Security 1."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from codeb.domain.access import AuthContext, Role
from codeb.domain.project import UnknownProject
from codeb.domain.project_cache import cache_keys
from codeb.services.actor import Actor
from codeb.tools import registry
from codeb.tools.call import Call
from tests.doors import House

Secrets = Callable[..., dict[str, Any]]


@pytest.fixture
def house(tmp_path: Path) -> House:
    """Blog and wiki are team-a's, shop is team-b's."""
    house = House(tmp_path, {"CODEB_S3_PROJECTS_KEY": "projects-key"})
    for name, team in (("blog", "team-a"), ("wiki", "team-a"), ("shop", "team-b")):
        house.world.init_project(name, Actor("key_0", "api", team))
    return house


@pytest.fixture
def secrets(house: House) -> Secrets:
    def call(team: str = "team-a", projects: frozenset[str] | None = None, **params: Any) -> dict[str, Any]:
        handle, _ = registry.find("setup_secrets").prepare(params)
        auth = AuthContext("key_1", team, Role.ADMIN, projects=projects)
        return handle(Call(house.services, auth, Actor("key_1", "cli", team)))

    return call


def test_a_project_gets_its_own_keys(house: House, secrets: Secrets) -> None:
    keys = cache_keys(house.world.projects.get("wiki"), "projects-key")
    assert keys is not None
    record = secrets(projectName="wiki")
    assert (record["minio_access_key"], record["minio_secret_key"]) == (keys.access, keys.secret)


def test_another_teams_project_is_unknown(secrets: Secrets) -> None:
    with pytest.raises(UnknownProject):
        secrets(projectName="shop")


def test_the_only_project_that_a_key_sees_need_not_be_named(secrets: Secrets) -> None:
    assert secrets("team-b")["minio_access_key"] == "project-shop"
    assert secrets(projects=frozenset({"blog"}))["minio_access_key"] == "project-blog"


def test_of_several_none_is_guessed(secrets: Secrets) -> None:
    record = secrets()
    assert (record["minio_access_key"], record["minio_secret_key"]) == ("", "")
