"""The lab's SSH key, and the configuration that makes `ssh -F .lab/ssh_config app` work."""

import subprocess

from tests.lab.hosts import all_hosts
from tests.lab.paths import LAB
from tests.lab.shell import CommandFailed, run

KEY = LAB / "ssh_key"
KNOWN_HOSTS = LAB / "known_hosts"
CONFIG = LAB / "ssh_config"


def ensure() -> str:
    """Make the key once; returns its public half."""
    LAB.mkdir(mode=0o700, exist_ok=True)
    if not KEY.exists():
        run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "codeb-lab", "-f", KEY])
    return KEY.with_suffix(".pub").read_text()


def write_config() -> None:
    """Called with the hosts running: their keys are read, so that nobody is asked and nothing is trusted blindly."""
    names = {host.role: host.address for host in all_hosts().values()}
    scanned = subprocess.run(
        ["ssh-keyscan", "-T", "10", "-t", "ed25519", *names.values()], capture_output=True, text=True, check=False
    )
    if len(scanned.stdout.splitlines()) < len(names):
        raise CommandFailed(f"not every host answers on port 22:\n{scanned.stderr}")
    KNOWN_HOSTS.write_text(scanned.stdout)
    CONFIG.write_text(
        "".join(
            f"Host {name}\n  HostName {address}\n  User root\n  IdentityFile {KEY}\n"
            f"  UserKnownHostsFile {KNOWN_HOSTS}\n  IdentitiesOnly yes\n\n"
            for name, address in names.items()
        )
    )
