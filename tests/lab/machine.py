"""What this machine needs for the lab and the tests, from the distribution's packages."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from tests.lab.shell import CommandFailed, run, succeeds

ENGINE = {"dockerd": "docker.io", "iptables": "iptables"}
ENGINE_CLIENT = {"docker": "docker-cli"}
"""Asked for after the engine: Debian 12 has it in the engine's package, Debian 13 in one of its own."""
LAB = {
    **ENGINE,
    "debootstrap": "debootstrap",
    "ssh": "openssh-client",
    "ssh-keyscan": "openssh-client",
}
TESTS = {
    **ENGINE,
    "chromium": "chromium",
    "initdb": "postgresql",
    "ip": "iproute2",
    "jq": "jq",
    "nft": "nftables",
    "redis-server": "redis-server",
}
_PATH = "/usr/sbin:/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin:/bin"


def install(programs: Mapping[str, str]) -> list[str]:
    """Install the packages whose programs are missing; returns what was installed."""
    missing = sorted({package for program, package in programs.items() if not _present(program)})
    if not missing:
        return []
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        raise CommandFailed(f"missing on this machine: {', '.join(missing)} (installed by itself on Debian as root)")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    if not succeeds(["apt-get", "-qq", "--dry-run", "install", *missing]):
        run(["apt-get", "-qq", "update"], environment=environment)
    run(["apt-get", "-qq", "install", "--yes", "--no-install-recommends", *missing], environment=environment)
    return missing


def _present(program: str) -> bool:
    # Debian keeps PostgreSQL's server programs off the path, a directory per version.
    servers = map(str, Path("/usr/lib/postgresql").glob("*/bin"))
    return shutil.which(program, path=":".join([_PATH, *servers])) is not None
