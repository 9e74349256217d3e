"""Alertmanager takes the configuration that infra.toml asks for, and routes and hides by it."""

from pathlib import Path
from typing import Any

import pytest

from codeb.domain.infra import Infra
from deploys.components.alertmanager import Secrets, configuration
from tests.integration.debian_programs import debian_program
from tests.integration.test_alert_rules import HOSTS
from tests.lab.shell import CommandFailed, run

pytestmark = pytest.mark.integration

MAIL = {"mail_to": ["ops@lab.test", "night@lab.test"], "smtp": "mail.lab.test:587", "smtp_user": "codeb"}
ALL = {"webhook": "https://chat.lab.test/hook", **MAIL}


@pytest.fixture(scope="module")
def amtool() -> Path:
    return debian_program("amtool", "prometheus-alertmanager")


def write(directory: Path, secrets: Secrets, **alerts: Any) -> Path:
    infra = Infra.parse({"domain": "lab.test", "acme_email": "a@lab.test", "hosts": HOSTS, "alerts": alerts})
    for file in configuration(infra, secrets):
        (directory / Path(file.dest).name).write_bytes(file.data)
    return directory / "alertmanager.yml"


@pytest.mark.parametrize(
    ("alerts", "secrets"),
    [
        ({}, Secrets()),
        ({"webhook": "https://chat.lab.test/hook"}, Secrets()),
        ({}, Secrets(webhook="https://chat.lab.test/the-secret", webhook_token="t")),
        ({"mail_to": ["ops@lab.test"], "smtp": "mail.lab.test:25"}, Secrets()),
        (ALL, Secrets(webhook_token="t", smtp_password="p")),
    ],
)
def test_amtool_accepts_it(amtool: Path, tmp_path: Path, alerts: dict[str, Any], secrets: Secrets) -> None:
    said = run([amtool, "check-config", write(tmp_path, secrets, **alerts)])
    assert "1 receivers" in said


def test_amtool_refuses_what_is_wrong(amtool: Path, tmp_path: Path) -> None:
    config = write(tmp_path, Secrets())
    config.write_text(config.read_text().replace("receiver: operator", "receiver: nobody"))
    with pytest.raises(CommandFailed, match="nobody"):
        run([amtool, "check-config", config])


@pytest.mark.parametrize("severity", ["critical", "warning", "info"])
def test_every_alert_goes_to_the_operator(amtool: Path, tmp_path: Path, severity: str) -> None:
    config = write(tmp_path, Secrets(smtp_password="p"), **ALL)
    said = run([amtool, "config", "routes", "test", f"--config.file={config}", f"severity={severity}"])
    assert said.split() == ["operator"]
