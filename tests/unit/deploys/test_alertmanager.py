"""Whom Alertmanager tells, and that nobody else can read how."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from codeb.errors import ConfigError
from deploys.components import alertmanager
from deploys.components.alertmanager import Secrets
from deploys.platform import Platform
from tests.unit.deploys.conftest import MakePlatform

MAIL = {"mail_to": ["ops@example.org"], "smtp": "mail.example.org:587", "smtp_user": "codeb"}


def files(platform: Platform) -> dict[str, str]:
    made = alertmanager.configuration(platform.infra, Secrets.of(platform.secrets))
    assert {(file.mode, file.user, file.group) for file in made} == {("0640", "root", "prometheus")}
    return {Path(file.dest).name: file.data.decode() for file in made}


def loaded(platform: Platform) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(files(platform)["alertmanager.yml"])
    return found


def test_without_a_receiver_alerts_are_only_shown(platform: Platform) -> None:
    assert loaded(platform)["receivers"] == [{"name": "operator"}]
    assert files(platform).keys() == {"alertmanager.yml"}


def test_every_route_leads_to_a_receiver_that_exists(platform: Platform) -> None:
    route = loaded(platform)["route"]
    assert {route["receiver"], *(child["receiver"] for child in route["routes"])} == {"operator"}


def test_a_webhook_is_told(make_platform: MakePlatform) -> None:
    (receiver,) = loaded(make_platform(alerts={"webhook": "https://chat.example.org/codeb"}))["receivers"]
    assert receiver["webhook_configs"] == [{"url": "https://chat.example.org/codeb", "send_resolved": True}]


def test_a_webhook_whose_address_is_secret_is_in_the_store(platform: Platform) -> None:
    platform.secrets.put({"alerts_webhook": "https://chat.example.org/T0k3n"})
    (receiver,) = loaded(platform)["receivers"]
    assert receiver["webhook_configs"][0]["url"] == "https://chat.example.org/T0k3n"


def test_a_token_stands_in_a_file_of_its_own(make_platform: MakePlatform) -> None:
    platform = make_platform(alerts={"webhook": "https://chat.example.org/codeb"})
    platform.secrets.put({"alerts_webhook_token": "T0k3n"})
    assert files(platform)["webhook_token"] == "T0k3n"
    assert "T0k3n" not in files(platform)["alertmanager.yml"]
    (receiver,) = loaded(platform)["receivers"]
    named = receiver["webhook_configs"][0]["http_config"]["authorization"]["credentials_file"]
    assert named == "/etc/prometheus/codeb/webhook_token"


def test_mail_goes_over_tls_with_the_password_in_a_file(make_platform: MakePlatform) -> None:
    platform = make_platform(alerts=MAIL)
    platform.secrets.put({"alerts_smtp_password": "hunter2"})
    assert loaded(platform)["global"] == {
        "smtp_smarthost": "mail.example.org:587",
        "smtp_from": "alerts@example.org",
        "smtp_require_tls": True,
        "smtp_auth_username": "codeb",
        "smtp_auth_password_file": "/etc/prometheus/codeb/smtp_password",
    }
    (receiver,) = loaded(platform)["receivers"]
    assert receiver["email_configs"] == [{"to": "ops@example.org", "send_resolved": True}]
    assert files(platform)["smtp_password"] == "hunter2"
    assert "hunter2" not in files(platform)["alertmanager.yml"]


def test_a_mail_user_without_a_password_is_said(make_platform: MakePlatform) -> None:
    with pytest.raises(ConfigError, match="alerts_smtp_password"):
        files(make_platform(alerts=MAIL))


def test_no_password_is_made_up(platform: Platform) -> None:
    files(platform)
    assert platform.secrets.get("alerts_smtp_password") is None


def test_secrets_are_not_shown() -> None:
    assert repr(Secrets("https://chat.example.org/T0k3n", "t", "p")) == "Secrets(***)"


def test_a_host_that_is_down_hides_its_services_and_not_itself(platform: Platform) -> None:
    rule = loaded(platform)["inhibit_rules"][0]
    assert rule == {
        "source_matchers": ['alertname = "HostDown"'],
        "target_matchers": ['alertname != "HostDown"'],
        "equal": ["host"],
    }
