"""The entry: four bare hosts (or fewer, with several roles each) become the platform; a second run changes nothing."""

from pyinfra import host

from codeb.domain.infra import Role
from deploys.app import app
from deploys.backup import backup
from deploys.components.base import base
from deploys.components.firewall import firewall
from deploys.storage import storage
from deploys.streaming import streaming

ORDER = {Role.STORAGE: storage, Role.STREAMING: streaming, Role.APP: app, Role.BACKUP: backup}
"""The API wants its database and its registry; monitoring comes last, when there is something to watch."""


def bootstrap() -> None:
    base()
    firewall()
    for role, deploy in ORDER.items():
        if role in host.groups:
            deploy()


if __name__ == "builtins":
    bootstrap()
