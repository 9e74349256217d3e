"""The registry's files."""

import json
import re
import subprocess

import pytest
import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from codeb.errors import ConfigError
from deploys.components import api, registry, registry_key
from deploys.platform import Platform
from deploys.rendering import render
from tests.unit.deploys.conftest import MakePlatform


def key_set(platform: Platform) -> dict[str, str]:
    (key,) = json.loads(registry_key.key_set(platform))["keys"]
    found: dict[str, str] = key
    return found


def test_the_key_is_the_same_on_every_run(platform: Platform) -> None:
    assert registry.config_files(platform) == registry.config_files(platform)
    assert registry_key.private_key(platform) == registry_key.private_key(platform)


def test_the_registry_gets_the_public_half_only(platform: Platform) -> None:
    key = serialization.load_pem_private_key(registry_key.private_key(platform).encode(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    assert key_set(platform).keys() == {"kty", "crv", "x", "y", "kid", "alg", "use"}
    for file in registry.config_files(platform):
        assert b"PRIVATE" not in file.data


def test_another_key_is_another_name_so_that_old_tokens_end(platform: Platform) -> None:
    before = key_set(platform)["kid"]
    platform.secrets.put({registry_key.NAME: registry_key._made()})
    assert key_set(platform)["kid"] != before


def test_a_damaged_key_is_said_without_its_value(platform: Platform) -> None:
    platform.secrets.put({registry_key.NAME: "half-a-key"})
    with pytest.raises(ConfigError, match="registry_token_key is damaged") as refused:
        registry_key.key_set(platform)
    assert "half-a-key" not in str(refused.value)


def test_it_listens_on_the_private_address_over_tls_and_takes_our_tokens_alone(platform: Platform) -> None:
    config = yaml.safe_load(registry.config(platform))
    assert config["http"]["addr"] == "10.0.0.3:5000"
    assert config["http"]["tls"] == {"certificate": "/etc/codeb/tls/cert.pem", "key": "/etc/codeb/tls/key.pem"}
    assert config["auth"] == {
        "token": {
            "realm": "https://api.example.org/api/registry/token",
            "service": "db.example.org:5000",
            "issuer": "codeb",
            "jwks": "/etc/codeb/registry/tokens.jwks",
            "signingalgorithms": ["ES256"],
        }
    }


@pytest.mark.parametrize(("tls", "scheme"), [("off", "http"), ("internal", "https")])
def test_docker_is_sent_to_the_api_the_way_the_api_is_served(
    make_platform: MakePlatform, tls: str, scheme: str
) -> None:
    realm = yaml.safe_load(registry.config(make_platform(tls=tls)))["auth"]["token"]["realm"]
    assert realm == f"{scheme}://api.example.org/api/registry/token"


def test_the_api_signs_for_the_service_that_the_registry_is(platform: Platform) -> None:
    service = yaml.safe_load(registry.config(platform))["auth"]["token"]["service"]
    settings = api.settings(platform, platform.host("app"))
    assert settings["CODEB_REGISTRY"] == service
    assert settings["CODEB_REGISTRY_TOKEN_KEY"] == "/opt/codeb/registry/token-key.pem"
    assert not {key for key in settings if key.startswith("CODEB_REGISTRY_") and key.endswith(("NAME", "WORD"))}


def test_its_metrics_are_on_loopback(platform: Platform) -> None:
    debug = yaml.safe_load(registry.config(platform))["http"]["debug"]
    assert debug == {"addr": "127.0.0.1:5001", "prometheus": {"enabled": True, "path": "/metrics"}}


def test_images_can_be_deleted(platform: Platform) -> None:
    assert yaml.safe_load(registry.config(platform))["storage"]["delete"] == {"enabled": True}


def test_garbage_is_collected_with_a_configuration_that_differs_in_being_read_only_alone(platform: Platform) -> None:
    usual, read_only = (yaml.safe_load(registry.config(platform, read_only=each)) for each in (False, True))
    assert usual["storage"]["maintenance"].pop("readonly") == {"enabled": False}
    assert read_only["storage"]["maintenance"].pop("readonly") == {"enabled": True}
    assert usual == read_only


@pytest.mark.parametrize(
    "line",
    ["User=registry", "NoNewPrivileges=yes", "ProtectSystem=strict", "CapabilityBoundingSet=", "Restart=always"],
)
def test_the_unit_is_of_its_own_user_and_hardened(line: str) -> None:
    unit = render("registry/codeb-registry.service.j2", home=registry.HOME, data=registry.DATA)
    assert f"\n{line}\n" in unit
    assert "ReadWritePaths=/var/lib/registry\n" in unit


def test_the_garbage_collector_never_takes_what_has_no_tag() -> None:
    script = render("registry/gc.sh.j2", home=registry.HOME, data=registry.DATA, unit=registry.UNIT)
    commands = [line for line in script.splitlines() if not line.lstrip().startswith("#")]
    assert not [line for line in commands if "untagged" in line]
    assert re.search(r"trap writable EXIT", script)


def test_its_script_is_one_that_a_shell_reads() -> None:
    script = render("registry/gc.sh.j2", home=registry.HOME, data=registry.DATA, unit=registry.UNIT)
    assert subprocess.run(["sh", "-n"], input=script.encode(), check=False).returncode == 0


def test_the_timer_runs_it() -> None:
    written = {file.dest: file for file in registry.gc_files()}
    assert f"ExecStart={registry.GC_SCRIPT}\n" in written["/etc/systemd/system/codeb-registry-gc.service"].data.decode()
    assert written[registry.GC_SCRIPT].mode == "0755"
    assert b"WantedBy=timers.target" in written["/etc/systemd/system/codeb-registry-gc.timer"].data
