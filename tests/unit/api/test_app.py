"""The other routes, the headers, the metrics. Spec section 6."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

import codeb
from codeb.services.errors import Unhealthy
from tests.doors import House
from tests.examples import examples
from tests.unit.api.conftest import Tool
from tests.unit.api.scrape import INTERNAL, sample, series


def test_health_needs_no_key_and_says_version_and_uptime(client: TestClient) -> None:
    record = client.get("/health").json()
    assert (record["status"], record["version"], record["degraded"]) == ("healthy", codeb.__version__, False)
    assert record["uptime"] > 0
    assert "updateRequired" not in record


@pytest.mark.parametrize(("query", "headers"), [("?v=0.0.1", {}), ("", {"X-Client-Version": "0.0.1"})])
def test_health_tells_an_older_client_to_update(client: TestClient, query: str, headers: dict[str, str]) -> None:
    record = client.get(f"/health{query}", headers=headers).json()
    assert record["updateRequired"] is True
    assert record["latestVersion"] == codeb.__version__


def test_without_the_database_the_server_starts_and_says_degraded(house: House) -> None:
    house.database.away = True
    house.watch.begin()
    house.watch.interval = 0.01
    with house.client(server=INTERNAL) as client:
        record = client.get("/health").json()
        assert (record["status"], record["database"]) == ("degraded", "away")
        assert sample(client, "codeb_degraded") == 1
        house.database.away = False
        for _ in range(500):
            if client.get("/health").json()["status"] == "healthy":
                break
        assert client.get("/health").json()["status"] == "healthy"
        assert house.database.migrated == 1
        assert sample(client, "codeb_degraded") == 0


def test_the_tools_are_described_to_whoever_has_a_key(client: TestClient, house: House) -> None:
    assert client.get("/api").status_code == 401
    assert client.get("/api/tools").status_code == 401
    headers = {"X-API-Key": house.key("viewer")}
    assert "deploy" in client.get("/api", headers=headers).json()["tools"]
    tools = {tool["name"]: tool for tool in client.get("/api/tools", headers=headers).json()["tools"]}
    assert tools["deploy"]["permission"] == "deploy.create"
    assert "projectName" in tools["deploy"]["inputSchema"]["properties"]
    assert all(tool["description"] for tool in tools.values())
    assert all("dryRun" in tool["inputSchema"]["properties"] for tool in tools.values() if tool["changes"])


def test_a_correlation_id_is_taken_over_when_it_is_one(client: TestClient) -> None:
    assert client.get("/health", headers={"X-Correlation-ID": "ci-42.a"}).headers["X-Correlation-ID"] == "ci-42.a"
    for odd in ("a b", "x" * 65, "<script>", ""):
        assert client.get("/health", headers={"X-Correlation-ID": odd}).headers["X-Correlation-ID"] != odd


@pytest.mark.parametrize(
    ("server", "headers", "status"),
    [
        ("http://127.0.0.1:9101", {}, 404),
        ("http://127.0.0.1:9102", {}, 200),
        ("http://127.0.0.1:9102", {"X-Forwarded-For": "10.0.0.4"}, 200),
        ("http://127.0.0.1:9101", {"X-Forwarded-For": "10.0.0.4"}, 404),
        ("http://10.0.0.5:9101", {}, 200),
        ("http://10.0.0.6:9101", {}, 404),
    ],
)
def test_metrics_are_on_internal_listeners_only(
    tmp_path: Path, server: str, headers: dict[str, str], status: int
) -> None:
    house = House(tmp_path, {"CODEB_INTERNAL_LISTEN": "10.0.0.5:9101,127.0.0.1:9102"})
    with house.client(server=server) as client:
        assert client.get("/metrics", headers=headers).status_code == status


def test_an_internal_listener_on_every_address_does_not_open_the_public_one(tmp_path: Path) -> None:
    house = House(tmp_path, {"CODEB_INTERNAL_LISTEN": "0.0.0.0:9101", "CODEB_LISTEN": "127.0.0.1:9101"})
    with house.client(server="http://10.0.0.5:9101") as inside, house.client(server="http://127.0.0.1:9101") as public:
        assert inside.get("/metrics").status_code == 200
        assert public.get("/metrics").status_code == 404


def test_a_release_moves_its_metrics(house: House) -> None:
    with house.client(server=INTERNAL) as client:
        headers = {"X-API-Key": house.key()}
        for name in ("deploy", "promote", "deploy", "promote", "rollback"):
            params = {"projectName": "blog", "force": True}
            assert client.post("/api/tool", json={"tool": name, "params": params}, headers=headers).json()["success"]
        client.post("/api/tool", json={"tool": "slot_list"})
        blog = 'environment="production",project="blog"'
        assert sample(client, f'codeb_deployments_total{{{blog},status="success"}}') == 2
        assert sample(client, f"codeb_deployment_duration_seconds_count{{{blog}}}") == 2
        assert sample(client, f"codeb_promotions_total{{{blog}}}") == 2
        assert sample(client, f"codeb_rollbacks_total{{{blog}}}") == 1
        assert sample(client, "codeb_switch_duration_seconds_count") == 3
        assert sample(client, 'codeb_auth_failures_total{reason="missing_key"}') == 1
        assert sample(client, 'codeb_tool_calls_total{role="owner",status="success",tool="deploy"}') == 2
        assert sample(client, 'codeb_tool_call_duration_seconds_count{tool="promote"}') == 2
        ok = 'method="POST",route="/api/tool",status_code="200"'
        assert sample(client, f"codeb_http_requests_total{{{ok}}}") == 5
        assert sample(client, f"codeb_http_request_duration_seconds_count{{{ok}}}") == 5
        assert sample(client, "codeb_http_active_requests") == 1
        states = [sample(client, f'codeb_slot_status{{{blog},slot="{slot}"}}') for slot in ("blue", "green")]
        assert states == [2, 1]


def test_a_failed_deploy_is_counted_as_failed(house: House) -> None:
    house.world.runtime.fails = Unhealthy("blog-production-blue", "it ended with exit code 1")
    with house.client(server=INTERNAL) as client:
        body = {"tool": "deploy", "params": {"projectName": "blog"}}
        client.post("/api/tool", json=body, headers={"X-API-Key": house.key()})
        failed = 'codeb_deployments_total{environment="production",project="blog",status="failed"}'
        assert sample(client, failed) == 1


def test_the_tools_of_a_key_are_those_it_may_call(client: TestClient, house: House) -> None:
    headers = {"X-API-Key": house.key("member", kind="assistant", scopes=["deploy.promote", "slot.view"])}
    found = client.get("/api/tools?mine=true", headers=headers).json()["tools"]
    wanted = {"slot_status": False, "slot_list": False, "promote": True, "maintenance": True, "confirm": False}
    assert {each["name"]: each["confirmation"] for each in found} == wanted
    every = {each["name"]: each for each in client.get("/api/tools", headers=headers).json()["tools"]}
    assert all(each.items() >= every[each["name"]].items() for each in found)
    assert len(every) > len(found)


def test_made_up_paths_methods_and_tools_make_no_new_series(house: House) -> None:
    with house.client(server=INTERNAL) as client:
        headers = {"X-API-Key": house.key(rateLimit={"requests": 10_000, "window": 60})}

        def visit(number: int) -> None:
            client.get(f"/path-{number}")
            client.head(f"/path-{number}")
            client.request(f"METHOD{number}", "/health")
            client.post("/api/tool", json={"tool": f"tool-{number}"}, headers=headers)
            client.post("/api/tool", json={"tool": "deploy", "params": {"projectName": f"p{number}"}}, headers=headers)

        visit(0)
        series(client)
        before = series(client)
        for number in range(1, 30):
            visit(number)
        assert series(client) == before
        for number in range(examples(200)):
            client.get(f"/made-up/{number}")
        assert series(client) == before


def test_the_shorter_address_of_existing_clients_works(client: TestClient, house: House) -> None:
    answer = client.post("/tool", json={"tool": "slot_list"}, headers={"X-API-Key": house.key()})
    assert answer.json()["success"] is True


@pytest.mark.parametrize(("name", "source"), [("we-cli", "cli"), ("codeb-python", "python"), ("mine", "api")])
def test_what_a_client_says_it_is_becomes_the_deployments_source(
    house: House, client: TestClient, tool: Tool, name: str, source: str
) -> None:
    body = {"tool": "deploy", "params": {"projectName": "blog"}}
    headers = {"X-API-Key": house.key(), "X-Client": f"{name}/9.0"}
    assert client.post("/api/tool", json=body, headers=headers).json()["success"]
    assert tool("deployment_list", projectName="blog")["deployments"][0]["source"] == source
