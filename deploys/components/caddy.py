"""Caddy, in front of every host that answers to a public name: one component, its sites chosen by the host's roles."""

import hashlib

from pyinfra.api.deploy import deploy

from codeb.domain.infra import Infra
from deploys.certificates import CertificateAuthority
from deploys.components import packages
from deploys.operations import caddy as checks
from deploys.operations import managed
from deploys.operations.managed import Directory, File
from deploys.operations.users import system_user
from deploys.platform import HostSpec, current
from deploys.rendering import render

HOME = "/etc/caddy"
SOCKET = "unix//run/caddy/admin.sock"
ADMIN = f"{SOCKET}|0660"
PKI = f"{HOME}/pki"
ASK = "http://127.0.0.1:9102/internal/tls"
"""Where Caddy asks whether a name may have a certificate: the API's inner listener on the app host."""


def addresses(name: str, infra: Infra) -> str:
    """The site address of ``name``: as it stands Caddy redirects to HTTPS, with both schemes it answers on both."""
    if infra.tls == "off":
        return f"http://{name}"
    return name if infra.http_redirect else f"http://{name}, https://{name}"


def caddyfile(infra: Infra, spec: HostSpec, ca_name: str) -> str:
    """The main file. ``ca_name`` changes with the certificates, so that a reload notices new ones."""
    return render(
        "caddy/Caddyfile.j2",
        admin=ADMIN,
        tls=infra.tls,
        acme_email=infra.acme_email,
        ca_name=ca_name,
        pki=PKI,
        on_demand_ask=ASK if infra.tls != "off" and "app" in spec.roles else "",
    )


def platform_sites(infra: Infra, spec: HostSpec) -> dict[str, str]:
    """The platform's own sites on this host, by file name."""
    sites = {}
    if "app" in spec.roles:
        sites["api.caddy"] = _site("api", infra, upstream="127.0.0.1:9101")
    if "streaming" in spec.roles:
        sites["ws.caddy"] = _site("ws", infra, upstream=f"{spec.private}:8000")
    if "backup" in spec.roles:
        grafana = packages.source(infra, "grafana") != "none"
        sites["backup.caddy"] = _site("backup", infra, upstream="127.0.0.1:3000", grafana=grafana)
    return sites


def _site(name: str, infra: Infra, **values: object) -> str:
    return render(f"caddy/{name}.caddy.j2", addresses=addresses(f"{name}.{infra.domain}", infra), **values)


def certificates(ca: CertificateAuthority, infra: Infra, spec: HostSpec) -> dict[str, tuple[str, str]]:
    """File name to content and mode: with ``tls = "internal"`` every host signs under the platform's one root."""
    if infra.tls != "internal":
        return {}
    intermediate = ca.intermediate(spec.name)
    return {
        "root.pem": (ca.root_pem, "0644"),
        "intermediate.pem": (intermediate.certificate, "0644"),
        "intermediate.key": (intermediate.key, "0400"),
    }


@deploy("Caddy")
def caddy() -> None:
    """Install and run it. Its user, its directories and its admin socket are what the API relies on."""
    platform = current()
    infra, spec = platform.infra, platform.here()
    program = packages.program(infra, "caddy")
    checks.recent_enough(name="Refuse a Caddy without the pointer file", path=program.path)
    system_user(name="Have user caddy", user="caddy", home="/var/lib/caddy")
    unit = render("caddy/caddy.service.j2", binary=program.path)
    pki = certificates(platform.ca, infra, spec)
    ca_name = f"CodeB {hashlib.sha256(repr(pki).encode()).hexdigest()[:12]}"
    main, sites = caddyfile(infra, spec, ca_name), platform_sites(infra, spec)
    unit_file = managed.files(name="Write the unit", files=[File("/etc/systemd/system/caddy.service", unit)])
    configuration = managed.files(
        name="Write the configuration",
        directories=[Directory(path) for path in (HOME, f"{HOME}/options", f"{HOME}/platform", PKI)],
        files=[
            File(f"{HOME}/Caddyfile", main),
            *(File(f"{HOME}/platform/{name}", text) for name, text in sites.items()),
            *(File(f"{PKI}/{name}", text, mode, "caddy", "caddy") for name, (text, mode) in pki.items()),
        ],
    )
    managed.service(
        name="Run Caddy",
        service="caddy.service",
        stamp=managed.stamp(unit, program.mark),
        changed_by=[unit_file, *program.changed_by],
    )
    managed.service(
        name="Load the configuration",
        service="caddy.service",
        stamp=managed.stamp(main, sites),
        changed_by=[configuration],
        reload=True,
    )
