"""Who reaches whom on the platform, and where secrets are not. Security rows of the whole path."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
import requests

from tests.lab.api import Api
from tests.lab.browser import Browser
from tests.lab.hosts import DOMAIN, ROLES
from tests.lab.paths import SECRETS
from tests.lab.trust import CA, REGISTRY

pytestmark = pytest.mark.lab

DATABASE, REDIS, REGISTRY_PORT, OBJECTS, API, PUSH = 5432, 6379, 5000, 9000, 9101, 8001


def reaches(host: Any, address: str, port: int) -> bool:
    return bool(host.run(f"timeout 2 bash -c '</dev/tcp/{address}/{port}'").rc == 0)


@pytest.mark.parametrize(
    ("to", "port", "allowed"),
    [
        ("storage", DATABASE, {"app"}),
        ("storage", REDIS, {"app"}),
        ("storage", REGISTRY_PORT, {"app"}),
        ("streaming", PUSH, {"app"}),
        ("app", API, {"backup"}),
        ("app", 22, set()),
    ],
)
def test_a_port_answers_to_the_hosts_that_need_it_and_no_other(
    to: str, port: int, allowed: set[str], machines: Mapping[str, Any], lab: dict[str, Any]
) -> None:
    others = ROLES.keys() - {to}
    assert {name for name in others if reaches(machines[name], lab["hosts"][to], port)} == allowed


def test_exporters_answer_to_the_backup_host_only(machines: Mapping[str, Any], lab: dict[str, Any]) -> None:
    for name in ("app", "streaming", "backup"):
        assert reaches(machines[name], lab["hosts"]["storage"], 9999) == (name == "backup")
        assert not reaches(machines[name], lab["hosts"]["storage"], 9100)


def test_the_registry_asks_for_a_password(lab: dict[str, Any]) -> None:
    url = f"https://{REGISTRY}/v2/"
    assert requests.get(url, verify=str(CA), timeout=10).status_code == 401
    login = (lab["registry"]["username"], lab["registry"]["password"])
    assert requests.get(url, verify=str(CA), auth=login, timeout=10).status_code == 200


def test_the_public_api_has_health_and_no_metrics(browser: Browser) -> None:
    name = f"api.{DOMAIN}"
    assert json.loads(browser.get(name, "/health", secure=True).body)["status"] == "healthy"
    assert browser.get(name, "/metrics", secure=True).status == 404


def test_a_request_without_a_key_is_refused(api: Api) -> None:
    answer = requests.post(f"{api.url}/api/tool", json={"tool": "slot_list"}, timeout=10)
    assert answer.status_code == 401


def test_no_secret_stands_on_a_command_line_or_in_a_journal(machines: Mapping[str, Any]) -> None:
    secrets = [
        value for name, value in json.loads(SECRETS.read_text()).items() if "\n" not in value and len(value) > 20
    ]
    assert secrets
    for name, host in machines.items():
        seen = host.check_output("ps -eww -o args; journalctl --no-pager --output cat --boot")
        assert not [True for secret in secrets if secret in seen], name


def test_files_with_secrets_are_readable_by_their_service_only(machines: Mapping[str, Any]) -> None:
    listed = machines["app"].check_output("stat -c '%a %U %G' /etc/codeb/codeb.env /opt/codeb/registry/api-keys.json")
    assert listed.splitlines() == ["640 root codeb", "600 codeb codeb"]
    for host in machines.values():
        assert host.check_output("stat -c '%a %U %G' /etc/codeb/tls/key.pem") == "640 root codeb-tls"
