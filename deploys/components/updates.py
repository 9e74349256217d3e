"""Security updates by themselves; never a restart of the host. Spec section 9."""

from pyinfra.api.deploy import deploy

from deploys.operations import debian, managed
from deploys.operations.managed import File
from deploys.rendering import render

PATH = "/etc/apt/apt.conf.d/52codeb-updates"
"""After the package's own 50unattended-upgrades, whose list of sources it replaces."""


@deploy("Security updates")
def updates() -> None:
    """The distribution's security archive only: what else is new waits for the operator."""
    debian.packages(name="Install unattended-upgrades", packages=["unattended-upgrades"])
    managed.files(name="Say what is updated", files=[File(PATH, conf())])


def conf() -> str:
    return render("updates/codeb.apt.j2")
