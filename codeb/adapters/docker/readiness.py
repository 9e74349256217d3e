"""When a container is ready: the engine's state, its own address, and its published port. Spec section 3, step 9."""

import time
from dataclasses import dataclass
from typing import Any

from docker.models.containers import Container

from codeb.adapters.docker.last_words import exit_sentence, masked, waiting_sentence
from codeb.adapters.probe import HttpProbe
from codeb.services.errors import Unhealthy
from codeb.services.protocols import ContainerSpec, ProbeTarget

_FIRST_DELAY = 0.02
_LONGEST_DELAY = 0.5
_GROWTH = 1.5


@dataclass(frozen=True, slots=True)
class Readiness:
    probe: HttpProbe

    def wait(self, container: Container, spec: ContainerSpec, target: ProbeTarget) -> None:
        """Return as soon as all three ways agree; raises Unhealthy when it ended or the time is over."""
        deadline, delay = time.monotonic() + target.timeout, _FIRST_DELAY
        while True:
            container.reload()
            reason = self._missing(container, spec, target)
            if reason is None:
                return
            if time.monotonic() + delay > deadline:
                logs = _logs(container, spec)
                raise Unhealthy(spec.name, waiting_sentence(reason, spec, target.timeout), logs=logs)
            time.sleep(delay)
            delay = min(delay * _GROWTH, _LONGEST_DELAY)

    def _missing(self, container: Container, spec: ContainerSpec, target: ProbeTarget) -> str | None:
        state: dict[str, Any] = container.attrs["State"]
        if state["Status"] in ("exited", "dead"):
            logs = _logs(container, spec)
            raise Unhealthy(spec.name, exit_sentence(state, spec, logs), exit_code=state["ExitCode"], logs=logs)
        if not state["Running"]:
            return f"it is {state['Status']}"
        address = container.attrs["NetworkSettings"]["Networks"][spec.network]["IPAddress"]
        return (
            self.probe.asks(address, spec.container_port, target)
            or self.probe.asks("127.0.0.1", spec.port, target)
            or _own_check(state)
        )


def _own_check(state: dict[str, Any]) -> str | None:
    """The image's health check, where it defines one."""
    health = state.get("Health", {}).get("Status", "none")
    return None if health in ("none", "healthy") else f"its own health check says {health}"


def _logs(container: Container, spec: ContainerSpec) -> str:
    return masked(container.logs(tail=200).decode(errors="replace"), spec.env)
