"""Stored variables: every write a new version, encrypted with a key that lives on the app host only. Spec section 7."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from codeb.adapters.env_cipher import EnvCipher
from codeb.adapters.env_files import DotenvFiles
from codeb.adapters.postgres.database import Database, Row
from codeb.domain.names import Environment
from codeb.errors import Unavailable
from codeb.services.errors import EnvChanged, EnvDamaged, MissingEnvKey, UnknownEnvironment, UnknownEnvVersion
from codeb.services.protocols import EnvVersion
from codeb.services.protocols.envs import StoredEnv
from codeb.settings import Secret

_LATEST = """
    SELECT version, encrypted, key_id FROM project_envs
     WHERE project_name = %s AND environment = %s ORDER BY version DESC LIMIT 1
"""
_ONE = """
    SELECT version, encrypted, key_id FROM project_envs
     WHERE project_name = %s AND environment = %s AND version = %s::bigint
"""
_BEFORE = """
    SELECT version, encrypted, key_id, created_at, created_by, restored_from FROM project_envs
     WHERE project_name = %s AND environment = %s AND (%s::bigint IS NULL OR version < %s::bigint)
     ORDER BY version DESC LIMIT %s
"""
_INSERT = """
    INSERT INTO project_envs (project_name, environment, version, encrypted, key_id, created_by, restored_from)
    VALUES (%s, %s, %s, %s, %s, %s, %s)
"""


def untold(values: Mapping[str, str]) -> None:
    """The listener where nobody has to know what the secrets are."""


@dataclass(frozen=True, slots=True)
class EnvRows:
    """While the database is away, ``copies`` answer with what the last deploy ran with.

    ``learn`` is told the variables that pass, so that logs and audit rows can be kept free of them.
    """

    database: Database
    key: Secret
    copies: DotenvFiles
    previous: tuple[Secret, ...] = ()
    learn: Callable[[Mapping[str, str]], None] = untold

    def current(self, environment: Environment) -> EnvVersion:
        """Raises MissingEnvKey, EnvDamaged, Unavailable."""
        try:
            row = self._row(_LATEST, environment)
        except Unavailable as error:
            return self._copy(environment, None, error)
        return EnvVersion(0, {}) if row is None else EnvVersion(row["version"], self._open(row))

    def version(self, environment: Environment, number: int) -> EnvVersion:
        """Raises UnknownEnvVersion, MissingEnvKey; Unavailable while only the database has that version."""
        if number == 0:
            return EnvVersion(0, {})
        try:
            row = self._row(_ONE, environment, number)
        except Unavailable as error:
            return self._copy(environment, number, error)
        if row is None:
            raise UnknownEnvVersion(environment, number)
        return EnvVersion(number, self._open(row))

    def stored(self, environment: Environment, *, before: int | None = None, limit: int) -> Sequence[StoredEnv]:
        """Newest first; raises Unavailable."""
        with self.database.transaction() as connection:
            rows = connection.execute(
                _BEFORE, [environment.project, environment.name, before, before, limit]
            ).fetchall()
        return [
            StoredEnv(
                row["version"],
                self._opened(row),
                row["created_at"],
                row["created_by"],
                row["restored_from"],
                row["key_id"] or "",
            )
            for row in rows
        ]

    def write(
        self,
        environment: Environment,
        variables: Mapping[str, str],
        by: str,
        *,
        after: int | None = None,
        restored_from: int | None = None,
    ) -> EnvVersion:
        """Raises UnknownEnvironment, EnvChanged, Unavailable."""
        self.learn(variables)
        place, cipher = [environment.project, environment.name], self._cipher
        sealed = cipher.seal(variables)
        with self.database.transaction() as connection:
            owner = connection.execute(
                "SELECT 1 FROM project_slots WHERE project_name = %s AND environment = %s FOR UPDATE", place
            ).fetchone()
            if owner is None:
                raise UnknownEnvironment(environment)
            row = connection.execute(_LATEST, place).fetchone()
            newest = row["version"] if row else 0
            if after not in (None, newest):
                raise EnvChanged(environment, newest)
            connection.execute(_INSERT, [*place, newest + 1, sealed, cipher.key_id, by, restored_from])
        return EnvVersion(newest + 1, dict(variables))

    def _row(self, query: Any, environment: Environment, *more: object) -> Row | None:
        with self.database.transaction() as connection:
            return connection.execute(query, [environment.project, environment.name, *more]).fetchone()

    def _copy(self, environment: Environment, number: int | None, error: Unavailable) -> EnvVersion:
        """Raises the database's error where the host has no copy."""
        if (copy := self.copies.read(environment, number)) is None:
            raise error
        self.learn(copy.variables)
        return copy

    def _open(self, row: Row) -> dict[str, str]:
        variables = self._cipher.open(row["encrypted"], row["key_id"])
        self.learn(variables)
        return variables

    def _opened(self, row: Row) -> dict[str, str] | None:
        try:
            return self._open(row)
        except (MissingEnvKey, EnvDamaged):
            return None

    @property
    def _cipher(self) -> EnvCipher:
        return EnvCipher(self.key, self.previous)
