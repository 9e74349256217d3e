"""Stored variables: every write a new version, encrypted with a key that lives on the app host only. Spec section 7."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.fernet import Fernet, InvalidToken

from codeb.adapters.env_files import DotenvFiles
from codeb.adapters.postgres.database import Database
from codeb.domain.names import Environment
from codeb.errors import ConfigError, Unavailable
from codeb.services.errors import EnvChanged, UnknownEnvironment, UnknownEnvVersion
from codeb.services.protocols import EnvVersion
from codeb.settings import Secret

_LATEST = """
    SELECT version, encrypted FROM project_envs
     WHERE project_name = %s AND environment = %s ORDER BY version DESC LIMIT 1
"""

_ONE = "SELECT encrypted FROM project_envs WHERE project_name = %s AND environment = %s AND version = %s::bigint"


@dataclass(frozen=True, slots=True)
class EnvRows:
    """While the database is away, ``copies`` answer with what the last deploy ran with."""

    database: Database
    key: Secret
    copies: DotenvFiles

    def current(self, environment: Environment) -> EnvVersion:
        try:
            with self.database.transaction() as connection:
                row = connection.execute(_LATEST, [environment.project, environment.name]).fetchone()
        except Unavailable:
            if (copy := self.copies.read(environment)) is None:
                raise
            return copy
        if row is None:
            return EnvVersion(0, {})
        return EnvVersion(row["version"], self._open(row["encrypted"]))

    def version(self, environment: Environment, number: int) -> EnvVersion:
        """Raises UnknownEnvVersion; Unavailable while only the database has that version."""
        if number == 0:
            return EnvVersion(0, {})
        try:
            with self.database.transaction() as connection:
                row = connection.execute(_ONE, [environment.project, environment.name, number]).fetchone()
        except Unavailable:
            if (copy := self.copies.read(environment, number)) is None:
                raise
            return copy
        if row is None:
            raise UnknownEnvVersion(environment, number)
        return EnvVersion(number, self._open(row["encrypted"]))

    def write(
        self, environment: Environment, variables: Mapping[str, str], by: str, *, after: int | None = None
    ) -> EnvVersion:
        """Raises UnknownEnvironment, EnvChanged, Unavailable."""
        sealed = self._fernet.encrypt(json.dumps(dict(variables)).encode())
        with self.database.transaction() as connection:
            owner = connection.execute(
                "SELECT 1 FROM project_slots WHERE project_name = %s AND environment = %s FOR UPDATE",
                [environment.project, environment.name],
            ).fetchone()
            if owner is None:
                raise UnknownEnvironment(environment)
            row = connection.execute(_LATEST, [environment.project, environment.name]).fetchone()
            newest = row["version"] if row else 0
            if after not in (None, newest):
                raise EnvChanged(environment, newest)
            version = newest + 1
            connection.execute(
                "INSERT INTO project_envs (project_name, environment, version, encrypted, created_by)"
                " VALUES (%s, %s, %s, %s, %s)",
                [environment.project, environment.name, version, sealed, by],
            )
        return EnvVersion(version, dict(variables))

    def _open(self, sealed: bytes) -> dict[str, str]:
        try:
            variables: dict[str, str] = json.loads(self._fernet.decrypt(bytes(sealed)))
        except InvalidToken:
            raise ConfigError("CODEB_ENV_KEY is not the key that the stored variables were written with") from None
        return variables

    @property
    def _fernet(self) -> Fernet:
        return Fernet(base64.urlsafe_b64encode(hashlib.sha256(self.key.reveal().encode()).digest()))
