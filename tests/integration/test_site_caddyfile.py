"""The main file and the site files of every kind of platform, as a real Caddy reads them."""

import itertools
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from codeb.adapters.caddy.site_file import SiteRenderer
from codeb.domain.infra import Infra
from codeb.domain.names import Environment
from codeb.secret_store import SecretStore
from codeb.services.protocols import Site, SlotSite
from codeb.settings import Secret, TlsMode
from deploys.certificates import CertificateAuthority
from deploys.components import caddy
from deploys.platform import Platform
from tests.lab.artifacts import program

pytestmark = pytest.mark.integration

HOSTS = {"only": {"address": "203.0.113.9", "roles": ["app", "streaming", "storage", "backup"]}}
SITE = Site(
    Environment.of("blog"),
    ("blog.example.org",),
    SlotSite("b.preview.example.org", 4100, "/health", 200),
    SlotSite("g.preview.example.org", 4101, "/health", 200),
    Secret("token-token-token-token"),
)


def adapted(directory: Path, tls: TlsMode, *, redirect: bool) -> dict[str, Any]:
    """What Caddy makes of the whole tree; fails with what it did not understand."""
    declared = {"domain": "example.org", "acme_email": "ops@example.org", "tls": tls, "http_redirect": redirect}
    infra, store = Infra.parse({**declared, "hosts": HOSTS}), SecretStore(directory / "secrets.json")
    spec = Platform(infra, store, CertificateAuthority(store, infra.domain)).host("only")
    (directory / "sites").mkdir()
    site = SiteRenderer(directory, tls, redirect, Secret("probe")).render(SITE)
    (directory / "sites" / site.name).write_text(site.text)
    for name, text in caddy.platform_sites(infra, spec).items():
        (directory / "sites" / name).write_text(text)
    (directory / "Caddyfile").write_text(caddy.caddyfile(infra, spec, "CodeB"))
    command: list[str | Path] = [
        program("caddy"),
        "adapt",
        "--config",
        directory / "Caddyfile",
        "--adapter",
        "caddyfile",
    ]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    read: dict[str, Any] = json.loads(answer.stdout)
    return read


@pytest.mark.parametrize(("tls", "redirect"), list(itertools.product(("acme", "internal", "off"), (True, False))))
def test_caddy_understands_every_kind_of_platform(tmp_path: Path, tls: TlsMode, redirect: bool) -> None:
    read = adapted(tmp_path, tls, redirect=redirect)
    assert read["apps"]["http"]["metrics"] == {"per_host": True}
    hosts = {
        host
        for server in read["apps"]["http"]["servers"].values()
        for route in server["routes"]
        for match in route.get("match", [])
        for host in match.get("host", [])
    }
    assert {"blog.example.org", "b.preview.example.org", "g.preview.example.org", "api.example.org"} <= hosts


@pytest.mark.parametrize("tls", ["acme", "internal"])
def test_only_previews_are_on_demand_and_the_api_is_asked(tmp_path: Path, tls: TlsMode) -> None:
    automation = adapted(tmp_path, tls, redirect=True)["apps"]["tls"]["automation"]
    assert automation["on_demand"]["permission"] == {"endpoint": caddy.ASK, "module": "http"}
    on_demand = [policy for policy in automation["policies"] if policy.get("on_demand")]
    assert [sorted(policy["subjects"]) for policy in on_demand] == [["b.preview.example.org", "g.preview.example.org"]]
    issuers = [issuer["module"] for policy in on_demand for issuer in policy.get("issuers", [])]
    assert ("internal" in issuers) == (tls == "internal")
