"""What this machine must know to use the lab: the registry's CA for its Docker Engine, and the names in /etc/hosts.

Every line and file is marked as the lab's, so that it can be taken away again.
"""

import contextlib
import shutil
from pathlib import Path

from tests.lab.hosts import DOMAIN, all_hosts
from tests.lab.paths import LAB
from tests.lab.store import store

REGISTRY = f"db.{DOMAIN}:5000"
CA = LAB / "ca.crt"
REGISTRY_CA = LAB / "registry-ca.crt"
_ENGINE_CA = Path("/etc/docker/certs.d") / REGISTRY
_HOSTS = Path("/etc/hosts")
_MARK = "# codeb-lab"
_SITES = ("hello", "hello-blue.preview", "hello-green.preview")


def establish() -> None:
    """Write the platform's CA where it is looked for, and the lab's names into /etc/hosts."""
    certificate = store()["ca_certificate"]
    _ENGINE_CA.mkdir(parents=True, exist_ok=True)
    for path in (CA, REGISTRY_CA, _ENGINE_CA / "ca.crt"):
        path.write_text(certificate)
    _write_hosts([*_foreign_lines(), *_lines()])


def remove() -> None:
    if _ENGINE_CA.exists():
        shutil.rmtree(_ENGINE_CA)
        for directory in (_ENGINE_CA.parent, _ENGINE_CA.parent.parent):
            with contextlib.suppress(OSError):
                directory.rmdir()
    _write_hosts(_foreign_lines())


def _lines() -> list[str]:
    names = {role: [host.public_name] for role, host in all_hosts().items()}
    names["app"] += [f"{site}.{DOMAIN}" for site in _SITES]
    return [f"{host.address} {' '.join(names[role])} {_MARK}" for role, host in all_hosts().items()]


def _foreign_lines() -> list[str]:
    return [line for line in _HOSTS.read_text().splitlines() if not line.endswith(_MARK)]


def _write_hosts(lines: list[str]) -> None:
    """In place, because in a container /etc/hosts is a mount that cannot be replaced."""
    text = "\n".join([*lines, ""])
    if text != _HOSTS.read_text():
        _HOSTS.write_text(text)
