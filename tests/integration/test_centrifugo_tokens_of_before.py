"""The real Centrifugo takes tokens of the secret before, as long as its configuration has that."""

import subprocess
from pathlib import Path

import pytest

from codeb.domain.infra import Infra
from codeb.secret_store import SecretStore
from deploys.certificates import CertificateAuthority
from deploys.components import centrifugo
from deploys.platform import Platform
from tests.lab.artifacts import program
from tests.unit.deploys.conftest import HOSTS

pytestmark = pytest.mark.integration


def configured(where: Path, secret: str, before: str = "") -> Path:
    infra, store = Infra.parse({"domain": "example.org", "tls": "internal", "hosts": HOSTS}), SecretStore(where / "s")
    platform = Platform(infra, store, CertificateAuthority(store, infra.domain))
    text = centrifugo.config(
        infra, platform.host("streaming"), token_secret=secret, api_key="key", token_secret_before=before
    )
    path = where / f"{secret}-{before}.json"
    path.write_text(text)
    return path


def run(*arguments: str | Path) -> tuple[int, str]:
    done = subprocess.run([program("centrifugo"), *arguments], capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout


@pytest.mark.parametrize(("before", "taken"), [("old", True), ("", False)])
def test_a_token_of_before_counts_until_its_secret_is_forgotten(tmp_path: Path, before: str, taken: bool) -> None:
    _, token = run("gentoken", "-c", configured(tmp_path, "old"), "-u", "bob", "-q")
    assert token
    code, _ = run("checktoken", "-c", configured(tmp_path, "new", before), token.strip())
    assert (code == 0) is taken
