"""Logs have an end: the journal, into which everything of ours writes, and what is written to files. Spec section 9."""

from pyinfra.api.deploy import deploy

from codeb.domain.infra import Role
from deploys.operations import debian, managed
from deploys.operations.managed import Directory, File
from deploys.platform import HostSpec, current
from deploys.rendering import render

JOURNAL = "/etc/systemd/journald.conf.d"
ROTATED = "/etc/logrotate.d/codeb"
ROOT, USER = "/opt/codeb", "codeb"
"""Whose files are rotated, and as whom."""


@deploy("Logs")
def logs() -> None:
    """Bounds for the journal; logrotate, for which packages like PostgreSQL's bring their own rules."""
    debian.packages(name="Install logrotate", packages=["logrotate"])
    bounds = journal()
    written = managed.files(
        name="Say how long logs are kept",
        directories=[Directory(JOURNAL)],
        files=[File(f"{JOURNAL}/50-codeb.conf", bounds), *rotation(current().here())],
    )
    managed.service(
        name="Bound the journal",
        service="systemd-journald.service",
        stamp=managed.stamp(bounds),
        changed_by=[written],
    )


def journal() -> str:
    return render("logs/journald.conf.j2")


def rotation(here: HostSpec) -> list[File]:
    """Files of logs are on the app host only."""
    if Role.APP not in here.roles:
        return []
    return [File(ROTATED, render("logs/logrotate.j2", root=ROOT, user=USER))]
