"""The kernel accepts the rules that infra.toml can lead to, not only those of the lab. Nothing is applied."""

import subprocess
from typing import Any

import pytest

from codeb.domain.infra import Infra, Role
from deploys.components import firewall
from tests.lab import keys

pytestmark = pytest.mark.lab

FOUR = {role: {"address": f"203.0.113.{n}", "roles": [role]} for n, role in enumerate(Role, 1)}
ONE = {"only": {"address": "203.0.113.9", "roles": list(Role), "ssh": {"port": 2222}}}


@pytest.mark.parametrize("hosts", [FOUR, ONE], ids=["four hosts", "one host"])
@pytest.mark.parametrize("networks", [[], ["192.0.2.0/24", "2001:db8::/32"]], ids=["closed", "both families"])
def test_nft_accepts_the_rules(hosts: dict[str, Any], networks: list[str]) -> None:
    reaching = {"admin_networks": networks, "ci_runners": networks}
    infra = Infra.parse({"domain": "example.org", "tls": "off", "hosts": hosts, **reaching})
    for name in infra.hosts:
        check = ["ssh", "-F", str(keys.CONFIG), "storage", "nft --check --file -"]
        done = subprocess.run(
            check, input=firewall.ruleset(infra, name), capture_output=True, text=True, timeout=30, check=False
        )
        assert done.returncode == 0, done.stderr
