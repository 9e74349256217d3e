"""What is planted in a project's variables, the forms it may come out in, and the places to look for them."""

import base64
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests

from codeb.adapters.postgres.database import Database

PASSWORD = "pl4nted/p@ss w\u00f6rd"
TOKEN = "sk-Pl4ntedT0kenOfSomebody"
PEM = "-----BEGIN PRIVATE KEY-----\nUGw0bnRlZEtleUxpbmVPbmU\nUGw0bnRlZEtleUxpbmVUd28\n-----END PRIVATE KEY-----"
SECRETS = (PASSWORD, TOKEN, *PEM.splitlines()[1:-1])
ENV_TEXT = (
    f'API_TOKEN={TOKEN}\nPASSWORD="{PASSWORD}"\nTLS_KEY="{PEM}"\n'
    f"DATABASE_URL=postgresql://blog:{quote(PASSWORD, safe='')}@db.test/blog\n"
)


def forms(secret: str) -> set[str]:
    """As it is, in JSON, in an address, in base64."""
    encoded = base64.b64encode(secret.encode()).decode().rstrip("=")
    return {secret, json.dumps(secret)[1:-1], quote(secret, safe=""), quote(secret), encoded[:-1]}


def found_in(text: str) -> list[str]:
    """The secrets that it holds, in whatever form."""
    return [secret for secret in SECRETS if any(form in text for form in forms(secret))]


def files_below(root: Path, beside: str) -> Iterator[tuple[str, str]]:
    """Every file's name and content, but for those in the directory that is to hold the secrets."""
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root)
        if path.is_file() and name.parts[0] != beside:
            yield str(name), path.read_bytes().decode(errors="replace")


def rows_of(database: Database) -> dict[str, list[str]]:
    """Every row of every table as text."""
    with database.transaction() as connection:
        tables = connection.execute("SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'").fetchall()
        return {
            table["name"]: [
                row["text"]
                for row in connection.execute(f"SELECT to_jsonb(t)::text AS text FROM {table['name']} t").fetchall()
            ]
            for table in tables
        }


class Reader:
    """Somebody who follows the stream of a project from now on, to its end."""

    def __init__(self, url: str, key: str, project: str) -> None:
        self.lines: list[str] = []
        self.answer = requests.get(
            url, params={"project": project, "tail": "100"}, headers={"X-API-Key": key}, stream=True, timeout=60
        )
        assert self.answer.status_code == 200
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def end(self) -> str:
        """What it was told, once the server has ended the stream."""
        self._thread.join(60)
        assert not self._thread.is_alive(), "the stream did not end"
        return "\n".join(self.lines)

    def _read(self) -> None:
        with self.answer:
            self.lines += self.answer.iter_lines(decode_unicode=True)


def with_a_secret(fields: dict[str, Any], params: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The call again and again, with a secret where another value belongs: in each field, one after the other."""
    for name in fields:
        yield {**params, name: TOKEN}
        yield {**params, name: [PASSWORD]}
