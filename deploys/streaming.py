"""The streaming role: Centrifugo, and Caddy in front of it. Runnable alone."""

from pyinfra import host

from codeb.domain.infra import Role
from deploys.components.base import base
from deploys.components.caddy import caddy
from deploys.components.centrifugo import centrifugo
from deploys.components.firewall import firewall


def streaming() -> None:
    """Everything of the role, on a host that has the base."""
    centrifugo()
    caddy()


if __name__ == "builtins" and Role.STREAMING in host.groups:
    base()
    firewall()
    streaming()
