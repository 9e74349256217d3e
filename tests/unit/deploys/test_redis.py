"""Redis' files: its users and what each may touch."""

import hashlib

import pytest

from deploys.components import redis
from deploys.platform import Platform
from deploys.rendering import render
from tests.unit.deploys.conftest import ONE_HOST, MakePlatform


def users(platform: Platform) -> dict[str, list[str]]:
    lines = [line.split() for line in redis.acl(platform).splitlines()]
    assert all(line[0] == "user" for line in lines)
    return {line[1]: line[2:] for line in lines}


def test_nobody_is_let_in_without_a_name(platform: Platform) -> None:
    assert users(platform)["default"] == ["off"]
    assert users(platform).keys() == {"default", "codeb", "centrifugo", "exporter", "backup", "provisioner"}


@pytest.mark.parametrize("name", ["codeb", "centrifugo", "exporter", "backup", "provisioner"])
def test_the_file_has_the_hash_of_each_password(platform: Platform, name: str) -> None:
    password = platform.secrets[f"redis_{name}_password"]
    assert f"#{hashlib.sha256(password.encode()).hexdigest()}" in users(platform)[name]
    assert password not in redis.acl(platform)


@pytest.mark.parametrize(("name", "keys"), [("codeb", {"~codeb:*"}), ("centrifugo", {"~centrifugo*"})])
def test_each_service_has_keys_of_its_own_and_no_power_over_the_server(
    platform: Platform, name: str, keys: set[str]
) -> None:
    rights = users(platform)[name]
    assert {each for each in rights if each.startswith("~")} == keys
    assert "allkeys" not in rights
    assert rights.index("+@all") < rights.index("-@admin") < rights.index("-@dangerous")


def test_the_exporter_looks_and_touches_no_key(platform: Platform) -> None:
    rights = users(platform)["exporter"]
    assert rights[2] == "-@all"
    assert not [each for each in rights if each[0] in "~&"]
    assert not {"+config|set", "+get", "+keys", "+acl"} & set(rights)


def test_what_takes_the_snapshot_runs_no_command_of_a_client(platform: Platform) -> None:
    assert users(platform)["backup"][2:] == ["-@all", "+ping", "+psync", "+sync", "+replconf"]


@pytest.mark.parametrize(
    "line",
    ["bind 127.0.0.1 10.0.0.3", "appendonly yes", "maxmemory-policy noeviction", "aclfile /etc/redis/users.acl"],
)
def test_nothing_is_lost_or_evicted_and_it_listens_inside(platform: Platform, line: str) -> None:
    assert line in redis.conf(platform).splitlines()


def test_the_exporters_password_is_one_quoted_word() -> None:
    text = render("redis/exporter.default.j2", password='a"b c')
    assert 'REDIS_PASSWORD="a\\"b c"\n' in text


def test_on_one_host_it_listens_where_the_hosts_own_containers_look_for_it(make_platform: MakePlatform) -> None:
    assert "bind 127.0.0.1 203.0.113.9" in redis.conf(make_platform(hosts=ONE_HOST)).splitlines()
