"""The operator's file for the lab: what an operator would write for four hosts on a closed network."""

import json
from pathlib import Path

from tests.lab.artifacts import PROGRAMS, program, sha256
from tests.lab.hosts import DOMAIN, all_hosts, gateway
from tests.lab.keys import KEY, KNOWN_HOSTS
from tests.lab.paths import INFRA, SECRETS


def write(wheelhouse: Path) -> None:
    INFRA.write_text(text(wheelhouse))


def text(wheelhouse: Path) -> str:
    head = [
        f'domain = "{DOMAIN}"',
        'tls = "internal"',
        "http_redirect = false",
        f'admin_networks = ["{gateway()}/32"]',
        f'secrets_file = "{SECRETS.name}"',
        f"wheelhouse = {json.dumps(str(wheelhouse))}",
        "",
        "[ssh]",
        'user = "root"',
        f"key = {json.dumps(str(KEY))}",
        f"known_hosts = {json.dumps(str(KNOWN_HOSTS))}",
    ]
    return "\n".join([*head, *_hosts(), *_components(), '[components.grafana]\nsource = "none"\n'])


def _hosts() -> list[str]:
    return [
        f'\n[hosts.{host.role}]\naddress = "{host.address}"\nroles = ["{host.role}"]' for host in all_hosts().values()
    ]


def _components() -> list[str]:
    entries = [""]
    for wanted in PROGRAMS.values():
        path = program(wanted.name)
        entries += [
            f"[components.{wanted.component}]",
            'source = "url"',
            f'version = "{wanted.version}"',
            f"url = {json.dumps(path.as_uri())}",
            f'sha256 = "{sha256(path)}"',
            "",
        ]
    return entries
