"""The real registry and the real API: what a key reaches, and what an attacker with one does not. Security 1."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import ec

from codeb.adapters.clock import SystemClock
from codeb.adapters.docker.registry_login import TokenLogin
from codeb.adapters.registry_tokens import RegistryTokens
from codeb.domain.infra import Infra
from codeb.domain.registry_access import CATALOG_ACCESS, Access
from codeb.secret_store import SecretStore
from codeb.services.actor import Actor
from deploys.certificates import CertificateAuthority
from deploys.components import registry_key
from deploys.platform import Platform
from tests.doors import House
from tests.fakes.registry import key_pem
from tests.integration.token_registry import MANIFEST, Docker, TokenRegistry, bearer, digest, manifest, served
from tests.integration.waiting import free_port
from tests.lab.artifacts import program
from tests.unit.deploys.conftest import HOSTS

pytestmark = pytest.mark.integration

LAYER, SECRET_LAYER = b"a layer of ours", b"a layer of theirs"
As = Callable[..., Docker]


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    infra = Infra.parse({"domain": "example.org", "acme_email": "ops@example.org", "hosts": HOSTS})
    store = SecretStore(tmp_path_factory.mktemp("store") / "secrets.json")
    return Platform(infra, store, CertificateAuthority(store, infra.domain))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, platform: Platform) -> House:
    """Blog and wiki are team-a's, shop is team-b's."""
    root = tmp_path_factory.mktemp("house")
    house = House(root, {"CODEB_REGISTRY": platform.infra.registry})
    for name, team in (("blog", "team-a"), ("wiki", "team-a"), ("shop", "team-b")):
        house.world.init_project(name, Actor("key_0", "api", team))
    path = root / "signing-key.pem"
    path.write_text(registry_key.private_key(platform))
    house.services = replace(house.services, registry_tokens=RegistryTokens(path, platform.infra.registry))
    return house


@pytest.fixture(scope="module")
def registry(house: House, platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TokenRegistry]:
    port = free_port()
    realm = f"http://127.0.0.1:{port}/api/registry/token"
    process = TokenRegistry(program("registry"), tmp_path_factory.mktemp("tokens"), platform, realm)
    with served(house, port), process.running():
        yield process


@pytest.fixture
def docker(house: House, registry: TokenRegistry) -> As:
    """Docker with a key that is made for the test."""

    def made(role: str = "member", team: str = "team-a", **entry: object) -> Docker:
        key = house.key(role, team, **{"rateLimit": {"requests": 10_000, "window": 60}, **entry})
        return Docker(registry.url, key)

    return made


@pytest.fixture
def theirs(docker: As) -> Docker:
    """Team-b's, with an image in its repository."""
    owner = docker("owner", "team-b")
    assert owner.push("shop", "v1", SECRET_LAYER).status_code == 201
    return owner


@pytest.fixture
def tokens(house: House) -> RegistryTokens:
    assert house.services.registry_tokens is not None
    return house.services.registry_tokens


def test_a_member_pushes_and_pulls_in_its_own_repositories(docker: As) -> None:
    mine = docker()
    assert mine.push("blog", "v1", LAYER).status_code == 201
    assert mine.pull("blog", "v1").json()["layers"][0]["digest"] == digest(LAYER)
    assert docker("viewer").pull("blog", "v1").status_code == 200


def test_a_layer_of_ones_own_is_mounted_and_not_sent_again(docker: As) -> None:
    mine = docker()
    assert mine.push_blob("blog", LAYER).status_code == 201
    assert mine.ask("POST", f"/v2/wiki/blobs/uploads/?mount={digest(LAYER)}&from=blog").status_code == 201


@pytest.mark.parametrize("role", ["viewer", "member", "admin", "owner"])
@pytest.mark.parametrize("name", ["shop", "docker-cache/shop", "shop/cache", "library/blog", "nobodys"])
def test_nobody_pushes_to_what_is_not_its_teams(docker: As, role: str, name: str) -> None:
    assert docker(role).push(name, "v1", LAYER).status_code == 401


def test_a_tag_of_another_team_stays_what_it_is(docker: As, theirs: Docker) -> None:
    before = theirs.pull("shop", "v1").headers["Docker-Content-Digest"]
    mine = docker("owner")
    mine.push("blog", "v1", LAYER)
    stolen = mine.pull("blog", "v1").content
    assert mine.put("shop", "v1", stolen, MANIFEST).status_code == 401
    assert theirs.pull("shop", "v1").headers["Docker-Content-Digest"] == before


def test_nothing_of_another_team_is_pulled(docker: As, theirs: Docker) -> None:
    assert theirs.pull("shop", "v1").status_code == 200
    mine = docker("owner")
    for path in ("manifests/v1", f"blobs/{digest(SECRET_LAYER)}", "tags/list"):
        assert mine.ask("GET", f"/v2/shop/{path}").status_code == 401


def test_a_layer_of_another_team_is_not_mounted(docker: As, theirs: Docker) -> None:
    mine, wanted = docker("owner"), digest(SECRET_LAYER)
    assert theirs.ask("HEAD", f"/v2/shop/blobs/{wanted}").status_code == 200
    assert mine.ask("POST", f"/v2/blog/blobs/uploads/?mount={wanted}&from=shop").status_code == 401
    for way in (f"mount={wanted}", f"mount={wanted}&from=blog"):
        assert mine.ask("POST", f"/v2/blog/blobs/uploads/?{way}").status_code == 202, "it has to be sent"
    assert mine.ask("HEAD", f"/v2/blog/blobs/{wanted}").status_code == 404


def test_a_manifest_cannot_name_a_layer_that_the_repository_has_not(docker: As, theirs: Docker) -> None:
    assert theirs.ask("HEAD", f"/v2/shop/blobs/{digest(SECRET_LAYER)}").status_code == 200
    mine, config = docker("owner"), json.dumps({"os": "linux"}).encode()
    assert mine.push_blob("blog", config).status_code == 201
    assert mine.put("blog", "stolen", manifest(config, SECRET_LAYER), MANIFEST).status_code == 400


def test_a_viewer_pushes_nothing(docker: As) -> None:
    assert docker("viewer").push("blog", "v9", LAYER).status_code == 401


def test_a_key_for_one_project_pushes_there_alone(docker: As) -> None:
    narrow = docker(projects=["wiki"])
    assert narrow.push("wiki", "v1", LAYER).status_code == 201
    assert narrow.push("blog", "v1", LAYER).status_code == 401


def test_no_team_lists_the_registry_or_deletes_from_it(docker: As) -> None:
    mine = docker("owner")
    pushed = mine.push("blog", "v2", LAYER).headers["Docker-Content-Digest"]
    assert mine.ask("GET", "/v2/_catalog").status_code == 401
    assert mine.ask("DELETE", f"/v2/blog/manifests/{pushed}").status_code == 401
    assert mine.pull("blog", pushed).status_code == 200


def test_the_platform_lists_and_deletes(docker: As) -> None:
    docker().push("blog", "gone", b"a layer that goes")
    operator = docker("owner", "ops", platform=True)
    assert "blog" in operator.ask("GET", "/v2/_catalog").json()["repositories"]
    pushed = operator.pull("blog", "gone").headers["Docker-Content-Digest"]
    assert operator.ask("DELETE", f"/v2/blog/manifests/{pushed}").status_code == 202
    assert operator.pull("blog", "gone").status_code == 404


def test_a_key_that_nobody_registered_gets_no_token(registry: TokenRegistry) -> None:
    with pytest.raises(requests.HTTPError, match="401"):
        Docker(registry.url, "codeb_team-a_owner_guess").pull("blog", "v1")


def test_a_token_is_for_its_own_repository_whatever_is_asked_with_it(
    registry: TokenRegistry, tokens: RegistryTokens
) -> None:
    mine = tokens("key_1", [Access.repository("blog", "pull", "push")], datetime.now(UTC)).text
    for path in ("shop/blobs/uploads/", "blog/shop/blobs/uploads/", "docker-cache/shop/blobs/uploads/"):
        answer = requests.post(f"{registry.url}/v2/{path}", headers=bearer(mine), timeout=10)
        assert answer.status_code == 401


def test_tokens_that_are_not_ours_or_not_for_now_open_nothing(
    registry: TokenRegistry, tokens: RegistryTokens, tmp_path: Path
) -> None:
    now, access = datetime.now(UTC), [CATALOG_ACCESS]
    forged_key = tmp_path / "forged.pem"
    forged_key.write_bytes(key_pem(ec.generate_private_key(ec.SECP256R1())))
    good = tokens("codeb", access, now).text
    header, claims, _ = good.split(".")
    other_header = RegistryTokens(forged_key, tokens.service)("codeb", access, now).text
    bad = [
        other_header,
        f"{header}.{claims}.{other_header.split('.')[2]}",
        f"{header}.{claims}.",
        f"eyJhbGciOiJub25lIn0.{claims}.",
        tokens("codeb", access, now - timedelta(hours=1)).text,
        RegistryTokens(tokens.key_file, "another:5000")("codeb", access, now).text,
    ]
    answers = [
        requests.get(f"{registry.url}/v2/_catalog", headers=bearer(each), timeout=10).status_code
        for each in (good, *bad)
    ]
    assert answers == [200, *[401] * len(bad)]


def test_what_the_engine_pulls_with_pulls_one_repository_and_pushes_nothing(
    docker: As, registry: TokenRegistry, tokens: RegistryTokens
) -> None:
    docker().push("blog", "v1", LAYER)
    login = TokenLogin(tokens.service, tokens, SystemClock()).for_image(f"{tokens.service}/blog:v1")
    assert login is not None
    headers = bearer(login["registrytoken"])
    url = f"{registry.url}/v2"
    assert requests.get(f"{url}/blog/manifests/v1", headers={**headers, "Accept": MANIFEST}, timeout=10).ok
    assert requests.post(f"{url}/blog/blobs/uploads/", headers=headers, timeout=10).status_code == 401
    assert requests.get(f"{url}/shop/tags/list", headers=headers, timeout=10).status_code == 401
