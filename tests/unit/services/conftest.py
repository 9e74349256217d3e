"""A world on fakes with one project in it."""

from typing import Any

import pytest

from codeb.domain.names import Environment
from codeb.domain.project import ProjectSettings
from codeb.services.actor import Actor
from codeb.services.release_steps import DeployRequest
from tests.world import World

BLOG = Environment.of("blog")
ME = Actor("key_1", "cli", "team-a")


@pytest.fixture
def world() -> World:
    world = World()
    world.init_project("blog", ME)
    return world


@pytest.fixture
def green(world: World) -> World:
    """v1 in grace on blue, v2 active on green."""
    for version in ("v1", "v2"):
        release(world, version)
    return world


def configure(world: World, **settings: Any) -> None:
    """The project's settings from now on."""
    world.update_project("blog", ProjectSettings(**settings), ME)


def release(world: World, version: str) -> str:
    """Deploy and promote; the deployment's id."""
    deployed = world.deploy(DeployRequest(BLOG, version), ME)
    world.promote(BLOG, ME)
    return deployed.deployment_id
