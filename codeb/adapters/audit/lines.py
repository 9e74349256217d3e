"""Entries as lines of JSON and back, for the spool and for the export."""

import dataclasses
import json
from typing import Any

from pydantic import TypeAdapter

from codeb.services.protocols.trail import AuditEntry

_ENTRY = TypeAdapter(AuditEntry)


def line_of(entry: AuditEntry) -> str:
    """One line with its end: whatever it holds, there is no other line end in it."""
    record: dict[str, Any] = {each.name: getattr(entry, each.name) for each in dataclasses.fields(entry)}
    return json.dumps({**record, "at": entry.at.isoformat()}, separators=(",", ":"), default=str, skipkeys=True) + "\n"


def entry_from(line: bytes | str) -> AuditEntry:
    """Raises ValueError for what is no entry."""
    try:
        return _ENTRY.validate_python(json.loads(line))
    except RecursionError:
        raise ValueError("nested too deep") from None
