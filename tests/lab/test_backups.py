"""The units of the storage host: a backup, a drill, and what Prometheus hears of both. Spec section 9."""

import json
import subprocess
import sys
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.lab import provisioning
from tests.lab.confidential import Confidential
from tests.lab.paths import ROOT
from tests.lab.prometheus import Prometheus
from tests.lab.waiting import until

pytestmark = [pytest.mark.lab, pytest.mark.usefixtures("another_day")]

DUMPS = "/var/backups/codeb/postgres"
BACKUP = "codeb_backup_last_success_timestamp_seconds"
COPIES = "/var/backups/codeb-copies"
DECRYPTED = "codeb_backup_decryption_last_success_timestamp_seconds"
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


@pytest.mark.parametrize(
    ("host", "unit", "names"),
    [
        ("storage", "codeb-backup-copy.service", ("codeb", "(globals)", "(redis)")),
        ("app", "codeb-state-copy.service", ("(state of the app host)",)),
    ],
)
def test_copies_reach_the_backup_host_encrypted_and_are_reported(
    machines: Mapping[str, Any], query: Any, host: str, unit: str, names: tuple[str, ...]
) -> None:
    if host == "storage":
        start(machines[host], "codeb-backup.service")
    start(machines[host], unit)
    listed = machines["backup"].check_output(f"find {COPIES}/{host} -name '*.age' -printf '%m %u %p\\n'").splitlines()
    assert listed
    assert {tuple(line.split()[:2]) for line in listed} == {("600", "codeb-backups")}
    for line in listed:
        head = machines["backup"].check_output(f"head -c 21 '{line.split()[2]}'")
        assert head == "age-encryption.org/v1"
    for name in names:
        until(partial(copied, query, name), bool, seconds=120)


def copied(query: Any, name: str) -> Any:
    return query(f'{BACKUP}{{database="{name}",target="backup"}} > 0')


def codeb(*arguments: str) -> Any:
    program = str(Path(sys.executable).parent / "codeb")
    command = [program, "backups", *arguments, "--json"]
    environment = provisioning.environment()
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def test_the_operator_decrypts_every_copy_and_prometheus_hears_of_it(storage: Any, machines: Any, query: Any) -> None:
    for host, unit in ((storage, "codeb-backup-copy.service"), (machines["app"], "codeb-state-copy.service")):
        start(host, unit)
    found = {each["name"]: each for each in codeb("verify")["copies"]}
    assert {"codeb", "(globals)", "(redis)", "(state of the app host)"} <= found.keys()
    assert [name for name, each in found.items() if not each["good"]] == []
    until(partial(reported, query, DECRYPTED, "codeb", 1), bool, seconds=120)


def test_a_database_that_is_lost_comes_back_from_the_backup_host(storage: Any) -> None:
    psql = "runuser -u postgres -- psql -XAtq -v ON_ERROR_STOP=1"
    storage.check_output(f"{psql} -c 'CREATE DATABASE restored_of_the_lab'")
    try:
        storage.check_output(f"{psql} -d restored_of_the_lab -c 'CREATE TABLE t AS SELECT generate_series(1, 50) AS n'")
        start(storage, "codeb-backup.service")
        start(storage, "codeb-backup-copy.service")
        storage.check_output(f"{psql} -c 'DROP DATABASE restored_of_the_lab WITH (FORCE)'")
        assert codeb("restore", "--host", "storage", "--database", "restored_of_the_lab", "--yes")["changed"] is True
        assert storage.check_output(f"{psql} -d restored_of_the_lab -c 'SELECT count(*) FROM t'") == "50"
    finally:
        storage.run(f"{psql} -c 'DROP DATABASE IF EXISTS restored_of_the_lab WITH (FORCE)'")


def test_who_sends_can_remove_nothing(storage: Any, lab: Confidential) -> None:
    start(storage, "codeb-backup-copy.service")
    answer = storage.run(
        "curl -s -o /dev/null -w '%{http_code}' -X DELETE --cacert /etc/codeb/tls/ca.pem --cert /etc/codeb/tls/cert.pem"
        f" --key /etc/codeb/tls/key.pem https://{lab['hosts']['backup']}:9443/globals/20261201T003000Z"
    )
    assert answer.stdout == "501"
