"""The watch after a promote: beyond its limits traffic flips back by itself and says so. Issue 4, "Watch"."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

from codeb.domain.names import Environment
from codeb.domain.slots import Slot, SlotPair, held_id
from codeb.domain.watch import WatchLimits, Window, worse
from codeb.errors import CodebError
from codeb.services.actor import Actor
from codeb.services.errors import Locked
from codeb.services.protocols import Clock, Projects, SlotStore, Traffic, TrafficMeter
from codeb.services.rollback import Rollback
from codeb.services.sites import Addresses

ACTOR = Actor("watch", "watch")
_FRESH = timedelta(minutes=1)
_APART = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Look:
    """What the proxy had counted at one moment, and where a page was what visitors got."""

    at: datetime
    traffic: Mapping[str, Traffic]
    hidden: frozenset[Environment]


@dataclass(frozen=True, slots=True)
class FlippedBack:
    """What a watch did; ``error`` where the way back was closed."""

    environment: Environment
    deployment_id: str | None
    reason: str
    error: str | None = None


@dataclass(slots=True)
class Watch:
    """Looks at the proxy's counters again and again; between two looks it holds what it saw in memory."""

    projects: Projects
    slots: SlotStore
    meter: TrafficMeter
    rollback: Rollback
    addresses: Addresses
    clock: Clock
    looks: deque[Look] = field(default_factory=deque)
    given_up: set[str] = field(default_factory=set)

    def __call__(self) -> Sequence[FlippedBack]:
        """One look. Raises Unavailable when the proxy does not answer."""
        watched = [pair for pair in self.slots.all() if _limits(pair.active) is not None]
        if not watched:
            self.looks.clear()
            return []
        now = self.clock.now()
        hidden = frozenset(pair.environment for pair in watched if pair.maintenance)
        hosts = {host for pair in watched for host in self._hosts(pair)}
        self.looks.append(Look(now, self.meter.read(hosts), hidden))
        self._forget(now, max(limits.minutes for pair in watched if (limits := _limits(pair.active))))
        return [done for pair in watched if (done := self._judge(pair, now)) is not None]

    def _judge(self, pair: SlotPair, now: datetime) -> FlippedBack | None:
        active, limits = pair.active, _limits(pair.active)
        if active is None or limits is None or active.promoted_at is None or pair.maintenance:
            return None
        length = timedelta(minutes=limits.minutes)
        over = now > active.promoted_at + length
        if over or pair.grace is None or held_id(active) in self.given_up:
            return None
        before = self._window(pair, active.promoted_at - length, active.promoted_at)
        after = self._window(pair, active.promoted_at, now)
        reason = worse(limits, before, after)
        return self._flip(pair, active, reason) if reason else None

    def _flip(self, pair: SlotPair, active: Slot, reason: str) -> FlippedBack | None:
        """Once per deployment: where the way back is closed, trying again every few seconds helps nobody."""
        deployment = held_id(active)
        try:
            why = f"the watch flipped back: {reason}"
            self.rollback(pair.environment, ACTOR, why, only=held_id(pair.grace), wait=0)
        except Locked:
            return None
        except CodebError as error:
            self.given_up.add(deployment or "")
            return FlippedBack(pair.environment, deployment, reason, str(error))
        self.given_up.add(deployment or "")
        return FlippedBack(pair.environment, deployment, reason)

    def _hosts(self, pair: SlotPair) -> tuple[str, ...]:
        return self.addresses.site(self.projects.get(pair.environment.project), pair).hosts

    def _forget(self, now: datetime, minutes: int) -> None:
        """What no watch will ask for any more; of what is older than a minute one look in ten seconds is enough."""
        while self.looks[0].at < now - timedelta(minutes=2 * minutes + 1):
            self.looks.popleft()
        old = sum(1 for look in self.looks if look.at < now - _FRESH)
        if old > 1 and self.looks[old - 1].at - self.looks[old - 2].at < _APART:
            del self.looks[old - 1]

    def _window(self, pair: SlotPair, begin: datetime, end: datetime) -> Window:
        """What was answered between the looks from ``begin`` to ``end``, but for the time of a maintenance page."""
        hosts = self._hosts(pair)
        within = [look for look in self.looks if begin <= look.at <= end]
        total = Window(0, 0, {})
        for first, last in pairwise(within):
            if pair.environment in first.hidden | last.hidden:
                continue
            for host in hosts:
                if host in first.traffic and host in last.traffic:
                    total = _sum(total, first.traffic[host], last.traffic[host])
        return total


def _sum(total: Window, first: Traffic, last: Traffic) -> Window:
    """Counters that went back began anew: that step says nothing."""
    if last.requests < first.requests:
        return total
    grown = {bound: count - first.buckets.get(bound, 0) for bound, count in last.buckets.items()}
    return Window(
        total.requests + last.requests - first.requests,
        total.errors + last.errors - first.errors,
        {bound: total.buckets.get(bound, 0) + grown.get(bound, 0) for bound in {*total.buckets, *grown}},
    )


def _limits(slot: Slot | None) -> WatchLimits | None:
    return slot.release.settings.watch if slot is not None and slot.release is not None else None
