"""A host's records for the API's benchmark: projects in PostgreSQL, journals, keys, as the real adapters keep them."""

import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from codeb.adapters.caddy.pointers import Pointers
from codeb.adapters.clock import SystemClock
from codeb.adapters.journal.files import FileJournal
from codeb.adapters.key_maker import KeyMaker
from codeb.adapters.keys import RateLimit
from codeb.adapters.postgres.database import Database
from codeb.adapters.postgres.projects import ProjectRows
from codeb.adapters.projects import ProjectCopies, StoredProjects
from codeb.domain.access import Role, key_hash
from codeb.domain.events import EventKind
from codeb.domain.names import Environment, EnvironmentName, SlotName
from codeb.domain.ports import PortPair
from codeb.domain.project import ProjectSettings
from codeb.domain.records import pair_record
from codeb.domain.routing import word_for
from codeb.domain.slots import Release, SlotPair
from codeb.settings import Database as DatabaseSettings
from tests.integration import platform

TEAM = "team-a"
DIRECTORIES = (*platform.DIRECTORIES, "routes")
_NO_LIMIT = RateLimit(requests=10**9, window=60)


@dataclass(frozen=True, slots=True)
class Seeded:
    """``keys`` are texts; ``containers`` the names of what runs."""

    root: Path
    database: DatabaseSettings

    def projects(self, count: int) -> list[str]:
        """Make ``count`` projects, each environment with a release that has the traffic; returns the containers."""
        for name in DIRECTORIES:
            (self.root / name).mkdir(parents=True, exist_ok=True)
        database = Database.open(self.database)
        try:
            database.migrate()
            return [name for number in range(count) for name in self._project(database, f"project-{number}")]
        finally:
            database.close()

    def keys(self, count: int) -> list[str]:
        """As the maker of keys writes them; one file with all of them, not ``count`` files one after the other."""
        registry = self.root / "registry"
        KeyMaker(registry, SystemClock()).create(TEAM, Role.OWNER, name="bench", by="bench", rate_limit=_NO_LIMIT)
        content = json.loads((registry / "api-keys.json").read_text())
        (model,) = list(content["keys"].values())[:1]
        texts = [f"codeb_{TEAM}_owner_{secrets.token_urlsafe(18)}" for _ in range(count)]
        records = [{**model, "id": f"key_{secrets.token_hex(8)}", "keyHash": key_hash(text)} for text in texts]
        content["keys"] = {record["id"]: record for record in records}
        (registry / "api-keys.json").write_text(json.dumps(content))
        return texts

    def _project(self, database: Database, name: str) -> list[str]:
        projects = StoredProjects(
            ProjectRows(database, "codeb.test"), ProjectCopies(self.root / "registry" / "projects")
        )
        project = projects.create(
            name, team_id=TEAM, type="nodejs", environments=tuple(EnvironmentName), settings=ProjectSettings()
        )
        return [self._released(Environment(name, each), ports) for each, ports in project.ports.items()]

    def _released(self, environment: Environment, ports: PortPair) -> str:
        container, now = environment.container(SlotName.BLUE), datetime.now(UTC)
        release = Release(
            deployment_id=f"dep_{container}",
            image=f"registry.test/{environment.project}:1.0.0",
            digest=f"registry.test/{environment.project}@sha256:{0:064x}",
            version="1.0.0",
            env_version=0,
            settings=ProjectSettings(),
            deployed_at=now,
            deployed_by="bench",
        )
        pair = SlotPair.fresh(environment, ports).deployed(SlotName.BLUE, release).promoted(now, "bench")
        FileJournal(self.root / "journal", SystemClock()).append(
            environment,
            EventKind.SLOTS,
            generation=pair.generation,
            by="bench",
            why="seeded",
            data={"slots": pair_record(pair)},
        )
        Pointers(self.root / "routes").point(environment, word_for(pair, fallback=True))
        return container
