"""What a new project is given, who is told of it, and what is kept: on the four hosts. Spec section 6."""

import json
import ssl
from collections.abc import Iterator, Mapping
from socket import create_connection
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

from tests.lab.api import Api
from tests.lab.confidential import Confidential
from tests.lab.hosts import DOMAIN
from tests.lab.trust import CA
from tests.lab.waiting import until
from tests.lab.web import session

pytestmark = pytest.mark.lab

PROJECT = "ledger"


@pytest.fixture(scope="module")
def project(api: Api) -> Iterator[Confidential]:
    """The variables of its production."""
    api.tool("workflow_init", projectName=PROJECT, type="go")
    yield Confidential(api.tool("env_get", projectName=PROJECT)["variables"])
    api.ask("project_delete", projectName=PROJECT, confirm=PROJECT)


def test_a_second_time_changes_nothing(api: Api, project: Confidential) -> None:
    assert api.tool("workflow_init", projectName=PROJECT, type="go")["changed"] is False
    assert Confidential(api.tool("env_get", projectName=PROJECT)["variables"]) == project


def test_its_database_is_its_own(project: Confidential, machines: Mapping[str, Any]) -> None:
    sql = "CREATE TABLE entries (sum int); INSERT INTO entries VALUES (7); SELECT sum FROM entries"
    assert psql(machines["app"], project["DATABASE_URL"], sql).stdout.split()[-1] == "7"
    for name in ("codeb", "postgres", "provisioning", "ledger_staging_db"):
        other = project["DATABASE_URL"].replace("/ledger_db", f"/{name}")
        assert "permission denied for database" in psql(machines["app"], other, "SELECT 1").stderr


def test_no_other_host_is_let_in_with_it(project: Confidential, machines: Mapping[str, Any]) -> None:
    done = machines["storage"].run(f"PGCONNECT_TIMEOUT=5 psql '{project['DATABASE_URL']}' -c 'SELECT 1'")
    assert "no pg_hba.conf entry" in done.stderr


def psql(host: Any, url: str, sql: str) -> Any:
    return host.run(f"printf '%s' \"{url}\" | (read -r U; PGCONNECT_TIMEOUT=5 psql \"$U\" -At -c '{sql}')")


def test_its_user_of_redis_is_fenced(project: Confidential, machines: Mapping[str, Any]) -> None:
    script = (
        "import sys; from redis import Redis; c = Redis.from_url(sys.stdin.read());"
        f"c.set('{project['REDIS_PREFIX']}greeting', 'hello'); print(c.get('{project['REDIS_PREFIX']}greeting'));"
        "c.get('codeb:anything')"
    )
    url = project["REDIS_URL"]
    done = machines["app"].run(f"printf '%s' '{url}' | /opt/codeb/venv/bin/python -c \"{script}\"")
    assert "b'hello'" in done.stdout
    assert "No permissions to access a key" in done.stderr or "NoPermission" in done.stderr


def test_a_restarted_redis_knows_it_again(project: Confidential, machines: Mapping[str, Any]) -> None:
    machines["storage"].check_output("systemctl restart redis-server")
    ping = "import sys; from redis import Redis; print(Redis.from_url(sys.stdin.read()).ping())"
    command = f"printf '%s' '{project['REDIS_URL']}' | /opt/codeb/venv/bin/python -c '{ping}'"
    until(lambda: machines["app"].run(command).stdout, lambda said: "True" in said, 30)


def test_what_was_done_is_in_the_audit_without_a_secret(api: Api, project: Confidential) -> None:
    def rows() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = api.tool("audit_list", projectName=PROJECT, limit=200)["entries"]
        return found

    until(lambda: {row["action"] for row in rows()}, lambda seen: {"workflow_init", "env_get"} <= seen, 30)
    text = json.dumps(rows())
    for secret in (project["DATABASE_URL"], project["REDIS_URL"], project["REDIS_URL"].split(":")[2].split("@")[0]):
        assert secret not in text


@pytest.fixture
def socket(lab: Confidential) -> Iterator[ClientConnection]:
    trusting = ssl.create_default_context(cafile=str(CA))
    plain = create_connection((lab["hosts"]["streaming"], 443), timeout=10)
    with connect(f"wss://ws.{DOMAIN}/connection/websocket", sock=plain, ssl=trusting, proxy=None) as opened:
        yield opened


def test_a_browser_follows_a_project_on_the_streaming_host(
    api: Api, project: Confidential, socket: ClientConnection
) -> None:
    asked = session.post(
        f"{api.url}/api/stream/token", json={"project": PROJECT}, headers={"X-API-Key": api.key}, timeout=10
    ).json()
    assert asked["success"], asked
    socket.send(json.dumps({"id": 1, "connect": {"token": asked["connectionToken"]}}))
    assert "connect" in json.loads(socket.recv(timeout=10))
    subscribe = {"channel": asked["channel"], "token": asked["token"]}
    socket.send(json.dumps({"id": 2, "subscribe": subscribe}))
    assert "subscribe" in json.loads(socket.recv(timeout=10))
    api.tool("maintenance", projectName=PROJECT, enabled=True)
    api.tool("maintenance", projectName=PROJECT, enabled=False)
    pushed = json.loads(socket.recv(timeout=10))["push"]
    assert pushed["channel"] == f"deployments:{PROJECT}"
    assert pushed["pub"]["data"]["message"] == "Tool maintenance succeeded"


def test_logs_are_followed_as_they_are_written(api: Api) -> None:
    with session.get(
        f"{api.url}/api/logs/stream",
        params={"project": "hello", "tail": "5"},
        headers={"X-API-Key": api.key},
        stream=True,
        timeout=20,
    ) as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        lines = answer.iter_lines(decode_unicode=True)
        assert next(line for line in lines if line.startswith("event: ")) == "event: connected"
        api.tool("slot_status", projectName="hello")
        told = next(line for line in lines if "Tool slot_status succeeded" in line)
        assert json.loads(told.removeprefix("data: "))["source"] == "api"


def test_it_is_taken_back_whole_and_its_last_dump_stays(
    api: Api, project: Confidential, machines: Mapping[str, Any]
) -> None:
    gone = api.tool("project_delete", projectName=PROJECT, confirm=PROJECT)
    assert len(gone["dumps"]) == 3
    listed = machines["app"].check_output(f"pg_restore --list {gone['dumps'][0]}")
    assert "dbname: ledger_" in listed
    assert psql(machines["app"], project["DATABASE_URL"], "SELECT 1").rc != 0
    roles = machines["storage"].check_output("runuser -u postgres -- psql -Atc 'SELECT rolname FROM pg_roles'")
    assert "ledger_user" not in roles.split()
