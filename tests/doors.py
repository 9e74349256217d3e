"""What the tests of the API, the tools and the command share: the use cases on fakes, behind a real door."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, cast

from starlette.testclient import TestClient

from codeb.adapters.audit.known import KnownSecrets
from codeb.adapters.audit.trail import Trail
from codeb.adapters.clock import SystemClock
from codeb.adapters.docker.events import Death, EngineEvents
from codeb.adapters.hooks.courier import Courier
from codeb.adapters.key_maker import KeyMaker
from codeb.adapters.keys import KeyRegistry
from codeb.adapters.postgres.database import Database
from codeb.adapters.postgres.timing import Timing
from codeb.adapters.registry_files import RegistryFiles
from codeb.api.app import create_app
from codeb.api.streams.hub import Hub
from codeb.api.watch import DatabaseWatch
from codeb.bootstrap import Services
from codeb.domain.access import Role
from codeb.errors import Unavailable
from codeb.services.access import access
from codeb.services.wiring import UseCases
from codeb.settings import Settings
from tests.fakes.audit import FakeTrail
from tests.fakes.records import REGISTRY
from tests.fakes.registry import registry_tokens
from tests.world import World

ENVIRON = {
    "CODEB_DOMAIN": "codeb.test",
    "CODEB_REGISTRY": REGISTRY,
    "CODEB_DB_HOST": "db.test",
    "CODEB_PROBE_SECRET": "probe-secret",
    "CODEB_ENV_KEY": "env-key",
}


@dataclass
class FakeDatabase:
    away: bool = False
    migrations: list[str] = field(default_factory=list)
    migrated: int = 0
    timing: Timing = field(default_factory=Timing)

    def available(self) -> bool:
        return not self.away

    def migrate(self) -> list[str]:
        if self.away:
            raise Unavailable("the database", "connection refused")
        self.migrated += 1
        return self.migrations

    def close(self) -> None: ...


class FakeEvents:
    """Of an engine in which nothing ever happens."""

    def on_death(self, listener: Callable[[Death], None]) -> None: ...

    def close(self) -> None: ...


class FakeCourier:
    def run(self, stopped: threading.Event, every: float = 1.0) -> None:
        stopped.wait()


@dataclass
class House:
    """A host with its registry of keys, a world of fakes, and the API in front of them."""

    root: Path
    environ: dict[str, str] = field(default_factory=dict)
    world: World = field(default_factory=World)
    trail: FakeTrail = field(default_factory=FakeTrail)
    database: FakeDatabase = field(default_factory=FakeDatabase)
    hub: Hub = field(default_factory=Hub)

    def __post_init__(self) -> None:
        self.settings = Settings.load({**ENVIRON, "CODEB_ROOT": str(self.root), **self.environ})
        world = self.world
        self.services = Services(
            **{each.name: getattr(world.use, each.name) for each in fields(UseCases)},
            settings=self.settings,
            database=cast(Database, self.database),
            courier=cast(Courier, FakeCourier()),
            events=cast(EngineEvents, FakeEvents()),
            trail=cast(Trail, self.trail),
            known=KnownSecrets.of(self.settings),
            registry_tokens=registry_tokens(self.root),
        )
        self.registry = self.root / "registry"
        files = RegistryFiles(self.registry, SystemClock())
        world.access.real = files
        self.services = replace(self.services, access=access(files, world.projects, SystemClock()))
        self.keys = KeyRegistry(self.registry / "api-keys.json")
        self.watch = DatabaseWatch(self.services)

    def key(self, made_as: str = "owner", team: str = "team-a", **entry: Any) -> str:
        """A registered key; the fields of ``entry`` replace those in the file."""
        made = KeyMaker(self.registry, SystemClock()).create(team, Role(made_as), name="test", by="me")
        if entry:
            path = self.registry / "api-keys.json"
            content = json.loads(path.read_text())
            content["keys"][made.record["id"]] |= entry
            path.write_text(json.dumps(content))
        return made.text

    def client(self, *, server: str = "http://127.0.0.1:9101") -> TestClient:
        app = create_app(self.services, self.keys, self.settings, self.watch, self.hub)
        return TestClient(app, base_url=server, raise_server_exceptions=False)
