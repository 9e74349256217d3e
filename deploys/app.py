"""The app role: Docker Engine, Caddy and the API. Runnable alone."""

from pyinfra import host

from codeb.domain.infra import Role
from deploys.components.api import api
from deploys.components.backup_copies import app_copies
from deploys.components.base import base
from deploys.components.caddy import caddy
from deploys.components.docker import docker
from deploys.components.exporters import container_metrics
from deploys.components.firewall import firewall
from deploys.components.registry_prune import registry_prune


def app() -> None:
    """Everything of the role, on a host that has the base."""
    docker()
    container_metrics()
    caddy()
    api()
    app_copies()
    registry_prune()


if __name__ == "builtins" and Role.APP in host.groups:
    base()
    firewall()
    app()
