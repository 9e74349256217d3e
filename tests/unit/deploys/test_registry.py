"""The registry's files."""

import bcrypt
import pytest
import yaml

from deploys.components import registry
from deploys.platform import Platform
from deploys.rendering import render


def test_the_password_file_is_the_same_while_the_password_is(platform: Platform) -> None:
    assert registry.htpasswd(platform) == registry.htpasswd(platform)


def test_a_new_password_is_a_new_file(platform: Platform) -> None:
    before = registry.htpasswd(platform)
    platform.secrets.put({"registry_password": "another"})
    after = registry.htpasswd(platform)
    assert after != before
    assert bcrypt.checkpw(b"another", after.strip().partition(":")[2].encode())


def test_it_holds_the_user_and_no_password(platform: Platform) -> None:
    (line,) = registry.htpasswd(platform).splitlines()
    user, _, hashed = line.partition(":")
    assert user == "codeb"
    assert hashed.startswith("$2a$")
    assert platform.secrets["registry_password"] not in line
    assert bcrypt.checkpw(platform.secrets["registry_password"].encode(), hashed.encode())


def test_it_listens_on_the_private_address_over_tls_and_asks_for_a_password(platform: Platform) -> None:
    config = yaml.safe_load(registry.config(platform))
    assert config["http"]["addr"] == "10.0.0.3:5000"
    assert config["http"]["tls"] == {"certificate": "/etc/codeb/tls/cert.pem", "key": "/etc/codeb/tls/key.pem"}
    assert config["auth"]["htpasswd"]["path"] == "/etc/codeb/registry/htpasswd"


def test_its_metrics_are_on_loopback(platform: Platform) -> None:
    debug = yaml.safe_load(registry.config(platform))["http"]["debug"]
    assert debug == {"addr": "127.0.0.1:5001", "prometheus": {"enabled": True, "path": "/metrics"}}


def test_images_can_be_deleted(platform: Platform) -> None:
    assert yaml.safe_load(registry.config(platform))["storage"]["delete"] == {"enabled": True}


@pytest.mark.parametrize(
    "line",
    ["User=registry", "NoNewPrivileges=yes", "ProtectSystem=strict", "CapabilityBoundingSet=", "Restart=always"],
)
def test_the_unit_is_of_its_own_user_and_hardened(line: str) -> None:
    unit = render("registry/codeb-registry.service.j2", home=registry.HOME, data=registry.DATA)
    assert f"\n{line}\n" in unit
    assert "ReadWritePaths=/var/lib/registry\n" in unit
