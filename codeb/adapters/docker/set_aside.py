"""The container that a slot had before, set aside until the new one is healthy. Spec section 3, step 6.

Everything can be done again after a crash half-way. What must outlive one is in the name that it is set aside
under: for which deploy, and whether it ran. So it is renamed before it is stopped, and renamed back after it runs.
"""

import docker
from docker.models.containers import Container

from codeb.adapters.docker.containers import KEPT, NOT_KEPT, STOP_TIMEOUT, discard, find, restarts
from codeb.adapters.docker.profile import DEPLOYMENT
from codeb.services.protocols import Ticket

_MARK = ".aside-"
_IDLE = ".idle"
_STOPPED = (0, 137, 143)
_RUNS = ("running", "restarting", "paused")


def is_aside(name: str) -> bool:
    return _MARK in name


def clear(client: docker.DockerClient, container: str, deployment_id: str) -> Ticket:
    """Free the name and the port of ``container``; a clear that died half-way is finished."""
    now = find(client, container)
    before = left_behind(client, container, deployment_id)
    if before.set_aside is not None and now is not None:
        # Renamed by an earlier try: what has the name now is that try's own, or what was set aside is out of date.
        if now.labels.get(DEPLOYMENT) == deployment_id:
            discard(client, container)
            now = None
        else:
            discard(client, before.set_aside)
    if now is not None:
        was_running = now.status in _RUNS or _half_cleared(now)
        now.rename(_aside(container, deployment_id, was_running=was_running))
        before = left_behind(client, container, deployment_id)
    if before.set_aside is not None and (old := find(client, before.set_aside)) is not None:
        restarts(old, NOT_KEPT)
        old.stop(timeout=STOP_TIMEOUT)
    return before


def undo(client: docker.DockerClient, ticket: Ticket) -> None:
    """The new container goes, the old one is as it was."""
    new = find(client, ticket.container)
    if new is not None and new.labels.get(DEPLOYMENT) == ticket.deployment_id:
        discard(client, ticket.container)
    if ticket.set_aside and (old := find(client, ticket.set_aside)) is not None:
        restarts(old, KEPT)
        try:
            if ticket.was_running:
                old.start()
        finally:
            old.rename(ticket.container)


def left_behind(client: docker.DockerClient, container: str, deployment_id: str) -> Ticket:
    for was_running in (True, False):
        aside = _aside(container, deployment_id, was_running=was_running)
        if find(client, aside) is not None:
            return Ticket(container, deployment_id, aside, was_running)
    return Ticket(container, deployment_id, None, was_running=False)


def _half_cleared(container: Container) -> bool:
    """Stopped by a clear that died before the rename: the restart policy went first, the end was gentle."""
    state, policy = container.attrs["State"], container.attrs["HostConfig"]["RestartPolicy"]["Name"]
    stopped = state["Status"] == "exited" and state["ExitCode"] in _STOPPED and not state.get("OOMKilled")
    return stopped and policy in ("", "no")


def _aside(container: str, deployment_id: str, *, was_running: bool) -> str:
    return f"{container}{_MARK}{deployment_id}" + ("" if was_running else _IDLE)
