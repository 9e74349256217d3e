"""What every host has answered, from Caddy's own counters. Spec section 4.

Caddy counts a request once, at the outermost handler of its site (``subroute``), under the host's name if a site has
it (``metrics { per_host }``); every other name is not counted at all or falls under one label. A changed configuration
sets these counters back to nothing and stamps the time of its load, which is how that is noticed.
"""

import threading
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from codeb.adapters.caddy.admin import CaddyAdmin
from codeb.services.protocols import Clock, Traffic

_DURATION = "caddy_http_request_duration_seconds"
_LOADED = "caddy_config_last_reload_success_timestamp_seconds"
_HANDLER = "subroute"
_OF_HANDLER = f'handler="{_HANDLER}"'
_SWITCHING = 101
_FIRST_ERROR = 500


@dataclass
class _Count:
    requests: float = 0
    errors: float = 0
    buckets: dict[float, float] = field(default_factory=dict)

    def add(self, sample: Sample) -> None:
        code, kind = int(sample.labels["code"]), sample.name.removeprefix(_DURATION)
        if code == _SWITCHING:  # lasts as long as its WebSocket: no measure of how fast a site answers
            return
        if kind == "_count":
            self.requests += sample.value
            self.errors += sample.value if code >= _FIRST_ERROR else 0
        elif kind == "_bucket":
            bound = float(sample.labels["le"])
            self.buckets[bound] = self.buckets.get(bound, 0) + sample.value

    def plus(self, other: "_Count") -> "_Count":
        bounds = sorted(self.buckets.keys() | other.buckets.keys())
        buckets = {bound: self.buckets.get(bound, 0) + other.buckets.get(bound, 0) for bound in bounds}
        return _Count(self.requests + other.requests, self.errors + other.errors, buckets)

    def at(self, moment: datetime) -> Traffic:
        return Traffic(moment, self.requests, self.errors, dict(sorted(self.buckets.items())))


_Counts = Mapping[str, _Count]


@dataclass
class CaddyTraffic:
    """Remembers what was counted before the last load; what came between its last reading and a load is lost."""

    admin: CaddyAdmin
    clock: Clock
    _before: _Counts = field(default_factory=dict, init=False)
    _since: _Counts = field(default_factory=dict, init=False)
    _loaded: float = field(default=0, init=False)
    _reading: threading.Lock = field(default_factory=threading.Lock, init=False)

    def read(self, hosts: Collection[str] | None = None) -> Mapping[str, Traffic]:
        """Of every host without ``hosts``."""
        with self._reading:
            text = self.admin.metrics()
            loaded, counts = _parsed(text if hosts is None else _of_hosts(text, hosts))
            if loaded != self._loaded:
                self._before = _sum(self._before, self._since)
            self._loaded, self._since = loaded, counts
            now = self.clock.now()
            return {
                host: count.at(now)
                for host, count in _sum(self._before, counts).items()
                if hosts is None or host in hosts
            }


def _of_hosts(text: str, hosts: Collection[str]) -> str:
    """The few lines of many that say something of ``hosts``: a parser that reads them all takes seconds."""
    wanted = tuple(f'host="{host}"' for host in hosts)

    def speaks(line: str) -> bool:
        if line.startswith("#"):
            return line.split(" ", 3)[2:3] in ([_DURATION], [_LOADED])
        if line.startswith(_LOADED):
            return True
        return line.startswith(_DURATION) and _OF_HANDLER in line and any(host in line for host in wanted)

    return "".join(f"{line}\n" for line in text.splitlines() if speaks(line))


def _sum(one: _Counts, two: _Counts) -> _Counts:
    nothing = _Count()
    return {host: one.get(host, nothing).plus(two.get(host, nothing)) for host in sorted(one.keys() | two.keys())}


def _parsed(text: str) -> tuple[float, _Counts]:
    """When the configuration was loaded, and what was counted since."""
    loaded, counts = 0.0, dict[str, _Count]()
    for sample in _samples(text):
        if sample.name == _LOADED:
            loaded = sample.value
        elif sample.name.startswith(_DURATION) and sample.labels.get("handler") == _HANDLER and "host" in sample.labels:
            counts.setdefault(sample.labels["host"], _Count()).add(sample)
    return loaded, counts


def _samples(text: str) -> Iterable[Sample]:
    for family in text_string_to_metric_families(text):
        if family.name in (_DURATION, _LOADED):
            yield from family.samples
