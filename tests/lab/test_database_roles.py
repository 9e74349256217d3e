"""The database's owner and the API on real hosts: who reads which password, and a start without the database.

Security 17; spec section 7.
"""

from collections.abc import Mapping
from typing import Any

import pytest
import requests

from tests.lab.api import Api
from tests.lab.faults import stopped
from tests.lab.waiting import until

pytestmark = pytest.mark.lab

_AS_API = """runuser -u codeb -- /opt/codeb/venv/bin/python - <<'END'
import os, psycopg
from dotenv import dotenv_values
from codeb.settings import database_of
way = database_of(dotenv_values("/etc/codeb/codeb.env"))
with psycopg.connect(host=way.host, dbname=way.name, user=way.user, password=way.password.reveal(),
                     sslmode=way.sslmode, sslrootcert=way.sslrootcert, autocommit=True) as connection:
    for text in ("DELETE FROM audit_logs", "DROP TRIGGER audit_logs_rows_stay ON audit_logs", "SET ROLE codeb_owner"):
        try:
            connection.execute(text)
        except psycopg.errors.InsufficientPrivilege:
            print("refused")
END"""


def test_the_apis_user_reads_no_password_of_the_owner(machines: Mapping[str, Any]) -> None:
    app = machines["app"]
    assert app.file("/etc/codeb/owner.env").mode == 0o600
    assert app.run("runuser -u codeb -- cat /etc/codeb/owner.env").rc != 0
    assert "codeb_owner's" in app.run("runuser -u codeb -- codeb audit prune").stderr


def test_the_role_of_the_api_takes_nothing_from_the_audit(machines: Mapping[str, Any]) -> None:
    assert machines["app"].check_output(_AS_API).split() == ["refused"] * 3


def test_the_owners_units_work_as_they_are_framed(machines: Mapping[str, Any]) -> None:
    app = machines["app"]
    assert app.check_output("systemctl is-active codeb-migrate codeb-audit-prune.timer").split() == ["active"] * 2
    app.check_output("systemctl start codeb-audit-prune.service")
    assert app.check_output("codeb migrate").strip() == "nothing to apply"


def test_the_api_starts_without_the_database_and_the_migration_comes_after_it(
    api: Api, machines: Mapping[str, Any]
) -> None:
    app = machines["app"]
    with stopped(machines["storage"], "postgresql@15-main"):
        app.check_output("systemctl stop codeb-api codeb-migrate")
        app.check_output("systemctl start codeb-api")
        until(lambda: requests.get(f"{api.url}/health", timeout=10).json(), lambda health: health["degraded"])
        assert app.run("systemctl is-active codeb-migrate").stdout.strip() != "active"
    until(lambda: requests.get(f"{api.url}/health", timeout=10).json(), lambda health: not health["degraded"])
    until(lambda: app.run("systemctl is-active codeb-migrate").stdout, lambda state: state == "active\n")
