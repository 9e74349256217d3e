"""Metrics that come from elsewhere. Spec section 6, "Metrics"."""

from dataclasses import replace

from codeb.api.metrics import Metrics
from codeb.services.protocols import Observed
from codeb.services.protocols.memory import Forgetful
from tests.doors import House
from tests.unit.api.scrape import INTERNAL, sample
from tests.unit.services.conftest import release

NAMES = [
    "http_requests_total",
    "http_request_duration_seconds",
    "http_active_requests",
    "tool_calls_total",
    "tool_call_duration_seconds",
    "deployments_total",
    "deployment_duration_seconds",
    "promotions_total",
    "rollbacks_total",
    "slot_status",
    "slot_healthy",
    "auth_failures_total",
    "rate_limit_exceeded_total",
    "db_query_duration_seconds",
    "degraded",
    "audit_spool_size",
    "switch_duration_seconds",
    "caddy_reloads_total",
]


def test_every_metric_of_the_specification_is_there(house: House) -> None:
    with house.client(server=INTERNAL) as client:
        text = client.get("/metrics").text
    for name in NAMES:
        assert f"# TYPE codeb_{name} " in text, name


class Remembered(Forgetful):
    def __init__(self) -> None:
        self.containers: dict[str, Observed] = {}

    def observed(self, container: str) -> Observed | None:
        return self.containers.get(container)


def test_the_health_of_slots_is_what_is_known_of_it(house: House) -> None:
    for version in ("v1", "v2"):
        release(house.world, version)
    memory = Remembered()
    memory.containers = {
        "blog-production-blue": Observed(running=True),
        "blog-production-green": Observed(running=True, health="unhealthy"),
    }
    house.services = replace(house.services, status=replace(house.services.status, memory=memory))
    with house.client(server=INTERNAL) as client:
        where = 'environment="production",project="blog",slot='
        assert sample(client, f'codeb_slot_healthy{{{where}"blue"}}') == 1
        assert sample(client, f'codeb_slot_healthy{{{where}"green"}}') == 0
        memory.containers.clear()
        assert "codeb_slot_healthy{" not in client.get("/metrics").text


def test_statements_and_reloads_are_counted(house: House) -> None:
    house.services.reloads.count = 3
    with house.client(server=INTERNAL) as client:
        assert sample(client, "codeb_caddy_reloads_total") == 3
        house.database.timing.heard("select", 0.002)
        house.services.reloads.count += 1
        assert sample(client, 'codeb_db_query_duration_seconds_count{operation="select"}') == 1
        assert sample(client, 'codeb_db_query_duration_seconds_sum{operation="select"}') == 0.002
        assert sample(client, "codeb_caddy_reloads_total") == 4


def test_the_audits_spool_is_a_gauge_that_follows_it() -> None:
    metrics, waiting = Metrics(), ["row"]
    metrics.audit_spool.set_function(lambda: len(waiting))
    assert metrics.registry.get_sample_value("codeb_audit_spool_size") == 1
    waiting.clear()
    assert metrics.registry.get_sample_value("codeb_audit_spool_size") == 0
