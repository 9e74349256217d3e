"""A platform as an operator would declare it, with a store of its own."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from codeb.domain.infra import Infra
from codeb.secret_store import SecretStore
from deploys.certificates import CertificateAuthority
from deploys.platform import Platform

MakePlatform = Callable[..., Platform]

HOSTS = {
    "app": {"address": "203.0.113.1", "private_address": "10.0.0.1", "roles": ["app"]},
    "streaming": {"address": "203.0.113.2", "private_address": "10.0.0.2", "roles": ["streaming"]},
    "storage": {"address": "203.0.113.3", "private_address": "10.0.0.3", "roles": ["storage"]},
    "backup": {"address": "203.0.113.4", "private_address": "10.0.0.4", "roles": ["backup"]},
}
ONE_HOST = {"only": {"address": "203.0.113.9", "roles": ["app", "streaming", "storage", "backup"]}}


@pytest.fixture
def make_platform(tmp_path: Path) -> MakePlatform:
    def make(**settings: Any) -> Platform:
        declared = {"domain": "example.org", "acme_email": "ops@example.org", "hosts": HOSTS, **settings}
        infra, store = Infra.parse(declared), SecretStore(tmp_path / "secrets.json")
        return Platform(infra, store, CertificateAuthority(store, infra.domain))

    return make


@pytest.fixture
def platform(make_platform: MakePlatform) -> Platform:
    return make_platform()
