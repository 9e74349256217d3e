"""Metrics that are read when asked for, from what is in memory or on disk already. Spec section 6, "Metrics"."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import structlog
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from codeb.bootstrap import Services
from codeb.domain.slots import SlotPair, SlotState
from codeb.errors import CodebError

_log = structlog.get_logger()
_STATE = {SlotState.EMPTY: 0, SlotState.DEPLOYED: 1, SlotState.ACTIVE: 2, SlotState.GRACE: 3}
_SLOT = ("project", "environment", "slot")

Healths = Callable[[], Mapping[tuple[str, str, str], bool]]
"""Is the container of (project, environment, slot) healthy, as far as is known? Asks nobody: a scrape is cheap."""


def healths(services: Services) -> Mapping[tuple[str, str, str], bool]:
    """Of every slot that holds a release and whose container is known to this process."""
    memory, found = services.status.memory, {}
    for pair in services.status.all():
        for slot in (pair.blue, pair.green):
            seen = memory.observed(pair.environment.container(slot.name)) if slot.release else None
            if seen is not None:
                where = (pair.environment.project, str(pair.environment.name), str(slot.name))
                found[where] = seen.running and seen.health != "unhealthy"
    return found


@dataclass(frozen=True, slots=True)
class SlotStates(Collector):
    """``codeb_slot_status`` and until when the way back is warm, read from the slots when asked.

    A deleted project's series end by themselves.
    """

    pairs: Callable[[], Sequence[SlotPair]]

    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        family = GaugeMetricFamily(
            "codeb_slot_status",
            "0 empty, 1 deployed, 2 active, 3 grace",
            labels=_SLOT,
        )
        graces = GaugeMetricFamily(
            "codeb_slot_grace_expires_timestamp_seconds", "When the grace slot is removed", labels=_SLOT
        )
        try:
            for pair in self.pairs():
                for slot in (pair.blue, pair.green):
                    where = [pair.environment.project, pair.environment.name, slot.name]
                    family.add_metric(where, _STATE[slot.state])
                    if slot.grace_expires_at is not None:
                        graces.add_metric(where, slot.grace_expires_at.timestamp())
        except (CodebError, OSError, ValueError) as error:
            _log.error("slot_states_unreadable", reason=str(error))
        yield family
        yield graces


@dataclass(frozen=True, slots=True)
class SlotHealth(Collector):
    """``codeb_slot_healthy``; a slot whose health is not known has no series."""

    healths: Healths

    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        family = GaugeMetricFamily("codeb_slot_healthy", "1 healthy, 0 not", labels=_SLOT)
        for where, healthy in self.healths().items():
            family.add_metric(where, float(healthy))
        yield family


@dataclass(frozen=True, slots=True)
class CaddyReloads(Collector):
    """``codeb_caddy_reloads_total``, as the site files' tree counts them, those before the API began too."""

    count: Callable[[], int]

    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        yield CounterMetricFamily("codeb_caddy_reloads", "Configurations that Caddy loaded", value=self.count())
