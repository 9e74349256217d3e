"""A world on fakes with one project in it."""

import pytest

from codeb.domain.names import Environment
from codeb.services.actor import Actor
from tests.world import World

BLOG = Environment.of("blog")
ME = Actor("key_1", "cli", "team-a")


@pytest.fixture
def world() -> World:
    world = World()
    world.init_project("blog", ME)
    return world
