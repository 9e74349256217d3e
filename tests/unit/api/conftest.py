"""A house with one project of team-a, and an owner's client."""

from collections.abc import Callable, Iterator, MutableMapping
from pathlib import Path
from typing import Any

import pytest
import structlog
from starlette.testclient import TestClient

from codeb.api import log_context
from codeb.services.actor import Actor
from codeb.tools.registry import find
from tests.doors import House

Tool = Callable[..., dict[str, Any]]
ENVELOPE = {"success", "duration", "timestamp", "correlationId", "ignored"}


@pytest.fixture(autouse=True)
def logged() -> Iterator[list[MutableMapping[str, Any]]]:
    """Every entry that was logged, whatever a command that ran in this process before wants to see."""
    structlog.reset_defaults()
    with structlog.testing.capture_logs(processors=[log_context.merged]) as entries:
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
        if record.get("success") and not params.get("dryRun") and (documented := find(name).result):
            assert set(record) - ENVELOPE <= set(documented), "its reference names every key"
        return record

    return call
