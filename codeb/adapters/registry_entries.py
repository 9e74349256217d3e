"""The entries of the registry's files: one that is odd costs itself alone, and says so in the log. Lesson 30."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import structlog
from pydantic import ValidationError

from codeb.domain.keys import KeyRecord
from codeb.domain.teams import Team

_log = structlog.get_logger()
KEYS, TEAMS = "api-keys.json", "teams.json"
SECTIONS = {KEYS: "keys", TEAMS: "teams"}
T = TypeVar("T", KeyRecord, Team)


def read_content(text: bytes, section: str) -> dict[str, Any]:
    """A registry file with its table ``section``; raises ValueError when it is not one."""
    content = json.loads(text)
    if isinstance(content, dict) and isinstance(content.get(section), dict):
        return content
    raise ValueError(f"there is no table {section!r} in it")


def read_table(path: Path) -> dict[str, Any]:
    """The entries of a registry file; raises OSError, ValueError."""
    section = SECTIONS[path.name]
    table: dict[str, Any] = read_content(path.read_bytes(), section)[section]
    return table


def parsed(table: Mapping[str, Any], parse: Callable[[str, Any], Any]) -> dict[str, Any]:
    """Without the entries that are none."""
    records = ((each, parse(each, entry)) for each, entry in table.items())
    return {each: record for each, record in records if record is not None}


def key_of(entry_id: str, entry: Any) -> KeyRecord | None:
    return _record(KeyRecord, entry_id, entry, "key_entry_unusable", effect="this key is not accepted")


def team_of(entry_id: str, entry: Any) -> Team | None:
    return _record(Team, entry_id, entry, "team_entry_unusable", effect="this team is not shown")


def _record(model: type[T], entry_id: str, entry: Any, event: str, *, effect: str) -> T | None:
    """An entry whose name is not its id could be revoked in vain, and is odd too."""
    try:
        record = model.model_validate(entry)
        fields = [] if record.id == entry_id else ["id"]
    except ValidationError as error:
        fields = sorted({".".join(map(str, each["loc"])) or "entry" for each in error.errors()})
    if not fields:
        return record
    _log.error(event, entry=entry_id, fields=fields, effect=effect)
    return None
