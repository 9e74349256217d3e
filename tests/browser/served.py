"""``codeb serve`` as a process, with a platform of its own around it and Caddy in front."""

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from jinja2 import Template

from codeb.adapters.clock import SystemClock
from codeb.adapters.docker.engine import connect
from codeb.adapters.key_maker import KeyMaker
from codeb.adapters.keys import RateLimit
from codeb.domain.access import KeyKind, Role
from tests.integration.platform import Platform
from tests.integration.waiting import free_port, until
from tests.lab.paths import ROOT

TEAM = "console"
PROJECT = "storefront"
HOST = "api.codeb.test"
MUCH = RateLimit(requests=100_000, window=60)
_SITE = ROOT / "templates" / "caddy" / "api.caddy.j2"


def publish(caddy_directory: Path, address: str) -> None:
    """Let Caddy serve the API by its name, with the file that the bootstrap writes."""
    text = Template(_SITE.read_text()).render(addresses=f"http://{HOST}", upstream=address)
    (caddy_directory / "platform" / "console.caddy").write_text(text)


@dataclass
class Served:
    """What a client of the API sees of it. ``address`` is the server itself, ``site`` the way through Caddy."""

    platform: Platform
    address: str
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.maker = KeyMaker(self.platform.caddy.directory / "registry", SystemClock())
        self.key = self.new_key()

    @property
    def url(self) -> str:
        return f"http://{self.address}"

    @property
    def site(self) -> str:
        return f"http://{HOST}:{self.platform.caddy.port}"

    def new_key(self, role: Role = Role.OWNER, kind: KeyKind = KeyKind.PERSON, limit: RateLimit = MUCH) -> str:
        return self.maker.create(TEAM, role, name="test", by="me", rate_limit=limit, kind=kind).text

    def start(self) -> None:
        directory = self.platform.caddy.directory
        environ = {
            **self.platform.environ,
            "PATH": os.environ["PATH"],
            "CODEB_LISTEN": self.address,
            "CODEB_INTERNAL_LISTEN": f"127.0.0.1:{free_port()}",
            "CODEB_ENV_FILE": str(directory / "absent.env"),
        }
        with (directory / "server.log").open("ab") as log:
            command = [sys.executable, "-m", "codeb.cli.host", "serve"]
            self.process = subprocess.Popen(command, env=environ, cwd=ROOT, stdout=log, stderr=log)
        until(self._healthy, "the server is healthy", 60)

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(60)
            self.process = None

    def ask(self, name: str, /, *, key: str | None = None, **params: Any) -> dict[str, Any]:
        """Call a tool as another client would; the answer may be a refusal."""
        call = {"tool": name, "params": params}
        headers = {"X-API-Key": key or self.key}
        record: dict[str, Any] = requests.post(f"{self.url}/api/tool", json=call, headers=headers, timeout=60).json()
        return record

    def tool(self, name: str, /, **params: Any) -> dict[str, Any]:
        """Call a tool for the project; it must succeed."""
        record = self.ask(name, projectName=PROJECT, **params)
        assert record["success"], record
        return record

    def deploy(self, version: str) -> str:
        made: str = self.tool("deploy", image=self.platform.image(version), environment="production", force=True)[
            "deploymentId"
        ]
        return made

    def _healthy(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, (self.platform.caddy.directory / "server.log").read_text()
        try:
            return bool(requests.get(f"{self.url}/health", timeout=5).json()["status"] == "healthy")
        except requests.ConnectionError:
            return False


def sweep() -> None:
    """Also what a killed run left behind; nobody else's."""
    client = connect()
    for container in client.containers.list(all=True, filters={"label": f"codeb.team={TEAM}"}, ignore_removed=True):
        container.remove(force=True, v=True)
    for network in client.networks.list(filters={"label": f"codeb.project={PROJECT}"}):
        network.remove()
    client.close()
