"""A Caddy of a test's own: its tree, its admin socket, its port."""

import socket
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from codeb.adapters.caddy.admin import CaddyAdmin
from codeb.adapters.caddy.proxy import CaddyProxy
from codeb.adapters.caddy.requests import SiteRequests
from codeb.adapters.caddy.site_file import SiteRenderer
from codeb.adapters.caddy.tree import SiteTree
from codeb.adapters.clock import SystemClock
from codeb.errors import Unavailable
from codeb.settings import Secret

_PLATFORM_SITE = """http://api.test {
	respond "the platform"
}
"""
_CADDYFILE = """{{
	admin unix/{admin}|0660
	http_port {port}
	{tls}
	metrics {{
		per_host
	}}
}}
import platform/*.caddy
import sites/*.caddy
"""


_ON_DEMAND = """https_port {port}
	local_certs
	skip_install_trust
	on_demand_tls {{
		ask {ask}
	}}"""


@dataclass(frozen=True, slots=True)
class OnDemand:
    """TLS of Caddy's own authority on ``port``; ``ask`` decides which names of previews have a certificate."""

    port: int
    ask: str

    def __str__(self) -> str:
        return _ON_DEMAND.format(port=self.port, ask=self.ask)


@dataclass
class CaddyProcess:
    binary: Path
    directory: Path
    port: int
    on_demand: OnDemand | None = None
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        for name in ("sites", "routes", "platform"):
            (self.directory / name).mkdir()
        self.caddyfile = self.directory / "Caddyfile"
        self.admin = self.directory / "admin.sock"
        (self.directory / "platform" / "api.caddy").write_text(_PLATFORM_SITE)
        self.caddyfile.write_text(
            _CADDYFILE.format(admin=self.admin, port=self.port, tls=self.on_demand or "auto_https off")
        )
        secret = Secret("s3cret-probe")
        routes = self.directory / "routes"
        self.tree = SiteTree(
            self.directory / "sites",
            self.caddyfile,
            self.directory / "lock",
            CaddyAdmin(str(self.admin)),
            self.directory / "registry" / "sites",
        )
        self.proxy = CaddyProxy(
            routes=routes,
            tree=self.tree,
            renderer=self._renderer(routes, secret),
            requests=self._requests(),
            probe_secret=secret,
            clock=SystemClock(),
        )

    def _renderer(self, routes: Path, secret: Secret) -> SiteRenderer:
        if self.on_demand is None:
            return SiteRenderer(routes, "off", http_redirect=False, probe_secret=secret)
        return SiteRenderer(routes, "internal", http_redirect=True, probe_secret=secret)

    def _requests(self) -> SiteRequests:
        if self.on_demand is None:
            return SiteRequests("http", http_port=self.port)
        return SiteRequests("https", https_port=self.on_demand.port)

    def start(self) -> None:
        command = [str(self.binary), "run", "--config", str(self.caddyfile), "--adapter", "caddyfile"]
        with (self.directory / "caddy.log").open("ab") as log:
            environment = {"HOME": str(self.directory), "XDG_DATA_HOME": str(self.directory)}
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)

    def ready(self) -> bool:
        """Both doors are open."""
        try:
            self.tree.admin.metrics()
            socket.create_connection(("127.0.0.1", self.port), 5).close()
        except (Unavailable, OSError):
            return False
        return True

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(20)

    def loads(self) -> int:
        """How many configurations Caddy has been given since it started, by its own count."""
        families = text_string_to_metric_families(self.tree.admin.metrics())
        samples = (sample for family in families for sample in family.samples)
        return int(
            sum(
                sample.value
                for sample in samples
                if sample.name == "caddy_admin_http_requests_total" and sample.labels["path"] == "/load"
            )
        )

    @property
    def log(self) -> str:
        return (self.directory / "caddy.log").read_text()
