"""The backup role: Prometheus, Alertmanager, Grafana, and Caddy in front of it. Runnable alone."""

from pyinfra import host

from codeb.domain.infra import Role
from deploys.components.alertmanager import alertmanager
from deploys.components.backup_copies import receiver
from deploys.components.base import base
from deploys.components.caddy import caddy
from deploys.components.firewall import firewall
from deploys.components.grafana import grafana
from deploys.components.prometheus import prometheus


def backup() -> None:
    """Everything of the role, on a host that has the base."""
    receiver()
    prometheus()
    alertmanager()
    grafana()
    caddy()


if __name__ == "builtins" and Role.BACKUP in host.groups:
    base()
    firewall()
    backup()
