"""The units of the storage host: a backup, a drill, and what Prometheus hears of both. Spec section 9."""

import time
from collections.abc import Mapping
from functools import partial
from typing import Any

import pytest

from tests.lab.confidential import Confidential
from tests.lab.prometheus import Prometheus
from tests.lab.waiting import until

pytestmark = pytest.mark.lab

DUMPS = "/var/backups/codeb/postgres"
BACKUP = "codeb_backup_last_success_timestamp_seconds"
DRILL = "codeb_restore_drill_last_success_timestamp_seconds"


@pytest.fixture(scope="module")
def storage(machines: Mapping[str, Any]) -> Any:
    return machines["storage"]


@pytest.fixture(scope="module")
def query(lab: Confidential) -> Any:
    return Prometheus(lab["prometheus_url"]).query


def start(storage: Any, unit: str) -> float:
    """Ends when the unit has; answers when it began."""
    began = float(storage.check_output("date +%s"))
    done = storage.run(f"systemctl start {unit}")
    assert done.rc == 0, storage.check_output(f"journalctl --no-pager -n 30 -u {unit}")
    return began


def reported(query: Any, metric: str, database: str, since: float) -> Any:
    found = query(f'{metric}{{database="{database}"}}')
    return [each for each in found if float(each["value"][1]) >= since]


def test_a_backup_leaves_dumps_that_user_postgres_alone_reads_and_is_reported(storage: Any, query: Any) -> None:
    began = start(storage, "codeb-backup.service")
    day = time.strftime("%Y-%m-%d", time.gmtime(began))
    found = storage.check_output(f"stat -c '%a %U %n' {DUMPS}/{day}/codeb.dump {DUMPS}/{day}/globals.sql")
    assert [line.split()[:2] for line in found.splitlines()] == [["600", "postgres"]] * 2
    for database in ("codeb", "(globals)"):
        until(partial(reported, query, BACKUP, database, began), bool, seconds=120)


def test_a_drill_restores_them_leaves_nothing_and_is_reported(storage: Any, query: Any) -> None:
    began = start(storage, "codeb-restore-drill.service")
    left = "SELECT count(*) FROM pg_database WHERE datname ~ '^codeb_drill_'"
    assert storage.check_output(f'runuser -u postgres -- psql -At -c "{left}"') == "0"
    until(partial(reported, query, DRILL, "codeb", began), bool, seconds=120)


@pytest.mark.parametrize("unit", ["codeb-backup", "codeb-restore-drill"])
def test_its_timer_waits_for_the_next_time(storage: Any, unit: str) -> None:
    assert storage.service(f"{unit}.timer").is_running
    assert storage.service(f"{unit}.timer").is_enabled
