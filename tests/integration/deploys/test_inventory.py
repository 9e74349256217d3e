"""The inventory: a group a role, and how each host is reached. Asked as pyinfra asks."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.unit.deploys.conftest import HOSTS, ONE_HOST

pytestmark = pytest.mark.integration

ROOT = Path(__file__).resolve().parents[3]
SHOW = """
import json, inventory
print(json.dumps({name: value for name, value in vars(inventory).items() if isinstance(value, (list, tuple))}))
"""

Hosts = dict[str, list[tuple[str, dict[str, Any]]]]


def run(command: list[str], infra: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "CODEB_INFRA": str(infra)}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def groups(tmp_path: Path) -> Callable[..., Hosts]:
    """Every top-level list of the inventory: what pyinfra takes for a group."""

    def load(hosts: dict[str, Any], ssh: dict[str, Any] | None = None) -> Hosts:
        lines = ['domain = "example.org"', 'tls = "internal"', "[ssh]"]
        lines += [f"{key} = {json.dumps(value)}" for key, value in (ssh or {}).items()]
        for name, host in hosts.items():
            lines += [f"[hosts.{name}]", *(f"{key} = {json.dumps(value)}" for key, value in host.items())]
        path = tmp_path / "infra.toml"
        path.write_text("\n".join(lines))
        done = run([sys.executable, "-c", SHOW], path)
        assert done.returncode == 0, done.stderr
        found: Hosts = json.loads(done.stdout)
        return found

    return load


def test_each_role_is_a_group_and_there_is_no_other(groups: Callable[..., Hosts]) -> None:
    found = groups(HOSTS)
    assert {name: [host[0] for host in hosts] for name, hosts in found.items()} == {
        "app": ["app"],
        "streaming": ["streaming"],
        "storage": ["storage"],
        "backup": ["backup"],
    }


def test_one_host_is_in_every_group(groups: Callable[..., Hosts]) -> None:
    assert {hosts[0][0] for hosts in groups(ONE_HOST).values()} == {"only"}


def test_a_host_is_reached_at_its_public_address_as_root(groups: Callable[..., Hosts]) -> None:
    ((_, data),) = groups(HOSTS)["app"]
    assert data == {
        "ssh_hostname": "203.0.113.1",
        "ssh_user": "root",
        "ssh_port": 22,
        "ssh_strict_host_key_checking": "accept-new",
        "_sudo": False,
    }


def test_another_user_becomes_root(groups: Callable[..., Hosts], tmp_path: Path) -> None:
    ((_, data),) = groups(HOSTS, {"user": "ops", "port": 2222, "key": "key", "known_hosts": "hosts"})["app"]
    assert (data["ssh_user"], data["ssh_port"], data["_sudo"]) == ("ops", 2222, True)
    assert data["ssh_key"] == str(tmp_path / "key")
    assert data["ssh_known_hosts_file"] == str(tmp_path / "hosts")


@pytest.mark.parametrize(
    ("content", "said"), [(None, "copy infra.example.toml"), ('domain = "example.org"\n', "hosts: is not set")]
)
def test_pyinfra_stops_with_one_sentence(tmp_path: Path, content: str | None, said: str) -> None:
    path = tmp_path / "infra.toml"
    if content is not None:
        path.write_text(content)
    done = run([str(Path(sys.executable).parent / "pyinfra"), "inventory.py", "debug-inventory"], path)
    words = [
        line for line in done.stderr.splitlines() + done.stdout.splitlines() if line and not line.startswith("-->")
    ]
    assert done.returncode == 1
    (sentence,) = words
    assert said in sentence
