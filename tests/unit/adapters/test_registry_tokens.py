"""Tokens for the registry, and what the engine pulls with."""

import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec

from codeb.adapters.docker.registry_login import RegistryLogin, TokenLogin
from codeb.adapters.registry_tokens import RegistryTokens, public_key
from codeb.domain.registry_access import Access
from codeb.domain.registry_keys import PublicKey
from codeb.errors import Unavailable
from codeb.settings import Secret
from tests.fakes.records import FakeClock
from tests.fakes.registry import KEY, key_pem, opened, registry_tokens

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
BLOG = Access.repository("blog", "pull")


def test_a_token_names_whom_it_is_for_what_it_opens_and_until_when(tmp_path: Path) -> None:
    made = registry_tokens(tmp_path)("key_1", [BLOG], NOW, timedelta(minutes=2))
    header, claims = opened(made.text)
    assert header == {"alg": "ES256", "typ": "JWT", "kid": public_key(KEY).key_id}
    assert claims["access"] == [{"type": "repository", "name": "blog", "actions": ["pull"]}]
    assert (claims["iss"], claims["aud"], claims["sub"]) == ("codeb", "registry.test:5000", "key_1")
    assert claims["exp"] - claims["iat"] == 120
    assert claims["nbf"] <= claims["iat"] == int(NOW.timestamp())


def test_no_two_tokens_are_the_same(tmp_path: Path) -> None:
    tokens = registry_tokens(tmp_path)
    assert tokens("key_1", [], NOW).text != tokens("key_1", [], NOW).text


def test_another_key_counts_at_once_and_has_another_name(tmp_path: Path) -> None:
    tokens = registry_tokens(tmp_path)
    before = tokens("key_1", [], NOW).text
    tokens.key_file.write_bytes(key_pem(ec.generate_private_key(ec.SECP256R1())))
    after = tokens("key_1", [], NOW).text
    assert before.split(".")[0] != after.split(".")[0]
    with pytest.raises(InvalidSignature):
        opened(after)


def test_the_public_half_has_the_thumbprint_that_the_standard_gives_it() -> None:
    """RFC 7638: of the required members, in the order of their names, without a space."""
    found = PublicKey(1, 2)
    zeros = "A" * 42
    text = f'{{"crv":"P-256","kty":"EC","x":"{zeros}E","y":"{zeros}I"}}'
    assert found.key_id == base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
    (key,) = json.loads(found.key_set())["keys"]
    assert key == {**json.loads(text), "kid": found.key_id, "alg": "ES256", "use": "sig"}


@pytest.mark.parametrize("content", [b"", b"no key", None])
def test_a_key_that_cannot_be_read_is_said(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "key.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(Unavailable, match=r"key\.pem"):
        RegistryTokens(path, "registry.test:5000")("key_1", [], NOW)


def test_a_key_of_another_kind_is_said(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(key_pem(ec.generate_private_key(ec.SECP384R1())))
    with pytest.raises(Unavailable, match="P-256"):
        RegistryTokens(path, "registry.test:5000")("key_1", [], NOW)


def test_the_engine_pulls_one_repository_with_a_token_for_pulling_it(tmp_path: Path) -> None:
    login = TokenLogin("registry.test:5000", registry_tokens(tmp_path), FakeClock())
    given = login.for_image("registry.test:5000/blog@sha256:1")
    assert given is not None
    assert given.keys() == {"registrytoken"}
    _, claims = opened(given["registrytoken"])
    assert claims["access"] == [{"type": "repository", "name": "blog", "actions": ["pull"]}]


@pytest.mark.parametrize("image", ["other.test/blog:v1", "registry.test:50001/blog:v1", "nginx"])
def test_another_registry_sees_nothing_of_ours(tmp_path: Path, image: str) -> None:
    assert TokenLogin("registry.test:5000", registry_tokens(tmp_path), FakeClock()).for_image(image) is None
    assert RegistryLogin("registry.test:5000", "codeb", Secret("pw")).for_image(image) is None
