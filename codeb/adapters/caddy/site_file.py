"""The site file of an environment, rendered for Caddy. Spec section 4, design section 4."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment as Jinja
from jinja2 import PackageLoader, StrictUndefined, select_autoescape

from codeb.domain.caddyfile import token
from codeb.domain.names import SlotName
from codeb.services.protocols import Site
from codeb.settings import Secret, TlsMode

_JINJA = Jinja(
    loader=PackageLoader("codeb"),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    autoescape=select_autoescape(()),
)
_JINJA.filters["caddy"] = token


@dataclass(frozen=True, slots=True)
class SiteFile:
    """``hash`` stands in the file and comes back with every probe, so that a stale Caddy is noticed."""

    name: str
    text: str
    hash: str


@dataclass(frozen=True, slots=True)
class SiteRenderer:
    routes: Path
    tls: TlsMode
    http_redirect: bool
    probe_secret: Secret

    def render(self, site: Site) -> SiteFile:
        digest = hashlib.sha256(self._text(site, "").encode()).hexdigest()[:16]
        return SiteFile(f"{site.environment.key}.caddy", self._text(site, digest), digest)

    def _text(self, site: Site, digest: str) -> str:
        previews = [
            (SlotName.BLUE, self._addresses(site.blue_host), site.blue_port),
            (SlotName.GREEN, self._addresses(site.green_host), site.green_port),
        ]
        return _JINJA.get_template("site.caddy.j2").render(
            key=site.environment.key,
            project=site.environment.project,
            addresses=[address for host in site.hosts for address in self._addresses(host)],
            previews=previews,
            tls=self.tls,
            pointer=self.routes / site.environment.key,
            probe_secret=self.probe_secret.reveal(),
            site_hash=digest,
            blue_port=site.blue_port,
            green_port=site.green_port,
            health_path=site.health_path,
            health_status=site.health_status,
        )

    def _addresses(self, host: str) -> list[str]:
        if self.tls == "off":
            return [f"http://{host}"]
        return [host] if self.http_redirect else [f"http://{host}", f"https://{host}"]
