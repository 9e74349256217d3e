"""Projects in the database: the row, its port pairs and its hosts are made in one transaction. Spec section 2."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import Connection
from psycopg.errors import UniqueViolation
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from codeb.adapters.postgres.database import Database, Row
from codeb.domain.names import Environment, EnvironmentName, SlotName
from codeb.domain.ports import PortPair, lowest_free
from codeb.domain.project import Project, ProjectExists, ProjectSettings
from codeb.domain.quotas import require_project
from codeb.errors import InvalidInput

_PORTS_LOCK = 0x0C0DEB + 1

_SELECT = """
    SELECT p.*,
           (SELECT jsonb_object_agg(s.environment, s.blue_port) FROM project_slots s WHERE s.project_name = p.name)
               AS ports,
           (SELECT jsonb_agg(jsonb_build_array(d.environment, d.domain) ORDER BY d.domain)
              FROM domains d WHERE d.project_name = p.name AND d.type = 'custom' AND d.status = 'active') AS custom
      FROM projects p
"""


@dataclass(frozen=True, slots=True)
class ProjectRows:
    """``domain`` is the platform's, from which a site's own hosts are made."""

    database: Database
    domain: str

    def find(self, name: str) -> Project | None:
        with self.database.transaction() as connection:
            row = connection.execute(_SELECT + " WHERE p.name = %s", [name]).fetchone()
        return _project(row) if row else None

    def all(self) -> Sequence[Project]:
        with self.database.transaction() as connection:
            return [_project(row) for row in connection.execute(_SELECT + " ORDER BY p.name")]

    def create(
        self,
        name: str,
        *,
        team_id: str,
        type: str,
        environments: Sequence[EnvironmentName],
        settings: ProjectSettings,
        at_most: int | None = None,
    ) -> Project:
        with self.database.transaction() as connection:
            made = connection.execute(
                "INSERT INTO projects (name, team_id, type, settings) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
                [name, team_id, type, Jsonb(settings.model_dump(mode="json"))],
            )
            if made.rowcount == 0:
                raise ProjectExists(name)
            connection.execute("SELECT pg_advisory_xact_lock(%s)", [_PORTS_LOCK])
            others = connection.execute(
                "SELECT count(*) AS n FROM projects WHERE team_id = %s AND name <> %s", [team_id, name]
            ).fetchone()
            require_project(team_id, at_most, others["n"] if others else 0)
            taken = {row["blue_port"] for row in connection.execute("SELECT blue_port FROM project_slots")}
            for environment in environments:
                pair = lowest_free(environment, taken)
                taken.add(pair.blue)
                self._add_environment(connection, Environment(name, environment), pair)
            row = connection.execute(_SELECT + " WHERE p.name = %s", [name]).fetchone()
        if row is None:
            raise ProjectExists(name)
        return _project(row)

    def names(self) -> list[str]:
        with self.database.transaction() as connection:
            return [row["name"] for row in connection.execute("SELECT name FROM projects ORDER BY name")]

    def update_settings(self, name: str, settings: ProjectSettings) -> Project | None:
        """The project as it is then; None when there is none."""
        with self.database.transaction() as connection:
            connection.execute(
                "UPDATE projects SET settings = %s, updated_at = now() WHERE name = %s",
                [Jsonb(settings.model_dump(mode="json")), name],
            )
            row = connection.execute(_SELECT + " WHERE p.name = %s", [name]).fetchone()
        return _project(row) if row else None

    def require_writable(self) -> None:
        with self.database.transaction() as connection:
            connection.execute("SELECT 1")

    def delete(self, name: str) -> None:
        with self.database.transaction() as connection:
            connection.execute("DELETE FROM projects WHERE name = %s", [name])

    def _add_environment(self, connection: Connection[DictRow], environment: Environment, pair: PortPair) -> None:
        connection.execute(
            "INSERT INTO project_slots (project_name, environment, blue_port, green_port) VALUES (%s, %s, %s, %s)",
            [environment.project, environment.name, pair.blue, pair.green],
        )
        hosts = [(environment.host(self.domain), "production")]
        hosts += [(environment.preview_host(slot, self.domain), "preview") for slot in SlotName]
        connection.execute(
            "INSERT INTO certificates (host, team_id) SELECT %s, team_id FROM projects WHERE name = %s"
            " ON CONFLICT DO NOTHING",
            [environment.host(self.domain), environment.project],
        )
        for host, type_ in hosts:
            try:
                connection.execute(
                    "INSERT INTO domains (domain, project_name, environment, type) VALUES (%s, %s, %s, %s)",
                    [host, environment.project, environment.name, type_],
                )
            except UniqueViolation:
                raise InvalidInput("projectName", f"its address {host} belongs to another project") from None


def _project(row: Row) -> Project:
    domains: dict[EnvironmentName, tuple[str, ...]] = {}
    custom: list[Any] = row["custom"] or []
    for environment, host in custom:
        name = EnvironmentName(environment)
        domains[name] = (*domains.get(name, ()), host)
    return Project(
        name=row["name"],
        team_id=row["team_id"],
        type=row["type"],
        settings=ProjectSettings.model_validate(row["settings"]),
        ports={EnvironmentName(name): PortPair(blue) for name, blue in (row["ports"] or {}).items()},
        domains=domains,
        created_at=row["created_at"],
    )
