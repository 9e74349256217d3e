"""Domains in the database: claims by project, one proven owner per host; and their certificates. Security 7."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from psycopg import Connection
from psycopg.errors import ForeignKeyViolation, UniqueViolation
from psycopg.rows import DictRow

from codeb.adapters.postgres.database import Database, Row
from codeb.domain.domains import Domain, DomainStatus, DomainType, next_look
from codeb.domain.names import Environment
from codeb.domain.project import UnknownProject
from codeb.services.domain_errors import DomainTaken, TooManyDomains, UnknownDomain

_MOST_PER_PROJECT = 100
_SELECT = "SELECT d.*, p.team_id FROM domains d JOIN projects p ON p.name = d.project_name"
_ONE = _SELECT + " WHERE d.domain = %s AND d.project_name = %s"
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class DomainRows:
    database: Database

    def holder(self, host: str) -> Domain | None:
        with self.database.transaction() as connection:
            row = connection.execute(_SELECT + " WHERE d.domain = %s AND d.status = 'active'", [host]).fetchone()
        return _domain(row) if row else None

    def claim_of(self, host: str, project: str) -> Domain | None:
        with self.database.transaction() as connection:
            row = connection.execute(_ONE, [host, project]).fetchone()
        return _domain(row) if row else None

    def of_projects(self, projects: Collection[str]) -> Sequence[Domain]:
        with self.database.transaction() as connection:
            query = _SELECT + " WHERE d.project_name = ANY(%s) ORDER BY d.project_name, d.environment, d.domain"
            return [_domain(row) for row in connection.execute(query, [list(projects)])]

    def claim(self, host: str, environment: Environment, by: str, now: datetime) -> tuple[Domain, bool]:
        """Raises UnknownProject, TooManyDomains, Unavailable."""
        try:
            with self.database.transaction() as connection:
                made = connection.execute(
                    "INSERT INTO domains (domain, project_name, environment, type, status, created_by, created_at,"
                    " asked_at, next_look_at) VALUES (%s, %s, %s, 'custom', 'pending', %s, %s, %s, %s)"
                    " ON CONFLICT (domain, project_name) DO UPDATE SET asked_at = excluded.asked_at,"
                    " next_look_at = excluded.next_look_at"
                    " RETURNING xmax = 0 AS made",
                    [host, environment.project, environment.name, by, now, now, next_look(now, now)],
                ).fetchone()
                new = bool(made and made["made"])
                if new:
                    _require_few(connection, environment.project)
                row = connection.execute(_ONE, [host, environment.project]).fetchone()
        except ForeignKeyViolation:
            raise UnknownProject(environment.project) from None
        if row is None:
            raise UnknownDomain(host)
        return _domain(row), new

    def activate(self, host: str, project: str, at: datetime) -> Domain:
        """The index on active hosts lets one of several through. Raises DomainTaken, UnknownDomain, Unavailable."""
        try:
            with self.database.transaction() as connection:
                connection.execute(
                    "UPDATE domains SET status = 'active', verified_at = %s"
                    " WHERE domain = %s AND project_name = %s AND status = 'pending'",
                    [at, host, project],
                )
                row = connection.execute(_ONE, [host, project]).fetchone()
        except UniqueViolation:
            raise DomainTaken(host) from None
        if row is None:
            raise UnknownDomain(host)
        return _domain(row)

    def put_back(self, domain: Domain) -> None:
        """Raises DomainTaken, Unavailable."""
        environment = domain.environment
        try:
            with self.database.transaction() as connection:
                connection.execute(
                    "INSERT INTO domains (domain, project_name, environment, type, status, created_by, created_at,"
                    " asked_at, verified_at, next_look_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
                    " ON CONFLICT (domain, project_name) DO UPDATE SET status = excluded.status,"
                    " verified_at = excluded.verified_at",
                    [
                        domain.host,
                        environment.project,
                        environment.name,
                        domain.type,
                        domain.status,
                        domain.created_by,
                        domain.created_at,
                        domain.asked_at,
                        domain.verified_at,
                        domain.asked_at,
                    ],
                )
        except UniqueViolation:
            raise DomainTaken(domain.host) from None

    def remove(self, host: str, project: str) -> None:
        with self.database.transaction() as connection:
            connection.execute(
                "DELETE FROM domains WHERE domain = %s AND project_name = %s AND type = 'custom'", [host, project]
            )

    def due(self, now: datetime, limit: int) -> Sequence[Domain]:
        with self.database.transaction() as connection:
            query = _SELECT + " WHERE d.status = 'pending' AND d.next_look_at <= %s ORDER BY d.next_look_at LIMIT %s"
            return [_domain(row) for row in connection.execute(query, [now, limit])]

    def looked(self, domain: Domain, next_at: datetime | None) -> None:
        with self.database.transaction() as connection:
            connection.execute(
                "UPDATE domains SET next_look_at = %s WHERE domain = %s AND project_name = %s AND status = 'pending'",
                [next_at, domain.host, domain.environment.project],
            )


@dataclass(frozen=True, slots=True)
class CertificateRows:
    """``per_week`` new hosts of one team in any seven days; 0 is no limit."""

    database: Database
    per_week: int

    def admit(self, host: str, team_id: str) -> bool:
        with self.database.transaction() as connection:
            if connection.execute("SELECT 1 FROM certificates WHERE host = %s", [host]).fetchone():
                return True
            connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('certificates ' || %s, 0))", [team_id])
            row = connection.execute(
                "SELECT count(*) AS new FROM certificates"
                " WHERE team_id = %s AND first_asked_at > now() - interval '7 days'",
                [team_id],
            ).fetchone()
            if self.per_week and row and row["new"] >= self.per_week:
                _log.warning("certificate_refused", host=host, team_id=team_id, per_week=self.per_week)
                return False
            connection.execute(
                "INSERT INTO certificates (host, team_id) VALUES (%s, %s) ON CONFLICT DO NOTHING", [host, team_id]
            )
        return True


def _require_few(connection: Connection[DictRow], project: str) -> None:
    row = connection.execute(
        "SELECT count(*) AS held FROM domains WHERE project_name = %s AND type = 'custom'", [project]
    ).fetchone()
    if row and row["held"] > _MOST_PER_PROJECT:
        raise TooManyDomains(project, _MOST_PER_PROJECT)


def _domain(row: Row) -> Domain:
    return Domain(
        host=row["domain"],
        environment=Environment.of(row["project_name"], row["environment"]),
        team_id=row["team_id"],
        type=DomainType(row["type"]),
        status=DomainStatus(row["status"]),
        created_at=row["created_at"],
        asked_at=row["asked_at"],
        verified_at=row["verified_at"],
        created_by=row["created_by"],
    )
