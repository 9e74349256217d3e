"""Grafana's files, for the operators who have it: a login, the datasource, the dashboards."""

import configparser
import json
from pathlib import Path

import pytest
import yaml

from deploys.components import grafana
from deploys.dashboards import catalogue
from deploys.dashboards.panels import DATASOURCE
from deploys.platform import Platform
from tests.unit.deploys.conftest import MakePlatform


def ini(platform: Platform) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(grafana.grafana_ini(platform.infra))
    return parser


def test_one_has_to_log_in(platform: Platform) -> None:
    found = ini(platform)
    assert found["auth.anonymous"]["enabled"] == "false"
    assert found["users"]["allow_sign_up"] == "false"


def test_secrets_stand_in_files_of_their_own(platform: Platform) -> None:
    found = ini(platform)["security"]
    assert found["admin_password"] == "$__file{/etc/grafana/admin_password}"
    assert found["secret_key"] == "$__file{/etc/grafana/secret_key}"
    files = {file.dest: file for file in grafana.configuration(platform)}
    for name in ("admin_password", "secret_key"):
        assert files[f"/etc/grafana/{name}"].mode == "0640"
    secret = platform.secrets["grafana_admin_password"].encode()
    assert [dest for dest, file in files.items() if secret in file.data] == ["/etc/grafana/admin_password"]


@pytest.mark.parametrize(
    ("tls", "root", "secure"),
    [("acme", "https://backup.example.org/", "true"), ("off", "http://backup.example.org/", "false")],
)
def test_it_knows_its_public_name(make_platform: MakePlatform, tls: str, root: str, secure: str) -> None:
    found = ini(make_platform(tls=tls))
    assert found["server"]["root_url"] == root
    assert found["security"]["cookie_secure"] == secure


def test_the_dashboards_ask_the_datasource_that_is_provisioned(platform: Platform) -> None:
    (source,) = yaml.safe_load(grafana.datasource())["datasources"]
    assert source["url"] == "http://127.0.0.1:9090"
    assert source["uid"] == DATASOURCE


def test_the_dashboards_lie_where_the_provider_looks(platform: Platform) -> None:
    made = {file.dest: file.data for file in grafana.configuration(platform)}
    (provider,) = yaml.safe_load(made["/etc/grafana/provisioning/dashboards/codeb.yml"])["providers"]
    there = [Path(dest) for dest in made if str(Path(dest).parent) == provider["options"]["path"]]
    assert {dest.name for dest in there} == catalogue.files().keys()
    assert {json.loads(made[str(dest)])["uid"] for dest in there} == {dest.stem for dest in there}


def test_leaving_it_out_is_said_in_a_sentence() -> None:
    assert "components.grafana.source" in grafana.LEFT_OUT
    assert "Prometheus" in grafana.LEFT_OUT
