"""On the app host, which knows what slots need: images that nobody needs leave the registry, on a timer."""

from pyinfra.api.deploy import deploy

from deploys.components.api import ROOT
from deploys.operations import managed
from deploys.operations.managed import File
from deploys.rendering import render

NAME = "codeb-registry-prune"
DAYS = 30
_UNITS = "/etc/systemd/system"


@deploy("Registry pruning")
def registry_prune() -> None:
    """After the API, whose command it runs, and a while before the registry collects its garbage."""
    wanted = files()
    written = managed.files(name="Configure the registry's pruning", files=wanted)
    managed.service(
        name="Prune the registry on a timer",
        service=f"{NAME}.timer",
        stamp=managed.stamp(*(file.data for file in wanted)),
        changed_by=[written],
    )


def files() -> list[File]:
    service = render("registry/prune.service.j2", root=ROOT, days=DAYS)
    return [
        File(f"{_UNITS}/{NAME}.service", service),
        File(f"{_UNITS}/{NAME}.timer", render("registry/prune.timer.j2")),
    ]
