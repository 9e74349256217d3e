"""Tools called as the dispatch calls them, with a member's rights unless a test says otherwise."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from codeb.domain.access import AuthContext, Role
from codeb.services.actor import Actor
from codeb.tools import registry
from codeb.tools.call import Call
from tests.doors import House

Tool = Callable[..., dict[str, Any]]


@pytest.fixture
def house(tmp_path: Path) -> House:
    house = House(tmp_path)
    house.world.init_project("blog", Actor("key_0", "api", "team-a"))
    return house


@pytest.fixture
def tool(house: House) -> Tool:
    def call(name: str, *, role: Role = Role.OWNER, **params: Any) -> dict[str, Any]:
        handle, _ = registry.find(name).prepare(params)
        auth = AuthContext("key_1", "team-a", role)
        return handle(Call(house.services, auth, Actor("key_1", "cli", "team-a")))

    return call
