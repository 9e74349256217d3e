"""Destroyed rows are there again at a time before, in a copy beside the server that goes on. Decision 0025."""

import json
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import pytest

from tests.lab import keys, manual
from tests.lab.confidential import Confidential
from tests.lab.prometheus import Prometheus
from tests.lab.waiting import until

pytestmark = pytest.mark.lab

PSQL = "runuser -u postgres -- psql -XAtq -v ON_ERROR_STOP=1"
SCRATCH = "/var/lib/codeb-rewind"
NAME, WRITTEN = "rewound_of_the_lab", "2026-11-30T14:00:00+00:00"
BASE, MISSING = "codeb_base_backup_last_success_timestamp_seconds", "codeb_wal_missing_segments"


@pytest.fixture(scope="module")
def storage(machines: Mapping[str, Any]) -> Any:
    """With a base backup, as every storage host has soon after its first bootstrap."""
    found = machines["storage"]
    started = found.run("systemctl start codeb-base-backup.service")
    assert started.rc == 0, found.check_output("journalctl --no-pager -n 30 -u codeb-base-backup")
    return found


@pytest.fixture
def destroyed(storage: Any) -> Iterator[str]:
    """A database whose fifty rows are gone; the time at which they were there."""
    storage.check_output(f"{PSQL} -c 'CREATE DATABASE {NAME}'")
    try:
        storage.check_output(f"{PSQL} -d {NAME} -c 'CREATE TABLE t AS SELECT generate_series(1, 50) AS n'")
        moment = sql(
            storage, "SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US+00:00')"
        )
        sql(storage, "DELETE FROM t; INSERT INTO t VALUES (0)", NAME)
        yield moment
    finally:
        storage.run(f"{PSQL} -c 'DROP DATABASE IF EXISTS {NAME} WITH (FORCE)'")
        manual.run(".venv/bin/codeb backups rewind --close")


def sql(storage: Any, text: str, database: str = "postgres", where: str = "") -> str:
    said: str = storage.check_output(f"{PSQL} {where} -d {database} -c {json.dumps(text)}")
    return said


def typed(moment: str) -> Iterator[str]:
    """The manual's lines one after the other, for this database and this time."""
    for line in manual.commands("### Back to a point in time"):
        command = line.replace(WRITTEN, moment).replace("blog_production", NAME)
        yield manual.run(command.replace("ssh storage ", f"ssh -F {keys.CONFIG} storage "))


def test_destroyed_rows_are_there_in_a_copy_and_then_in_the_place_of_todays(storage: Any, destroyed: str) -> None:
    lines = typed(destroyed)
    next(lines)
    assert sql(storage, "SELECT count(*) FROM t", NAME, f"-h {SCRATCH}") == "50"
    assert sql(storage, "SELECT count(*) FROM t", NAME) == "1", "what is used goes on as it is"
    assert storage.check_output(f"stat -c '%a %U' {SCRATCH}") == "700 postgres"
    assert NAME in next(lines)
    next(lines)
    assert storage.file(f"{SCRATCH}/dumped/{NAME}.dump").exists
    assert sql(storage, "SELECT count(*) FROM t", NAME) == "1"
    next(lines)
    assert sql(storage, "SELECT count(*) FROM t", NAME) == "50"
    next(lines)
    assert not storage.file(SCRATCH).exists
    assert not storage.service("codeb-rewind").is_running
    next(lines)
    assert next(lines, "") == "", "every line is typed"


def test_a_time_before_every_base_backup_is_refused_in_a_sentence(storage: Any) -> None:
    said = manual.fails(".venv/bin/codeb backups rewind --to 2020-01-01T00:00:00+00:00")
    assert "there is no way back to 2020-01-01" in said
    assert not storage.file(SCRATCH).exists


def test_prometheus_hears_of_base_backups_and_that_no_change_is_missing(storage: Any, lab: Confidential) -> None:
    query = Prometheus(lab["prometheus_url"]).query
    storage.check_output("systemctl start codeb-wal-archived.service")
    until(partial(query, f'{BASE}{{stanza="main"}} > 0'), bool, seconds=120)
    until(partial(query, f'{MISSING}{{stanza="main"}} == 0'), bool, seconds=120)


def test_the_repository_is_of_the_server_that_runs(storage: Any) -> None:
    cluster = sql(storage, "SELECT system_identifier FROM pg_control_system()")
    assert storage.check_output("sed -n s/^db-system-id=//p /var/lib/pgbackrest/archive/main/archive.info") == cluster
    storage.check_output("runuser -u postgres -- pgbackrest --stanza=main check")
