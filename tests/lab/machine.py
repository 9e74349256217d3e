"""What this machine needs for the lab, from the distribution's packages."""

import os
from pathlib import Path

from tests.lab.shell import run, succeeds

PACKAGES = {
    "dockerd": "docker.io",
    "iptables": "iptables",
    "debootstrap": "debootstrap",
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
}
_SBIN = ("/usr/sbin", "/sbin", "/usr/local/sbin", "/usr/bin", "/usr/local/bin", "/bin")


def install(programs: dict[str, str] | None = None) -> list[str]:
    """Install the packages whose programs are missing; returns what was installed."""
    wanted = PACKAGES if programs is None else programs
    missing = sorted({package for program, package in wanted.items() if not _present(program)})
    if missing:
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        if not succeeds(["apt-get", "-qq", "--dry-run", "install", *missing]):
            run(["apt-get", "-qq", "update"], environment=environment)
        install_command = ["apt-get", "-qq", "install", "--yes", "--no-install-recommends", *missing]
        run(install_command, environment=environment)
    return missing


def _present(program: str) -> bool:
    return any((Path(directory) / program).exists() for directory in _SBIN)
