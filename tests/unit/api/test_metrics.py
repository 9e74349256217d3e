"""Metrics that come from elsewhere. Spec section 6, "Metrics"."""

from dataclasses import replace

from codeb.api.metrics import Metrics
from codeb.services.protocols import Observed
from codeb.services.protocols.memory import Forgetful
from tests.doors import House
from tests.metrics import SPECIFIED
from tests.unit.api.scrape import INTERNAL, sample
from tests.unit.services.conftest import release


def test_every_metric_of_the_specification_is_there(house: House) -> None:
    with house.client(server=INTERNAL) as client:
        text = client.get("/metrics").text
    for name in SPECIFIED:
        assert f"# TYPE {name} " in text, name


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


def test_a_stream_is_counted_and_how_long_it_was_open_is_no_answer_time() -> None:
    metrics = Metrics()
    for route in ("/api/logs/stream", "/logs/stream", "/api/tool"):
        metrics.answered("GET", route, 200, 600.0)
    labels = {"method": "GET", "status_code": "200"}
    for route, timed in (("/api/logs/stream", None), ("/logs/stream", None), ("/api/tool", 600.0)):
        of = {**labels, "route": route}
        assert metrics.registry.get_sample_value("codeb_http_requests_total", of) == 1
        assert metrics.registry.get_sample_value("codeb_http_request_duration_seconds_sum", of) == timed


def test_the_end_of_a_grace_is_shown_while_there_is_one(house: House) -> None:
    name = "codeb_slot_grace_expires_timestamp_seconds"
    release(house.world, "v1")
    with house.client(server=INTERNAL) as client:
        assert f"{name}{{" not in client.get("/metrics").text
        release(house.world, "v2")
        shown = sample(client, f'{name}{{environment="production",project="blog",slot="blue"}}')
        assert client.get("/metrics").text.count(f"{name}{{") == 1
    ends = [end.timestamp() for pair in house.services.status.all() if (end := pair.blue.grace_expires_at)]
    assert ends == [shown]
