"""JSON that jsonb takes: PostgreSQL has no NUL and no half of a surrogate pair in its text."""

import json
import re

from psycopg.types.json import Jsonb

_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")
"""An escaped NUL, and not a backslash that happens to stand before ``u0000``."""


def storable(value: object) -> str:
    text = _NUL.sub(r"\1", json.dumps(value, ensure_ascii=False))
    return text.encode("utf-8", "replace").decode()


def jsonb(value: object) -> Jsonb:
    return Jsonb(value, dumps=storable)


def as_stored(value: object) -> object:
    """What the database gives back for ``value``."""
    return json.loads(storable(value))
