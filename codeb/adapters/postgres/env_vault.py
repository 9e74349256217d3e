"""Every stored version of the variables, put under the current key batch by batch. Spec section 7."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from codeb.adapters.env_cipher import EnvCipher
from codeb.adapters.postgres.database import Database, Row
from codeb.services.errors import EnvDamaged, MissingEnvKey
from codeb.services.protocols.envs import Place, Resealed

_ROTATION_LOCK = 0x0C0DEB2
_NEXT = """
    SELECT project_name, environment, version, encrypted, key_id FROM project_envs
     WHERE key_id IS DISTINCT FROM %s AND (project_name, environment, version) > (%s, %s, %s)
     ORDER BY project_name, environment, version LIMIT %s FOR UPDATE
"""
_UPDATE = """
    UPDATE project_envs SET encrypted = %s, key_id = %s
     WHERE project_name = %s AND environment = %s AND version = %s
"""
_START: Place = ("", "", 0)


@dataclass(frozen=True, slots=True)
class EnvVaultRows:
    database: Database
    cipher: EnvCipher

    @property
    def key_id(self) -> str:
        return self.cipher.key_id

    @property
    def known_ids(self) -> Sequence[str]:
        return self.cipher.known_ids

    def standing(self) -> Mapping[str, int]:
        """Raises Unavailable."""
        with self.database.transaction() as connection:
            rows = connection.execute("SELECT key_id, count(*) AS rows FROM project_envs GROUP BY key_id").fetchall()
        return {row["key_id"] or "": row["rows"] for row in rows}

    def reseal(self, after: Place | None, limit: int) -> Resealed:
        """One transaction; two rotations at once take turns. Raises Unavailable."""
        with self.database.transaction() as connection:
            connection.execute("SELECT pg_advisory_xact_lock(%s)", [_ROTATION_LOCK])
            rows = connection.execute(_NEXT, [self.cipher.key_id, *(after or _START), limit]).fetchall()
            unreadable = Counter[str]()
            for row in rows:
                if (sealed := self._resealed(row)) is None:
                    unreadable[row["key_id"] or ""] += 1
                else:
                    connection.execute(_UPDATE, [sealed, self.cipher.key_id, *_place(row)])
        return Resealed(len(rows) - unreadable.total(), unreadable, _place(rows[-1]) if rows else None)

    def _resealed(self, row: Row) -> bytes | None:
        try:
            return self.cipher.reseal(row["encrypted"], row["key_id"])
        except (MissingEnvKey, EnvDamaged):
            return None


def _place(row: Row) -> Place:
    return row["project_name"], row["environment"], row["version"]
