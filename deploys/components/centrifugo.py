"""Centrifugo v6: WebSocket and SSE for whoever follows a deployment, behind the streaming host's Caddy."""

from pyinfra.api.deploy import deploy

from codeb.domain.infra import Infra
from deploys.components import packages
from deploys.components.host_certificate import TLS_GROUP, told
from deploys.operations import managed, ready
from deploys.operations.managed import Directory, File
from deploys.operations.users import system_user
from deploys.platform import HostSpec, current
from deploys.rendering import render

CONFIG = "/etc/centrifugo/config.json"
SHUTDOWN_SECONDS = 15


def allowed_origins(infra: Infra) -> list[str]:
    """Pages of the platform's own domain; a request without an Origin is no browser's and passes anyway."""
    schemes = ["http"] if infra.tls == "off" else ["https"] if infra.http_redirect else ["https", "http"]
    return [f"{scheme}://{host}" for scheme in schemes for host in (infra.domain, f"*.{infra.domain}")]


def config(infra: Infra, spec: HostSpec, *, token_secret: str, api_key: str, token_secret_before: str = "") -> str:
    """config.json: clients may subscribe with a token for the very channel only, never by being connected."""
    return render(
        "centrifugo/config.json.j2",
        address=spec.private,
        token_secret=token_secret,
        token_secret_before=token_secret_before,
        api_key=api_key,
        allowed_origins=allowed_origins(infra),
        shutdown_seconds=SHUTDOWN_SECONDS,
    )


@deploy("Centrifugo")
def centrifugo() -> None:
    """Install and run it, and wait until its internal port answers."""
    platform = current()
    infra, spec = platform.infra, platform.here()
    program = packages.program(infra, "centrifugo")
    system_user(name="Have user centrifugo", user="centrifugo", groups=[TLS_GROUP])
    unit = render(
        "centrifugo/centrifugo.service.j2", binary=program.path, config=CONFIG, shutdown_seconds=SHUTDOWN_SECONDS
    )
    settings = config(
        infra,
        spec,
        token_secret=platform.secrets["centrifugo_token_secret"],
        token_secret_before=next(iter(platform.secrets.previous("centrifugo_token_secret")), ""),
        api_key=platform.secrets["centrifugo_api_key"],
    )
    files = managed.files(
        name="Write its configuration and unit",
        directories=[Directory("/etc/centrifugo", "0750", "root", "centrifugo")],
        files=[
            File(CONFIG, settings, "0640", "root", "centrifugo"),
            File("/etc/systemd/system/centrifugo.service", unit),
            told("centrifugo.service", "restart"),
        ],
    )
    managed.service(
        name="Run Centrifugo",
        service="centrifugo.service",
        stamp=managed.stamp(settings, unit, program.mark),
        changed_by=[files, *program.changed_by],
    )
    ready.answers(
        name="Wait for Centrifugo",
        url=f"https://{spec.private}:8001/health",
        unit="centrifugo.service",
        options="--cacert /etc/codeb/tls/ca.pem",
    )
