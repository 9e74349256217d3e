"""The four hosts: containers whose first process is systemd, on a network of their own."""

import ipaddress
import json
import os
import time
from dataclasses import dataclass

from tests.lab import image
from tests.lab.shell import CommandFailed, run, succeeds

NETWORK = "codeb-lab"
DOMAIN = "lab.test"
ROLES = {"app": 11, "streaming": 12, "storage": 13, "backup": 14}
PUBLIC_NAMES = {"app": "api", "streaming": "ws", "storage": "db", "backup": "backup"}
_DEFAULT_SUBNET = "172.30.0.0/24"


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


def subnet() -> ipaddress.IPv4Network:
    return ipaddress.IPv4Network(os.environ.get("LAB_SUBNET") or _DEFAULT_SUBNET)


def gateway() -> str:
    """The machine's own address on the lab's network."""
    return str(subnet().network_address + 1)


def all_hosts() -> dict[str, Host]:
    base = subnet().network_address
    return {role: Host(role, str(base + number)) for role, number in ROLES.items()}


def ensure(authorized_key: str) -> None:
    """Four running hosts that accept the key; those that are there are kept."""
    if not succeeds(["docker", "network", "inspect", NETWORK]):
        run(["docker", "network", "create", "--subnet", str(subnet()), "--gateway", gateway(), NETWORK])
    for host in all_hosts().values():
        state = _state(host)
        if state is None:
            _create(host)
        elif state != "running":
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


def remove() -> None:
    for host in all_hosts().values():
        if _state(host) is not None:
            run(["docker", "rm", "--force", "--volumes", host.container])
    if succeeds(["docker", "network", "inspect", NETWORK]):
        run(["docker", "network", "rm", NETWORK])


def _is_up(host: Host) -> bool:
    return succeeds(["docker", "exec", host.container, "sh", "-c", "systemctl is-system-running | grep -qx running"])


def _state(host: Host) -> str | None:
    if not succeeds(["docker", "container", "inspect", host.container]):
        return None
    (inspected,) = json.loads(run(["docker", "container", "inspect", host.container]))
    status: str = inspected["State"]["Status"]
    return status


def _create(host: Host) -> None:
    engine_volumes = ["-v", "/var/lib/docker", "-v", "/var/lib/containerd"] if host.role == "app" else []
    run(
        [
            *("docker", "run", "--detach", "--name", host.container, "--hostname", host.role),
            *("--network", NETWORK, "--ip", host.address, "--network-alias", host.public_name),
            *("--cap-add", "ALL", "--cap-drop", "SYS_RESOURCE", "--security-opt", "seccomp=unconfined"),
            *("--tmpfs", "/run", "--tmpfs", "/run/lock", "-v", "/sys/fs/cgroup:/sys/fs/cgroup:rw"),
            *engine_volumes,
            *(image.NAME, "/lib/systemd/systemd"),
        ]
    )
