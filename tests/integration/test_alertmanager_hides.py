"""What a running Alertmanager tells and hides, by the configuration that infra.toml asks for."""

import json
import subprocess
import threading
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from codeb.domain.infra import Infra
from deploys.components.alertmanager import Secrets, configuration
from tests.integration.debian_programs import with_its_files
from tests.integration.test_alert_rules import HOSTS
from tests.integration.waiting import free_port, until

pytestmark = pytest.mark.integration

HOST_DOWN = {"alertname": "HostDown", "host": "app", "severity": "critical"}
API_DOWN = {"alertname": "ApiDown", "host": "app", "severity": "critical"}
REDIS_DOWN = {"alertname": "RedisDown", "host": "storage", "severity": "critical"}


@dataclass
class Webhook:
    """Somebody who is told."""

    received: list[dict[str, Any]] = field(default_factory=list)
    authorizations: list[str] = field(default_factory=list)

    def names(self) -> set[str]:
        return {alert["labels"]["alertname"] for told in self.received for alert in told["alerts"]}


@pytest.fixture
def webhook() -> Iterator[tuple[Webhook, str]]:
    told = Webhook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            told.authorizations.append(self.headers.get("Authorization", ""))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield told, f"http://127.0.0.1:{server.server_port}/told"
        server.shutdown()


@pytest.fixture
def alertmanager(webhook: tuple[Webhook, str], tmp_path: Path) -> Iterator[str]:
    infra = Infra.parse({"domain": "lab.test", "acme_email": "a@lab.test", "hosts": HOSTS})
    for file in configuration(infra, Secrets(webhook=webhook[1], webhook_token="T0k3n")):
        # It waits for others of the same group: not in a test.
        text = (
            file.data.decode()
            .replace("/etc/prometheus/codeb", str(tmp_path))
            .replace("group_wait: 30s", "group_wait: 0s")
        )
        (tmp_path / Path(file.dest).name).write_text(text)
    address = f"127.0.0.1:{free_port()}"
    options = {"config.file": tmp_path / "alertmanager.yml", "storage.path": tmp_path, "web.listen-address": address}
    program = with_its_files("prometheus-alertmanager", "prometheus-alertmanager")
    command = [*program, "--cluster.listen-address=", *(f"--{name}={value}" for name, value in options.items())]
    with (tmp_path / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            until(lambda: _answers(f"http://{address}/-/ready"), "Alertmanager answers")
            yield f"http://{address}/api/v2/alerts"
        finally:
            process.kill()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def fire(url: str, *alerts: dict[str, str]) -> None:
    body = json.dumps([{"labels": labels} for labels in alerts]).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    urllib.request.urlopen(request, timeout=5).close()


def states(url: str) -> dict[str, str]:
    with urllib.request.urlopen(url, timeout=5) as answer:
        return {alert["labels"]["alertname"]: alert["status"]["state"] for alert in json.load(answer)}


def test_a_host_that_is_down_hides_its_services_and_no_others(alertmanager: str, webhook: tuple[Webhook, str]) -> None:
    fire(alertmanager, HOST_DOWN)
    until(lambda: webhook[0].names() == {"HostDown"}, "the host is told")
    fire(alertmanager, API_DOWN, REDIS_DOWN)
    until(lambda: "RedisDown" in webhook[0].names(), "the other host's service is told")
    until(lambda: states(alertmanager).get("ApiDown") == "suppressed", "the service is hidden")
    assert states(alertmanager) == {"HostDown": "active", "RedisDown": "active", "ApiDown": "suppressed"}
    assert webhook[0].names() == {"HostDown", "RedisDown"}
    assert set(webhook[0].authorizations) == {"Bearer T0k3n"}
