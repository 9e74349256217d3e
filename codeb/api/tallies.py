"""Counters and histograms of what happens at every request: plain numbers, and families only when asked for.

The library's own take a lock for every addition, and a request makes eight. These belong to the event loop's thread.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

Labels = tuple[str, ...]
_BEYOND = "+Inf"


@dataclass(frozen=True, slots=True, eq=False)
class Counts(Collector):
    """A counter; ``name`` without ``_total``."""

    name: str
    text: str
    labels: Labels
    _counts: dict[Labels, int] = field(default_factory=dict)

    def add(self, *labels: str) -> None:
        self._counts[labels] = self._counts.get(labels, 0) + 1

    def describe(self) -> list[Metric]:
        return [CounterMetricFamily(self.name, self.text, labels=self.labels)]

    def collect(self) -> Iterator[Metric]:
        family = CounterMetricFamily(self.name, self.text, labels=self.labels)
        for labels, count in list(self._counts.items()):
            family.add_metric(labels, count)
        yield family


@dataclass(slots=True)
class _Seen:
    """``counts`` is of each bucket alone, the last one's of what is beyond all bounds; ``total`` in seconds."""

    counts: list[int]
    total: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Durations(Collector):
    """A histogram of seconds; ``bounds`` are the buckets' upper ones, inclusive, ascending."""

    name: str
    text: str
    labels: Labels
    bounds: Sequence[float]
    _seen: dict[Labels, _Seen] = field(default_factory=dict)

    def observe(self, seconds: float, *labels: str) -> None:
        if (seen := self._seen.get(labels)) is None:
            seen = self._seen[labels] = _Seen([0] * (len(self.bounds) + 1))
        seen.counts[bisect_left(self.bounds, seconds)] += 1
        seen.total += seconds

    def describe(self) -> list[Metric]:
        return [HistogramMetricFamily(self.name, self.text, labels=self.labels)]

    def collect(self) -> Iterator[Metric]:
        family = HistogramMetricFamily(self.name, self.text, labels=self.labels)
        names = [*map(floatToGoString, self.bounds), _BEYOND]
        for labels, seen in list(self._seen.items()):
            family.add_metric(labels, list(zip(names, accumulate(seen.counts), strict=True)), seen.total)
        yield family
