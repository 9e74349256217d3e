"""Every metric of the specification is moved by a request, or by what it tells of, and read back from ``/metrics``.

Spec section 6, "Metrics". The same from a Prometheus is tests/lab/test_metrics.py.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import pytest
from starlette.testclient import TestClient

from codeb.adapters.audit.spool import Spool
from codeb.adapters.audit.trail import Trail
from codeb.services.protocols import Observed
from codeb.services.protocols.memory import Forgetful
from tests.doors import House
from tests.fakes.audit import FakeSink
from tests.integration.waiting import until
from tests.metrics import SPECIFIED, total
from tests.unit.api.scrape import INTERNAL

SECONDS = 20


class Remembered(Forgetful):
    def __init__(self) -> None:
        self.healthy: set[str] = set()

    def observed(self, container: str) -> Observed | None:
        return Observed(running=True) if container in self.healthy else None


@dataclass
class Scene:
    """A house with a project, a memory of containers, and an audit whose table can be away. Who asks is its owner."""

    house: House
    sink: FakeSink
    memory: Remembered
    client: TestClient
    key: str
    closing: ExitStack = field(default_factory=ExitStack)

    def tool(self, name: str, **params: Any) -> None:
        call = {"tool": name, "params": {"projectName": "blog", **params}}
        answer = self.client.post("/api/tool", json=call, headers={"X-API-Key": self.key})
        assert answer.json()["success"], answer.text

    def value(self, metric: str) -> float:
        return total(self.client.get("/metrics").text, metric)


def answer_a_request(scene: Scene) -> None:
    scene.client.get("/health")


def call_a_tool(scene: Scene) -> None:
    scene.tool("slot_list")


def deploy(scene: Scene) -> None:
    scene.tool("deploy", version="v1")


def promote(scene: Scene) -> None:
    deploy(scene)
    scene.tool("promote")


def roll_back(scene: Scene) -> None:
    promote(scene)
    scene.tool("deploy", version="v2")
    scene.tool("promote")
    scene.tool("rollback", reason="why not")


def hear_of_a_healthy_container(scene: Scene) -> None:
    deploy(scene)
    scene.memory.healthy.add("blog-production-blue")


def come_without_a_key(scene: Scene) -> None:
    assert scene.client.get("/api").status_code == 401


def ask_once_too_often(scene: Scene) -> None:
    headers = {"X-API-Key": scene.house.key(rateLimit={"requests": 1, "window": 60})}
    assert [scene.client.get("/api", headers=headers).status_code for _ in range(2)] == [200, 429]


def keep_a_request_waiting(scene: Scene) -> None:
    """Until the test has read the metrics: a tool that waits for its answer."""
    begun, ended = threading.Event(), threading.Event()

    def slow(*args: Any, **options: Any) -> Any:
        begun.set()
        ended.wait(SECONDS)
        return [], 0

    patch = scene.closing.enter_context(pytest.MonkeyPatch.context())
    patch.setattr(scene.house.world.tasks, "find", slow)
    waiting = threading.Thread(target=scene.tool, args=("task_list",))
    waiting.start()
    scene.closing.callback(waiting.join, SECONDS)
    scene.closing.callback(ended.set)
    assert begun.wait(SECONDS)


def execute_a_statement(scene: Scene) -> None:
    """As a connection does, for the house's database is none. The real one is in tests/integration."""
    with scene.house.database.timing.of("SELECT 1"):
        pass


def lose_the_database(scene: Scene) -> None:
    scene.house.database.away = True
    until(lambda: scene.client.get("/health").json()["degraded"], "it is seen to be away")


def audit_without_a_table(scene: Scene) -> None:
    scene.sink.away = True
    call_a_tool(scene)
    until(scene.house.services.trail.size, "the row waits on disk")


def load_a_site(scene: Scene) -> None:
    """As the tree of site files does, for the house's proxy has none. The real one is in tests/integration."""
    scene.house.services.reloads.count += 1


MOVES: dict[str, Callable[[Scene], None]] = {
    "codeb_http_requests_total": answer_a_request,
    "codeb_http_request_duration_seconds": answer_a_request,
    "codeb_http_active_requests": keep_a_request_waiting,
    "codeb_tool_calls_total": call_a_tool,
    "codeb_tool_call_duration_seconds": call_a_tool,
    "codeb_deployments_total": deploy,
    "codeb_deployment_duration_seconds": deploy,
    "codeb_promotions_total": promote,
    "codeb_rollbacks_total": roll_back,
    "codeb_slot_status": promote,
    "codeb_slot_healthy": hear_of_a_healthy_container,
    "codeb_auth_failures_total": come_without_a_key,
    "codeb_rate_limit_exceeded_total": ask_once_too_often,
    "codeb_db_query_duration_seconds": execute_a_statement,
    "codeb_degraded": lose_the_database,
    "codeb_audit_spool_size": audit_without_a_table,
    "codeb_switch_duration_seconds": promote,
    "codeb_caddy_reloads_total": load_a_site,
}


@pytest.fixture
def scene(house: House, tmp_path: Path) -> Iterator[Scene]:
    sink, memory = FakeSink(), Remembered()
    house.trail = cast(Any, Trail(sink, Spool(tmp_path), interval=0.01))
    house.services = replace(
        house.services, trail=cast(Any, house.trail), status=replace(house.services.status, memory=memory)
    )
    house.watch.services, house.watch.interval = house.services, 0.01
    with house.client(server=INTERNAL) as client, ExitStack() as closing:
        yield Scene(house, sink, memory, client, house.key(), closing)


def test_there_is_something_that_moves_each() -> None:
    assert MOVES.keys() == SPECIFIED


@pytest.mark.parametrize("metric", MOVES)
def test_it_moves(metric: str, scene: Scene) -> None:
    before = scene.value(metric)
    MOVES[metric](scene)
    with scene.closing:
        assert scene.value(metric) > before


@pytest.mark.parametrize(
    ("metric", "move", "series"),
    [
        ("codeb_tool_calls_total", call_a_tool, 'role="owner",status="success",tool="slot_list"'),
        ("codeb_deployments_total", deploy, 'environment="production",project="blog",status="success"'),
        ("codeb_promotions_total", promote, 'environment="production",project="blog"'),
        ("codeb_slot_status", promote, 'environment="production",project="blog",slot="blue"'),
        ("codeb_slot_healthy", hear_of_a_healthy_container, 'environment="production",project="blog",slot="blue"'),
        ("codeb_auth_failures_total", come_without_a_key, 'reason="missing_key"'),
        ("codeb_db_query_duration_seconds", execute_a_statement, 'operation="select"'),
    ],
)
def test_its_labels_are_those_of_the_specification(
    metric: str, move: Callable[[Scene], None], series: str, scene: Scene
) -> None:
    move(scene)
    assert f"{{{series}}}" in scene.client.get("/metrics").text
