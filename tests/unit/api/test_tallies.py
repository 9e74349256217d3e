"""Tallies are what the library's own counters and histograms would say of the same events."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

from codeb.api.tallies import Counts, Durations

BOUNDS = (0.005, 0.05, 0.5, 1, 10)
LABELS = st.tuples(st.sampled_from(["GET", "PO\nST"]), st.sampled_from(["/a", '"b"']))
SECONDS = st.one_of(st.sampled_from(BOUNDS), st.floats(0, 100))


def lines(registry: CollectorRegistry) -> set[str]:
    """When a series began only the library says."""
    return {line for line in generate_latest(registry).decode().splitlines() if "_created" not in line}


@given(st.lists(st.tuples(LABELS, SECONDS), max_size=20))
def test_they_say_what_the_librarys_own_say(events: list[tuple[tuple[str, str], float]]) -> None:
    ours, theirs = CollectorRegistry(), CollectorRegistry()
    counts = Counts("calls", "Calls", ("method", "route"))
    durations = Durations("seconds", "Time", ("method", "route"), BOUNDS)
    ours.register(counts)
    ours.register(durations)
    counter = Counter("calls", "Calls", ("method", "route"), registry=theirs)
    histogram = Histogram("seconds", "Time", ("method", "route"), buckets=BOUNDS, registry=theirs)
    for labels, seconds in events:
        counts.add(*labels)
        durations.observe(seconds, *labels)
        counter.labels(*labels).inc()
        histogram.labels(*labels).observe(seconds)
    assert lines(ours) == lines(theirs)


def test_two_of_a_name_are_refused() -> None:
    registry = CollectorRegistry()
    registry.register(Counts("calls", "Calls", ()))
    with pytest.raises(ValueError, match="calls"):
        registry.register(Counts("calls", "Calls", ()))
