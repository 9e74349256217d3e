"""A house with one project of team-a, and an owner's client."""

from collections.abc import Callable, Iterator, MutableMapping
from pathlib import Path
from typing import Any

import pytest
import structlog
from starlette.testclient import TestClient

from codeb.services.actor import Actor
from tests.doors import House

Tool = Callable[..., dict[str, Any]]


@pytest.fixture(autouse=True)
def logged() -> Iterator[list[MutableMapping[str, Any]]]:
    """Every entry that was logged."""
    with structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as entries:
        yield entries


@pytest.fixture
def house(tmp_path: Path) -> House:
    house = House(tmp_path)
    house.world.init_project("blog", Actor("key_0", "api", "team-a"))
    return house


@pytest.fixture
def client(house: House) -> Iterator[TestClient]:
    with house.client() as client:
        yield client


@pytest.fixture
def tool(house: House, client: TestClient) -> Tool:
    """Calls a tool as an owner of team-a, or with the key that is given."""
    owner = house.key()

    def call(name: str, /, *, key: str = owner, status: int = 200, **params: Any) -> dict[str, Any]:
        answer = client.post("/api/tool", json={"tool": name, "params": params}, headers={"X-API-Key": key})
        assert answer.status_code == status, answer.text
        record: dict[str, Any] = answer.json()
        return record

    return call
