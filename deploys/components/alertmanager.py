"""Alertmanager on the backup host, on loopback: it gathers what Prometheus finds and tells the operator."""

from dataclasses import dataclass

from pyinfra.api.deploy import deploy

from codeb.domain.infra import Infra
from codeb.errors import ConfigError
from codeb.secret_store import SecretStore
from deploys.components import packages, units
from deploys.operations import managed, ready
from deploys.operations.managed import Directory, File
from deploys.platform import current
from deploys.rendering import render

HOME = "/etc/prometheus/codeb"
COMMAND = (
    "/usr/bin/prometheus-alertmanager",
    f"--config.file={HOME}/alertmanager.yml",
    "--storage.path=/var/lib/prometheus/alertmanager",
    "--web.listen-address=127.0.0.1:9093",
    # No cluster: an empty address switches the gossip port off.
    "--cluster.listen-address=",
)
CHECK = ("/usr/bin/amtool", "check-config", f"{HOME}/alertmanager.yml")
PASSWORD_FILE = f"{HOME}/smtp_password"
TOKEN_FILE = f"{HOME}/webhook_token"


@dataclass(frozen=True, slots=True)
class Secrets:
    """What the operator put into the store; nothing here is made by itself. Empty: not put there."""

    webhook: str = ""
    webhook_token: str = ""
    smtp_password: str = ""

    def __repr__(self) -> str:
        return "Secrets(***)"

    @classmethod
    def of(cls, store: SecretStore) -> "Secrets":
        names = ("alerts_webhook", "alerts_webhook_token", "alerts_smtp_password")
        return cls(*(store.get(name) or "" for name in names))


def configuration(infra: Infra, secrets: Secrets) -> list[File]:
    """Its files, which the service alone can read. Raises ConfigError for a mail user without a password."""
    if infra.alerts.smtp_user and not secrets.smtp_password:
        raise ConfigError("alerts.smtp_user has no password: put it into secrets_file as alerts_smtp_password")
    text = render(
        "alertmanager/alertmanager.yml.j2",
        alerts=infra.alerts,
        mail_from=infra.alerts.mail_from or f"alerts@{infra.domain}",
        webhook=secrets.webhook or infra.alerts.webhook,
        token_file=TOKEN_FILE if secrets.webhook_token else "",
        password_file=PASSWORD_FILE,
    )
    files = [("alertmanager.yml", text)]
    if secrets.webhook_token:
        files.append(("webhook_token", secrets.webhook_token))
    if infra.alerts.smtp_user:
        files.append(("smtp_password", secrets.smtp_password))
    return [File(f"{HOME}/{name}", content, "0640", "root", "prometheus") for name, content in files]


@deploy("Alertmanager")
def alertmanager() -> None:
    """Install and run it. Its reload refuses what amtool refuses."""
    platform = current()
    packages.install("alertmanager", packages.source(platform.infra, "alertmanager"))
    unit = units.framed(command=COMMAND, writable=["/var/lib/prometheus"], check=CHECK)
    files = configuration(platform.infra, Secrets.of(platform.secrets))
    unit_file = managed.files(
        name="Frame its unit",
        directories=[units.directory("prometheus-alertmanager.service")],
        files=[units.file("prometheus-alertmanager.service", unit)],
    )
    written = managed.files(name="Write its configuration", directories=[Directory(HOME)], files=files)
    managed.service(
        name="Run Alertmanager",
        service="prometheus-alertmanager.service",
        stamp=managed.stamp(unit),
        changed_by=[unit_file],
    )
    ready.answers(
        name="Wait for Alertmanager", url="http://127.0.0.1:9093/-/ready", unit="prometheus-alertmanager.service"
    )
    managed.service(
        name="Load its configuration",
        service="prometheus-alertmanager.service",
        stamp=managed.stamp(*(file.data for file in files)),
        changed_by=[written],
        reload=True,
    )
