"""The real registry while its tokens' key is rotated: nobody is refused in between, and then the old key ends."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

from codeb.adapters.registry_tokens import RegistryTokens
from codeb.domain.infra import Infra
from codeb.domain.registry_access import CATALOG_ACCESS
from codeb.domain.secret_rotation import forgotten, rotated
from codeb.domain.secret_table import row_of
from codeb.secret_store import SecretStore, new_value
from deploys.certificates import CertificateAuthority
from deploys.components import registry_key
from deploys.platform import Platform
from tests.integration.token_registry import TokenRegistry, bearer
from tests.lab.artifacts import program
from tests.unit.deploys.conftest import HOSTS

pytestmark = pytest.mark.integration

TAKEN, REFUSED = 200, 401


def answer(where: TokenRegistry, key: str) -> int:
    """What the registry says to a token that this key signed."""
    path = where.directory / "key.pem"
    path.write_text(key)
    sign = RegistryTokens(path, where.platform.infra.registry)
    token = sign("codeb", [CATALOG_ACCESS], datetime.now(UTC)).text
    return requests.get(f"{where.url}/v2/_catalog", headers=bearer(token), timeout=10).status_code


def answers(where: TokenRegistry, *keys: str) -> list[int]:
    """After the storage run."""
    where.start()
    try:
        return [answer(where, key) for key in keys]
    finally:
        where.stop()


def test_both_keys_count_until_the_old_one_is_forgotten(tmp_path: Path) -> None:
    infra = Infra.parse({"domain": "example.org", "acme_email": "ops@example.org", "hosts": HOSTS})
    store = SecretStore(tmp_path / "secrets.json")
    platform = Platform(infra, store, CertificateAuthority(store, infra.domain))
    where = TokenRegistry(program("registry"), tmp_path, platform, "http://127.0.0.1/unused")
    old, row = registry_key.private_key(platform), row_of(registry_key.NAME)
    assert row
    store.change(lambda values: rotated(values, {registry_key.NAME: row}, new_value))
    new = registry_key.private_key(platform)
    assert answers(where, old, new) == [TAKEN, TAKEN]
    store.change(lambda values: forgotten(values, [registry_key.NAME]))
    assert answers(where, old, new) == [REFUSED, TAKEN]
