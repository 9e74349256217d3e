"""A secret planted in a project's variables is nowhere else afterwards: a server of its own, a real PostgreSQL.

The same on fakes is tests/unit/api/test_planted_secret.py. Lesson 4; spec section 7, "degraded mode".
"""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

from codeb.adapters.clock import SystemClock
from codeb.adapters.key_maker import KeyMaker
from codeb.adapters.keys import RateLimit
from codeb.adapters.postgres.database import Database
from codeb.domain.access import Role
from codeb.settings import Database as DatabaseSettings
from codeb.tools.registry import TOOLS
from tests.exchanges.story import STORY
from tests.fakes.engine import EngineProcess
from tests.integration import engineless_server
from tests.integration.caddy_process import CaddyProcess
from tests.integration.mortal_server import Server
from tests.integration.planted import ENV_TEXT, TOKEN, Reader, files_below, found_in, rows_of, with_a_secret
from tests.integration.platform import Platform
from tests.integration.postgres_process import PostgresProcess
from tests.integration.registry_process import RegistryProcess
from tests.integration.waiting import free_port, until

pytestmark = pytest.mark.integration

MUCH = RateLimit(requests=100_000, window=60)


@dataclass
class Client:
    """Calls as somebody of each role, and keeps what was answered: where the call itself held a secret, apart."""

    server: Server
    keys: dict[str, str]
    answers: list[str] = field(default_factory=list)
    echoes: list[str] = field(default_factory=list)

    def call(self, tool: str, params: dict[str, Any], role: str, **headers: str) -> dict[str, Any]:
        answer = requests.post(
            f"http://{self.server.address}/api/tool",
            json={"tool": tool, "params": params},
            headers={**headers, "X-API-Key": self.keys[role]},
            timeout=60,
        )
        kept = self.echoes if found_in(tool + json.dumps(params)) else self.answers
        kept.append(f"{tool}: {answer.headers} {answer.text}")
        record: dict[str, Any] = answer.json()
        return record

    def plant(self) -> dict[str, Any]:
        return self.call("env_sync", {"projectName": "blog", "content": ENV_TEXT}, "owner")

    def story(self) -> None:
        """Each tool with good input, and then with a secret where another value belongs."""
        for each in STORY:
            self.call(each.tool, each.params, each.role, **each.headers)
        self.call(TOKEN, {"projectName": "blog"}, "owner")
        for tool in TOOLS:
            params = next(each.params for each in STORY if each.tool in (tool.name, *tool.aliases))
            fields = tool.params.model_json_schema(by_alias=True)["properties"]
            for wrong in with_a_secret(fields, {**params, "dryRun": True}):
                self.call(tool.name, wrong, "owner")

    def health(self) -> dict[str, Any]:
        record: dict[str, Any] = requests.get(f"http://{self.server.address}/health", timeout=10).json()
        return record


@pytest.fixture
def server(caddy: CaddyProcess, database: Database, postgres_settings: DatabaseSettings) -> Iterator[Server]:
    """On a host whose engine runs nothing; nobody answers for the registry and the git host."""
    nobody = RegistryProcess(Path("absent"), caddy.directory, free_port())
    platform = Platform(caddy, nobody, postgres_settings)
    with tempfile.TemporaryDirectory() as short, EngineProcess(Path(short) / "engine.sock").running() as engine:
        settings = {
            engineless_server.SOCKET: str(engine.socket),
            "CODEB_GIT_API_URL": f"http://127.0.0.1:{free_port()}",
            "CODEB_GIT_TOKEN": "a-token",
            "CODEB_DNS_RESOLVER": f"127.0.0.1:{free_port()}",
        }
        server = Server(platform, "", module=engineless_server.MODULE, settings=settings)
        server.start()
        try:
            yield server
        finally:
            server.stop()


@pytest.fixture
def client(server: Server) -> Client:
    maker = KeyMaker(server.platform.caddy.directory / "registry", SystemClock())
    keys = {str(role): maker.create("team-a", role, name="t", by="me", rate_limit=MUCH).text for role in Role}
    keys["platform"] = maker.create("platform", Role.OWNER, name="t", by="me", rate_limit=MUCH, platform=True).text
    return Client(server, keys)


@contextmanager
def stopped(postgres: PostgresProcess) -> Iterator[None]:
    postgres.stop()
    try:
        yield
    finally:
        postgres.start()


def test_it_is_nowhere_but_where_it_belongs(client: Client, postgres: PostgresProcess, database: Database) -> None:
    root, server = client.server.platform.caddy.directory, client.server
    assert client.call("workflow_init", {"projectName": "blog", "type": "go"}, "owner")["success"]
    assert client.plant()["success"]
    readers = [
        Reader(f"http://{server.address}/api/logs/stream", client.keys[who], project)
        for who, project in (("owner", "blog"), ("platform", ""))
    ]
    client.story()
    with stopped(postgres):
        until(lambda: client.health()["degraded"], "the database is seen to be away")
        assert client.plant()["code"] == "unavailable"
        client.story()
        spooled = until(lambda: _spooled(root), "rows wait on disk")
    until(lambda: not client.health()["degraded"], "the database is back")
    until(lambda: not _spooled(root), "no row waits any more")
    assert client.plant()["success"]
    client.story()
    metrics = requests.get(f"http://{server.internal}/metrics", timeout=10).text
    server.stop()
    streams = [reader.end() for reader in readers]
    rows = rows_of(database)
    places = {
        **{f"answer {number}": text for number, text in enumerate(client.answers)},
        **{f"stream {number}": text for number, text in enumerate(streams)},
        **{f"row of {table}": "\n".join(texts) for table, texts in rows.items()},
        "metrics": metrics,
        "spool": spooled,
        **dict(files_below(root, beside="env")),
    }
    assert not {place: found for place, text in places.items() if (found := found_in(text))}
    assert min(len(client.answers), len(rows["audit_logs"]), spooled.count("\n")) > len(TOOLS), "all was told of"
    assert all(stream.count("event: log") > len(TOOLS) for stream in streams)
    assert "server.log" in places


def _spooled(root: Path) -> str:
    return "".join(path.read_text() for path in (root / "spool" / "audit").glob("*.jsonl"))
