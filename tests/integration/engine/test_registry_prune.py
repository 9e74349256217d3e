"""Pruning and garbage collection in the real registry: what is needed can be pulled, the rest is gone."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from codeb.adapters.clock import SystemClock
from codeb.adapters.registry_images import HttpRegistry
from codeb.adapters.registry_tokens import RegistryTokens
from codeb.domain.infra import Infra
from codeb.domain.registry_access import wanted
from codeb.errors import Unavailable
from codeb.secret_store import SecretStore
from deploys.certificates import CertificateAuthority
from deploys.components import registry_key
from deploys.platform import Platform
from tests.integration.token_registry import INDEX, MANIFEST, Docker, TokenRegistry, digest
from tests.lab.artifacts import program
from tests.unit.deploys.conftest import HOSTS

pytestmark = pytest.mark.integration


@dataclass
class Trusted(Docker):
    """Signs itself a token for whatever it is asked for."""

    tokens: RegistryTokens

    def token(self, challenge: str) -> str:
        scope = challenge.partition('scope="')[2].partition('"')[0]
        return self.tokens("test", wanted([scope]), datetime.now(UTC)).text

    def push_index(self, name: str, tag: str, *layers: bytes) -> str:
        """An index of an image for each layer, none of which has a tag; its digest."""
        listed = []
        for layer in layers:
            content = self.pull(name, self.push(name, "part", layer).headers["Docker-Content-Digest"]).content
            listed.append({"mediaType": MANIFEST, "digest": digest(content), "size": len(content)})
        index = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": listed}).encode()
        return self.put(name, tag, index, INDEX).headers["Docker-Content-Digest"]


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[TokenRegistry]:
    infra = Infra.parse({"domain": "example.org", "acme_email": "ops@example.org", "hosts": HOSTS})
    store = SecretStore(tmp_path / "secrets.json")
    platform = Platform(infra, store, CertificateAuthority(store, infra.domain))
    process = TokenRegistry(program("registry"), tmp_path, platform, "http://127.0.0.1:1/token")
    with process.running():
        yield process


@pytest.fixture
def tokens(registry: TokenRegistry, tmp_path: Path) -> RegistryTokens:
    key = tmp_path / "key.pem"
    key.write_text(registry_key.private_key(registry.platform))
    return RegistryTokens(key, registry.platform.infra.registry)


@pytest.fixture
def docker(registry: TokenRegistry, tokens: RegistryTokens) -> Trusted:
    return Trusted(registry.url, "", tokens)


@pytest.fixture
def images(registry: TokenRegistry, tokens: RegistryTokens) -> HttpRegistry:
    return HttpRegistry(registry.url, tokens, SystemClock())


def blobs(registry: TokenRegistry) -> set[str]:
    return {path.parent.name for path in (registry.directory / "data").glob("**/blobs/sha256/*/*/data")}


def test_images_are_found_with_their_tags_and_the_parts_of_an_index(docker: Trusted, images: HttpRegistry) -> None:
    plain = docker.push("blog", "v1", b"one").headers["Docker-Content-Digest"]
    assert docker.push("blog", "latest", b"one").headers["Docker-Content-Digest"] == plain
    index = docker.push_index("shop", "v1", b"amd64", b"arm64")
    assert set(images.repositories()) == {"blog", "shop"}
    (found,) = images.images("blog")
    assert (found.digest, found.tags, found.children) == (plain, frozenset({"v1", "latest"}), frozenset())
    by_digest = {each.digest: each for each in images.images("shop")}
    assert by_digest[index].tags == {"v1"}
    assert len(by_digest[index].children) == 2


def test_every_page_of_a_long_list_is_read(docker: Trusted, images: HttpRegistry) -> None:
    for name in ("blog", "shop", "wiki"):
        for tag in ("v1", "v2", "v3"):
            docker.push(name, tag, b"one")
    paged = replace(images, page=2)
    assert len(paged.repositories()) == 3
    assert [len(each.tags) for each in paged.images("blog")] == [3]


def test_what_was_removed_is_gone_and_its_blobs_with_the_garbage(
    registry: TokenRegistry, docker: Trusted, images: HttpRegistry
) -> None:
    kept = docker.push("blog", "v2", b"a layer that stays").headers["Docker-Content-Digest"]
    gone = docker.push("blog", "v1", b"a layer that goes").headers["Docker-Content-Digest"]
    images.remove("blog", gone)
    images.remove("blog", gone)
    assert docker.pull("blog", "v1").status_code == 404
    registry.collect_garbage()
    stored = blobs(registry)
    assert digest(b"a layer that goes").partition(":")[2] not in stored
    assert digest(b"a layer that stays").partition(":")[2] in stored
    assert docker.pull("blog", kept).status_code == 200


def test_the_garbage_collector_leaves_what_lost_its_tag_to_a_newer_image(
    registry: TokenRegistry, docker: Trusted
) -> None:
    """A slot holds its image by the digest: it has to start again after a reboot, whatever `latest` is by then."""
    held = docker.push("blog", "latest", b"what the slot runs").headers["Docker-Content-Digest"]
    docker.push("blog", "latest", b"what was pushed since")
    registry.collect_garbage()
    assert docker.pull("blog", held).status_code == 200
    assert docker.ask("GET", f"/v2/blog/blobs/{digest(b'what the slot runs')}").content == b"what the slot runs"


def test_nothing_is_pushed_while_it_is_read_only(registry: TokenRegistry, docker: Trusted) -> None:
    docker.push("blog", "v1", b"one")
    registry.stop()
    registry.start(read_only=True)
    assert docker.pull("blog", "v1").status_code == 200
    assert docker.push("blog", "v2", b"two").status_code == 405


def test_a_registry_that_is_away_is_said(registry: TokenRegistry, images: HttpRegistry) -> None:
    registry.stop()
    with pytest.raises(Unavailable, match="the registry is not available"):
        images.repositories()
