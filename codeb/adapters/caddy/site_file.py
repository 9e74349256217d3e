"""The site file of an environment, rendered for Caddy. Spec section 4, design section 4."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment as Jinja
from jinja2 import PackageLoader, StrictUndefined, select_autoescape

from codeb.adapters.caddy.previews import preview_cookies, preview_token
from codeb.domain.caddyfile import token
from codeb.domain.names import Environment, SlotName
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
_HASH = re.compile(r'^\s*header @probe X-CodeB-Site "(?P<hash>[0-9a-f]{16})"$', re.MULTILINE)


def site_file_name(environment: Environment) -> str:
    return f"{environment.key}.caddy"


def hash_in(text: str) -> str:
    """The hash that a Caddy with this file names in its answers to a probe; empty when it has none."""
    found = _HASH.search(text)
    return found["hash"] if found else ""


@dataclass(frozen=True, slots=True)
class SiteFile:
    """``hash`` stands in the file and comes back with every probe, so that a stale Caddy is noticed."""

    name: str
    text: str
    hash: str


@dataclass(frozen=True, slots=True)
class _Preview:
    slot: SlotName
    addresses: list[str]
    port: int


@dataclass(frozen=True, slots=True)
class SiteRenderer:
    routes: Path
    tls: TlsMode
    http_redirect: bool
    probe_secret: Secret

    def render(self, site: Site) -> SiteFile:
        """Raises InvalidInput for a value that the file cannot hold."""
        digest = hashlib.sha256(self._text(site, "").encode()).hexdigest()[:16]
        return SiteFile(site_file_name(site.environment), self._text(site, digest), digest)

    def _text(self, site: Site, digest: str) -> str:
        return _JINJA.get_template("site.caddy.j2").render(
            key=site.environment.key,
            project=site.environment.project,
            addresses=[address for host in site.hosts for address in self._addresses(host)],
            blue=site.blue,
            green=site.green,
            previews=[self._preview(site, slot) for slot in SlotName],
            preview_token=preview_token(site.preview_token),
            cookies=preview_cookies(self.tls, http_redirect=self.http_redirect),
            tls=self.tls,
            pointer=self.routes / site.environment.key,
            probe_secret=self.probe_secret.reveal(),
            site_hash=digest,
        )

    def _preview(self, site: Site, slot: SlotName) -> _Preview:
        side = site.slot(slot)
        return _Preview(slot, self._addresses(side.preview_host), side.port)

    def _addresses(self, host: str) -> list[str]:
        if self.tls == "off":
            return [f"http://{host}"]
        return [host] if self.http_redirect else [f"http://{host}", f"https://{host}"]
