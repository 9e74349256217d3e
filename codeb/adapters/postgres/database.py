"""A pool of connections to PostgreSQL, refused while it is away or its schema is not ours. Spec section 7."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from psycopg import Connection, InterfaceError, OperationalError
from psycopg.conninfo import make_conninfo
from psycopg.rows import DictRow, dict_row
from psycopg_pool import ConnectionPool, PoolClosed, PoolTimeout

from codeb import settings
from codeb.adapters.postgres import schema
from codeb.adapters.postgres.timing import Timing
from codeb.errors import Refused, Unavailable

_CONNECT_TIMEOUT = 3
_DEAD_PEER: dict[str, Any] = {
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
_PATIENCE = "-c lock_timeout=5s -c statement_timeout=15s -c idle_in_transaction_session_timeout=60s"
"""Nobody waits for long for a host that vanished, nor for a transaction that another one left open."""
_CHECKOUT_TIMEOUT = 3.0
_MAX_CONNECTIONS = 10
_AWAY_SECONDS = 2.0

Row = dict[str, Any]


class NotTheOwner(Refused):
    code = "not_the_owner"

    def __init__(self, owner: str) -> None:
        super().__init__(
            f"the schema and the audit are {owner}'s: run this with sudo, or `systemctl restart codeb-migrate`"
        )


@dataclass(slots=True)
class _Away:
    """Until when (monotonic seconds) the database counts as away, and why."""

    until: float = 0.0
    reason: str = "it was not asked yet"
    knocking: threading.Lock = field(default_factory=threading.Lock)

    def for_now(self, reason: str) -> None:
        self.until, self.reason = time.monotonic() + _AWAY_SECONDS, reason


@dataclass(frozen=True, slots=True)
class Database:
    """Every use of it may raise Unavailable: nothing that works without the database may depend on it."""

    pool: ConnectionPool[Connection[DictRow]]
    _conninfo: str = field(repr=False)
    _away: _Away = field(default_factory=_Away)
    timing: Timing = field(default_factory=Timing)
    owner: str = ""
    """Who owns the schema, where it is another role; then the schema is looked at and never changed."""
    runtime: str = ""

    @classmethod
    def open(cls, config: settings.Database) -> "Database":
        """Start connecting in the background; the database may be away."""
        conninfo = make_conninfo(
            host=config.host,
            port=config.port,
            dbname=config.name,
            user=config.user,
            password=config.password.reveal() or None,
            sslmode=config.sslmode,
            sslrootcert=config.sslrootcert or None,
            connect_timeout=_CONNECT_TIMEOUT,
            application_name="codeb",
            options=_PATIENCE,
            **_DEAD_PEER,
        )
        timing = Timing()
        pool = ConnectionPool(
            conninfo,
            connection_class=Connection[DictRow],
            kwargs={"row_factory": dict_row, "cursor_factory": timing.cursor()},
            min_size=1,
            max_size=_MAX_CONNECTIONS,
            timeout=_CHECKOUT_TIMEOUT,
            open=False,
            check=ConnectionPool.check_connection,
            reconnect_timeout=0,
        )
        pool.open(wait=False)
        owner = "" if config.owned else config.owner
        return cls(pool, conninfo, timing=timing, owner=owner, runtime=config.runtime)

    def _refuse_while_away(self) -> None:
        """Nobody waits for a database that did not answer a moment ago; the first to ask it again knocks, once."""
        if not self._away.reason:
            return
        if time.monotonic() < self._away.until or not self._away.knocking.acquire(blocking=False):
            raise Unavailable("the database", self._away.reason)
        try:
            with Connection.connect(self._conninfo) as connection:
                self._require_schema(connection)
            self._away.reason = ""
        finally:
            self._away.knocking.release()

    @contextmanager
    def transaction(self) -> Iterator[Connection[DictRow]]:
        """Commits at the end of the block, rolls back on an error; raises Unavailable."""
        try:
            self._refuse_while_away()
            with self.pool.connection() as connection:
                yield connection
        except (PoolTimeout, PoolClosed, OperationalError, InterfaceError) as error:
            reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
            if _gone(error):
                self._away.for_now(reason)
            raise Unavailable("the database", reason) from error

    def available(self) -> bool:
        try:
            with self.transaction() as connection:
                connection.execute("SELECT 1")
        except Unavailable:
            return False
        return True

    def migrate(self) -> list[str]:
        """Apply what is missing, in order; safe when two servers start at once. Returns what was applied.

        Where another role owns the schema, nothing is applied; raises Unavailable where something is missing.
        """
        with self.transaction() as connection:
            if not self.owner:
                return schema.migrate(connection, self.runtime)
            self._require_schema(connection)
        return []

    def require_owner(self) -> None:
        """Raises NotTheOwner."""
        if self.owner:
            raise NotTheOwner(self.owner)

    def _require_schema(self, connection: Connection[Any]) -> None:
        """Raises Unavailable: a query on tables that are not there yet would be an error nobody could read."""
        if self.owner and (lacking := schema.lacking(connection)):
            reason = f"its schema lacks {_some(lacking)}: `systemctl restart codeb-migrate` brings it up to date"
            self._away.for_now(reason)
            raise Unavailable("the database", reason)

    def close(self) -> None:
        self.pool.close()


def _gone(error: Exception) -> bool:
    """Whether the server is away, and not merely too busy with this very question."""
    state = getattr(error, "sqlstate", None)
    return state is None or state.startswith(("08", "53", "57P", "28", "3D"))


def _some(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
