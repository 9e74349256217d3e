"""JSON that jsonb takes: PostgreSQL has no NUL and no half of a surrogate pair in its text."""

import json
import re

import orjson
from psycopg.types.json import Jsonb

_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")
"""An escaped NUL, and not a backslash that happens to stand before ``u0000``."""


_OPTIONS = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_SUBCLASS


def storable(value: object) -> str:
    """Fast where nothing has to be taken out; NUL, half a pair and huge numbers go the slow way."""
    try:
        text = orjson.dumps(value, option=_OPTIONS).decode()
    except TypeError:
        return _cleaned(value)
    return _cleaned(value) if "\\u0000" in text else text


def _cleaned(value: object) -> str:
    text = _NUL.sub(r"\1", json.dumps(value, ensure_ascii=False))
    return text.encode("utf-8", "replace").decode()


def jsonb(value: object) -> Jsonb:
    return Jsonb(value, dumps=storable)


def as_stored(value: object) -> object:
    """What the database gives back for ``value``."""
    return json.loads(storable(value))
