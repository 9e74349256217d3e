"""Kernel settings that components want, the clock, and memory to fall back on. Spec section 9."""

from collections.abc import Sequence
from dataclasses import dataclass

from pyinfra.api.deploy import deploy

from codeb.domain.infra import Role
from deploys.operations import debian, managed, survey
from deploys.operations.kernel import KernelState, swap_file
from deploys.operations.managed import File
from deploys.platform import current
from deploys.rendering import render

PATH = "/etc/sysctl.d/60-codeb.conf"
SWAP = "/var/codebswap"


@dataclass(frozen=True, slots=True)
class Setting:
    name: str
    value: str
    why: str


_BACKLOG = Setting("net.core.somaxconn", "4096", "connections that wait to be accepted, in bursts")
_QUIC = tuple(
    Setting(f"net.core.{side}mem_max", "7500000", "Caddy's HTTP/3 asks for buffers of this size") for side in "rw"
)
_PUBLIC = (_BACKLOG, *_QUIC)
WANTED: dict[Role, tuple[Setting, ...]] = {
    Role.APP: _PUBLIC,
    Role.STREAMING: _PUBLIC,
    Role.BACKUP: _PUBLIC,
    Role.STORAGE: (
        _BACKLOG,
        Setting("vm.overcommit_memory", "1", "Redis saves from a fork, which needs its memory twice on paper only"),
        Setting("vm.swappiness", "10", "PostgreSQL's memory goes to disk last"),
    ),
}


@deploy("Kernel, clock and swap")
def kernel() -> None:
    """Nothing in a container, which has its host's kernel and clock. A clock that is kept already stays as it is."""
    state = survey.ask(KernelState)
    if state.container:
        return
    text = conf(current().here().roles)
    files = managed.files(name="Write kernel settings", files=[File(PATH, text)])
    managed.service(
        name="Apply kernel settings",
        service="systemd-sysctl.service",
        stamp=managed.stamp(text),
        changed_by=[files],
    )
    if not state.keeps_time:
        debian.packages(name="Install a time service", packages=["systemd-timesyncd"])
        managed.service(name="Keep the clock", service="systemd-timesyncd.service", stamp="")
    swap_file(name="Have swap where memory is small", path=SWAP)


def conf(roles: Sequence[Role]) -> str:
    settings = dict.fromkeys(setting for role in roles for setting in WANTED[role])
    return render("kernel/codeb.sysctl.j2", settings=list(settings))
