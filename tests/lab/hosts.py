"""The four hosts: containers whose first process is systemd, on a network of their own."""

import ipaddress
import json
import os
import time
from dataclasses import dataclass
from functools import cache
from typing import Any

from tests.lab import image
from tests.lab.paths import ROOT, SECRETS
from tests.lab.progress import say
from tests.lab.shell import CommandFailed, run, succeeds

NETWORK = "codeb-lab"
DOMAIN = "lab.test"
ROLES = {"app": 11, "streaming": 12, "storage": 13, "backup": 14}
PUBLIC_NAMES = {"app": "api", "streaming": "ws", "storage": "db", "backup": "backup"}
_DEFAULT_SUBNET = "172.30.0.0/24"
_CHECKOUT = "codeb.lab.checkout"


@dataclass(frozen=True, slots=True)
class Host:
    role: str
    address: str

    @property
    def container(self) -> str:
        return f"{NETWORK}-{self.role}"

    @property
    def public_name(self) -> str:
        return f"{PUBLIC_NAMES[self.role]}.{DOMAIN}"


@cache
def subnet() -> ipaddress.IPv4Network:
    """As LAB_SUBNET says, else that of the lab which is there."""
    chosen = os.environ.get("LAB_SUBNET") or _subnet_of_network() or _DEFAULT_SUBNET
    network = ipaddress.IPv4Network(chosen)
    if network.num_addresses <= max(ROLES.values()) + 1:
        raise CommandFailed(f"LAB_SUBNET={chosen} is too small: a /28 or larger is needed")
    return network


def gateway() -> str:
    """The machine's own address on the lab's network."""
    return str(subnet().network_address + 1)


def all_hosts() -> dict[str, Host]:
    base = subnet().network_address
    return {role: Host(role, str(base + number)) for role, number in ROLES.items()}


def ensure(authorized_key: str) -> None:
    """Four running hosts that accept the key; those of this checkout and this subnet are kept."""
    _drop_foreign()
    if _subnet_of_network() is None:
        run(["docker", "network", "create", "--subnet", str(subnet()), "--gateway", gateway(), NETWORK])
    for host in all_hosts().values():
        if _inspect(host) is None:
            _create(host)
        else:
            run(["docker", "start", host.container])
    for host in all_hosts().values():
        wait_running(host)
        accept = ["docker", "exec", "-i", host.container, "sh", "-c", "umask 077; cat > /root/.ssh/authorized_keys"]
        run(accept, stdin=authorized_key.encode())


def wait_running(host: Host, seconds: float = 120) -> None:
    """Until systemd says that the host has come up."""
    deadline = time.monotonic() + seconds
    while not _is_up(host):
        if time.monotonic() > deadline:
            failed = run(["docker", "exec", host.container, "systemctl", "--failed", "--no-legend", "--plain"])
            raise CommandFailed(f"{host.role} did not come up within {seconds:g} s; failed units: {failed or 'none'}")
        time.sleep(0.3)


def restart(host: Host) -> None:
    """As fair a reboot as a container has."""
    run(["docker", "restart", "--time", "30", host.container])
    wait_running(host)


def lose(host: Host) -> None:
    """The machine burns, with its disks."""
    run(["docker", "rm", "--force", "--volumes", host.container])


def remove() -> None:
    for role in ROLES:
        run(["docker", "rm", "--force", "--volumes", f"{NETWORK}-{role}"])
    if _subnet_of_network() is not None:
        run(["docker", "network", "rm", NETWORK])


def present() -> dict[str, str]:
    """What the engine says of each host: running, exited, ..., or missing."""
    states = {host.role: _inspect(host) for host in all_hosts().values()}
    return {role: found["State"]["Status"] if found else "missing" for role, found in states.items()}


def _drop_foreign() -> None:
    """Hosts that another checkout made know other secrets, and hosts of another subnet have other addresses."""
    there, wanted = _subnet_of_network(), str(subnet())
    found = [inspected for host in all_hosts().values() if (inspected := _inspect(host)) is not None]
    owners = {inspected["Config"]["Labels"].get(_CHECKOUT, str(ROOT)) for inspected in found}
    if there not in (None, wanted):
        say(f"         the lab's network is {there} and is to be {wanted}: the hosts are made anew")
        remove()
    elif owners - {str(ROOT)}:
        say(f"         the lab's hosts belong to {', '.join(sorted(owners))}: they are made anew")
        remove()
    elif found and not SECRETS.exists():
        say("         the secrets that the lab's hosts know are gone: they are made anew")
        remove()


def _subnet_of_network() -> str | None:
    if not succeeds(["docker", "network", "inspect", NETWORK]):
        return None
    (inspected,) = json.loads(run(["docker", "network", "inspect", NETWORK]))
    found: str = inspected["IPAM"]["Config"][0]["Subnet"]
    return found


def _is_up(host: Host) -> bool:
    return succeeds(["docker", "exec", host.container, "sh", "-c", "systemctl is-system-running | grep -qx running"])


def _inspect(host: Host) -> dict[str, Any] | None:
    if not succeeds(["docker", "container", "inspect", host.container]):
        return None
    (inspected,) = json.loads(run(["docker", "container", "inspect", host.container]))
    record: dict[str, Any] = inspected
    return record


def _create(host: Host) -> None:
    engine_volumes = ["-v", "/var/lib/docker", "-v", "/var/lib/containerd"] if host.role == "app" else []
    run(
        [
            *("docker", "run", "--detach", "--name", host.container, "--hostname", host.role),
            *("--label", f"{_CHECKOUT}={ROOT}"),
            *("--network", NETWORK, "--ip", host.address, "--network-alias", host.public_name),
            *("--cap-add", "ALL", "--cap-drop", "SYS_RESOURCE", "--security-opt", "seccomp=unconfined"),
            # What systemd takes for "shut down": a stop ends services in order, and in seconds.
            *("--stop-signal", "SIGRTMIN+3"),
            *("--tmpfs", "/run", "--tmpfs", "/run/lock"),
            *("-v", "/sys/fs/cgroup:/sys/fs/cgroup:rw", "--cgroupns", "host"),
            *engine_volumes,
            *(image.NAME, "/lib/systemd/systemd"),
        ]
    )
