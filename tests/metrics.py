"""The metrics of the specification, section 6: their names are fixed, whatever the program says."""

from collections.abc import Iterator

COUNTERS = (
    "codeb_http_requests_total",
    "codeb_tool_calls_total",
    "codeb_deployments_total",
    "codeb_promotions_total",
    "codeb_rollbacks_total",
    "codeb_auth_failures_total",
    "codeb_rate_limit_exceeded_total",
    "codeb_caddy_reloads_total",
)
HISTOGRAMS = (
    "codeb_http_request_duration_seconds",
    "codeb_tool_call_duration_seconds",
    "codeb_deployment_duration_seconds",
    "codeb_switch_duration_seconds",
    "codeb_db_query_duration_seconds",
)
GAUGES = (
    "codeb_http_active_requests",
    "codeb_slot_status",
    "codeb_slot_healthy",
    "codeb_degraded",
    "codeb_audit_spool_size",
)
SPECIFIED = frozenset({*COUNTERS, *HISTOGRAMS, *GAUGES})


def counted(metric: str) -> str:
    """The series that says whether the metric moved."""
    return f"{metric}_count" if metric in HISTOGRAMS else metric


def total(text: str, metric: str) -> float:
    """The sum of a metric's series in what ``/metrics`` answered."""
    return sum(_values(text, counted(metric)))


def _values(text: str, name: str) -> Iterator[float]:
    for line in text.splitlines():
        if line.partition(" ")[0].partition("{")[0] == name:
            yield float(line.rsplit(" ", 1)[1])
