"""The journal's events, brought into the database: merged by id, never twice. Design section 2."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import structlog
from psycopg import Connection, DatabaseError
from psycopg.rows import DictRow

from codeb.adapters.journal.deployments import accounts, deployments
from codeb.adapters.journal.files import FileJournal
from codeb.adapters.journal.shortening import LONG
from codeb.adapters.journal.snapshot import JournalDamaged
from codeb.adapters.postgres import deployment_rows
from codeb.adapters.postgres.database import Database
from codeb.adapters.postgres.slot_rows import locked_row, settle, stored_pair
from codeb.domain.deployment import Deployment
from codeb.domain.events import Event
from codeb.domain.names import Environment, EnvironmentName
from codeb.domain.slots import SlotPair
from codeb.errors import Unavailable
from codeb.services.errors import UnknownDeployment
from codeb.services.protocols import Conflict

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class PostgresHistory:
    database: Database
    journal: FileJournal

    def project(self, environment: Environment) -> bool:
        """False, and a line in the log, while the database is away or does not take it; the next call tries again."""
        try:
            with self.database.transaction() as connection:
                events = self._bring_in(connection, environment)
        except (Unavailable, DatabaseError, JournalDamaged) as error:
            _log.warning("history_behind", environment=environment.key, reason=str(error))
            return False
        if events is None:
            _log.warning("history_behind", environment=environment.key, reason="the database has no such environment")
            return False
        if len(events) > LONG:
            self._shorten(environment, events[-1].id)
        return True

    def restore(self, environment: Environment) -> SlotPair | None:
        """Raises Unavailable: without the database nobody knows."""
        with self.database.transaction() as connection:
            return stored_pair(connection, environment)

    def deployments(self, project: str, environment: EnvironmentName | None, limit: int) -> Sequence[Deployment]:
        try:
            with self.database.transaction() as connection:
                return deployment_rows.newest(connection, project, environment, limit)
        except Unavailable:
            found = sorted(self._told(project, environment), key=lambda each: each.created_at, reverse=True)
            return list(islice(found, limit))

    def deployment(self, project: str, deployment_id: str) -> Deployment:
        """The journal is asked too where the database does not have it (yet). Raises UnknownDeployment."""
        found = self._stored(project, deployment_id)
        if found is None:
            found = next((each for each in self._told(project, None) if each.id == deployment_id), None)
        if found is None:
            raise UnknownDeployment(project, deployment_id)
        return found

    def conflicts(self) -> Sequence[Conflict]:
        """Newest first. Raises Unavailable."""
        with self.database.transaction() as connection:
            rows = connection.execute("SELECT * FROM conflicts ORDER BY found_at DESC, id DESC")
            return [
                Conflict(
                    environment=Environment(row["project_name"], EnvironmentName(row["environment"])),
                    found_at=row["found_at"],
                    journal=row["journal"],
                    database=row["database"],
                    kept=row["kept"],
                )
                for row in rows
            ]

    def _bring_in(self, connection: Connection[DictRow], environment: Environment) -> Sequence[Event] | None:
        """The journal is read behind the row's lock, so that nobody brings in less than is there already."""
        stored = locked_row(connection, environment)
        if stored is None:
            return None
        events = self.journal.events(environment)
        new = _after(events, _position(connection, environment))
        if new:
            told, touched = accounts(events), accounts(new)
            deployment_rows.merge(connection, environment, {name: told[name] for name in touched})
            _remember(connection, environment, new[-1].id)
        settle(connection, environment, stored, events)
        return events

    def _shorten(self, environment: Environment, position: str) -> None:
        """A journal that stays long is no failure of what happened."""
        try:
            self.journal.shorten(environment, position)
        except (OSError, JournalDamaged) as error:
            _log.warning("journal_stays_long", environment=environment.key, reason=str(error))

    def _stored(self, project: str, deployment_id: str) -> Deployment | None:
        if not (deployment_id.isascii() and deployment_id.isprintable()):
            return None
        try:
            with self.database.transaction() as connection:
                return deployment_rows.one(connection, project, deployment_id)
        except Unavailable:
            return None

    def _told(self, project: str, environment: EnvironmentName | None) -> Iterator[Deployment]:
        """By the journals that can be read."""
        for each in self.journal.environments():
            if each.project != project or environment not in (None, each.name):
                continue
            try:
                yield from deployments(self.journal.events(each))
            except JournalDamaged as error:
                _log.error("journal_unreadable", environment=each.key, reason=str(error))


def _position(connection: Connection[DictRow], environment: Environment) -> str | None:
    """The last event that was brought in."""
    row = connection.execute(
        "SELECT event_id FROM journal_positions WHERE project_name = %s AND environment = %s",
        [environment.project, environment.name],
    ).fetchone()
    return row["event_id"] if row else None


def _after(events: Sequence[Event], position: str | None) -> Sequence[Event]:
    """All of them where the position is not among them: bringing in twice is bringing in once."""
    for index in reversed(range(len(events))):
        if events[index].id == position:
            return events[index + 1 :]
    return events


def _remember(connection: Connection[DictRow], environment: Environment, event_id: str) -> None:
    connection.execute(
        "INSERT INTO journal_positions (project_name, environment, event_id) VALUES (%s, %s, %s)"
        " ON CONFLICT (project_name, environment) DO UPDATE SET event_id = excluded.event_id",
        [environment.project, environment.name, event_id],
    )
