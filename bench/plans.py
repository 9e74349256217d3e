"""python -m bench.plans: how PostgreSQL answers each question that audit_list can ask, on a million rows.

An index walk reads the page from an index in the order of the pages: no sort, and little that is read in vain. Which
index served nothing is said at the end: it only costs time at each insert.
"""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from psycopg.sql import SQL

from bench.history import History, connected
from bench.questions import questions
from bench.report import Report, say
from codeb.adapters.postgres import database
from codeb.adapters.postgres.audit import page_statement
from codeb.services.protocols.audit_log import AuditQuery, Place
from codeb.settings import Database
from tests.integration.postgres_process import PostgresProcess
from tests.integration.waiting import free_port

ROWS, PROJECTS, LIMIT = 1_000_000, 200, 51
VAIN = 20
"""Rows that may be read in vain for each row of a page, before a walk is called a search."""

_INDEXES = "SELECT indexrelid::regclass FROM pg_index WHERE indrelid = 'audit_logs'::regclass AND NOT indisprimary"


@dataclass(frozen=True, slots=True)
class Plan:
    """``rows`` on the page, ``vain`` those that were read and thrown away; ``milliseconds`` of the execution."""

    indexes: tuple[str, ...]
    nodes: tuple[str, ...]
    rows: int
    vain: int
    milliseconds: float

    @classmethod
    def of(cls, explained: Mapping[str, Any]) -> "Plan":
        """``explained`` is what EXPLAIN (ANALYZE, FORMAT JSON) says of one statement."""
        nodes = list(_nodes(explained["Plan"]))
        vain = sum(round(node.get("Rows Removed by Filter", 0) * node.get("Actual Loops", 1)) for node in nodes)
        return cls(
            tuple(dict.fromkeys(node["Index Name"] for node in nodes if "Index Name" in node)),
            tuple(node["Node Type"] for node in nodes),
            round(explained["Plan"]["Actual Rows"]),
            vain,
            explained["Execution Time"],
        )

    @property
    def walk(self) -> bool:
        walks = all(name in ("Limit", "Index Scan", "Index Only Scan") for name in self.nodes)
        return walks and self.vain <= VAIN * max(self.rows, 1)

    def __str__(self) -> str:
        how = "walk" if self.walk else f"NO WALK ({' < '.join(self.nodes)})"
        return (
            f"{how} of {', '.join(self.indexes) or 'no index'}: {self.rows} rows, {self.vain} read in vain,"
            f" {self.milliseconds:.1f} ms"
        )


def explained(settings: Database, asked: Mapping[str, AuditQuery]) -> Iterator[tuple[str, Plan]]:
    """The first page of each question, and one that begins in the middle of time."""
    deep = Place(datetime.now(UTC) - timedelta(days=90), "aud_")
    with connected(settings) as connection:
        for name, query in asked.items():
            for title, after in ((name, None), (f"{name}, deep", deep)):
                text, values = page_statement(query, LIMIT, after, 0)
                statement = SQL("EXPLAIN (ANALYZE, FORMAT JSON) ") + text
                ((answer,),) = connection.execute(statement, values).fetchall()
                yield title, Plan.of(cast(Sequence[Mapping[str, Any]], answer)[0])


def unused(settings: Database, plans: Sequence[Plan]) -> list[str]:
    """Indexes of the table that no plan walked; the primary key is not asked for by readers."""
    with connected(settings) as connection:
        names = [str(row[0]) for row in connection.execute(_INDEXES)]
    used = {name for plan in plans for name in plan.indexes}
    return sorted(name for name in names if name not in used)


def told(report: Report, settings: Database) -> None:
    found = dict(explained(settings, questions(datetime.now(UTC))))
    for title, plan in found.items():
        report.plans[title] = str(plan)
        say(f"{title:<34} {plan}")
    say(f"indexes that no question of audit_list reads: {', '.join(unused(settings, [*found.values()])) or 'none'}")


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="codeb-bench-") as name:
        postgres = PostgresProcess(Path(name), free_port())
        postgres.create()
        try:
            migrated(postgres.settings)
            say(f"{ROWS:,} rows made in {History(ROWS, PROJECTS).fill(postgres.settings):.0f} s")
            told(Report(), postgres.settings)
        finally:
            postgres.stop()


def migrated(settings: Database) -> None:
    opened = database.Database.open(settings)
    try:
        opened.migrate()
    finally:
        opened.close()


def _nodes(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from _nodes(below)


if __name__ == "__main__":
    main()
