"""The process's metrics; every label is one of a bounded set. Spec section 6, "Metrics"; lesson 31."""

from collections.abc import Mapping, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, PlatformCollector, ProcessCollector

from codeb.api.tallies import Counts, Durations
from codeb.domain.names import Environment
from codeb.services.slot_changes import Receipt

_HTTP = (0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10)
_TOOL = (0.005, 0.05, 0.1, 0.5, 1, 2, 5, 10, 30, 60, 120)
_DEPLOYMENT = (1, 2, 5, 10, 30, 60, 120, 300, 600)
_SWITCH = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5)
_QUERY = (0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 15)
_STREAM = "/logs/stream"
"""It is answered for as long as somebody follows, which says nothing of how fast the API is."""
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


AUTH_FAILURES = ("missing_key", "invalid_key", "expired_key", "locked_out")
"""Counted from 0: a series that begins with its first failure shows no increase."""


class Metrics:
    """Also the tools' observer: it counts what they did."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        by_route = ("method", "route", "status_code")
        where = ("project", "environment")
        self.http_requests = Counts("codeb_http_requests", "Requests answered", by_route)
        self.http_duration = Durations("codeb_http_request_duration_seconds", "Time to answer", by_route, _HTTP)
        self.tool_calls = Counts("codeb_tool_calls", "Tool calls", ("tool", "status", "role"))
        self.tool_duration = Durations("codeb_tool_call_duration_seconds", "Time of a tool", ("tool",), _TOOL)
        for tally in (self.http_requests, self.http_duration, self.tool_calls, self.tool_duration):
            self.registry.register(tally)
        self.active = 0
        self._gauge("http_active_requests", "Requests being answered").set_function(lambda: self.active)
        self.deployments = self._counter("deployments", "Deployments that ended", (*where, "status"))
        self.deployment_duration = self._histogram(
            "deployment_duration_seconds", "From the request to healthy or failed", where, _DEPLOYMENT
        )
        self.promotions = self._counter("promotions", "Switches to a new release", where)
        self.rollbacks = self._counter("rollbacks", "Switches back to the grace slot", where)
        self.switch_duration = self._histogram("switch_duration_seconds", "Probe, rename, verification", (), _SWITCH)
        self.container_deaths = self._counter("container_deaths", "Containers that ended and nobody stopped", where)
        self.pointers_lost = self._counter("pointers_lost", "Pointer files that were missing or damaged", where)
        self.watch_flips = self._counter("watch_flips", "Releases that a watch took back, or wanted to", where)
        self.auth_failures = self._counter("auth_failures", "Requests whose key was not accepted", ("reason",))
        for reason in AUTH_FAILURES:
            self.auth_failures.labels(reason)
        self.rate_limited = self._counter("rate_limit_exceeded", "Requests refused, by a registered key", ("key_id",))
        self.db_queries = self._histogram("db_query_duration_seconds", "Time of a statement", ("operation",), _QUERY)
        self.audit_spool = self._gauge("audit_spool_size", "Audit rows that wait for the database")
        self.degraded = self._gauge("degraded", "1 while a part of the platform is away")

    def deployed(self, environment: Environment, status: str, seconds: float) -> None:
        self.deployments.labels(environment.project, environment.name, status).inc()
        self.deployment_duration.labels(environment.project, environment.name).observe(seconds)

    def switched(self, environment: Environment, receipt: Receipt) -> None:
        counters = {"promote": self.promotions, "rollback": self.rollbacks}
        if counter := counters.get(receipt.transition):
            counter.labels(environment.project, environment.name).inc()
        self.switch_duration.observe(receipt.verified.duration_ms / 1000)

    def container_died(self, labels: Mapping[str, str]) -> None:
        """Labels are ours, written when the container was made: as many as there are environments."""
        self.container_deaths.labels(labels.get("codeb.project", ""), labels.get("codeb.environment", "")).inc()

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        labels = (method if method in _METHODS else "other", route, str(status))
        self.http_requests.add(*labels)
        if not route.endswith(_STREAM):
            self.http_duration.observe(seconds, *labels)

    def queried(self, operation: str, seconds: float) -> None:
        self.db_queries.labels(operation).observe(seconds)

    def called(self, tool: str, status: str, role: str, seconds: float) -> None:
        self.tool_calls.add(tool, status, role)
        self.tool_duration.observe(seconds, tool)

    def _counter(self, name: str, text: str, labels: Sequence[str] = ()) -> Counter:
        return Counter(f"codeb_{name}", text, labels, registry=self.registry)

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(f"codeb_{name}", text, registry=self.registry)

    def _histogram(self, name: str, text: str, labels: Sequence[str], buckets: Sequence[float]) -> Histogram:
        return Histogram(f"codeb_{name}", text, labels, buckets=buckets, registry=self.registry)
