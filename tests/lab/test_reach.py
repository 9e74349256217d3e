"""Who reaches whom, tried from everywhere; what a project's container reaches; and that rules outlive restarts."""

import json
import subprocess
import sys
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import pytest

from codeb.adapters.port_scan import knocks, opened
from codeb.services.protocols.port_look import Target
from tests.lab import keys
from tests.lab.confidential import Confidential
from tests.lab.paths import ROOT
from tests.lab.provisioning import environment
from tests.lab.record import PROJECT
from tests.lab.shell import run
from tests.lab.waiting import until

pytestmark = pytest.mark.lab

METADATA = "169.254.169.254"


def inside(targets: Collection[Target]) -> set[Target]:
    """Those that answer in the network of a container of the sample project."""
    container = f"$(docker ps --quiet --filter label=codeb.project={PROJECT} | head -n 1)"
    pid = f"$(docker inspect --format '{{{{.State.Pid}}}}' {container})"
    script = f"set -eu\nnsenter --target {pid} --net sh -s <<'KNOCK'\n{knocks(targets)}KNOCK\n"
    return opened(run(["ssh", "-F", str(keys.CONFIG), "app", "sh -s"], stdin=script.encode()))


def test_what_answers_is_what_the_table_says(lab: Confidential) -> None:
    done = subprocess.run(
        [str(Path(sys.executable).parent / "codeb"), "hosts", "ports", "--json"],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    record = json.loads(done.stdout)
    assert [record["open"], record["closed"], record["unseen"]] == [[], [], []]
    assert (done.returncode, record["success"], done.stderr) == (0, True, "")
    assert record["tried"] > 200


def test_the_look_leaves_no_network_behind(machines: Mapping[str, Any]) -> None:
    assert machines["app"].check_output("docker network ls --quiet --filter label=codeb.ports=scan") == ""


def test_a_container_has_its_databases_and_nothing_else_of_the_storage_host(lab: Confidential) -> None:
    storage = lab["hosts"]["storage"]
    ports = (22, 5000, 5001, 5432, 6379, 9000, 9100, 9121, 9187, 9999)
    assert inside([(storage, port) for port in ports]) == {(storage, 5432), (storage, 6379)}


def test_a_container_has_of_its_own_host_what_visitors_have(lab: Confidential) -> None:
    app = lab["hosts"]["app"]
    ports = (22, 80, 443, 4100, 9100, 9101, 9102, 9999)
    assert inside([(app, port) for port in ports]) == {(app, 80), (app, 443)}


def test_a_container_reaches_no_monitoring_and_no_metadata(lab: Confidential) -> None:
    backup, streaming = lab["hosts"]["backup"], lab["hosts"]["streaming"]
    targets = [(backup, 22), (backup, 3000), (backup, 9090), (streaming, 22), (streaming, 8001), (METADATA, 80)]
    assert inside(targets) == set()


@pytest.mark.parametrize(
    "command",
    [
        "systemctl restart docker",
        "systemctl reload codeb-firewall",
        "systemctl restart codeb-firewall",
    ],
)
def test_whatever_is_restarted_the_rules_hold_and_the_database_answers(
    command: str, machines: Mapping[str, Any], lab: Confidential
) -> None:
    storage = lab["hosts"]["storage"]
    machines["app"].check_output(command)
    until(lambda: machines["app"].run("docker ps --quiet").stdout, bool)
    until(lambda: inside([(storage, 5432)]), bool)
    assert inside([(storage, 22), (storage, 5000), (storage, 5432)]) == {(storage, 5432)}
    table = machines["app"].check_output("nft list table inet codeb")
    assert "chain containers_out" in table


def test_debians_own_unit_flushes_every_table_and_ours_is_back(machines: Mapping[str, Any]) -> None:
    app = machines["app"]
    names = app.check_output("iptables-save -t nat | grep -E 'DOCKER_(OUTPUT|POSTROUTING)'").splitlines()
    try:
        for verb in ("start", "reload", "restart", "stop"):
            app.check_output(f"systemctl {verb} nftables")
            assert "policy drop" in app.check_output("nft list table inet codeb"), verb
    finally:
        app.check_output("systemctl stop nftables; systemctl restart docker")  # whose tables are gone too
        app.check_output("printf '%s' '" + "\n".join(["*nat", *names, "COMMIT", ""]) + "' | iptables-restore --noflush")
    assert app.check_output("getent hosts db.lab.test"), "the names of the lab's network are resolved by such rules"


def test_nobody_comes_in_over_ssh_without_a_key(machines: Mapping[str, Any]) -> None:
    for name, host in machines.items():
        told = host.check_output("sshd -T").splitlines()
        assert {"passwordauthentication no", "kbdinteractiveauthentication no", "x11forwarding no"} <= set(told), name


def test_security_updates_come_by_themselves(machines: Mapping[str, Any]) -> None:
    for name, host in machines.items():
        told = host.check_output("apt-config dump")
        assert 'APT::Periodic::Unattended-Upgrade "1";' in told, name
        assert told.count("Unattended-Upgrade::Origins-Pattern:: ") == 2, name
