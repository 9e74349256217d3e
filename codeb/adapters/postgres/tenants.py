"""Databases of projects on the storage host, made by a role that may make databases and no roles. Security 8."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import quote, urlencode

from psycopg import Connection, sql
from psycopg.errors import Error, OperationalError

from codeb.domain.names import Environment, EnvironmentName
from codeb.errors import Unavailable
from codeb.services.protocols.backings import Backing
from codeb.settings import Database, Secret

_PART = "the storage host's PostgreSQL"
_TIMEOUT = 10
_LIMITS = "-c lock_timeout=10s -c statement_timeout=120s"


def database_name(environment: Environment) -> str:
    return f"{_stem(environment)}_db"


def role_name(environment: Environment) -> str:
    return f"{_stem(environment)}_user"


def _stem(environment: Environment) -> str:
    """Underscores for hyphens: no project's name has an underscore, so no two become one."""
    name = environment.project if environment.name is EnvironmentName.PRODUCTION else environment.key
    return name.replace("-", "_")


@dataclass(frozen=True, slots=True)
class TenantDatabases:
    """``server`` is the provisioning role's way in."""

    server: Database
    variable: ClassVar[str] = "DATABASE_URL"

    def have(self, environment: Environment) -> Backing:
        name, role, password = database_name(environment), role_name(environment), secrets.token_urlsafe(24)
        with self._connected() as connection:
            verifier = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
            connection.execute("SELECT provision.make_role(%s, %s)", [role, verifier])
            if not _exists(connection, name):
                create = sql.SQL("CREATE DATABASE {} OWNER {}")
                connection.execute(create.format(sql.Identifier(name), sql.Identifier(role)))
            closed = sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC")
            connection.execute(closed.format(sql.Identifier(name)))
        facts = {"name": name, "user": role, "host": self.server.host, "port": self.server.port}
        return Backing(facts, {self.variable: self._url(name, role, password)})

    def remove(self, environment: Environment) -> None:
        with self._connected() as connection:
            drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
            connection.execute(drop.format(sql.Identifier(database_name(environment))))
            connection.execute("SELECT provision.drop_role(%s)", [role_name(environment)])

    def url(self, environment: Environment) -> Secret | None:
        name, server = database_name(environment), self.server
        with self._connected() as connection:
            if not _exists(connection, name):
                return None
        return Secret(self._url(name, server.user, server.password.reveal()))

    def _url(self, name: str, user: str, password: str) -> str:
        """Encrypted where the server's own way is; the certificate's authority is not in every image."""
        options = {} if self.server.sslmode in ("disable", "prefer") else {"sslmode": "require"}
        secret = f":{quote(password, safe='')}" if password else ""
        query = f"?{urlencode(options)}" if options else ""
        return f"postgresql://{user}{secret}@{self.server.host}:{self.server.port}/{name}{query}"

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        """Each statement by itself: a database is made and dropped in no transaction."""
        try:
            with Connection.connect(
                host=self.server.host,
                port=self.server.port,
                dbname=self.server.name,
                user=self.server.user,
                password=self.server.password.reveal() or None,
                sslmode=self.server.sslmode,
                sslrootcert=self.server.sslrootcert or None,
                connect_timeout=_TIMEOUT,
                options=_LIMITS,
                application_name="codeb-provisioning",
                autocommit=True,
            ) as connection:
                yield connection
        except OperationalError as error:
            raise Unavailable(_PART, _first_line(error)) from None
        except Error as error:
            raise Unavailable(_PART, f"it refused: {_first_line(error)}") from None


def _exists(connection: Connection, name: str) -> bool:
    return connection.execute("SELECT FROM pg_database WHERE datname = %s", [name]).fetchone() is not None


def _first_line(error: Error) -> str:
    """Of the server's own words; statements, which hold a verifier, are not among them."""
    return next(iter((error.diag.message_primary or str(error)).strip().splitlines()), type(error).__name__)
