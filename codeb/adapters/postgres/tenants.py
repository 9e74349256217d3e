"""Databases of projects on the storage host, made by a role that may make databases and no roles. Security 8."""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import quote, unquote, urlencode, urlsplit

import structlog
from psycopg import Connection, sql
from psycopg.errors import Error, OperationalError

from codeb.domain.names import Environment, EnvironmentName
from codeb.errors import Unavailable
from codeb.services.protocols.backings import Backing
from codeb.settings import Database, Secret

_PART = "the storage host's PostgreSQL"
_TIMEOUT = 10
_LIMITS = "-c lock_timeout=10s -c statement_timeout=120s"
_PLAIN = f"{_LIMITS} -c search_path=pg_catalog"
"""Inside a project's database nothing is called by a name that the project could have taken."""
_CONNECTIONS = 25
"""More than its role may have (setup.sql.j2), so that there is one left for a dump."""
_WRONG = ("password authentication failed", "does not exist")
_ELSEWHERE = """
    SELECT DISTINCT d.datname, owner.rolname FROM pg_shdepend s
      JOIN pg_roles role ON role.oid = s.refobjid AND s.refclassid = 'pg_authid'::regclass
      JOIN pg_database d ON d.oid = s.dbid
      JOIN pg_roles owner ON owner.oid = d.datdba
     WHERE role.rolname = %s AND pg_has_role(owner.oid, 'MEMBER') AND d.datname <> current_database()
"""
"""Databases in which a role owns or may something, and whose they are."""
_log = structlog.get_logger()


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
            for bound in (
                "REVOKE ALL ON DATABASE {} FROM PUBLIC",
                f"ALTER DATABASE {{}} CONNECTION LIMIT {_CONNECTIONS}",
            ):
                connection.execute(sql.SQL(bound).format(sql.Identifier(name)))
        facts = {"name": name, "user": role, "host": self.server.host, "port": self.server.port}
        return Backing(facts, {self.variable: self._url(name, role, password)})

    def recalled(self, environment: Environment, variables: Mapping[str, str]) -> Mapping[str, str]:
        """By asking the server: it alone knows which password holds."""
        url, name, role = variables.get(self.variable, ""), database_name(environment), role_name(environment)
        try:
            password = unquote(urlsplit(url).password or "")
        except ValueError:
            return {}
        if url != self._url(name, role, password):
            return {}
        try:
            Connection.connect(url, connect_timeout=_TIMEOUT).close()
        except OperationalError as error:
            if any(word in str(error) for word in _WRONG):
                return {}
            raise Unavailable(
                _PART, f"whether {self.variable} still holds is not known: {_first_line(error)}"
            ) from None
        return {self.variable: url}

    def remove(self, environment: Environment) -> None:
        role = role_name(environment)
        with self._connected() as connection:
            drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
            connection.execute(drop.format(sql.Identifier(database_name(environment))))
            for name, owner in connection.execute(_ELSEWHERE, [role]).fetchall():
                self._leave(role, name, owner)
            connection.execute("SELECT provision.drop_role(%s)", [role])

    def _leave(self, role: str, database: str, owner: str) -> None:
        """What it made in another project's database is that project's, what it may there ends.

        A database that lets nobody in stops no deletion: drop_role retires the role instead.
        """
        words = {"role": sql.Identifier(role), "owner": sql.Identifier(owner)}
        try:
            with self._connected(database, _PLAIN) as connection:
                for text in ("REASSIGN OWNED BY {role} TO {owner}", "DROP OWNED BY {role}"):
                    connection.execute(sql.SQL(text).format(**words))
        except Unavailable as error:
            _log.warning("tenant_role_retired", role=role, database=database, reason=str(error))

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
    def _connected(self, database: str = "", options: str = _LIMITS) -> Iterator[Connection]:
        """Each statement by itself: a database is made and dropped in no transaction."""
        try:
            with Connection.connect(
                host=self.server.host,
                port=self.server.port,
                dbname=database or self.server.name,
                user=self.server.user,
                password=self.server.password.reveal() or None,
                sslmode=self.server.sslmode,
                sslrootcert=self.server.sslrootcert or None,
                connect_timeout=_TIMEOUT,
                options=options,
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
