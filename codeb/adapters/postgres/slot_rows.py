"""The row of an environment's slots: a projection of the newest settled state of the journal. Design section 2."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from psycopg import Connection
from psycopg.rows import DictRow

from codeb.adapters.postgres.database import Row
from codeb.adapters.postgres.json_text import as_stored, jsonb
from codeb.domain.events import SETTLING, Event
from codeb.domain.names import Environment
from codeb.domain.records import pair_from
from codeb.domain.slots import SlotPair

_log = structlog.get_logger()
_OF = "project_name = %(project)s AND environment = %(environment)s"
_SELECT = f"SELECT active_slot, blue, green, maintenance, generation FROM project_slots WHERE {_OF}"  # noqa: S608
_UPDATE = f"""
    UPDATE project_slots
       SET active_slot = %(active)s, blue = %(blue)s, green = %(green)s, maintenance = %(maintenance)s,
           generation = %(generation)s, updated_at = now()
     WHERE {_OF}
"""  # noqa: S608
_CONFLICT = """
    INSERT INTO conflicts (project_name, environment, journal, database, kept)
    VALUES (%(project)s, %(environment)s, %(journal)s, %(database)s, %(kept)s) ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Settled:
    """A state of the slots: its generation, and what is compared and stored of it."""

    generation: int
    content: Mapping[str, Any]

    @classmethod
    def of_row(cls, row: Row) -> "Settled":
        content = {key: row[key] for key in ("blue", "green", "maintenance")}
        return cls(row["generation"], {"activeSlot": row["active_slot"], **content})

    @classmethod
    def of_record(cls, generation: int, slots: Mapping[str, Any]) -> "Settled":
        content = {key: as_stored(slots.get(key)) for key in ("activeSlot", "blue", "green")}
        return cls(generation, {**content, "maintenance": bool(slots.get("maintenance"))})

    @property
    def blank(self) -> bool:
        """A project's row before anything happened."""
        return self.generation == 0 and not self.content["blue"] and not self.content["green"]

    def record(self) -> dict[str, Any]:
        return {**self.content, "generation": self.generation}


def locked_row(connection: Connection[DictRow], environment: Environment) -> Settled | None:
    """As the database has it, for the rest of the transaction ours alone; None for an unknown environment."""
    row = connection.execute(_SELECT + " FOR UPDATE", _keys(environment)).fetchone()
    return Settled.of_row(row) if row else None


def stored_pair(connection: Connection[DictRow], environment: Environment) -> SlotPair | None:
    """None where the database has no such environment, or one that nothing happened to."""
    row = connection.execute(_SELECT, _keys(environment)).fetchone()
    if row is None or Settled.of_row(row).blank:
        return None
    names = {"projectName": environment.project, "environment": environment.name}
    return pair_from({**names, **Settled.of_row(row).record()})


def settle(connection: Connection[DictRow], environment: Environment, stored: Settled, events: Sequence[Event]) -> None:
    """Bring the newest state of ``events`` into the row; two different stories are kept as a conflict.

    The newer generation stands. Of the same generation the journal stands, because it is what the host really did.
    """
    told = _newest(events)
    if not told or stored == told[-1]:
        return
    newest = told[-1]
    if not (stored.blank or stored.generation < newest.generation or stored in told):
        kept = "journal" if stored.generation == newest.generation else "database"
        _record_conflict(connection, environment, stored, newest, kept)
        if kept == "database":
            return
    _update(connection, environment, newest)


def _newest(events: Sequence[Event]) -> Sequence[Settled]:
    """What was settled of the highest generation, in order: more than one state only where a host had lost some."""
    settling = [event for event in events if event.kind in SETTLING]
    highest = max((event.generation for event in settling), default=0)
    slots = [event.data.get("slots") for event in settling if event.generation == highest]
    return [Settled.of_record(highest, each) for each in slots if isinstance(each, dict)]


def _update(connection: Connection[DictRow], environment: Environment, state: Settled) -> None:
    content = state.content
    connection.execute(
        _UPDATE,
        {
            **_keys(environment),
            "active": content["activeSlot"],
            "blue": jsonb(content["blue"]),
            "green": jsonb(content["green"]),
            "maintenance": content["maintenance"],
            "generation": state.generation,
        },
    )


def _record_conflict(
    connection: Connection[DictRow], environment: Environment, stored: Settled, told: Settled, kept: str
) -> None:
    both = {"journal": jsonb(told.record()), "database": jsonb(stored.record())}
    if connection.execute(_CONFLICT, {**_keys(environment), **both, "kept": kept}).rowcount:
        _log.error(
            "slots_conflict",
            environment=environment.key,
            journal=told.generation,
            database=stored.generation,
            kept=kept,
        )


def _keys(environment: Environment) -> dict[str, Any]:
    return {"project": environment.project, "environment": environment.name}
