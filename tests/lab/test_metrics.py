"""Every metric of the specification is moved through the API, and then read back from Prometheus. Spec section 6.

The same without hosts, a test a metric, is tests/unit/api/test_metrics_moved.py.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest

from tests import sample_app
from tests.lab import registry
from tests.lab.api import Api
from tests.lab.confidential import Confidential
from tests.lab.faults import DATABASE, stopped
from tests.lab.prometheus import Prometheus
from tests.lab.trust import REGISTRY
from tests.lab.waiting import until
from tests.lab.web import session
from tests.metrics import SPECIFIED, counted

pytestmark = pytest.mark.lab

PROJECT = "metered"
READERS = 3


@dataclass(frozen=True, slots=True)
class Scene:
    """``closing`` ends what lasts until Prometheus has seen it."""

    api: Api
    storage: Any
    closing: ExitStack = field(default_factory=ExitStack)

    def degraded(self) -> bool:
        return bool(session.get(f"{self.api.url}/health", timeout=10).json()["degraded"])


def begin_a_project(scene: Scene) -> None:
    """Rows in the database, and site files that Caddy loads."""
    scene.api.tool("workflow_init", projectName=PROJECT, type="go")
    registry.push(f"{REGISTRY}/{PROJECT}:v1")


def release(scene: Scene) -> None:
    scene.api.tool("deploy", projectName=PROJECT, version="v1")
    scene.api.tool("promote", projectName=PROJECT)


def roll_back(scene: Scene) -> None:
    scene.api.tool("deploy", projectName=PROJECT, version="v1", force=True)
    scene.api.tool("promote", projectName=PROJECT)
    scene.api.tool("rollback", projectName=PROJECT, reason="its metric is to move")


def come_without_a_key(scene: Scene) -> None:
    assert session.get(f"{scene.api.url}/api", timeout=10).status_code == 401


def ask_once_too_often(scene: Scene) -> None:
    limit = {"requests": 1, "window": 60}
    made = scene.api.tool("token_create", name="metrics", role="viewer", rateLimit=limit, expiresInDays=1)
    few = Api(scene.api.url, made["key"])
    codes = [few.ask("slot_list").get("code") for _ in range(2)]
    scene.api.tool("token_revoke", tokenId=made["tokenId"])
    assert codes == [None, "rate_limited"]


def follow_the_logs(scene: Scene) -> None:
    """Requests that are being answered for as long as somebody reads."""
    address, headers = f"{scene.api.url}/api/logs/stream", {"X-API-Key": scene.api.key}
    for _ in range(READERS):
        answer = scene.closing.enter_context(session.get(address, headers=headers, stream=True, timeout=60))
        assert answer.status_code == 200


def lose_the_database(scene: Scene) -> None:
    """What is audited meanwhile waits on the app host's disk."""
    scene.closing.enter_context(stopped(scene.storage, DATABASE))
    until(scene.degraded, bool, 30)
    scene.api.tool("slot_status", projectName=PROJECT)


MOVES: dict[str, Callable[[Scene], None]] = {
    "codeb_caddy_reloads_total": begin_a_project,
    "codeb_db_query_duration_seconds": begin_a_project,
    "codeb_http_requests_total": begin_a_project,
    "codeb_http_request_duration_seconds": begin_a_project,
    "codeb_tool_calls_total": begin_a_project,
    "codeb_tool_call_duration_seconds": begin_a_project,
    "codeb_deployments_total": release,
    "codeb_deployment_duration_seconds": release,
    "codeb_promotions_total": release,
    "codeb_slot_status": release,
    "codeb_slot_healthy": release,
    "codeb_switch_duration_seconds": release,
    "codeb_rollbacks_total": roll_back,
    "codeb_auth_failures_total": come_without_a_key,
    "codeb_rate_limit_exceeded_total": ask_once_too_often,
    "codeb_http_active_requests": follow_the_logs,
    "codeb_degraded": lose_the_database,
    "codeb_audit_spool_size": lose_the_database,
}
"""What moves each; they happen in this order, each once, and the database comes back at the end."""


@pytest.fixture
def prometheus(lab: Confidential) -> Prometheus:
    return Prometheus(lab["prometheus_url"])


@pytest.fixture
def scene(api: Api, machines: Mapping[str, Any]) -> Iterator[Scene]:
    """There is an image, and no project of that name; afterwards there is none again."""
    api.ask("project_delete", projectName=PROJECT, confirm=PROJECT)
    sample_app.build(f"{REGISTRY}/{PROJECT}:v1", "v1")
    scene = Scene(api, machines["storage"])
    with scene.closing:
        yield scene
    until(scene.degraded, lambda degraded: not degraded)
    api.ask("project_delete", projectName=PROJECT, confirm=PROJECT)


def test_there_is_something_that_moves_each() -> None:
    assert MOVES.keys() == SPECIFIED


def test_each_moves_and_prometheus_has_seen_it(scene: Scene, prometheus: Prometheus) -> None:
    _scraped_from_now_on(prometheus)
    before = {metric: _value(prometheus, metric) for metric in MOVES}
    for move in dict.fromkeys(MOVES.values()):
        move(scene)
    until(
        lambda: {metric for metric, value in before.items() if not _value(prometheus, metric) > value},
        lambda unmoved: not unmoved,
    )
    scene.closing.close()
    for metric in ("codeb_degraded", "codeb_audit_spool_size"):
        until(partial(_value, prometheus, metric), lambda value: value == 0)
    until(partial(_value, prometheus, "codeb_http_active_requests"), lambda value: value < 1 + READERS)


def _scraped_from_now_on(prometheus: Prometheus) -> None:
    """Until what Prometheus says is of now: a server that was restarted a moment ago counts anew."""
    now = time.time()
    until(lambda: prometheus.number("max(timestamp(codeb_degraded))"), lambda scraped: scraped > now)


def _value(prometheus: Prometheus, metric: str) -> float:
    return prometheus.number(f"sum({counted(metric)})")
