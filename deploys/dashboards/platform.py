"""Is the platform well: its parts, its API, and everything that it counts."""

from deploys.dashboards.panels import Dashboard, Panel, Query, graph, quantile, stat

PLATFORM = Dashboard(
    "codeb",
    "CodeB: platform",
    (
        stat("Alerts that fire", 'count(ALERTS{alertstate="firing",severity!="info"}) or vector(0)', red_from=1),
        stat("Targets down", "count(up == 0) or vector(0)", red_from=1),
        stat(
            "Degraded", "max(codeb_degraded)", red_from=1, about="1 while the API works without a part of the platform."
        ),
        stat("Requests in flight", "sum(codeb_http_active_requests)"),
        stat("Audit rows waiting", "sum(codeb_audit_spool_size)", red_from=1000),
        stat("Caddy reloads, 24 h", "sum(increase(codeb_caddy_reloads_total[24h]))"),
        Panel(
            "Parts",
            (Query("min by (job, host) (up)", "{{job}} {{host}}"),),
            "state-timeline",
            width=24,
            height=12,
            words={0: "down", 1: "up"},
        ),
        graph("Public names answer in", ('probe_duration_seconds{job="public_sites"}', "{{instance}}"), unit="s"),
        graph(
            "Days until a certificate ends",
            ("(probe_ssl_earliest_cert_expiry - time()) / 86400", "{{instance}}"),
            about="Of the public names, and of what the hosts show each other.",
        ),
        graph("Requests of all sites per second", ("sum by (site) (site:requests:rate5m)", "{{site}}"), unit="reqps"),
        graph(
            "API requests per second", ("sum by (status_code) (rate(codeb_http_requests_total[5m]))", "{{status_code}}")
        ),
        graph("API answer time, p95", (quantile(0.95, "codeb_http_request_duration_seconds"), "p95"), unit="s"),
        graph("API errors of its own", ("api:errors:share5m", "share"), unit="percentunit"),
        graph(
            "Tool calls per minute",
            ("sum by (tool, status) (rate(codeb_tool_calls_total[5m])) * 60", "{{tool}} {{status}}"),
        ),
        graph(
            "Tool duration, p95",
            (quantile(0.95, "codeb_tool_call_duration_seconds", "tool", window="15m"), "{{tool}}"),
            unit="s",
        ),
        graph(
            "Refused requests per minute",
            ("(sum by (reason) (rate(codeb_auth_failures_total[5m])) or vector(0)) * 60", "key {{reason}}"),
            ("(sum(rate(codeb_rate_limit_exceeded_total[5m])) or vector(0)) * 60", "rate limit"),
        ),
        graph(
            "API's database queries, p95",
            (quantile(0.95, "codeb_db_query_duration_seconds", "operation"), "{{operation}}"),
            unit="s",
        ),
        graph("Redis memory", ("redis_memory_used_bytes", "used"), ("redis_memory_max_bytes", "limit"), unit="bytes"),
        graph(
            "WebSocket clients",
            ("sum(centrifugo_node_num_clients)", "clients"),
            ("sum(centrifugo_node_num_channels)", "channels"),
        ),
        graph(
            "Registry requests per second",
            ("sum by (handler, code) (rate(registry_http_requests_total[5m]))", "{{handler}} {{code}}"),
        ),
        graph("Engine's containers", ("engine_daemon_container_states_containers", "{{state}}")),
    ),
)
