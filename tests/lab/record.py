"""``.lab/lab.json``: where everything is. Spec section 11 names its keys; outside programs rely on them."""

import json
import os
from pathlib import Path
from typing import Any

from tests.lab import keys, trust
from tests.lab.hosts import DOMAIN, all_hosts
from tests.lab.paths import INFRA, RECORD, ROOT
from tests.lab.store import store

PROJECT = "hello"


def load() -> dict[str, Any] | None:
    """What the lab before left, if it left something."""
    try:
        found: dict[str, Any] = json.loads(RECORD.read_text())
    except (FileNotFoundError, ValueError):
        return None
    return found


def api_url() -> str:
    return f"http://{all_hosts()['app'].address}:9101"


def write(api_key: str) -> dict[str, Any]:
    """Write it, readable by its owner only."""
    record = _record(api_key)
    part = RECORD.with_suffix(".part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(record, file, indent=1)
    part.rename(RECORD)
    return record


def _record(api_key: str) -> dict[str, Any]:
    secrets = store()
    at = {role: host.address for role, host in all_hosts().items()}
    return {
        "api_url": api_url(),
        "api_key": api_key,
        "domain": DOMAIN,
        "caddy": {"http": f"http://{at['app']}", "https": f"https://{at['app']}", "ca": _relative(trust.CA)},
        "registry": {
            "host": trust.REGISTRY,
            "username": "codeb",
            "password": api_key,
            "ca": _relative(trust.REGISTRY_CA),
        },
        "object_storage": {
            "endpoint": f"https://{at['storage']}:9000",
            "access_key": "codeb",
            "secret_key": secrets["s3_root_password"],
        },
        "prometheus_url": f"http://{at['backup']}:9090",
        "grafana_url": None,
        "centrifugo_url": f"http://{at['streaming']}:8000",
        "hosts": at,
        "ssh_config": _relative(keys.CONFIG),
        "infra": _relative(INFRA),
        "project": PROJECT,
    }


def _relative(path: Path) -> str:
    return str(path.relative_to(ROOT))
