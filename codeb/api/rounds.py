"""What the server does by itself, again and again: upkeep of the slots, the watch, webhooks. Issue 4."""

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

import structlog

from codeb.adapters.docker.events import Death
from codeb.adapters.keys import KeyRegistry
from codeb.api.metrics import Metrics
from codeb.bootstrap import Services
from codeb.errors import CodebError

_log = structlog.get_logger()


@dataclass(slots=True)
class Rounds:
    """Each in a thread of its own, so that a slow webhook holds up no clean-up. ``interval``, ``glance`` in seconds."""

    services: Services
    metrics: Metrics
    keys: KeyRegistry
    interval: float = 3.0
    glance: float = 0.1
    stopped: threading.Event = field(default_factory=threading.Event)
    threads: list[threading.Thread] = field(default_factory=list)

    def begin(self, recover: Callable[[], None]) -> None:
        """``recover`` looks at every container, once, while the server answers already."""
        self.services.events.on_death(self.died)
        _thread("recovery", recover)
        for work in (self.upkeep, self.watch, self.domains, self.small_things):
            self.threads.append(_thread(work.__name__, partial(self._again, work, self.interval)))
        for look in self.services.status.memory.rounds():
            _thread("memory", partial(self._again, look, self.glance))
        self.threads.append(_thread("hooks", lambda: self.services.courier.run(self.stopped)))

    def finish(self) -> None:
        """No new round; one that moves traffic ends first.

        A recovery that waits for a container's health is left: the next start takes it up again.
        """
        self.stopped.set()
        for thread in self.threads:
            thread.join()
        with suppress(CodebError, OSError):
            self.keys.flush(at_once=True)

    def upkeep(self) -> None:
        for finding in self.services.upkeep():
            log = _log.info if finding.mended else _log.warning
            if finding.pointer_lost and (where := finding.environment) is not None:
                self.metrics.pointers_lost.labels(where.project, where.name).inc()
            log("upkeep", environment=str(finding.environment), what=finding.what, mended=finding.mended)

    def watch(self) -> None:
        for done in self.services.watch():
            self.metrics.watch_flips.labels(done.environment.project, done.environment.name).inc()
            effect = f"the way back was closed: {done.error}" if done.error else "traffic is back where it was"
            _log.error(
                "watch_flipped_back",
                environment=str(done.environment),
                deployment=done.deployment_id,
                reason=done.reason,
                effect=effect,
            )

    def domains(self) -> None:
        """Claims that wait for their proof. A round may take as long as DNS does."""
        for done in self.services.recheck_domains():
            _log.info("domain_rechecked", domain=done.domain.host, refused=done.refused)

    def small_things(self) -> None:
        """When keys were used; users that a restarted Redis has forgotten."""
        self.keys.flush()
        if restored := self.services.backings.restore():
            _log.warning("redis_users_restored", count=restored, effect="projects reach Redis again")

    def died(self, death: Death) -> None:
        """A container that nobody stopped: it is told, counted, and restarted by the engine."""
        if death.asked:
            return
        self.metrics.container_died(death.labels)
        _log.warning(
            "container_died",
            container=death.container,
            exit_code=death.exit_code,
            deployment=death.labels.get("codeb.deployment"),
        )

    def _again(self, work: Callable[[], None], interval: float) -> None:
        """A round that fails is told and tried again; it never ends the rounds."""
        while not self.stopped.wait(interval):
            try:
                work()
            except (CodebError, OSError) as error:
                _log.warning("round_failed", round=work.__name__, reason=str(error))
            except Exception:  # noqa: BLE001  told in full, and the next round is begun all the same
                _log.exception("round_failed", round=work.__name__)


def _thread(name: str, target: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=target, name=f"rounds-{name}", daemon=True)
    thread.start()
    return thread
