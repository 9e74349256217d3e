"""Who reaches whom on the platform, and where secrets are not. Security rows of the whole path."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.lab.api import Api
from tests.lab.browser import Browser
from tests.lab.confidential import Confidential
from tests.lab.hosts import DOMAIN, ROLES
from tests.lab.store import store
from tests.lab.trust import CA, REGISTRY
from tests.lab.web import session

pytestmark = pytest.mark.lab

_EVERYONE = set(ROLES)
_PUBLIC = {22: _EVERYONE, 80: _EVERYONE, 443: _EVERYONE, 9999: {"backup"}}
REACHABLE: dict[str, dict[int, set[str]]] = {
    "app": {**_PUBLIC, 9101: set()},
    "streaming": {**_PUBLIC, 8001: {"app"}},
    "storage": {
        22: _EVERYONE,
        5000: {"app"},
        5432: {"app"},
        6379: {"app"},
        9000: {"app", "backup"},
        9999: {"backup"},
    },
    "backup": {**_PUBLIC, 9443: {"storage", "app"}},
}
"""What answers on each host, and to which of the others."""


@pytest.mark.parametrize("to", ROLES)
def test_a_port_answers_to_the_hosts_that_need_it_and_no_other(
    to: str, machines: Mapping[str, Any], lab: Confidential
) -> None:
    ports = _listening(machines[to]) | REACHABLE[to].keys()
    for name in ROLES.keys() - {to}:
        wanted = {port for port, sources in REACHABLE[to].items() if name in sources}
        assert _answering(machines[name], lab["hosts"][to], ports) == wanted, f"from {name}"


def _listening(host: Any) -> set[int]:
    listed = host.check_output("ss --no-header --listening --tcp --numeric")
    return {int(line.split()[3].rpartition(":")[2]) for line in listed.splitlines()}


def _answering(host: Any, address: str, ports: set[int]) -> set[int]:
    """Asked all at once, because a dropped packet is only known by waiting."""
    ask = f"timeout 2 bash -c '</dev/tcp/{address}/'$port 2>/dev/null && echo $port"
    listed = host.check_output(f"for port in {' '.join(map(str, ports))}; do ({ask}) & done; wait")
    return {int(line) for line in listed.split()}


def test_the_registry_asks_for_a_token_and_the_api_has_one_for_the_lab(lab: Confidential) -> None:
    url = f"https://{REGISTRY}/v2/"
    refused = session.get(url, verify=str(CA), timeout=10)
    realm = f"https://api.{DOMAIN}/api/registry/token"
    assert refused.status_code == 401
    assert f'realm="{realm}",service="{REGISTRY}"' in refused.headers["WWW-Authenticate"]
    login = (lab["registry"]["username"], lab["registry"]["password"])
    made = session.get(realm, params={"service": REGISTRY}, auth=login, verify=str(CA), timeout=10).json()
    headers = {"Authorization": f"Bearer {made['token']}"}
    assert session.get(url, headers=headers, verify=str(CA), timeout=10).status_code == 200
    assert session.get(f"{url}_catalog", headers=headers, verify=str(CA), timeout=10).status_code == 401


def test_the_public_api_has_health_and_no_metrics(browser: Browser) -> None:
    name = f"api.{DOMAIN}"
    assert json.loads(browser.get(name, "/health", secure=True).body)["status"] == "healthy"
    assert browser.get(name, "/metrics", secure=True).status == 404


def test_a_request_without_a_key_is_refused(api: Api) -> None:
    answer = session.post(f"{api.url}/api/tool", json={"tool": "slot_list"}, timeout=10)
    assert answer.status_code == 401


def test_no_secret_stands_on_a_command_line_or_in_a_journal(machines: Mapping[str, Any]) -> None:
    secrets = [value for value in store().values().values() if "\n" not in value and len(value) > 20]
    assert secrets
    for name, host in machines.items():
        seen = host.check_output("ps -eww -o args; journalctl --no-pager --output cat --boot")
        assert not [True for secret in secrets if secret in seen], name


def test_files_with_secrets_are_readable_by_their_service_only(machines: Mapping[str, Any]) -> None:
    listed = machines["app"].check_output("stat -c '%a %U %G' /etc/codeb/codeb.env /opt/codeb/registry/*.*")
    assert listed.splitlines()[0] == "640 root codeb"
    assert set(listed.splitlines()[1:]) == {"600 codeb codeb"}
    for host in machines.values():
        assert host.check_output("stat -c '%a %U %G' /etc/codeb/tls/key.pem") == "640 root codeb-tls"
