"""Which environment has which user of Redis: rows that outlive Redis' own memory of them."""

from collections.abc import Mapping
from dataclasses import dataclass

from codeb.adapters.postgres.database import Database
from codeb.domain.names import Environment, EnvironmentName

_KEEP = """
    INSERT INTO redis_users (username, project_name, environment, password_hash) VALUES (%s, %s, %s, %s)
        ON CONFLICT (username) DO UPDATE SET password_hash = excluded.password_hash
"""


@dataclass(frozen=True, slots=True)
class RedisUserRows:
    database: Database

    def keep(self, username: str, environment: Environment, password_hash: str) -> None:
        """Raises Unavailable."""
        with self.database.transaction() as connection:
            connection.execute(_KEEP, [username, environment.project, environment.name, password_hash])

    def forget(self, username: str) -> None:
        with self.database.transaction() as connection:
            connection.execute("DELETE FROM redis_users WHERE username = %s", [username])

    def all(self) -> Mapping[str, tuple[Environment, str]]:
        """The environment and the password's SHA-256 by user."""
        with self.database.transaction() as connection:
            rows = connection.execute("SELECT * FROM redis_users").fetchall()
        return {
            row["username"]: (
                Environment(row["project_name"], EnvironmentName(row["environment"])),
                row["password_hash"],
            )
            for row in rows
        }
