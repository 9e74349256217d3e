"""A Caddy of a test's own: its tree, its admin socket, its port."""

import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from codeb.adapters.caddy.admin import CaddyAdmin
from codeb.adapters.caddy.proxy import CaddyProxy
from codeb.adapters.caddy.requests import SiteRequests
from codeb.adapters.caddy.site_file import SiteRenderer
from codeb.adapters.caddy.tree import SiteTree
from codeb.adapters.clock import SystemClock
from codeb.settings import Secret

_PLATFORM_SITE = """http://api.test {
	respond "the platform"
}
"""
_CADDYFILE = """{{
	admin unix/{admin}|0660
	http_port {port}
	auto_https off
}}
import platform/*.caddy
import sites/*.caddy
"""


@dataclass
class CaddyProcess:
    binary: Path
    directory: Path
    port: int
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        for name in ("sites", "routes", "platform"):
            (self.directory / name).mkdir()
        self.caddyfile = self.directory / "Caddyfile"
        self.admin = self.directory / "admin.sock"
        (self.directory / "platform" / "api.caddy").write_text(_PLATFORM_SITE)
        self.caddyfile.write_text(_CADDYFILE.format(admin=self.admin, port=self.port))
        secret = Secret("s3cret-probe")
        routes = self.directory / "routes"
        self.tree = SiteTree(
            self.directory / "sites", self.caddyfile, self.directory / "lock", CaddyAdmin(str(self.admin))
        )
        self.proxy = CaddyProxy(
            routes=routes,
            tree=self.tree,
            renderer=SiteRenderer(routes, "off", http_redirect=False, probe_secret=secret),
            requests=SiteRequests("http", http_port=self.port),
            probe_secret=secret,
            clock=SystemClock(),
        )

    def start(self) -> None:
        command = [str(self.binary), "run", "--config", str(self.caddyfile), "--adapter", "caddyfile"]
        with (self.directory / "caddy.log").open("ab") as log:
            environment = {"HOME": str(self.directory), "XDG_DATA_HOME": str(self.directory)}
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)

    def ready(self) -> bool:
        return self.admin.exists()

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(20)

    @property
    def log(self) -> str:
        return (self.directory / "caddy.log").read_text()
