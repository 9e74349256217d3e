"""When a container is ready: the engine's state, its own address, and its published port. Spec section 3, step 9."""

import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from docker.errors import APIError, NotFound
from docker.models.containers import Container

from codeb.adapters.docker.attempts import Attempts
from codeb.adapters.docker.engine import AWAY, platform
from codeb.adapters.docker.events import EngineEvents
from codeb.adapters.docker.last_words import exit_sentence, waiting_sentence
from codeb.adapters.docker.masking import masked
from codeb.adapters.docker.profile import DEPLOYMENT
from codeb.adapters.docker.sockets import listening
from codeb.adapters.probe import HttpProbe, Seen, Stage
from codeb.services.errors import Unhealthy
from codeb.services.protocols import ContainerSpec, ProbeTarget, Stop, never

FIRST_DELAY = 0.02
LONGEST_DELAY = 0.5
GROWTH = 1.5
_SHORTEST_TRY = 0.2
_LONGEST_OUTPUT = 200
_ENGINES_INTERVAL = 30_000_000_000


@dataclass(frozen=True, slots=True)
class Readiness:
    probe: HttpProbe
    events: EngineEvents

    def wait(self, container: Container, spec: ContainerSpec, target: ProbeTarget, stop: Stop = never) -> None:
        """Return as soon as all three ways agree; raises Unhealthy when it ended or the time is over."""
        began, delay, attempts = time.monotonic(), FIRST_DELAY, Attempts(target.timeout)
        with self.events.watching(spec.name) as watch:
            while True:
                stop()
                left = began + target.timeout - time.monotonic()
                seen = self._look(container, spec, target, max(left, _SHORTEST_TRY))
                if seen.trouble is None:
                    return
                passed = time.monotonic() - began
                attempts.saw(seen, passed)
                if passed >= target.timeout:
                    raise _too_late(container, spec, attempts)
                watch.wait(min(delay, target.timeout - passed))
                delay = min(delay * GROWTH, LONGEST_DELAY)

    def _look(self, container: Container, spec: ContainerSpec, target: ProbeTarget, within: float) -> Seen:
        try:
            container.reload()
        except NotFound as error:
            raise Unhealthy(spec.name, "somebody removed it while it started; deploy again") from error
        except APIError:
            raise
        except AWAY as error:
            return Seen(Stage.UNASKED, f"the Docker Engine does not answer ({error})")
        if container.labels.get(DEPLOYMENT) != spec.labels.get(DEPLOYMENT):
            raise Unhealthy(spec.name, "another deployment has its name by now; deploy again")
        state: dict[str, Any] = container.attrs["State"]
        if state["Status"] in ("exited", "dead"):
            raise _ended(container, spec, state)
        address = container.attrs["NetworkSettings"]["Networks"][spec.network]["IPAddress"]
        if not state["Running"] or state.get("Paused") or not address:
            return Seen(Stage.UNASKED, f"it is {state['Status']}")
        inside = self.probe.look(address, spec.container_port, target, within)
        if inside.trouble is not None:
            return inside
        published = self.probe.look("127.0.0.1", spec.port, target, within)
        return Seen(Stage.RIGHT, published.trouble or _own_check(container, spec))


def last_lines(container: Container, spec: ContainerSpec) -> str:
    """Its last lines, masked; nothing where the engine has none to give."""
    with suppress(*AWAY):
        return masked(container.logs(tail=200).decode(errors="replace"), spec.env)
    return ""


def _own_check(container: Container, spec: ContainerSpec) -> str | None:
    """The engine's health check, where the image or the project defines one."""
    health: dict[str, Any] = container.attrs["State"].get("Health") or {}
    status = health.get("Status", "none")
    if status in ("none", "healthy"):
        return None
    if tries := health.get("Log"):
        said = masked(tries[-1]["Output"], spec.env).replace("\n", " ").strip()[:_LONGEST_OUTPUT]
    else:
        interval = container.attrs["Config"]["Healthcheck"].get("Interval") or _ENGINES_INTERVAL
        said = f"it is made for the first time after {interval / 1e9:g} s"
    return f"its own health check says {status}" + (f" ({said})" if said else "")


def _ended(container: Container, spec: ContainerSpec, state: dict[str, Any]) -> Unhealthy:
    logs = last_lines(container, spec)
    client = container.client
    assert client is not None  # noqa: S101 - every container of the SDK's collections has one
    reason = exit_sentence(state, spec, logs, platform(client))
    return Unhealthy(spec.name, reason, exit_code=state["ExitCode"], logs=logs)


def _too_late(container: Container, spec: ContainerSpec, attempts: Attempts) -> Unhealthy:
    state: dict[str, Any] = container.attrs["State"]
    reason = waiting_sentence(attempts, spec, listening(state.get("Pid", 0)))
    if state.get("OOMKilled"):
        reason += f"; a process in it was killed for memory, {spec.memory_bytes // 1024**2} MB are too few"
    return Unhealthy(spec.name, reason, logs=last_lines(container, spec))
