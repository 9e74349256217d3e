"""Prometheus and its prober take the configurations that are written for them."""

from pathlib import Path

import pytest

from codeb.domain.infra import Infra
from codeb.secret_store import SecretStore
from deploys.certificates import CertificateAuthority
from deploys.components.prometheus import blackbox_yml, prometheus_yml
from deploys.platform import Platform
from tests.integration.debian_programs import debian_program
from tests.integration.test_alert_rules import HOSTS
from tests.lab.shell import CommandFailed, run

pytestmark = pytest.mark.integration

DECLARED = {"domain": "lab.test", "acme_email": "a@lab.test"}
ONE = {"only": {"address": "203.0.113.9", "roles": ["app", "streaming", "storage", "backup"]}}


@pytest.mark.parametrize("hosts", [HOSTS, ONE], ids=["four hosts", "one host"])
@pytest.mark.parametrize("grafana", ["vendor", "none"])
def test_promtool_accepts_it(tmp_path: Path, hosts: dict[str, object], grafana: str) -> None:
    components = {"grafana": {"source": grafana}}
    infra = Infra.parse({**DECLARED, "hosts": hosts, "components": components})
    store = SecretStore(tmp_path / "secrets.json")
    config = tmp_path / "prometheus.yml"
    config.write_text(prometheus_yml(Platform(infra, store, CertificateAuthority(store, infra.domain))))
    promtool = debian_program("promtool", "prometheus")
    # Only its syntax: the host's CA is not on this machine.
    run([promtool, "check", "config", "--syntax-only", config])


@pytest.fixture
def prober() -> Path:
    return debian_program("prometheus-blackbox-exporter", "prometheus-blackbox-exporter")


@pytest.mark.parametrize("tls", ["acme", "internal", "off"])
def test_the_prober_accepts_its_modules(prober: Path, tmp_path: Path, tls: str) -> None:
    config = tmp_path / "blackbox.yml"
    config.write_text(blackbox_yml(Infra.parse({**DECLARED, "hosts": HOSTS, "tls": tls})))
    run([prober, "--config.check", f"--config.file={config}"])


def test_the_prober_refuses_what_is_wrong(prober: Path, tmp_path: Path) -> None:
    config = tmp_path / "blackbox.yml"
    config.write_text(blackbox_yml(Infra.parse({**DECLARED, "hosts": HOSTS})).replace("tls: true", "tlz: true"))
    with pytest.raises(CommandFailed, match="tlz"):
        run([prober, "--config.check", f"--config.file={config}"])
